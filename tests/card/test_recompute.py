"""Figures computed again: those of a run all agree, and each one that is edited is found, with its line."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from acord.card.checks import json_lines
from acord.card.evidence import Evidence, load_evidence
from acord.card.recompute import recompute, recompute_all
from acord.errors import InputError
from acord.evaluate.results import read_results
from acord.hashing import hash_file
from acord.manifest import read_manifest


@pytest.fixture
def copy(evidence: Evidence, tmp_path: Path) -> Path:
    return Path(shutil.copytree(evidence.folder, tmp_path / "evidence"))


def edit(path: Path, change: Callable[[Any], None]) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def numbers_of(content: Any, keys: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where the numbers of a JSON value stand."""
    if isinstance(content, dict):
        return [place for key, value in content.items() for place in numbers_of(value, (*keys, key))]
    if isinstance(content, list):
        return [place for number, value in enumerate(content) for place in numbers_of(value, (*keys, number))]
    return [keys] if isinstance(content, int | float) and not isinstance(content, bool) else []


def put(content: Any, keys: tuple[Any, ...]) -> None:
    for key in keys[:-1]:
        content = content[key]
    content[keys[-1]] += 1 if isinstance(content[keys[-1]], int) else 0.001


def test_a_run_agrees_with_itself(evidence: Evidence) -> None:
    found = recompute_all(evidence)
    assert found.faults == []
    assert found.checked > 400


# What no file of the evidence gives, and the card therefore states as the run does.
STATED = {
    "pairs": {"supply"},
    "plan": {"packs", "tokens_distinct", "tokens_unshared", "steps", "turns_dropped", "boundary_merges", "token_budget",
             "threads", "reasons"},
    "align": {"estimate", "actual"},
    "evaluate": set(),
    "judge": set(),
}  # fmt: skip
# Of a figure that another one of its file follows from, the other one is named.
NAMED_ELSEWHERE = {"rows_in"}
MARKS = {"align": pytest.mark.slow}


@pytest.mark.parametrize("stage", [pytest.param(stage, marks=MARKS.get(stage, ())) for stage in STATED])
def test_every_number_of_a_manifest_is_computed_again(evidence: Evidence, copy: Path, stage: str) -> None:
    original = (copy / stage / "manifest.json").read_text(encoding="utf-8")
    manifest = json.loads(original)
    places = [place for place in numbers_of(manifest["figures"]) if place[0] not in STATED[stage]]
    assert places
    for place in places:
        edit(copy / stage / "manifest.json", partial(put, keys=("figures", *place)))
        found = recompute(read_again(evidence, copy))
        keys = ("figures", *map(str, place))
        line = json_lines(copy / stage / "manifest.json")[keys]
        lines = [fault.line for fault in found if fault.file == f"{stage}/manifest.json"]
        assert lines if place[-1] in NAMED_ELSEWHERE else line in lines, place
        (copy / stage / "manifest.json").write_text(original, encoding="utf-8")


def read_again(evidence: Evidence, folder: Path) -> Evidence:
    """The evidence of another folder; models are not compared again, which takes longest."""
    manifests = {stage: read_manifest(folder / stage) for stage in evidence.manifests}
    results = tuple(read_results(folder / "evaluate" / one.model.name / "results.json") for one in evidence.results)
    return replace(evidence, folder=folder, manifests=manifests, results=results)


