"""A model on a suite: rows measured, n/a or failed; what was measured is never computed again."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

import acord.evaluate.likelihood as likelihood
from acord.evaluate.results import read_results
from acord.evaluate.run import Candidate, Outcome, Settings, evaluate_model
from acord.evaluate.suite import Suite, load_suite
from acord.models import sha256_of
from tests.evaluate.samples import save_small_model, write_task

ITEMS = [
    {"question": f"What is {n}?", "choices": ["one", "two", "three"], "gold": n % 3, "passage": f"p{n // 2}"}
    for n in range(8)
]
CHOICE = {
    "output_type": "multiple_choice",
    "doc_to_text": "{{question}}",
    "doc_to_choice": "{{choices}}",
    "doc_to_target": "gold",
    "metric_list": [{"metric": "acc"}],
}
ROW = {"label": "Numbers", "language": "en", "kind": "Counting", "metric": "acc", "chance": 0.3}


def suite_of(folder: Path, *rows: dict[str, Any]) -> Suite:
    write_task(folder / "tasks", "good", ITEMS, **CHOICE)
    write_task(folder / "tasks", "broken", ITEMS, **{**CHOICE, "doc_to_target": "{{nowhere.at.all}}"})
    write_task(folder / "tasks", "empty", ITEMS, **{**CHOICE, "doc_to_text": ""})
    content = {"name": "mine", "title": "Mine", "include": ["tasks"], "rows": [{**ROW, **row} for row in rows]}
    (folder / "mine.yaml").write_text(yaml.safe_dump(content))
    return load_suite(str(folder / "mine.yaml"))


def run(folder: Path, model: Path, suite: Suite, **changes: Any) -> Outcome:
    return evaluate_model(
        Candidate("small", str(model)),
        suite,
        Settings(**{"limit": None, **changes}),
        unavailable={"absent": "no such data here"},
        folder=folder / "out",
        store=folder / "items.sqlite",
        digest=sha256_of,
    )


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_small_model(tmp_path_factory.mktemp("model"))


def test_a_broken_task_leaves_the_others_and_is_named(tmp_path: Path, model: Path) -> None:
    suite = suite_of(
        tmp_path,
        {"id": "good", "task": "good", "cluster": "passage"},
        {"id": "broken", "task": "broken"},
        {"id": "absent", "task": "good", "shots": 2},
    )
    outcome = run(tmp_path, model, suite)
    assert outcome.failed == ("broken",)
    good, broken, absent = read_results(outcome.file).rows
    assert good.n == 8
    assert good.value is not None
    assert good.stderr is not None
    assert good.reason is None
    assert (broken.value, absent.value) == (None, None)
    assert broken.reason
    assert absent.reason == "no such data here"
    items = outcome.results.items("good")
    assert items is not None
    assert [item.cluster for item in items] == [f"p{n // 2}" for n in range(8)]
    assert good.value == sum(item.prediction == item.gold for item in items) / 8


def test_nothing_is_computed_twice_and_models_share_nothing(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = suite_of(tmp_path, {"id": "good", "task": "good"})
    first = run(tmp_path, model, suite)
    other = run(tmp_path, save_small_model(tmp_path / "other", seed=1), suite)
    assert other.file != first.file

    def never(*_: Any) -> None:
        raise AssertionError("a stored answer was computed again")

    monkeypatch.setattr(likelihood.LocalPacks, "__call__", never)
    again = run(tmp_path, model, suite)
    assert again.file == first.file
    assert [row.value for row in again.results.rows] == [row.value for row in first.results.rows]
    third = save_small_model(tmp_path / "third", seed=2)
    assert run(tmp_path, third, suite).failed == ("good",), "another model's answers are not taken for its own"


def test_a_stated_turn_stands_where_the_task_has_none(tmp_path: Path, model: Path) -> None:
    suite = suite_of(
        tmp_path,
        {"id": "bare", "task": "empty", "template": "none"},
        {"id": "turn", "task": "empty", "template": "turn", "turn": "Which? {{question}}"},
        {"id": "same", "task": "good", "template": "chat"},
        {"id": "asked", "task": "empty", "template": "turn", "turn": "{{question}}"},
    )
    results = run(tmp_path, model, suite).results
    assert all(row.value is not None for row in results.rows)

    def scores(row: str) -> list[str]:
        return [str(item.prediction) for item in results.items(row) or []]

    assert scores("asked") == scores("same"), "the same user turn, the same answers"


def test_the_key_of_a_folder_follows_settings_and_weights(tmp_path: Path, model: Path) -> None:
    suite = suite_of(tmp_path, {"id": "good", "task": "good"})
    names = {run(tmp_path, model, suite, limit=limit).file.parent.name for limit in (None, 2, 4)}
    assert len(names) == 3
    few = read_results(next(path for path in (tmp_path / "out").glob("*/results.json") if _limit(path) == 2))
    assert few.rows[0].n == 2


def _limit(path: Path) -> Any:
    return json.loads(path.read_text())["settings"]["limit"]
