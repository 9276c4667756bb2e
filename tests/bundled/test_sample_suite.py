"""The sample suite: its texts, that it needs no network, and that the harness runs it on a tiny model."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from acord.evaluate.availability import check_rows
from acord.evaluate.results import read_results
from acord.evaluate.rows.bundled import DATA, TASKS, read_documents
from acord.evaluate.run import Candidate, Settings, evaluate_model
from acord.evaluate.suite import load_suite
from acord.languages.valencian import judge
from acord.languages.variety import classify
from acord.models import sha256_of
from tests.bundled.reading import samples
from tests.evaluate.samples import save_small_model

SIZES = {"reading": 14, "sums": 12, "form": 12, "answer": 8, "reply": 12}
NAMES = {f"{kind}_{language}": size for kind, size in SIZES.items() for language in ("va", "es", "en")}
NAMES |= {"translate_es_va": 20, "translate_va_es": 20}
FIELDS = {
    "reading": ("id", "topic", "prompt", "choices", "answer"),
    "sums": ("id", "topic", "prompt", "choices", "answer"),
    "form": ("id", "topic", "good", "bad"),
    "answer": ("id", "topic", "prompt", "reference"),
    "reply": ("id", "topic", "prompt"),
    "translate": ("id", "topic", "prompt", "reference"),
}


def kind_of(name: str) -> str:
    return name.split("_")[0]


def texts(name: str) -> list[str]:
    """Everything that is meant to be good in one file's language."""
    keys = {"form": ("good",), "translate": ("reference",)}.get(kind_of(name), ("prompt", "reference"))
    return [one[key] for one in read_documents(name) for key in keys if key in one]


def test_files_tasks_and_rows_are_the_same() -> None:
    assert sorted(file.stem for file in DATA.iterdir()) == sorted(NAMES)
    assert sorted(file.stem for file in TASKS.glob("*.yaml")) == sorted(f"bundled_{name}" for name in NAMES)
    suite = load_suite("bundled")
    assert {row.task for row in suite.rows} == {f"acord_bundled_{name}" for name in NAMES}
    assert all(row.id == row.task.removeprefix("acord_bundled_") for row in suite.rows)
    assert all(row.language == row.id.rpartition("_")[2] for row in suite.rows)
    assert {one.state for one in check_rows(suite, environment={"HF_HUB_OFFLINE": "1"})} == {"present"}


@pytest.mark.parametrize("name", NAMES)
def test_documents_are_well_formed(name: str) -> None:
    documents = read_documents(name)
    assert len(documents) == NAMES[name]
    assert {tuple(one) for one in documents} == {FIELDS[kind_of(name)]}
    for key in ("id", "prompt", "good"):
        assert key not in documents[0] or max(Counter(one[key] for one in documents).values()) == 1
    for text in texts(name):
        assert text == " ".join(text.split())
        assert len(text) <= 200


def test_there_are_enough_items_of_both_forms() -> None:
    assert sum(NAMES.values()) == 214
    written = sum(size for name, size in NAMES.items() if kind_of(name) in ("answer", "reply", "translate"))
    assert (written, sum(NAMES.values()) - written) == (100, 114)


@pytest.mark.parametrize("name", [name for name in NAMES if kind_of(name) in ("reading", "sums")])
def test_answers_are_spread_over_the_places(name: str) -> None:
    documents = read_documents(name)
    assert all(len(set(one["choices"])) == len(one["choices"]) > one["answer"] >= 0 for one in documents)
    places = Counter(one["answer"] for one in documents)
    assert max(places.values()) - min(places.values()) <= 1
    assert len(places) == len(documents[0]["choices"])


def test_sums_are_right() -> None:
    signs = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
    for language in ("va", "es", "en"):
        for one in read_documents(f"sums_{language}"):
            first, second = (int(word.strip("?")) for word in one["prompt"].split() if word.strip("?").isdigit())
            expected = {"+": first + second, "-": first - second, "*": first * second, "/": first / second}
            assert int(one["choices"][one["answer"]]) == expected[signs[one["topic"]]]


def test_answers_stand_in_the_sentence_that_is_given() -> None:
    """Every reading question is answered by words of the sentence, but for articles and the like."""
    for language in ("va", "es", "en"):
        for one in read_documents(f"reading_{language}"):
            answer = one["choices"][one["answer"]]
            assert answer.split()[-1] in one["prompt"], one["id"]


@pytest.mark.parametrize("name", NAMES)
def test_texts_are_in_their_language(name: str) -> None:
    language = name.rpartition("_")[2]
    if kind_of(name) == "sums":
        pytest.skip("sums are too short for a detector")
    allowed = {"va": {"valencian", "neutral"}, "es": {"spanish"}, "en": {"english"}}[language]
    labels = [classify(text).label for text in texts(name)]
    assert sum(label in allowed for label in labels) >= 0.85 * len(labels)
    if language == "va":
        assert [judge(text).central_forms for text in texts(name) if judge(text).central_forms] == []


def test_no_text_of_the_suite_is_in_the_preferences() -> None:
    known = {content for sample in samples() for _, content in sample.prompt}
    known |= {reply for sample in samples() for reply in (sample.chosen, sample.rejected)}
    assert [text for name in NAMES for text in texts(name) if text in known] == []


@pytest.mark.slow
def test_the_harness_runs_it_on_a_tiny_model(tmp_path: Path) -> None:
    outcome = evaluate_model(
        Candidate("tiny", str(save_small_model(tmp_path / "model", context=512))),
        load_suite("bundled"),
        Settings(limit=None),
        unavailable={},
        folder=tmp_path / "out",
        store=tmp_path / "items.sqlite",
        digest=sha256_of,
    )
    assert outcome.failed == ()
    found: dict[str, Any] = {row.row: row for row in read_results(outcome.file).rows}
    assert {name: row.n for name, row in found.items()} == NAMES
    assert all(row.value is not None and row.reason is None for row in found.values())
