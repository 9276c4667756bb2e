"""Suites: the card's 53 rows stand in the pinned harness, and a mistake in a suite is one line."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from acord.errors import InputError
from acord.evaluate.registry import Measure, harness_tasks, measures_of, task_config, task_file
from acord.evaluate.suite import Row, Suite, list_suites, load_suite

ROOT = Path(__file__).parents[2]
CARD = ROOT / "../shared/reference/aitana_2b_si_instruct_aligned.model_card.md"
SECTIONS = {"Valencian": "va", "Catalan": "ca", "Spanish": "es", "English": "en"}
AITANA = load_suite("aitana")
ROW = "id: a, label: A, language: va, kind: K, task: xnli_va, metric: acc"


def written(folder: Path, text: str, name: str = "mine.yaml") -> str:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return str(file)


def mine(folder: Path, *rows: str, more: str = "") -> str:
    lines = "".join(f"  - {{{row}}}\n" for row in rows)
    return written(folder, f"name: mine\ntitle: Mine\n{more}" + (f"rows:\n{lines}" if rows else ""))


def test_the_card_is_counted_by_language():
    assert Counter(row.language for row in AITANA.rows) == {"va": 7, "ca": 21, "es": 13, "en": 12}
    assert len({row.id for row in AITANA.rows}) == 53


def test_every_line_of_the_card_is_one_row():
    """In the card's order, but that the two metrics of Catalanqa, which another row parts there, stand together."""
    if not CARD.is_file():
        pytest.skip("the model card in ../shared/reference is not here")
    names = {"exact match": "exact_match", "F1": "f1"}
    language, lines = "", []
    for line in CARD.read_text(encoding="utf-8").splitlines():
        if line.startswith("### "):
            language = SECTIONS.get(line.removeprefix("### "), "")
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if language and len(cells) == 7 and cells[0] != "Dataset" and not cells[0].startswith("---"):
            lines.append((cells[0], language, cells[2], names.get(cells[3], cells[3])))
    lines.insert(21, lines.pop(22))
    assert [(row.label, row.language, row.kind, row.metric) for row in AITANA.rows] == lines


@pytest.mark.parametrize("row", AITANA.rows, ids=lambda row: row.id)
def test_a_row_of_the_card_fits_its_task_in_the_pinned_harness(row: Row):
    config = task_config(row.task)
    assert config is not None
    assert Measure(row.metric, row.filter) in measures_of(config)
    of_choices = config["output_type"] == "multiple_choice"
    assert config["output_type"] in ("multiple_choice", "generate_until")
    assert (row.chance is not None) == of_choices
    assert row.best == (100 if row.metric == "bleu" else 1)
    # Bare exactly where a chat template would ask about an empty user turn.
    assert (row.template == "none") == (config["doc_to_text"] == "")
    if row.cluster is not None:
        assert row.cluster in f"{config['doc_to_text']} {config.get('doc_to_choice')}"
    metrics = {one.metric for one in measures_of(config)}
    assert row.offline == (("rouge",) if "rouge1" in metrics else ())


@pytest.mark.parametrize("row", [row for row in AITANA.rows if row.metric == "acc"], ids=lambda row: row.id)
def test_chance_is_one_over_the_choices_where_the_task_counts_them(row: Row):
    config = task_config(row.task)
    assert config is not None
    choices = config["doc_to_choice"]
    if isinstance(choices, str):
        listed = re.fullmatch(r"\{\{\s*\[(.*)\]\s*\}\}", choices, flags=re.DOTALL)
        if listed is None:
            assert row.chance == 0.25  # the items bring their four choices
            return
        outside_quotes = re.sub(r"\"[^\"]*\"|'[^']*'", "", listed[1])
        count = outside_quotes.count(",") + 1
    else:
        count = len(choices)
    assert row.chance == pytest.approx(1 / count, abs=1e-6)


def test_metrics_of_two_filters_are_two_measures():
    config = task_config("mgsm_direct_es_spanish_bench")
    assert config is not None
    assert measures_of(config) == (
        Measure("exact_match", "remove_whitespace"),
        Measure("exact_match", "flexible-extract"),
    )


def test_functions_stay_text_and_includes_are_followed():
    config = task_config("cabreu_extreme")
    assert config is not None
    assert config["dataset_path"] == "projecte-aina/caBreu"
    assert config["process_docs"] == "!function utils.process_doc_cabreu"
    assert [one.metric for one in measures_of(config)] == ["bleu", "rouge1"]


