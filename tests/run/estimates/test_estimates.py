"""What a plan says a run takes: counted where it can be, with its grounds; and what is missing, with what to do."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from acord.align.footprint import Setting
from acord.align.shape import shape_of_random
from acord.bundled import bundled_path
from acord.errors import InputError
from acord.languages import set_language
from acord.manifest import read_manifest
from acord.recipe import Recipe, parse_recipe
from acord.run.estimates.calibration import Rates, entry_of, nearest, recall, remember
from acord.run.estimates.costs import Wanted
from acord.run.estimates.devices import DEVICES, find_device
from acord.run.render import show_plan
from acord.run.run_recipe import run_recipe
from acord.run.show_plan import RunPlan, plan_run

SHAPE = shape_of_random("random:llama-4x256", 8_192)
CPU = Setting("cpu", "float32", recompute=False)


def recipe_of(tmp: Path, **changes: dict) -> Recipe:
    """Sixty short pairs of the demo's samples on the bundled model."""
    lines = bundled_path("preferences/helpsteer3.jsonl").read_text(encoding="utf-8").splitlines()[:60]
    source = tmp / "pairs.jsonl"
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    content = {
        "name": "small",
        "model": {"base": "bundled:model"},
        "data": {"sources": [{"name": "h", "format": "helpsteer3", "path": str(source)}], "held_out": 0.1},
        "align": {"batch_pairs": 16, "precision": "float32", "threads": 1, "token_budget": 1_024},
    }
    return parse_recipe({**content, **changes}, where="test")


def planned(recipe: Recipe, runs: Path, **wanted: object) -> RunPlan:
    return plan_run(recipe, runs, wanted=Wanted(**wanted))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recipe, Path]:
    """A recipe whose training is done."""
    folder = tmp_path_factory.mktemp("built")
    recipe = recipe_of(folder)
    run_recipe(recipe, folder / "runs", until="align")
    return recipe, folder / "runs"


def test_an_estimate_from_sources_comes_near_what_the_plan_then_counts(
    built: tuple[Recipe, Path], tmp_path: Path
) -> None:
    recipe, runs = built
    before = planned(recipe, tmp_path).costs
    after = planned(recipe, runs).costs
    assert before is not None
    assert after is not None
    guessed, counted = before.estimate, after.estimate
    assert guessed is not None
    assert counted is not None
    figures = read_manifest(runs / "small" / "plan").figures
    assert round(counted.counted.training.tokens) == figures["tokens_distinct"]
    assert round(counted.counted.tokens_unshared) == figures["tokens_unshared"]
    assert (counted.counted.pairs, counted.counted.steps) == (figures["pairs_train"], figures["steps"])
    assert guessed.counted.training.tokens == pytest.approx(figures["tokens_distinct"], rel=0.15)
    assert guessed.counted.ground.key == "sampled_tokenizer"
    assert counted.counted.ground.key == "counted"


def test_the_manifest_sets_what_was_taken_beside_the_estimate(built: tuple[Recipe, Path]) -> None:
    _, runs = built
    figures = read_manifest(runs / "small" / "align").figures
    told, took = figures["estimate"], figures["actual"]
    assert told["tokens_distinct"] == took["tokens_distinct"] == figures["tokens_distinct"]
    assert took["seconds"]["training"] > 0
    # A process of tests holds more than it trains with; the estimate begins where it was.
    assert told["memory_peak"] == pytest.approx(took["memory_peak"], rel=0.15)
    assert any("config.json" in ground for ground in told["grounds"])


def test_what_is_scored_of_examples_is_marked(built: tuple[Recipe, Path]) -> None:
    recipe, runs = built
    plan = planned(recipe, runs, rows=3)
    assert plan.costs is not None
    assert len(plan.costs.rows) == 3
    row = plan.costs.rows[0]
    assert row.prompt.endswith("<|im_start|>assistant\n")
    assert all(reply.text.endswith("<|im_end|>") for reply in row.replies)
    assert f"[[{row.replies[0].text}]]".replace("\n", "⏎") in show_plan(plan)
    assert planned(recipe, runs, rows=0).costs.rows == ()


def test_rows_are_encoded_in_earnest_before_there_is_a_plan(tmp_path: Path) -> None:
    recipe = recipe_of(tmp_path)
    run_recipe(recipe, tmp_path / "runs", until="base")
    assert planned(recipe, tmp_path / "runs").costs.rows == ()
    rows = planned(recipe, tmp_path / "runs", rows=2).costs.rows
    assert [len(row.replies) for row in rows] == [2, 2]
    assert rows[0].replies[0].text.endswith("<|im_end|>")


def test_a_named_device_a_precision_and_several_processes(built: tuple[Recipe, Path]) -> None:
    recipe, runs = built
    one, four = (planned(recipe, runs, device="h100", processes=n).costs.estimate for n in (1, 4))
    assert one.gpu_hours == pytest.approx(one.seconds.total / 3_600)
    assert four.memory.state == one.memory.state / 4
    assert one.seconds.total / 4 < four.seconds.total < one.seconds.total / 3
    assert {ground.key for ground in four.grounds} >= {"by_device", "parallel", "memory_gpu"}
    with pytest.raises(InputError, match="no device is called abacus"):
        planned(recipe, runs, device="abacus")
    with pytest.raises(InputError, match="only this machine can be measured"):
        planned(recipe, runs, device="h100", measure=True)


