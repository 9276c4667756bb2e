"""What the learning script takes for a sign of variety, and what it leaves out, on lines of our own."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "learn_variety_lexicon.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("learn_variety_lexicon", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


CENTRAL = ["la seva casa té Anna", "que tinguin sort amb tenir", "avui accepten el cafè", "Que tingui el medio"] * 4
VALENCIAN = ["la seua casa té Anna", "que tinguen sort amb tindre", "hui accepten el café", "Que tinga el mig"] * 4


def test_forms_of_one_side_are_learnt_and_admitted_ones_are_not_central(script: ModuleType) -> None:
    weights = script.learn(script.Texts(CENTRAL, VALENCIAN, [], []))
    assert {form for form, weight in weights.items() if weight > 0} == {
        "seua", "tinguen", "tindre", "hui", "café", "tinga", "mig",
    }  # fmt: skip
    assert {form for form, weight in weights.items() if weight < 0} == {"seva", "tinguin", "tingui", "cafè"}
    assert weights["seua"] == pytest.approx(2.197, abs=0.001)  # ln(4.5 / 0.5)


def test_real_text_of_the_other_side_only_takes_away(script: ModuleType) -> None:
    alone = script.learn(script.Texts(CENTRAL, VALENCIAN, [], []))
    real_central = ["hui plou", *["no plou"] * 15]
    tempered = script.learn(script.Texts(CENTRAL, VALENCIAN, real_central, []))
    assert tempered["hui"] == pytest.approx(1.0986, abs=0.001)  # ln((4.5 / 16) / (1.5 / 16))
    often = script.learn(script.Texts(CENTRAL, VALENCIAN, ["hui plou"] * 16, []))
    assert "hui" not in often
    assert {form: weight for form, weight in tempered.items() if form != "hui"} == {
        form: weight for form, weight in alone.items() if form != "hui"
    }


def test_names_and_presents_of_the_first_conjugation_are_left_out(script: ModuleType) -> None:
    central = ["acceptar és bo", "cal que acceptin ahir"] * 4
    valencian = ["acceptar és bo", "cal que accepten a València"] * 4
    weights = script.learn(script.Texts(central, valencian, [], []))
    assert "accepten" not in weights
    assert weights["acceptin"] < 0
    assert "València" not in weights
    assert "valència" not in weights


def test_lines_are_drawn_by_their_hash(script: ModuleType) -> None:
    lines = [f"línia número {number} de totes" for number in range(50)]
    drawn = script.draw(lines, 10)
    assert len(set(drawn)) == 10
    assert script.draw(list(reversed(lines)) * 2, 10) == drawn
    assert script.draw(["massa curta", *lines], 51) == script.draw(lines, 51)


def test_the_lexicon_is_written_in_order(script: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "lexicon.tsv"
    script.write({"seva": -3.0, "meua": 2.449, "àrab": 1.0}, path)
    assert path.read_text(encoding="utf-8") == "meua\t+2.4\nseva\t-3.0\nàrab\t+1.0\n"
