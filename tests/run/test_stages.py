"""What the keys of the real stages depend on, and what not."""

import shutil
from pathlib import Path

import pytest

from acord.recipe import load_recipe, parse_recipe
from acord.run.demo import demo_recipe
from acord.run.identity import Outside
from acord.run.keys import HashCache
from acord.run.line import locate_bundled, steps_of
from acord.run.stages import STAGES

ROOT = Path(__file__).parents[2]
PAIRS = ROOT / "tests" / "golden" / "pairs.jsonl"
CONTENT = {
    "name": "one",
    "model": {"base": "random:llama-1x64", "tokenizer": "train"},
    "data": {"sources": [{"name": "here", "format": "pairs", "path": str(PAIRS)}]},
}


def keys(tmp_path, content) -> dict[str, str]:
    outside = Outside(HashCache(tmp_path / "hashes.json"), fetch=False)
    steps = steps_of(locate_bundled(parse_recipe(content, where="test")), STAGES, outside)
    return {step.stage.name: step.key for step in steps}


def changed(tmp_path, **sections) -> list[str]:
    """Stages whose key a change of the recipe changes."""
    before, after = keys(tmp_path, CONTENT), keys(tmp_path, CONTENT | sections)
    return [name for name in before if before[name] != after[name]]


ALL = ["pairs", "base", "plan", "reference", "align"]


@pytest.mark.parametrize(
    ("sections", "stages"),
    [
        ({"name": "two"}, []),
        ({"inferred": {"seed": "a guess"}}, []),
        ({"align": {"beta": 0.2}}, ["align"]),
        ({"align": {"learning_rate": 1e-6}}, ["align"]),
        ({"align": {"batch_pairs": 8}}, ["plan", "reference", "align"]),
        ({"align": {"threads": 1}}, ["plan", "reference", "align"]),
        ({"chat": {"system": "Be brief."}}, ["plan", "reference", "align"]),
        ({"chat": {"max_length": 64}}, ["plan", "reference", "align"]),
        ({"model": CONTENT["model"] | {"vocabulary": 500}}, ALL[1:]),
        ({"data": CONTENT["data"] | {"held_out": 0.1}}, ALL),
        ({"seed": 1}, ALL),
    ],
)
def test_a_change_reaches_the_stages_that_depend_on_it(tmp_path, sections, stages):
    assert changed(tmp_path, **sections) == stages


def test_evaluation_hangs_on_its_section_alone(tmp_path):
    evaluated = CONTENT | {"evaluate": {"suite": "small"}}
    assert list(keys(tmp_path, CONTENT)) == ALL
    assert list(keys(tmp_path, evaluated)) == [*ALL, "evaluate"]
    limited = keys(tmp_path, CONTENT | {"evaluate": {"suite": "small", "limit": 3}})
    whole = keys(tmp_path, evaluated)
    assert [name for name in whole if whole[name] != limited[name]] == ["evaluate"]
    other = keys(tmp_path, CONTENT | {"evaluate": {"suite": str(PAIRS.with_name("suite.yaml"))}})
    assert [name for name in whole if whole[name] != other[name]] == ["evaluate"]


def test_a_source_is_known_by_its_contents_not_its_place(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    moved = tmp_path / "elsewhere" / "pairs.jsonl"
    shutil.copy(PAIRS, moved)
    source = CONTENT["data"]["sources"][0] | {"path": str(moved)}
    assert changed(tmp_path, data={"sources": [source]}) == []
    moved.write_text(moved.read_text() + '{"prompt": "p", "chosen": "a", "rejected": "b"}\n')
    assert changed(tmp_path, data={"sources": [source]}) == ALL


def test_openorcas_two_sides_are_not_interchangeable(tmp_path):
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"
    one.write_text("1\n")
    other.write_text("2\n")
    source = {"name": "orca", "format": "openorca"}
    forth = keys(tmp_path, CONTENT | {"data": {"sources": [source | {"path": str(one), "against": str(other)}]}})
    back = keys(tmp_path, CONTENT | {"data": {"sources": [source | {"path": str(other), "against": str(one)}]}})
    assert forth["pairs"] != back["pairs"]


def test_a_template_file_is_known_by_its_contents(tmp_path):
    one, other = tmp_path / "one.jinja", tmp_path / "other.jinja"
    one.write_text("{{ messages }}")
    other.write_text("{{ messages }}")
    with_one = keys(tmp_path, CONTENT | {"chat": {"template": str(one)}})
    assert with_one == keys(tmp_path, CONTENT | {"chat": {"template": str(other)}})
    other.write_text("{{ messages }}!")
    assert with_one["plan"] != keys(tmp_path, CONTENT | {"chat": {"template": str(other)}})["plan"]
    assert with_one["pairs"] == keys(tmp_path, CONTENT)["pairs"]


def test_a_base_that_exists_is_known_by_its_contents_and_needs_no_pairs(tmp_path):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text("{}")
        (tmp_path / name / "model.safetensors").write_bytes(b"weights")
    bases = [{"model": {"base": str(tmp_path / name)}} for name in ("one", "other")]
    one, other = (keys(tmp_path, CONTENT | base) for base in bases)
    assert one == other
    assert one["base"] == keys(tmp_path, CONTENT | bases[0] | {"seed": 1})["base"]
    (tmp_path / "other" / "model.safetensors").write_bytes(b"changed")
    assert keys(tmp_path, CONTENT | bases[1])["base"] != one["base"]


def test_the_base_of_a_moved_model_is_made_again(tmp_path):
    """Its artefact names the place of the weights, where something else may lie by now."""
    (base,) = [stage for stage in STAGES if stage.name == "base"]
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    (model / "model.safetensors").write_bytes(b"weights")
    artefact = tmp_path / "artefact"
    artefact.mkdir()
    recipe = parse_recipe(CONTENT | {"model": {"base": str(model)}}, where="test")
    (artefact / "base.json").write_text(f'{{"model": "{model.resolve()}"}}')
    assert base.unusable(recipe, artefact) is None
    (artefact / "base.json").write_text('{"model": "/somewhere/else"}')
    assert "/somewhere/else" in base.unusable(recipe, artefact)


def test_the_demo_does_not_depend_on_where_acord_lies():
    located = locate_bundled(demo_recipe())
    paths = [path for source in located.data.sources for path in (*source.paths, *source.against_paths)]
    assert len(paths) == 4
    assert all(Path(path).is_file() for path in paths)
    for stage in STAGES:
        assert str(ROOT) not in str(stage.recipe_part(located)), stage.name


def test_the_reference_recipe_is_the_cards():
    recipe = load_recipe(ROOT / "recipes" / "aitana-2b-si.yaml")
    align = recipe.align
    assert recipe.model.base == "gplsi/Aitana-2B-SI-Instruct"
    assert (align.loss, align.beta, align.learning_rate, align.schedule, align.epochs) == (
        "dpo",
        0.1,
        5e-6,
        "linear",
        1,
    )
    assert align.batch_pairs == 64
    stated = {"align.loss", "align.beta", "align.learning_rate", "align.schedule", "align.epochs", "model.base"}
    assert not stated & recipe.inferred.keys()
    assert "align.batch_pairs" in recipe.inferred
