"""Recipes: what is accepted, and the one line that tells each mistake."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acord.errors import InputError
from acord.recipe import load_recipe, parse_recipe

ROOT = Path(__file__).parents[1]
SOURCE = {"name": "s", "format": "pairs", "path": "x.jsonl"}


def content(**changed: object) -> dict[str, object]:
    return {"name": "x", "model": {"base": "folder"}, "data": {"sources": [SOURCE]}} | changed


def fault(**changed: object) -> str:
    with pytest.raises(InputError) as caught:
        parse_recipe(content(**changed), where="r.yaml")
    line = str(caught.value)
    assert line.startswith("r.yaml: ")
    assert "\n" not in line
    return line


def fault_of_text(folder: Path, text: bytes) -> str:
    file = folder / "r.yaml"
    file.write_bytes(text)
    with pytest.raises(InputError) as caught:
        load_recipe(file)
    assert str(caught.value).startswith(str(file))
    return str(caught.value)


def test_the_least_recipe_has_the_defaults_of_the_reference_card():
    align = parse_recipe(content(), where="r.yaml").align
    assert (align.loss, align.beta, align.learning_rate) == ("dpo", 0.1, 5e-6)
    assert (align.schedule, align.epochs, align.batch_pairs) == ("linear", 1, 64)


def test_every_recipe_of_the_project_loads_and_5e_6_is_a_number():
    for file in [*(ROOT / "recipes").glob("*.yaml"), ROOT / "acord" / "bundled" / "demo.yaml"]:
        assert load_recipe(file).align.beta == 0.1
    assert load_recipe(ROOT / "recipes" / "hh-small.yaml").align.learning_rate == 5e-6


@pytest.mark.parametrize(
    ("changed", "parts"),
    [
        ({"lerning": 1}, ["unknown key lerning", "Known keys here: name, model"]),
        ({"align": {"lerning_rate": 1.0}}, ["unknown key align.lerning_rate", "Did you mean learning_rate?"]),
        ({"align": {"adapter": {"rnk": 8}}}, ["unknown key align.adapter.rnk", "Did you mean rank?"]),
        (
            {"data": {"sources": [{"name": "s", "format": "pairs", "pth": "x"}]}},
            ["sources.0.pth", "Did you mean path?"],
        ),
        ({"align": None}, ["align: should be a mapping of keys"]),
        ({"align": {"learning_rate": float("inf")}}, ["learning_rate: should be a finite number"]),
        ({"align": {"beta": float("nan")}}, ["align.beta"]),
        ({"align": {"adam_betas": [0.9, 1.0]}}, ["adam_betas.1", "less than 1"]),
        ({"align": {"threads": 10**6}}, ["align.threads", "1024", "(it is 1000000)"]),
        ({"align": {"adapter": {"targets": []}}}, ["align.adapter.targets: should not be empty"]),
        ({"align": {"method": "sft", "chosen_nll": 1.0}}, ["method: sft has a loss of its own"]),
        ({"align": {"loss": "ipo", "label_smoothing": 0.1}}, ["goes with loss: dpo only"]),
        ({"seed": 2**63}, ["seed", "less than"]),
        ({"name": "a/b"}, ["name: should be of lower-case letters"]),
        ({"name": "a" * 101}, ["name", "at most 100", "..."]),
        ({"data": {"sources": [SOURCE, SOURCE]}}, ["two sources are named s"]),
        ({"data": {"sources": [SOURCE | {"path": ""}]}}, ["data.sources.0.path: should not be empty"]),
        ({"data": {"sources": [SOURCE | {"path": []}]}}, ["data.sources.0.path: should not be empty"]),
        ({"data": {"sources": [SOURCE | {"path": 3}]}}, ["data.sources.0.path: should be text (it is 3)"]),
        ({"model": {"base": ""}}, ["model.base: should not be empty"]),
        ({"inferred": {"align.beeta": "x"}}, ["align.beeta, which is no key"]),
    ],
)
def test_a_wrong_value_is_named_with_its_key(changed, parts):
    line = fault(**changed)
    for part in parts:
        assert part in line


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (b"", "a recipe is a mapping of keys"),
        (b"- a\n- b\n", "a recipe is a mapping of keys"),
        (b"name: x\nmodel:\n\tbase: y\n", "line 3: no valid YAML"),
        (b"name: x\nname: y\n", "line 2: no valid YAML: the key name stands twice"),
        (b"name: \xe9\n", "not UTF-8"),
        (b"seed: " + b"9" * 5_000, "a number is too long"),
        (b"name: " + b"[" * 5_000, "nested too deeply"),
        (b"name: !!python/object:os.system x\n", "line 1: no valid YAML"),
    ],
)
def test_a_file_that_is_no_recipe_is_one_line(tmp_path, text, part):
    assert part in fault_of_text(tmp_path, text)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_no_bytes_escape_as_another_error(tmp_path_factory, text):
    fault_of_text(tmp_path_factory.mktemp("recipe"), text)
