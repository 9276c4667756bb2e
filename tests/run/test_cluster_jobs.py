"""Jobs of a cluster, run: in dependency order, stopped when their time is up; the same bytes at the end."""

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from acord.cli import main_with
from acord.manifest import read_manifest
from acord.recipe import load_recipe
from acord.run.run_recipe import run_recipe
from tests.run.slurm import stand_in

pytestmark = pytest.mark.slow
STEPS = 60


def recipe_file(folder: Path) -> Path:
    """A recipe that trains for about a second, beside its pairs in a folder whose name is no word of a shell."""
    folder.mkdir()
    rows = [
        {"prompt": f"Question {number}?", "chosen": f"Answer {number}.", "rejected": "No.", "language": "en"}
        for number in range(STEPS)
    ]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    recipe = {
        "name": "tiny",
        "model": {"base": "random:llama-2x64", "tokenizer": "train", "vocabulary": 300},
        "data": {"sources": [{"name": "rows", "format": "pairs", "path": "rows.jsonl"}], "held_out": 0.0,
                 "filters": {"language": False}},
        "align": {"batch_pairs": 2, "epochs": 4, "checkpoint_steps": 10, "precision": "float32", "threads": 1},
    }  # fmt: skip
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
    return folder / "recipe.yaml"


def steps_done(runs: Path, least: int) -> Callable[[], bool]:
    """Whether a training that is under way has done that many steps."""

    def done() -> bool:
        files = [*runs.glob("artefacts/align-*.partial/metrics.jsonl")]
        return bool(files) and files[0].read_bytes().count(b"\n") >= least

    return done


def contents(runs: Path) -> dict[str, Any]:
    """Of every stage its key, and the hashes of its files but those that hold times."""
    found = {}
    for stage in ("pairs", "base", "plan", "reference", "align"):
        manifest = read_manifest(runs / "tiny" / stage)
        files = {name: file["sha256"] for name, file in manifest.files.items() if name != "metrics.jsonl"}
        found[stage] = (manifest.key, files)
    return found


def losses(runs: Path) -> list[float]:
    lines = (runs / "tiny" / "align" / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line)["loss"] for line in lines]


def test_a_queue_ends_in_the_same_bytes_as_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The training's time is up once: it is queued again, and goes on where it was."""
    recipe = recipe_file(tmp_path / "it's here $(now)")
    monkeypatch.chdir(recipe.parent)
    environment = stand_in.install(tmp_path / "slurm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    profile = tmp_path / "profile.yaml"
    profile.write_text("{scheduler: slurm, account: null, gpu: {gpus: 0, cpus: 1}, cpu: {cpus: 1}}")
    runs = tmp_path / "queued runs"
    assert main_with(["run", "recipe.yaml", "--cluster", str(profile), "--runs", str(runs)]) == 0
    # What waits in the queue is what was submitted, whatever becomes of the file.
    text = recipe.read_text()
    recipe.write_text("name: other")
    jobs = stand_in.run_queue(environment, tell={"acord-tiny-align": [
        (signal.SIGUSR1, steps_done(runs, 15)),
    ]})  # fmt: skip
    log = (runs / "tiny" / "cluster" / "align-4712.log").read_text()
    assert [(job["state"], job["restarts"]) for job in jobs] == [("COMPLETED", 0), ("COMPLETED", 1)], log
    assert "SIGUSR1 came" in log
    assert "exit code 143 after SIGUSR1" in log
    assert log.count("going on after step") == 1
    recipe.write_text(text)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    run_recipe(load_recipe(recipe), tmp_path / "at once")
    assert contents(runs) == contents(tmp_path / "at once")
    assert losses(runs) == losses(tmp_path / "at once")
    assert len(losses(runs)) == 4 * STEPS // 2


def test_what_fails_is_not_tried_again_and_nothing_starts_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = recipe_file(tmp_path / "here")
    monkeypatch.chdir(recipe.parent)
    environment = stand_in.install(tmp_path / "slurm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    profile = tmp_path / "profile.yaml"
    profile.write_text("{scheduler: slurm, account: null, gpu: {gpus: 0, cpus: 1}}")
    assert main_with(["run", "recipe.yaml", "--cluster", str(profile), "--runs", "runs"]) == 0
    (recipe.parent / "rows.jsonl").write_text("{")
    jobs = stand_in.run_queue(environment)
    assert [(job["state"], job["restarts"]) for job in jobs] == [("FAILED", 0), ("CANCELLED", 0)]
    assert jobs[0]["code"] in (1, 2)


def test_a_workstation_runs_the_same_scripts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = recipe_file(tmp_path / "here")
    monkeypatch.chdir(recipe.parent)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    profile = tmp_path / "profile.yaml"
    profile.write_text("{scheduler: local, account: null, gpu: {gpus: 0}}")
    command = ["run", "recipe.yaml", "--cluster", str(profile), "--until", "pairs", "--runs", "runs", "--json"]
    assert main_with(command) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [(job["name"], job["stages"], job["exit_code"]) for job in answer["jobs"]] == [
        ("prepare", ["pairs"], 0),
    ]
    assert (recipe.parent / "runs" / "tiny" / "pairs" / "manifest.json").exists()
    assert not (recipe.parent / "runs" / "tiny" / "base").exists()
    assert "exit code 0" in Path(answer["jobs"][0]["log"]).read_text()
