"""The verbs evaluate and compare from the outside: runs, checkpoints, processes, imported results, faults."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from acord.recipe import parse_recipe
from acord.run.candidates import chosen_step, name_models
from acord.run.run_recipe import run_recipe
from tests.evaluate.test_run import suite_of

PAIRS = Path(__file__).parents[1] / "golden" / "pairs.jsonl"
ROWS = ({"id": "good", "task": "good"}, {"id": "empty", "task": "empty", "template": "none"})


def recipe(name: str, **sections: object) -> dict[str, object]:
    return {
        "name": name,
        "model": {"base": "random:llama-1x64", "tokenizer": "train", "vocabulary": 300},
        "data": {"sources": [{"name": "here", "format": "pairs", "path": str(PAIRS)}], "held_out": 0.3},
        "align": {"batch_pairs": 1, "learning_rate": 1e-3, "checkpoint_steps": 2, "keep": ["all"]},
        **sections,
    }


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    suite_of(folder, *ROWS)
    run_recipe(parse_recipe(recipe("one"), where="test"), folder / "runs")
    return folder


def acord(runs: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-c", "from acord.cli import main; main()", *arguments, "--runs", "runs"]
    return subprocess.run(command, cwd=runs, env=environment, capture_output=True, text=True, check=False)


def test_a_run_is_its_base_and_its_model_and_what_it_kept(runs: Path) -> None:
    run = str(runs / "runs" / "one")
    plain = name_models([run], checkpoints=False)
    assert [one.name for one in plain.candidates] == ["one-base", "one"]
    assert plain.before == "one-base"
    kept = name_models([f"mine={run}"], checkpoints=True)
    assert [one.name for one in kept.candidates] == ["mine-base", "mine@2", "mine"]
    assert kept.candidates[1].step == 2
    step, figures = chosen_step(runs / "runs" / "one")
    assert step in (2, 4)
    assert figures["pairs"] == 4


@pytest.mark.slow
def test_a_run_evaluated_compared_and_evaluated_by_two_processes(runs: Path) -> None:
    done = acord(runs, "evaluate", "runs/one", "--suite", "mine.yaml", "--checkpoints", "all", "--json")
    assert done.returncode == 0, done.stderr
    assert "the held-out pairs choose step" in acord(runs, "evaluate", "runs/one", "--suite", "mine.yaml",
        "--checkpoints", "all").stderr  # fmt: skip
    content = json.loads(done.stdout)
    assert [model["name"] for model in content["models"]] == ["one-base", "one@2", "one"]
    assert len(content["results"]) == 3
    compared = acord(runs, "compare", "runs/one", "--suite", "mine.yaml")
    assert compared.returncode == 0, compared.stderr
    assert "one-base" in compared.stdout
    folder = next((runs / "runs/evaluations/mine").glob("comparison-*"))
    assert {path.suffix for path in folder.iterdir()} == {".md", ".html", ".csv", ".json", ".xlsx", ".png", ".svg"}

    before = {path: json.loads(Path(path).read_text())["rows"] for path in _absolute(runs, content["results"])}
    (runs / "runs/evaluations/items.sqlite").unlink()
    two = acord(runs, "evaluate", "runs/one", "--suite", "mine.yaml", "--checkpoints", "all", "--processes", "2")
    assert two.returncode == 0, two.stderr
    after = {path: json.loads(Path(path).read_text())["rows"] for path in before}
    assert _untimed(after) == _untimed(before), "two processes give one process's figures, bit by bit"


def _absolute(runs: Path, files: list[str]) -> list[str]:
    return [str(runs / file) for file in files]


def _untimed(rows: dict[str, list[dict[str, object]]]) -> dict[str, list[dict[str, object]]]:
    return {path: [{**row, "seconds": 0} for row in found] for path, found in rows.items()}


@pytest.mark.slow
def test_a_broken_row_is_named_and_ends_with_1(runs: Path) -> None:
    content = yaml.safe_load((runs / "mine.yaml").read_text())
    content["rows"].append({**content["rows"][0], "id": "broken", "task": "broken"})
    (runs / "broken.yaml").write_text(yaml.safe_dump({**content, "name": "broken"}))
    done = acord(runs, "evaluate", "runs/one", "--suite", "broken.yaml")
    assert done.returncode == 1
    assert "one-base: broken, one: broken" in done.stderr.splitlines()[-1]
    assert "Numbers" in done.stdout, "the other rows' results are there"


@pytest.mark.slow
def test_the_stage_evaluates_base_and_model(runs: Path) -> None:
    content = recipe("staged", evaluate={"suite": str(runs / "mine.yaml"), "limit": 4})
    result = run_recipe(parse_recipe(content, where="test"), runs / "runs")
    figures = result.stage("evaluate").figures
    assert figures["models"] == ["staged-base", "staged"]
    assert (figures["rows"], figures["missing"]) == (2, 0)
    assert (result.folder / "evaluate" / "comparison.md").exists() or figures["files"]
    again = run_recipe(parse_recipe(content, where="test"), runs / "runs")
    assert all(stage.reused for stage in again.stages)


@pytest.mark.slow
def test_of_several_processes_one_says_what_is_wrong(runs: Path) -> None:
    done = acord(runs, "evaluate", "nowhere", "--suite", "mine.yaml", "--processes", "2")
    assert done.returncode == 2
    assert done.stderr.count("no such model") == 1
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["evaluate"], "Missing argument 'MODELS'"),
        (["evaluate", "nowhere", "--suite", "mine.yaml"], "no such model"),
        (["evaluate", "runs/one", "--suite", "none"], "no such suite"),
        (["evaluate", "a=runs/one", "a=runs/one", "--suite", "mine.yaml"], "two models are named"),
        (["evaluate", ".", "--suite", "mine.yaml", "--checkpoints", "all"], "this is no run"),
        (["compare", "nobody", "--suite", "mine.yaml"], "no results of that name"),
        (["evaluate", "import", "nothing.json", "--name", "x", "--suite", "mine.yaml"], "nothing.json"),
    ],
)
def test_bad_input_gets_one_line(runs: Path, arguments: list[str], part: str) -> None:
    done = acord(runs, *arguments)
    assert done.returncode == 2, done.stdout
    assert part in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
