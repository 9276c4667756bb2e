"""OASST: forests of any shape, whole and parted by tree."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acord.data.sources import oasst_spool

from ..samples import OASST1_VALIDATION, message, real
from .reading import read
from .test_oasst import OTHER, THREE, built, ids


@st.composite
def forests(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Messages whose parents may be anyone, themselves, or nobody there."""
    count = draw(st.integers(1, 14))
    names = [f"m{index}" for index in range(count)]
    # A forest whose messages all name a tree is parted by trees, one in which some name none is not.
    trees = draw(st.sampled_from([["s"], ["s", "s", "s", "t"], ["s", "t", None]]))
    rows = []
    for index, name in enumerate(names):
        parents = st.one_of(st.none(), st.sampled_from([*names, "lost"]), st.sampled_from(names[: index + 1]))
        row = {
            "message_id": name,
            "parent_id": draw(parents),
            "message_tree_id": draw(st.sampled_from(trees)),
            "text": draw(st.sampled_from(["x", "y", f"own {name}", f"own {name}", f"own {name}", ""])),
            "role": draw(st.sampled_from(["prompter", "assistant", "assistant", "narrator"])),
            "lang": draw(st.sampled_from(["en", "en", "es"])),
            "deleted": draw(st.sampled_from([False, False, False, True])),
            "review_result": draw(st.sampled_from([True, True, None, False])),
            "rank": draw(st.sampled_from([None, 0, 1, 2])),
        }
        rows.append(row)
    return draw(st.permutations(rows))


def expected_pairs(rows: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """All pairs of a forest, worked out the slow way."""
    messages = {row["message_id"]: row for row in rows}

    def sound(identity: str, above: tuple[str, ...] = ()) -> bool:
        row = messages.get(identity)
        if row is None or identity in above or row["deleted"] or row["review_result"] is False:
            return False
        if row["role"] == "narrator" or not row["text"] or apart(row):
            return False
        return row["parent_id"] is None or sound(row["parent_id"], (*above, identity))

    def apart(row: dict[str, Any]) -> bool:
        trees = {row["message_tree_id"], messages.get(row["parent_id"], row)["message_tree_id"]}
        return len(trees) == 2 and None not in trees

    ranked = [row for row in rows if row["role"] == "assistant" and row["rank"] is not None and row["parent_id"]]
    ranked = [row for row in ranked if sound(row["message_id"])]
    return {
        (better["message_id"], worse["message_id"])
        for better in ranked
        for worse in ranked
        if better["parent_id"] == worse["parent_id"]
        and messages[better["parent_id"]]["role"] == "prompter"
        and better["rank"] < worse["rank"]
        and better["text"] != worse["text"]
    }


def texts_of(rows: list[dict[str, Any]], pairs: set[tuple[str, str]]) -> set[tuple[Any, ...]]:
    messages = {row["message_id"]: row for row in rows}

    def path(identity: str | None) -> tuple[str, ...]:
        return () if identity is None else (*path(messages[identity]["parent_id"]), messages[identity]["text"])

    return {(path(messages[x]["parent_id"]), messages[x]["text"], messages[y]["text"]) for x, y in pairs}


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=forests(), parts=st.integers(1, 4))
def test_no_forest_breaks_the_accounting(tmp_path: Path, rows: list[dict[str, Any]], parts: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("acord.data.sources.oasst.parts_for", lambda _: parts)
        result = built(tmp_path, rows)
    assert set(ids(result)) == expected_pairs(rows)
    assert len(set(ids(result))) == len(result.pairs)
    messages = {row["message_id"]: row for row in rows}
    used = set()
    for pair in result.pairs:
        assert messages[pair.chosen_id]["rank"] < messages[pair.rejected_id]["rank"]
        used |= {pair.chosen_id, pair.rejected_id}
        climbing: str | None = pair.prompt_id
        while climbing is not None:
            used.add(climbing)
            climbing = messages[climbing]["parent_id"]
    assert used.isdisjoint(result.reasons)
    assert used | set(result.reasons) == set(messages)


def test_the_number_of_parts_changes_nothing_but_the_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = real(OASST1_VALIDATION)
    whole = read(tmp_path / "whole", format="oasst", path=path)
    monkeypatch.setattr(oasst_spool, "PART_BYTES", 300_000)
    parted = read(tmp_path / "parted", format="oasst", path=path)
    assert parted.pairs != whole.pairs
    by_id = {pair.source_id: pair for pair in whole.pairs}
    assert {pair.source_id: pair for pair in parted.pairs} == by_id
    assert sorted(parted.dropped) == sorted(whole.dropped)
    groups = [pair.group for pair in parted.pairs]
    assert [pair.prompt_id for pair in parted.pairs if pair.group == groups[-1]] == [
        pair.prompt_id for pair in whole.pairs if pair.group == groups[-1]
    ]


@pytest.mark.parametrize("parts", [1, 7])
def test_a_parent_in_another_tree_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parts: int) -> None:
    monkeypatch.setattr("acord.data.sources.oasst.parts_for", lambda _: parts)
    stray = message("b9", "a", "under another tree's prompt", rank=7, message_tree_id="b")
    result = built(tmp_path, [*THREE, stray])
    assert result.dropped == [("b9", "orphaned", "its ancestor a is missing from its tree")]


def test_messages_that_name_no_tree_find_their_parents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acord.data.sources.oasst.parts_for", lambda _: 7)
    rows = [{**row, "message_tree_id": row["message_tree_id"] if row["parent_id"] is None else None} for row in THREE]
    result = built(tmp_path, [*OTHER, *rows])
    assert ids(result) == [*ids(built(tmp_path, OTHER)), *ids(built(tmp_path, THREE))]
    assert {pair.group for pair in result.pairs} == {"a", "b"}


def test_a_chain_of_ten_thousand_replies_ends_after_a_thousand_turns(tmp_path: Path) -> None:
    names = [f"m{index}" for index in range(10_000)]
    rows = [
        {"message_id": name, "parent_id": parent, "message_tree_id": "m0", "text": name, "rank": 0}
        | {"role": "prompter" if index % 2 == 0 else "assistant"}
        for index, (name, parent) in enumerate(zip(names, [None, *names], strict=False))
    ]
    best = [{**rows[index], "message_id": f"n{index}", "text": "worse", "rank": 1} for index in (1, 999, 1_001)]
    result = built(tmp_path, [*reversed(rows), *best])
    assert ids(result) == [("m999", "n999"), ("m1", "n1")]
    assert len(result.pairs[0].prompt) == 999
    assert result.reasons["m1000"] == "orphaned"
    assert {reason for name, reason in result.reasons.items() if name != "n1001"} == {"orphaned"}
    assert {name: detail for name, _, detail in result.dropped}["m1000"] == "it has 1,000 ancestors or more"
