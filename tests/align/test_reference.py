"""The reference's cache: another weight, token, precision, kernel or device is another reference, and no more is."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import acord.align.plan as plan
import acord.run.line as line
from acord.align.encoded import read_encoded
from acord.align.machine import Choice
from acord.align.plan import read_plan
from acord.align.reference import load_scorer, read_scores, score_examples, write_scores
from acord.models import load_model, load_tokenizer, model_path, save_model
from acord.recipe import Recipe, load_recipe
from acord.run.run_recipe import RunResult, run_recipe
from tests.align.samples import random_pairs, small_llama

ROOT = Path(__file__).parents[2]


@pytest.fixture
def recipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recipe]:
    """The smallest recipe, whose precision is left to the machine, which says fp32."""
    monkeypatch.chdir(ROOT)
    golden = load_recipe(ROOT / "tests" / "golden" / "recipe.yaml")
    choose(monkeypatch, "float32")
    threads = torch.get_num_threads()
    yield golden.model_copy(update={"align": golden.align.model_copy(update={"precision": "auto"})})
    torch.set_num_threads(threads)


def choose(monkeypatch: pytest.MonkeyPatch, precision: str) -> None:
    monkeypatch.setattr(plan, "choose_precision", lambda *_: Choice(precision, "the test says so"))


def reference(recipe: Recipe, runs: Path) -> RunResult:
    return run_recipe(recipe, runs, until="reference")


def rebuilt(result: RunResult) -> list[str]:
    return [stage.stage for stage in result.stages if not stage.reused]


def scores(result: RunResult) -> dict[str, tuple[float, ...]]:
    return read_scores(result.stage("reference").folder / "reference.parquet")


def changed(recipe: Recipe, section: str, **values: Any) -> Recipe:
    return recipe.model_copy(update={section: getattr(recipe, section).model_copy(update=values)})


def test_nothing_changed_is_nothing_built(recipe: Recipe, tmp_path: Path) -> None:
    assert rebuilt(reference(recipe, tmp_path)) == ["pairs", "base", "plan", "reference"]
    assert rebuilt(reference(recipe, tmp_path)) == []


def test_the_scores_are_those_of_the_base_and_cover_every_example(recipe: Recipe, tmp_path: Path) -> None:
    result = reference(recipe, tmp_path)
    examples = read_encoded(result.stage("plan").folder / "encoded.parquet")
    found = scores(result)
    assert list(found) == [example.id for example in examples]
    model = load_model(model_path(result.stage("base").folder))
    for example in examples:
        for reply, logp in zip(example.replies, found[example.id], strict=True):
            ids = torch.tensor([[*example.prompt_ids, *reply]])
            with torch.no_grad():
                own = model(input_ids=ids).logits[0, :-1].double().log_softmax(-1)
            at = torch.arange(len(example.prompt_ids) - 1, ids.shape[1] - 1)
            assert logp == pytest.approx(float(own[at, torch.tensor(reply)].sum()), abs=1e-4)


def test_what_the_optimizer_does_makes_no_new_reference(recipe: Recipe, tmp_path: Path) -> None:
    reference(recipe, tmp_path)
    assert rebuilt(reference(changed(recipe, "align", beta=0.5, learning_rate=1e-4, loss="ipo"), tmp_path)) == []


@pytest.mark.parametrize(
    ("section", "values"),
    [
        ("chat", {"system": "Be brief."}),
        ("chat", {"max_length": 64}),
        ("align", {"precision": "bfloat16"}),
        ("align", {"threads": 2}),
    ],
    ids=["other tokens", "fewer tokens", "precision", "threads"],
)
def test_other_tokens_or_another_computation_are_another_reference(
    recipe: Recipe, tmp_path: Path, section: str, values: dict[str, Any]
) -> None:
    reference(recipe, tmp_path)
    assert rebuilt(reference(changed(recipe, section, **values), tmp_path)) == ["plan", "reference"]


def test_other_random_weights_are_another_reference(recipe: Recipe, tmp_path: Path) -> None:
    before = reference(recipe, tmp_path)
    after = reference(recipe.model_copy(update={"seed": recipe.seed + 1}), tmp_path)
    assert "reference" in rebuilt(after)
    assert before.stage("reference").key != after.stage("reference").key


def test_one_changed_weight_of_a_local_model_is_another_reference(recipe: Recipe, tmp_path: Path) -> None:
    made = model_path(reference(recipe, tmp_path / "first").stage("base").folder)
    local = tmp_path / "local"
    model, tokenizer = load_model(made), load_tokenizer(made)
    save_model(model, tokenizer, local)
    content = recipe.model_dump(mode="python") | {"model": {"base": str(local)}}
    mine = Recipe.model_validate(content)
    before = reference(mine, tmp_path / "runs")
    assert rebuilt(reference(mine, tmp_path / "runs")) == []
    with torch.no_grad():
        model.lm_head.weight[5, 5] += 1.0
    save_model(model, tokenizer, local)
    after = reference(mine, tmp_path / "runs")
    assert rebuilt(after) == ["base", "plan", "reference"]
    assert scores(after) != scores(before)


def test_another_version_of_torch_is_another_reference(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which kernel computes is decided by torch and the device."""
    reference(recipe, tmp_path)
    real = line.library_versions
    monkeypatch.setattr(line, "library_versions", lambda names: {**real(names), **dict.fromkeys(names, "99.0")})
    assert "reference" in rebuilt(reference(recipe, tmp_path))