@pytest.mark.parametrize("file", ["evaluate/tiny/results.json", "evaluate/comparison.json"])
def test_every_figure_of_the_evaluation_is_computed_again(evidence: Evidence, copy: Path, file: str) -> None:
    lines = json_lines(copy / file)
    shown = [keys for keys in lines if keys[-1] in ("value", "stderr", "n", "p_value", "low", "adjusted_p", "chance")]
    content = json.loads((copy / file).read_text(encoding="utf-8"))
    numbers = {tuple(map(str, place)): place for place in numbers_of(content)}
    places = [(keys, numbers[keys]) for keys in shown if keys in numbers]
    assert len(places) >= 6
    for keys, place in places:
        edit(copy / file, partial(put, keys=place))
        found = [(fault.file, fault.line) for fault in recompute(read_again(evidence, copy))]
        assert (file, lines[keys]) in found, keys
        (copy / file).write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def test_items_of_one_who_also_mends_the_hashes(copy: Path) -> None:
    items = copy / "evaluate" / "tiny" / "items" / "good.parquet"
    rows = pq.read_table(items)
    better = [{**row, "score": 1.0, "raw": "1.0"} for row in rows.to_pylist()]
    pq.write_table(pa.Table.from_pylist(better, rows.schema), items)
    assert "the items are not those that were measured" in [one.what for one in recompute_safely(copy)]

    def mend(content: Any) -> None:
        content["rows"][0].update(items_sha256=hash_file(items), value=1.0, stderr=0.0)

    edit(copy / "evaluate" / "tiny" / "results.json", mend)
    found = {(fault.file, fault.what) for fault in recompute(load_evidence(copy))}
    assert ("evaluate/tiny/items/good.parquet", "evaluate/manifest.json does not name these items") in found
    assert any(file == "evaluate/comparison.json" for file, _ in found)


def recompute_safely(folder: Path) -> list[Any]:
    try:
        return list(recompute(load_evidence(folder)))
    except InputError as error:
        return [error]


@pytest.mark.parametrize(
    ("file", "old", "new", "what"),
    [
        ("recipe.yaml", "learning_rate: 0.001", "learning_rate: 0.002", "recipe.align.learning_rate is not what"),
        ("recipe.yaml", "licence: CC0-1.0", "licence: CC-BY-4.0", "recipe.data.sources.0.licence is not what"),
        ("align/metrics.jsonl", '"step": 3', '"step": 4', "the file is not what its stage wrote"),
        ("answers/answers.jsonl", "rice", "rise", "the file is not what its stage wrote"),
        ("evaluate/tiny/results.json", '"sha256": "', '"sha256": "0', "model.sha256 is of other weights"),
    ],
)
def test_what_no_figure_tells_is_held_by_hashes(copy: Path, file: str, old: str, new: str, what: str) -> None:
    content = (copy / file).read_text(encoding="utf-8")
    assert old in content
    (copy / file).write_text(content.replace(old, new, 1), encoding="utf-8")
    assert any(what in fault.what for fault in recompute(load_evidence(copy)))


def test_held_out_pairs_are_measured_again(copy: Path) -> None:
    table = pq.read_table(copy / "align" / "held_out.parquet")
    rows = table.to_pylist()
    rows[0]["logp_after"][0] += 1.0
    pq.write_table(pa.Table.from_pylist(rows, table.schema), copy / "align" / "held_out.parquet")
    found = [fault.what for fault in recompute(load_evidence(copy))]
    assert any(what.startswith("figures.held_out.after.margin is not what the files give") for what in found)


def test_lines_of_a_json_file(tmp_path: Path) -> None:
    content = {"a": [1, {"b": 'x": 1', "c": ["d\n", '"e": 2']}], 'f\\"g': {}, "h": [], "i": -1.5}
    (tmp_path / "a.json").write_text(json.dumps(content, indent=2))
    lines = (tmp_path / "a.json").read_text().split("\n")
    found = json_lines(tmp_path / "a.json")
    assert {keys: lines[line - 1].strip().rstrip(",") for keys, line in found.items()} == {
        ("a",): '"a": [',
        ("a", "0"): "1",
        ("a", "1"): "{",
        ("a", "1", "b"): '"b": "x\\": 1"',
        ("a", "1", "c"): '"c": [',
        ("a", "1", "c", "0"): '"d\\n"',
        ("a", "1", "c", "1"): '"\\"e\\": 2"',
        ('f\\"g',): '"f\\\\\\"g": {}',
        ("h",): '"h": []',
        ("i",): '"i": -1.5',
    }
    (tmp_path / "b.json").write_text(json.dumps(content))
    assert json_lines(tmp_path / "b.json") == {}
