"""Steps that are kept: each is a model of its own, measured on the held-out pairs; the best of them where asked."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from acord.align import loop
from acord.align.checkpoints.writer import Writer
from acord.align.kept import Kept, best_step, kept_steps
from acord.align.step import train_step
from acord.errors import InputError
from acord.models import load_model
from acord.recipe import Align, parse_recipe
from acord.run import candidates
from acord.run.identity import align_part
from acord.run.run_recipe import StageResult, run_recipe

PAIRS = Path(__file__).parents[1] / "golden" / "pairs.jsonl"


def content(**align: Any) -> dict[str, Any]:
    return {
        "name": "kept",
        "model": {"base": "random:llama-1x64", "tokenizer": "train", "vocabulary": 300},
        "data": {"sources": [{"name": "here", "format": "pairs", "path": str(PAIRS)}], "held_out": 0.3},
        "align": {"batch_pairs": 2, "epochs": 3, "learning_rate": 1e-3, "checkpoint_steps": 1, "threads": 1, **align},
    }


def aligned(runs: Path, **align: Any) -> StageResult:
    return run_recipe(parse_recipe(content(**align), where="test"), runs, until="align").stage("align")


def kept_in(result: StageResult) -> list[int]:
    return sorted(int(path.name.removeprefix("step-")) for path in (result.folder / "steps").glob("*"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", [{"precision": "float32"}, {"precision": "bfloat16"}, {"adapter": {"rank": 4}}], ids=str
)
def test_every_kept_checkpoint_is_a_model_with_its_own_figures(
    options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: dict[int, dict[str, torch.Tensor]] = {}
    begin = Writer.begin

    def noting(self: Writer, tensors: Any, moment: Any) -> None:
        saved[moment.steps] = {name: tensor.clone() for name, tensor in tensors.items()}
        begin(self, tensors, moment)

    monkeypatch.setattr(Writer, "begin", noting)
    result = aligned(tmp_path, keep=["all"], **options)
    steps = result.figures["steps"]
    assert sorted(saved) == list(range(1, steps)), "the recipe is too small to keep anything"
    assert steps > 4, "some checkpoints are pushed out by newer ones, and only their weights stay"
    assert {path.name for path in result.folder.iterdir()} - {"adapter"} == {
        "manifest.json", "metrics.jsonl", "model", "steps", "held_out.parquet",
    }  # fmt: skip
    by_step = result.figures["held_out_by_step"]
    assert list(by_step) == [str(step) for step in range(1, steps + 1)]
    assert by_step[str(steps)] == result.figures["held_out"]["after"]
    assert len({figures["nll"] for figures in by_step.values()}) == steps, "every step is another model"
    if "adapter" in options:
        return
    for step, tensors in saved.items():
        weights = load_model(result.folder / "steps" / f"step-{step}", "float32").state_dict()
        for name, tensor in tensors.items():
            if name.startswith("weight."):
                torch.testing.assert_close(weights[name.removeprefix("weight.")], tensor, rtol=0, atol=0)


def test_what_keep_names_comes_to_these_steps() -> None:
    def kept(keep: list[Any], **changes: Any) -> Kept:
        return kept_steps(Align(checkpoint_steps=100, keep=keep, **changes), 450)

    nothing: frozenset[int] = frozenset()
    assert kept([]) == kept(["final"]) == kept([450, 1000]) == Kept(nothing, nothing)
    assert kept([30, 200, 450]) == Kept(frozenset({30, 200}), nothing)
    assert kept(["all"]) == Kept(frozenset({100, 200, 300, 400}), nothing)
    assert kept(["last", 1]) == Kept(frozenset({1, 300, 400}), nothing)
    assert kept(["last"], keep_last=3).steps == {200, 300, 400}
    assert kept(["best", 200, 7]) == Kept(frozenset({200, 7}), frozenset({100, 300, 400}))
    assert kept_steps(Align(checkpoint_steps=100, keep=["all"]), 400).steps == {100, 200, 300}, (
        "400 is the model itself"
    )


def test_the_best_is_the_most_accurate_the_earliest_of_equals_and_of_sft_the_likeliest() -> None:
    accurate = {"100": {"accuracy": 0.7, "nll": 2.0}, "200": {"accuracy": 0.8, "nll": 3.0}, "1000": {"accuracy": 0.8}}
    assert best_step(accurate) == 200
    assert best_step({"100": {"nll": 2.0}, "200": {"nll": 1.5}, "300": {"nll": 1.7}}) == 200


@pytest.mark.slow
@pytest.mark.parametrize("best", [2, None])
def test_the_best_is_kept_and_those_that_were_only_tried_are_not(
    best: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import acord.align.train as train

    monkeypatch.setattr(train, "best_step", lambda by_step: best or max(map(int, by_step)))
    result = aligned(tmp_path, keep=["best", 3])
    steps = result.figures["steps"]
    assert [int(step) for step in result.figures["held_out_by_step"]] == list(range(1, steps + 1))
    assert result.figures["best_step"] == (best or steps)
    assert kept_in(result) == ([2, 3] if best else [3]), "the best of all may be the aligned model itself"


def test_a_kept_step_need_not_be_one_of_the_regular_ones_nor_one_that_is_reached(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = aligned(tmp_path, keep=[1, 3, 1_000, "final"], checkpoint_steps=100)
    assert kept_in(result) == [1, 3]
    assert "best_step" not in result.figures
    assert "align.keep names step 1,000" in capsys.readouterr().err


class Killed(Exception):
    """Stands for a kill."""


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> StageResult:
    return aligned(tmp_path_factory.mktemp("whole"), keep=["all"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "damaged"),
    [("a step", False), ("a step", True), ("the export", False), ("the measuring", False), ("the measuring", True)],
)
def test_killed_anywhere_the_stage_ends_in_the_same_files(
    place: str, damaged: bool, expected: StageResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import acord.align.train as train

    calls = [0]

    def dying(function: Any, at: int) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            calls[0] += 1
            if calls[0] == at:
                raise Killed
            return function(*arguments, **named)

        return call

    with monkeypatch.context() as patched:
        if place == "a step":
            patched.setattr(loop, "train_step", dying(train_step, 5))
        elif place == "the export":
            patched.setattr(train, "export", dying(train.export, 3))
        else:
            patched.setattr(train, "load_scorer", dying(train.load_scorer, 3))
        with pytest.raises(Killed):
            aligned(tmp_path / "killed", keep=["all"])
    (left,) = (tmp_path / "killed" / "artefacts").glob("align-*.partial/checkpoints/kept-1")
    if damaged:
        weights = left / "weights-00001.safetensors"
        weights.write_bytes(weights.read_bytes()[:-1])
    found = aligned(tmp_path / "killed", keep=["all"])

    def files(result: StageResult) -> dict[str, bytes]:
        return {
            str(path.relative_to(result.folder)): path.read_bytes()
            for path in sorted(result.folder.rglob("*"))
            if path.is_file() and path.name not in ("manifest.json", "metrics.jsonl")
        }

    assert files(found) == files(expected)
    of_the_machine = ("seconds", "estimate", "actual")
    untimed = [{k: v for k, v in one.figures.items() if k not in of_the_machine} for one in (found, expected)]
    assert untimed[0] == untimed[1]


@pytest.mark.slow
def test_sigterm_ends_the_command_with_143_and_the_same_command_goes_on(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(yaml.safe_dump(content(epochs=2_000, checkpoint_steps=100_000)))
    command = [str(Path(sys.executable).with_name("acord")), "run", str(recipe), "--runs", str(tmp_path / "runs")]
    run = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    metrics = (tmp_path / "runs" / "artefacts").glob
    deadline = time.monotonic() + 120
    while not list(metrics("base-*")):
        assert time.monotonic() < deadline, "no base in two minutes"
        time.sleep(0.02)
    run.send_signal(signal.SIGUSR1)  # before training: nothing to save, and no reason to end
    while not any(path.stat().st_size for path in metrics("align-*.partial/metrics.jsonl")):
        assert run.poll() is None
        assert time.monotonic() < deadline, "no step in two minutes"
        time.sleep(0.05)
    run.send_signal(signal.SIGUSR1)
    while not list(metrics("align-*.partial/checkpoints/step-*")):
        assert time.monotonic() < deadline, "no checkpoint in two minutes"
        time.sleep(0.05)
    assert run.poll() is None, "SIGUSR1 saves and goes on"
    run.send_signal(signal.SIGTERM)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 143
    assert said.splitlines()[-1].startswith("acord: stopped by SIGTERM after step ")
    assert said.splitlines()[-1].endswith("which is saved. Run the same command again to go on from there.")
    newest = max(metrics("align-*.partial/checkpoints/step-*"), key=lambda path: int(path.name[5:]))
    (lines,) = metrics("align-*.partial/metrics.jsonl")
    assert newest.name == f"step-{len(lines.read_text().splitlines())}", "the last step is the one that is saved"


def test_what_does_not_change_the_result_is_no_part_of_its_key() -> None:
    def part(**align: Any) -> dict[str, Any]:
        return align_part(parse_recipe(content(**align), where="test"))

    assert part() == part(checkpoint_minutes=1.0) == part(checkpoint_minutes=None) == part(checkpoint_steps=7)
    assert part() == part(keep_last=5) == part(keep=["final"])
    assert part(keep=[3, "final", 20]) == part(keep=[20, 3], checkpoint_steps=9, keep_last=3) != part(keep=[3])
    for word in ("all", "best", "last"):
        assert part(keep=[word]) != part(keep=[word], checkpoint_steps=7) != part()
    assert part(keep=["last"]) != part(keep=["last"], keep_last=3)
    assert part(keep=["all"]) == part(keep=["all"], keep_last=3)


@pytest.mark.parametrize(
    ("align", "message"),
    [
        ({"keep": [100, "best", 100]}, "keep: 100 stands twice"),
        ({"keep": ["first"]}, r"align\.keep\.0: .*'all', 'last', 'best' or 'final'"),
        ({"keep": [0]}, r"align\.keep\.0: "),
        ({"keep_last": 1}, r"align\.keep_last: "),
        ({"checkpoint_minutes": 0.0}, r"align\.checkpoint_minutes: "),
        ({"keep_checkpoints": True}, r"unknown key align\.keep_checkpoints"),
    ],
)
def test_faults_of_these_keys_are_told(align: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_recipe(content(**align), where="test")


def test_the_best_needs_held_out_pairs() -> None:
    recipe = content(keep=["best"])
    recipe["data"]["held_out"] = 0.0
    with pytest.raises(InputError, match=r"best is chosen by held-out pairs"):
        parse_recipe(recipe, where="test")


def test_the_step_that_is_chosen_is_told_by_what_it_was_chosen_by(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for figures, told in (({"accuracy": 0.75, "pairs": 8, "nll": 1.0}, "75.0% of 8 pairs"),
                          ({"pairs": 8, "nll": 1.25}, "1.250 nats a token, 8 replies")):  # fmt: skip
        monkeypatch.setattr(candidates, "chosen_step", lambda _, figures=figures: (40, figures))
        candidates.say_chosen_step(["mine=runs/mine"])
        line = capsys.readouterr().err
        assert "choose step 40" in line
        assert told in line