def test_a_machine_that_chooses_another_precision_builds_another_reference(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Same keys, another plan under them: what the reference was made from is compared, not its name."""
    before = reference(recipe, tmp_path)
    scores_before = scores(before)
    shutil.rmtree(before.stage("plan").folder)
    choose(monkeypatch, "bfloat16")
    after = reference(recipe, tmp_path)
    assert after.stage("reference").key == before.stage("reference").key
    assert rebuilt(after) == ["plan", "reference"]
    assert after.stage("reference").figures["precision"] == "bfloat16"
    assert scores(after) != scores_before


@pytest.mark.parametrize(
    ("name", "value"), [("device", "somewhere else"), ("threads", 2), ("token_budget", 64)], ids=str
)
def test_a_plan_that_was_made_elsewhere_makes_another_reference(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: Any
) -> None:
    """The device (and with it the kernel), the threads, the packing: whatever the plan holds."""
    import acord.align.reference as module

    before = reference(recipe, tmp_path)
    shutil.rmtree(before.stage("plan").folder)
    real = plan._choose

    def elsewhere(*given: Any) -> Any:
        decided = real(*given)
        return decided._replace(plan=replace(decided.plan, **{name: value}))

    monkeypatch.setattr(plan, "_choose", elsewhere)
    computed = []

    def on_the_cpu(folder: Path, made: plan.Plan) -> Any:
        computed.append(getattr(made, name))
        return load_scorer(folder, plan.Plan(**{**vars(made), "device": "cpu", "threads": 1}))

    monkeypatch.setattr(module, "load_scorer", on_the_cpu)
    assert rebuilt(reference(recipe, tmp_path)) == ["plan", "reference"]
    assert computed == [value]


def test_a_plan_built_again_to_the_same_content_keeps_the_reference(recipe: Recipe, tmp_path: Path) -> None:
    before = reference(recipe, tmp_path)
    shutil.rmtree(before.stage("plan").folder)
    assert rebuilt(reference(recipe, tmp_path)) == ["plan"]


def test_free_memory_and_the_speed_of_a_probe_make_no_new_reference(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan's reasons tell what was measured, which is never twice the same; the choices are."""
    before = reference(recipe, tmp_path)
    monkeypatch.setattr(plan, "choose_precision", lambda *_: Choice("float32", "measured: 1.1 times"))
    shutil.rmtree(before.stage("plan").folder)
    assert rebuilt(reference(recipe, tmp_path)) == ["plan"]


def test_the_plan_names_what_the_scores_depend_on(recipe: Recipe, tmp_path: Path) -> None:
    result = reference(recipe, tmp_path)
    made = read_plan(result.stage("plan").folder)
    assert (made.precision, made.device, made.threads) == ("float32", "cuda" if torch.cuda.is_available() else "cpu", 1)
    manifest = json.loads((result.stage("reference").folder / "manifest.json").read_text())
    assert manifest["figures"]["precision"] == "float32"
    assert sorted(manifest["inputs"]) == ["base", "plan"]


def test_scores_survive_their_table_to_the_last_bit(tmp_path: Path) -> None:
    from acord.tree.scoring import ScoringModel

    found = score_examples(ScoringModel(small_llama()), random_pairs(9), 64, "reference")
    write_scores(found, tmp_path / "reference.parquet")
    assert read_scores(tmp_path / "reference.parquet") == found