@pytest.mark.parametrize("language", ["en", "va", "es"])
def test_every_line_is_told_in_every_language(built: tuple[Recipe, Path], language: str) -> None:
    recipe, runs = built
    set_language(language)
    try:
        for device in ("here", "l4"):
            shown = show_plan(planned(recipe, runs, device=device, processes=2))
            assert "{" not in shown.split("Disk")[0].rsplit("\n\n", 3)[-1]
    finally:
        set_language("en")


def test_what_is_missing_names_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = recipe_of(
        tmp_path, model={"base": "BSC-LT/salamandra-7b-instruct"}, align={"batch_pairs": 16},
        evaluate={"suite": "bundled", "engine": "vllm"},
    )  # fmt: skip
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1e9}))
    costs = planned(recipe, tmp_path, device="l4").costs
    told = {ground.key: ground.english() for ground in costs.missing}
    assert told["need_model"].startswith("The model BSC-LT/salamandra-7b-instruct is not here: hf download BSC-LT/")
    assert "pip install vllm" in told["need_vllm"]
    assert "1.0 GB are free" in told["need_disk"]
    assert "--processes" in told["need_memory_processes"]
    assert costs.estimate.base.parameters == pytest.approx(7.77e9, rel=0.01)


@pytest.mark.parametrize(
    ("gigabytes", "key", "setting"),
    [
        (58, None, ""),
        (50, "need_memory_again", "align.activation_checkpointing: true"),
        (44, "need_memory_budget", "align.token_budget: "),
        (24, "need_memory_adapter", "align.adapter: {rank: 16}"),
        (2, "need_memory", "smaller model"),
    ],
)
def test_too_little_memory_names_the_least_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gigabytes: float, key: str | None, setting: str
) -> None:
    align = {"token_budget": 16_384, "activation_checkpointing": False, "batch_pairs": 256, "precision": "bfloat16"}
    recipe = recipe_of(tmp_path, model={"base": "someone/aitana-2b"}, align=align)
    monkeypatch.setitem(DEVICES, "a100", DEVICES["a100"]._replace(memory=gigabytes * 1e9))
    missing = planned(recipe, tmp_path, device="a100").costs.missing
    told = {one.key: one.english() for one in missing if one.key.startswith("need_memory")}
    assert list(told) == ([] if key is None else [key])
    assert setting in "".join(told.values())


def test_the_nearest_shape_of_this_machine_serves(tmp_path: Path) -> None:
    assert nearest(tmp_path, SHAPE, CPU, 2) is None
    for base, speed in (("random:llama-4x256", 1e10), ("random:llama-8x1024", 3e10)):
        remember(tmp_path, entry_of(shape_of_random(base, 8_192), CPU, 2, Rates(speed, speed, 1e-9), "measured"))
    assert nearest(tmp_path, SHAPE, CPU, 2).rates.passes == 1e10
    assert nearest(tmp_path, shape_of_random("random:llama-6x960", 8_192), CPU, 2).rates.passes == 3e10
    assert nearest(tmp_path, SHAPE, CPU, 1) is None, "another number of threads"
    assert nearest(tmp_path, SHAPE, CPU._replace(precision="bfloat16"), 2) is None
    remember(tmp_path, entry_of(SHAPE, CPU, 2, Rates(2e10, 2e10, 1e-9), "measured"))
    assert len(recall(tmp_path)) == 2, "measured again: in the place of the older one"
    assert nearest(tmp_path, SHAPE, CPU, 2).rates.passes == 2e10
    (tmp_path / "calibration.json").write_text("{")
    assert recall(tmp_path) == []


def test_this_machines_device_says_so() -> None:
    assert find_device("cpu").here
    assert not find_device("h100").here


def test_measuring_makes_the_estimate_of_this_very_shape(built: tuple[Recipe, Path], tmp_path: Path) -> None:
    recipe, _ = built
    told = planned(recipe, tmp_path, measure=True).costs.estimate
    assert told.rate.key == "by_measure"
    assert 1e8 < told.flops.training / told.seconds.training < 1e13
    assert planned(recipe, tmp_path).costs.estimate.rate.key == "by_measure", "remembered"


@pytest.mark.slow
def test_a_plan_loads_neither_torch_nor_transformers(tmp_path: Path) -> None:
    recipe = recipe_of(tmp_path)
    file = tmp_path / "recipe.yaml"
    file.write_text(yaml.safe_dump(json.loads(recipe.model_dump_json(exclude={"inferred"}, exclude_defaults=True))))
    code = (
        "import sys; from acord.cli import main_with; "
        f"code = main_with(['plan', {str(file)!r}, '--runs', {str(tmp_path)!r}]); "
        "sys.exit(code or 3 * bool({'torch', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