def test_a_task_of_ones_own_comes_before_the_harness(tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text("task: wnli # as here\ndataset_path: json\n", encoding="utf-8")
    assert task_file("wnli", [tmp_path]) == own
    assert task_file("wnli") == harness_tasks() / "glue" / "wnli" / "default.yaml"
    assert task_file("no_such_task", [tmp_path]) is None
    assert task_config("no_such_task") is None


def test_tasks_that_include_each_other_are_refused(tmp_path):
    (tmp_path / "circle.yaml").write_text("task: circle\ninclude: circle.yaml\n", encoding="utf-8")
    with pytest.raises(ValueError, match="in a circle"):
        task_config("circle", [tmp_path])


@pytest.mark.parametrize("name", list_suites())
def test_every_bundled_suite_can_be_loaded_and_names_tasks_that_exist(name: str):
    suite = load_suite(name)
    assert suite.name == name
    assert all(folder.is_absolute() and folder.is_dir() for folder in suite.include)
    assert [row.task for row in suite.rows if task_file(row.task, suite.include) is None] == []


def test_a_suite_of_ones_own_counts_from_its_file(tmp_path):
    (tmp_path / "tasks").mkdir()
    suite = load_suite(mine(tmp_path, ROW, more="include: [tasks]\n"))
    assert suite.include == (tmp_path / "tasks",)
    assert suite.rows == (Row(id="a", label="A", language="va", kind="K", task="xnli_va", metric="acc"),)


def test_a_suite_extends_another(tmp_path):
    more = "extends: aitana\nonly: [phrases_es-va, xnli_va]\n"
    suite = load_suite(mine(tmp_path, "id: phrases_es-va, shots: 5", ROW, more=more))
    assert [(row.id, row.shots) for row in suite.rows] == [("xnli_va", 0), ("phrases_es-va", 5), ("a", 0)]
    assert suite.rows[1].task == "phrases_es-va"
    written(tmp_path, "name: two\ntitle: Two\nextends: mine.yaml\n", "two.yaml")
    assert load_suite(str(tmp_path / "two.yaml")).rows == suite.rows


def test_a_suite_keeps_its_own_turn(tmp_path):
    suite = load_suite(mine(tmp_path, f'{ROW}, template: turn, turn: "{{{{premise}}}}?"'))
    assert suite.rows[0].turn == "{{premise}}?"


@pytest.mark.parametrize(
    ("rows", "more", "told"),
    [
        ((f"{ROW}, metrc: x",), "", "unknown key rows.0.metrc. Did you mean metric?"),
        ((ROW,), "includes: [x]\n", "unknown key includes. Did you mean include?"),
        ((ROW, ROW), "", "two rows have the id a"),
        ((ROW.replace("id: a", "id: a/b"), ROW.replace("id: a", "id: a.b")), "", "two rows have the id a.b"),
        ((ROW.replace("va,", "xx,"),), "", "rows.0.language: should be one of en, es, va, ca (it is 'xx')"),
        ((ROW.replace(", metric: acc", ""),), "", "the key rows.0.metric is missing"),
        ((f"{ROW}, turn: x",), "", "row a: turn: goes with template: turn"),
        ((f"{ROW}, template: turn",), "", "row a: turn: goes with template: turn"),
        ((f"{ROW}, chance: 1",), "", "row a: chance: 1.0 is no worse than best: 1.0"),
        ((f"{ROW}, chance: 0, best: 0, better: lower",), "", "row a: chance: 0.0 is no worse than best: 0.0"),
        ((f"{ROW}, shots: -1",), "", "rows.0.shots: "),
        ((f"{ROW}, shots: '1'",), "", "rows.0.shots: "),
        ((ROW,), "include: [absent]\n", "include: no such folder"),
        ((ROW,), "only: [a]\n", "only: goes with extends:"),
        ((ROW,), "extends: aitana\nonly: [b]\n", "only: names b, which is no row"),
        ((ROW,), "extends: mine.yaml\n", "suites extend each other in a circle"),
        ((ROW,), "extends: absent.yaml\n", "cannot read the suite: No such file or directory"),
        ((), "", "rows: should not be empty"),
        ((), "rows: x\n", "rows: should be a list"),
    ],
)
def test_a_mistake_in_a_suite_is_one_line_that_names_the_file(tmp_path, rows, more, told):
    file = mine(tmp_path, *rows, more=more)
    with pytest.raises(InputError) as caught:
        load_suite(file)
    line = str(caught.value)
    assert told in line
    assert line.startswith(str(tmp_path))
    assert "\n" not in line


def test_a_name_that_is_no_suite_is_told_with_those_there_are():
    with pytest.raises(InputError, match="no such suite") as caught:
        load_suite("aitanna")
    assert "aitana, bundled, small" in str(caught.value)


def test_a_suite_goes_through_json_and_back():
    assert Suite.model_validate_json(AITANA.model_dump_json()) == AITANA


def test_suites_and_tasks_are_read_without_the_harness_and_without_torch():
    code = (
        "import sys\n"
        "from acord.evaluate.availability import check_rows\n"
        "from acord.evaluate.suite import load_suite\n"
        "check_rows(load_suite('aitana'))\n"
        "sys.exit(', '.join(sorted({'torch', 'transformers', 'lm_eval', 'datasets'} & sys.modules.keys())) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=os.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
