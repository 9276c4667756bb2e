"""OASST: what people labelled, trees that were given up, and rankings that contradict the quality label."""

from pathlib import Path
from typing import Any

import pytest

from acord.data.sources.oasst import CONFLICT

from ..samples import OASST1_VALIDATION, message, real, write_parquet
from .reading import Read, read
from .test_oasst import OTHER, THREE, as_tree, built, ids

FORMS = ["lists", "objects", "numbers"]


def labels(form: str, **values: float | None) -> dict[str, Any]:
    """Labels in one of their forms, with one beside them that is not looked at."""
    values = {"humor": 1.0, **values}
    if form == "lists":
        return {"name": list(values), "value": list(values.values()), "count": [3] * len(values)}
    return {name: {"value": value, "count": 3} if form == "objects" else value for name, value in values.items()}


def steps(result: Read) -> list[list[str]]:
    return [[step.step for step in pair.lineage] for pair in result.pairs]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("spam", "labelled spam"),
        ("lang_mismatch", "labelled as another language"),
        ("pii", "labelled personal data"),
    ],
)
def test_what_half_of_those_asked_labelled_is_out_with_all_beneath_it(
    tmp_path: Path, form: str, label: str, reason: str
) -> None:
    below = [message("a4b", "a4", "More"), message("a4b1", "a4b", "x", rank=0), message("a4b2", "a4b", "y", rank=1)]
    rows = [*THREE, message("a4", "a", "labelled", rank=3, labels=labels(form, **{label: 0.5})), *below]
    result = built(tmp_path, rows)
    assert ids(result) == ids(built(tmp_path, THREE))
    assert result.dropped == [
        ("a4", reason, f"{label} 0.50"),
        *((name, "orphaned", f"its ancestor a4 is out: {reason}") for name in ("a4b", "a4b1", "a4b2")),
    ]
    assert built(tmp_path, [as_tree(rows)]).dropped == result.dropped
    kept = built(tmp_path, rows, labelled="keep")
    assert (len(kept.pairs), kept.dropped) == (7, [])
    fewer = [*THREE, message("a4", "a", "labelled", rank=3, labels=labels(form, **{label: 0.49})), *below]
    assert built(tmp_path, fewer).dropped == []


def test_labels_that_nobody_gave_are_none(tmp_path: Path) -> None:
    given = [
        None,
        {},
        {"name": [], "value": [], "count": []},
        {"name": None, "value": None},
        labels("lists", spam=None),
    ]
    given += [labels("objects", spam=None), labels("numbers", spam=None), {"spam": {}}]
    rows = [message("a", None, "Ask")]
    rows += [message(f"a{index}", "a", f"{index}", rank=index, labels=one) for index, one in enumerate(given)]
    assert built(tmp_path, rows).dropped == []


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("spam", "labels should be an object"),
        ({"name": ["spam"], "value": []}, "labels should be lists of one length"),
        ({"name": "spam", "value": [1]}, "labels should be lists of one length"),
        ({"name": 3, "value": [1]}, "labels should be lists of one length"),
        ({"name": ["spam"], "value": ["1"]}, "labels should have values from 0 to 1"),
        ({"name": [["spam"]], "value": [1]}, "labels should be lists of one length"),
        ({"name": ["pii", "spam"], "value": [0, True]}, "labels should have values from 0 to 1"),
        ({"spam": {"value": 1.5}}, "labels should have values from 0 to 1"),
        ({"pii": float("inf")}, "labels should have values from 0 to 1"),
        ({"pii": float("nan")}, "labels should have values from 0 to 1"),
    ],
)
def test_labels_that_are_none_are_a_fault(tmp_path: Path, wrong: Any, reason: str) -> None:
    result = built(tmp_path, [*THREE, message("a4", "a", "x", rank=3, labels=wrong)])
    assert result.reasons == {"a4": reason}


def test_parquet_holds_labels_as_lists(tmp_path: Path) -> None:
    rows = [{**row, "rank": row.get("rank"), "labels": labels("lists", spam=0.0)} for row in (*THREE, *OTHER)]
    rows[1]["labels"], rows[2]["labels"] = labels("lists", spam=1.0), None
    result = read(tmp_path, format="oasst", path=write_parquet(tmp_path / "oasst.parquet", rows))
    assert result.reasons == {"a2": "labelled spam"}
    assert ids(result) == [("a1", "a3"), ("b1", "b2")]


def test_deleted_and_failed_messages_are_counted_as_such_first(tmp_path: Path) -> None:
    spam = {"rank": 3, "labels": labels("numbers", spam=1.0, pii=1.0)}
    rows = [message("a4", "a", "x", deleted=True, **spam), message("a5", "a", "x", review_result=False, **spam)]
    result = built(tmp_path, [*THREE, *rows, message("a6", "a", "x", **spam)])
    assert result.reasons == {"a4": "deleted", "a5": "failed review", "a6": "labelled spam"}


@pytest.mark.parametrize("state", ["aborted_low_grade", "halted_by_moderator", "scoring_failed"])
def test_a_tree_that_was_given_up_is_out(tmp_path: Path, state: str) -> None:
    flat = [*THREE, *({**row, "tree_state": state} for row in OTHER)]
    for rows in (flat, [as_tree(THREE), {**as_tree(OTHER), "tree_state": state}]):
        result = built(tmp_path, rows, labelled="keep")
        assert ids(result) == ids(built(tmp_path, THREE))
        assert [row[1:] for row in result.dropped] == [("tree given up", f"tree_state {state}")] * 3


@pytest.mark.parametrize("state", ["ready_for_export", "growing", "ranking", "backlog_ranking", "new", None, 3, []])
def test_in_any_other_state_the_ranks_decide(tmp_path: Path, state: Any) -> None:
    rows = [{**row, "tree_state": state} for row in THREE]
    assert len(built(tmp_path, rows).pairs) == 3


@pytest.mark.parametrize("form", FORMS)
def test_a_ranking_against_the_quality_label_is_flagged(tmp_path: Path, form: str) -> None:
    quality = {"a1": 0.25, "a2": 0.75, "a3": 0.25}
    rows = [THREE[0], *({**row, "labels": labels(form, quality=quality[row["message_id"]])} for row in THREE[1:])]
    result = built(tmp_path, rows)
    assert ids(result) == [("a1", "a2"), ("a1", "a3"), ("a2", "a3")]
    assert steps(result) == [["read", CONFLICT], ["read"], ["read"]]
    first, second = result.pairs[0].lineage
    assert second.detail == "quality label 0.25 of the chosen reply, 0.75 of the rejected one"
    assert (second.tool, second.version) == (first.tool, first.version) == ("acord", first.version)


def test_without_a_quality_label_on_both_sides_nothing_is_flagged(tmp_path: Path) -> None:
    rows = [THREE[0], {**THREE[1], "labels": labels("lists", quality=1.0)}, *THREE[2:]]
    assert steps(built(tmp_path, rows)) == [["read"]] * 3


def test_oasst1_contradicts_its_quality_labels_in_31_percent(tmp_path: Path) -> None:
    kept = read(tmp_path, format="oasst", path=real(OASST1_VALIDATION), labelled="keep")
    conflicts = sum(CONFLICT in names for names in steps(kept))
    assert (conflicts, len(kept.pairs)) == (318, 1021)
