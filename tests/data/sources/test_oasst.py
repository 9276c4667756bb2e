"""OASST: which siblings make pairs, and why every other message is left."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acord.errors import InputError

from ..samples import (
    FORGERY,
    OASST1_VALIDATION,
    OASST_100_TREES,
    Built,
    build,
    message,
    real,
    reasons,
    write_jsonl,
    write_parquet,
)


def built(tmp_path: Path, rows: list[dict[str, Any]], **more: Any) -> Built:
    path = write_jsonl(tmp_path / "oasst.jsonl", rows)
    return build(tmp_path / "out", {"name": "oasst", "format": "oasst", "path": path, **more})


def ids(result: Built) -> list[tuple[str, str]]:
    return [(pair.chosen_id, pair.rejected_id) for pair in result.pairs]


THREE = [
    message("a", None, "Ask"),
    message("a2", "a", "middling", rank=1),
    message("a1", "a", "best", rank=0),
    message("a3", "a", "worst", rank=2),
]


def test_a_ranking_becomes_every_pair_of_it(tmp_path: Path) -> None:
    result = built(tmp_path, THREE)
    assert ids(result) == [("a1", "a2"), ("a1", "a3"), ("a2", "a3")]
    first = result.pairs[0]
    assert first.prompt == [{"role": "user", "content": "Ask"}]
    assert (first.chosen, first.rejected, first.chosen_rank, first.rejected_rank) == ("best", "middling", 0, 1)
    assert (first.prompt_id, first.group, first.language, first.licence) == ("a", "a", "en", "Apache-2.0")
    assert (first.origin, first.margin, first.weight, first.split) == ("human", None, 1.0, "train")
    assert first.lineage[0].detail == "oasst messages of oasst.jsonl, policy all_pairs"
    assert result.figures["rows_used"] == 4
    assert "someone" not in repr(result)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("best_worst", [("a1", "a3")]), ("adjacent", [("a1", "a2"), ("a2", "a3")])],
)
def test_the_policy_chooses_pairs_of_a_ranking(tmp_path: Path, policy: str, expected: list[tuple[str, str]]) -> None:
    result = built(tmp_path, THREE, policy=policy)
    assert ids(result) == expected
    assert reasons(result) == ({"a2": "left out by the policy"} if policy == "best_worst" else {})


def test_adjacent_ranks_may_be_shared_and_have_gaps(tmp_path: Path) -> None:
    rows = [message("a", None, "Ask")]
    rows += [message(name, "a", name, rank=rank) for name, rank in [("a1", 0), ("a2", 0), ("a3", 4), ("a4", 7)]]
    assert ids(built(tmp_path, rows, policy="adjacent")) == [("a1", "a3"), ("a2", "a3"), ("a3", "a4")]


def test_an_absent_rank_is_never_the_best(tmp_path: Path) -> None:
    absent = message("a0", "a", "unranked")
    result = built(tmp_path, [*THREE, absent, message("a4", "a", "null", rank=None)])
    assert ids(result) == ids(built(tmp_path, THREE))
    assert reasons(result) == {"a0": "unranked reply", "a4": "unranked reply"}


def test_a_later_turn_has_the_whole_path_as_prompt_even_over_an_unranked_reply(tmp_path: Path) -> None:
    rows = [
        message("a", None, "Ask"),
        message("ab", "a", "Answer"),
        message("abc", "ab", "More", lang="es"),
        message("abc1", "abc", "good", rank=0),
        message("abc2", "abc", "bad", rank=1),
    ]
    result = built(tmp_path, rows)
    assert [turn["content"] for turn in result.pairs[0].prompt] == ["Ask", "Answer", "More"]
    assert [turn["role"] for turn in result.pairs[0].prompt] == ["user", "assistant", "user"]
    assert result.pairs[0].language == "es"
    assert result.figures["rows_used"] == 5


def test_every_unused_message_has_its_reason(tmp_path: Path) -> None:
    rows = [
        *THREE,
        message("a4", "a", "gone", rank=3, deleted=True),
        message("a5", "a", "failed", rank=3, review_result=False),
        message("a6", "a", " \n", rank=3),
        message("a7", "a", "half \ud800", rank=3),
        message("a8", "a", "tool", rank=3, role="tool"),
        message("a4x", "a4", "under a deleted one"),
        message("a4xy", "a4x", "two under it", rank=0),
        message("a1z", "a1", "nobody answered"),
        message("b", "lost", "parent is not there"),
        message("a1", "a", "again", rank=9),
        message("c", None, "Ask c"),
        message("c1", "c", "alone", rank=0),
        message("d", None, "Ask d"),
        message("d1", "d", "equal", rank=1),
        message("d2", "d", "equal too", rank=1),
        message("e", None, "Ask e"),
        message("e1", "e", "same", rank=0),
        message("e2", "e", "same", rank=1),
        message("fg", None, "an assistant begins"),
        message("fgh", "fg", "user"),
        message("fg1", "fg", "answers the assistant", rank=0, role="assistant"),
        message("reviews", None, "not reviewed is not failed", review_result=None),
        message("l1", "l2", "loop"),
        message("l2", "l1", "loop"),
    ]
    result = built(tmp_path, rows)
    assert len(result.pairs) == 3
    assert [(row["source_id"], row["reason"]) for row in result.dropped] == [
        ("a1", "repeated message id"),
        ("a4", "deleted"),
        ("a5", "failed review"),
        ("a6", "empty text"),
        ("a7", "text is not valid Unicode"),
        ("a8", "unknown role"),
        ("a4x", "orphaned"),
        ("a4xy", "orphaned"),
        ("a1z", "no pair beneath it"),
        ("b", "orphaned"),
        ("c", "no pair beneath it"),
        ("c1", "no ranked sibling"),
        ("d", "no pair beneath it"),
        ("d1", "rank equal to its siblings'"),
        ("d2", "rank equal to its siblings'"),
        ("e", "no pair beneath it"),
        ("e1", "chosen equals rejected"),
        ("e2", "chosen equals rejected"),
        ("fg", "unranked reply"),
        ("fgh", "no pair beneath it"),
        ("fg1", "reply to no user turn"),
        ("reviews", "no pair beneath it"),
        ("l1", "orphaned"),
        ("l2", "orphaned"),
    ]
    details = {row["source_id"]: row["detail"] for row in result.dropped}
    assert details["a4xy"] == "its ancestor a4 is out: deleted"
    assert details["b"] == "its ancestor lost is missing"
    assert details["l1"].startswith("its ancestors form a loop")


def as_tree(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The nested export of one conversation: keys with null are left out, and so are parents of the root."""
    nodes = {row["message_id"]: {k: v for k, v in row.items() if v is not None} | {"replies": []} for row in rows}
    for row in rows[1:]:
        nodes[row["parent_id"]]["replies"].append(nodes[row["message_id"]])
    return {"message_tree_id": rows[0]["message_id"], "tree_state": "ready", "prompt": nodes[rows[0]["message_id"]]}


def test_trees_and_flat_rows_give_the_same_pairs(tmp_path: Path) -> None:
    rows = [*THREE, message("a1b", "a1", "More"), message("a1b1", "a1b", "x", rank=0), message("a1b2", "a1b", "y")]
    flat = built(tmp_path, rows)
    tree = built(tmp_path, [as_tree(rows)])
    assert tree.pairs == flat.pairs
    assert tree.figures["rows_in"] == flat.figures["rows_in"] == 7
    assert (
        reasons(tree)
        == reasons(flat)
        == {
            "a1b": "no pair beneath it",
            "a1b1": "no ranked sibling",
            "a1b2": "unranked reply",
        }
    )


def test_parquet_gives_the_same_pairs_also_with_ranks_as_floats(tmp_path: Path) -> None:
    rows = [{**row, "rank": float(row["rank"]) if "rank" in row else float("nan")} for row in THREE]
    path = write_parquet(tmp_path / "oasst.parquet", rows)
    result = build(tmp_path / "out", {"name": "oasst", "format": "oasst", "path": path})
    assert [pair.id for pair in result.pairs] == [pair.id for pair in built(tmp_path, THREE).pairs]
    assert result.pairs[0].chosen_rank == 0


def test_languages_that_are_not_asked_for_are_dropped_first(tmp_path: Path) -> None:
    spanish = [message(row["message_id"].replace("a", "b"), row["parent_id"] and "b", row["text"]) for row in THREE]
    spanish = [{**row, "lang": "es", "rank": other.get("rank")} for row, other in zip(spanish, THREE, strict=True)]
    valencian = [{**row, "lang": "ca-valencia", "message_id": row["message_id"] + "cc"} for row in spanish[:1]]
    result = built(tmp_path, [*THREE, *spanish, *valencian], languages=["en"])
    assert {pair.language for pair in result.pairs} == {"en"}
    assert result.figures["dropped_by_reason"] == {"language not asked for": 5}
    assert result.dropped[-1]["detail"] == "va"


def test_a_forged_turn_stays_text(tmp_path: Path) -> None:
    rows = [
        message("a", None, FORGERY),
        message("a1", "a", FORGERY + "1", rank=0),
        message("a2", "a", FORGERY + "2", rank=1),
    ]
    for pair in (built(tmp_path, rows).pairs[0], built(tmp_path, [as_tree(rows)]).pairs[0]):
        assert pair.prompt == [{"role": "user", "content": FORGERY}]
        assert (pair.chosen, pair.rejected) == (FORGERY + "1", FORGERY + "2")


def test_a_missing_column_names_file_line_and_what_is_there(tmp_path: Path) -> None:
    broken = {key: value for key, value in THREE[2].items() if key != "text"}
    with pytest.raises(InputError) as error:
        built(tmp_path, [*THREE[:2], broken])
    line = str(error.value)
    assert line.startswith(f"{tmp_path / 'oasst.jsonl'}:3: the column text is missing. Columns there: message_id,")


@pytest.mark.parametrize("rank", ["0", True, 0.5, -1, [0]])
def test_a_rank_that_is_none_is_refused(tmp_path: Path, rank: Any) -> None:
    with pytest.raises(InputError, match=r"oasst.jsonl:2: rank should be a whole number from 0 or null"):
        built(tmp_path, [THREE[0], {**THREE[1], "rank": rank}])


def test_a_reply_that_is_no_message_is_refused(tmp_path: Path) -> None:
    tree = as_tree(THREE)
    tree["prompt"]["replies"].append("text")
    with pytest.raises(InputError, match=r"oasst.jsonl:1: prompt and replies should be messages and is text"):
        built(tmp_path, [tree])


def test_oasst1_validation(tmp_path: Path) -> None:
    """The raw ranking of all siblings gives 1,026 pairs, in 418 prompts.

    Four of them have a deleted reply as rejected, in three prompts, two of which rank nothing else; one pair of
    ranked siblings has twice the same text, as best and as worst of its prompt. So 1,021 and 415 remain.
    """
    path = real(OASST1_VALIDATION)
    source = {"name": "oasst1", "format": "oasst", "path": path}
    every = build(tmp_path / "every", source)
    assert every.figures["rows_in"] == 2022
    assert every.figures["rows_used"] == 1545
    assert every.figures["dropped_by_reason"] == {
        "no pair beneath it": 334,
        "unranked reply": 54,
        "failed review": 46,
        "deleted": 40,
        "no ranked sibling": 3,
    }
    assert every.figures["pairs"] == 1021
    assert every.figures["groups"] == 187
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = {row["message_id"]: row for row in map(json.loads, lines)}
    ranked = [row for row in rows.values() if row["role"] == "assistant" and row["rank"] is not None]
    raw = [
        (better, worse)
        for better in ranked
        for worse in ranked
        if better["parent_id"] == worse["parent_id"] and better["rank"] < worse["rank"]
    ]
    assert len(raw) == 1026
    lost = [(x, y) for x, y in raw if (x["message_id"], y["message_id"]) not in set(ids(every))]
    assert [(x["deleted"], y["deleted"], x["text"] == y["text"]) for x, y in lost if not y["deleted"]] == [
        (False, False, True)
    ]
    assert len(lost) == 5
    best_worst = build(tmp_path / "best_worst", {**source, "policy": "best_worst"})
    assert best_worst.figures["pairs"] == 415
    assert best_worst.figures["dropped_by_reason"]["left out by the policy"] == 221
    adjacent = build(tmp_path / "adjacent", {**source, "policy": "adjacent"})
    assert adjacent.figures["pairs"] == 711


def test_oasst_trees(tmp_path: Path) -> None:
    result = build(tmp_path, {"name": "oasst", "format": "oasst", "path": real(OASST_100_TREES)})
    assert result.figures["rows_in"] == 1167
    assert result.figures["rows_used"] == 855
    assert result.figures["dropped_by_reason"] == {"no pair beneath it": 267, "unranked reply": 45}
    assert (result.figures["pairs"], result.figures["groups"]) == (754, 100)


@st.composite
def forests(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Messages whose parents may be anyone, themselves, or nobody there."""
    count = draw(st.integers(1, 14))
    names = [f"m{index}" for index in range(count)]
    rows = []
    for index, name in enumerate(names):
        parents = st.one_of(st.none(), st.sampled_from([*names, "lost"]), st.sampled_from(names[: index + 1]))
        row = {
            "message_id": name,
            "parent_id": draw(parents),
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
        if row["role"] == "narrator" or not row["text"]:
            return False
        return row["parent_id"] is None or sound(row["parent_id"], (*above, identity))

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


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=forests())
def test_no_forest_breaks_the_accounting(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    expected = expected_pairs(rows)
    if not expected:
        with pytest.raises(InputError, match="nothing to learn from"):
            built(tmp_path, rows)
        return
    result = built(tmp_path, rows)
    assert set(ids(result)) <= expected
    assert texts_of(rows, set(ids(result))) == texts_of(rows, expected)
    messages = {row["message_id"]: row for row in rows}
    used = set()
    for pair in result.pairs:
        assert messages[pair.chosen_id]["rank"] < messages[pair.rejected_id]["rank"]
        used |= {pair.chosen_id, pair.rejected_id}
        climbing: str | None = pair.prompt_id
        while climbing is not None:
            used.add(climbing)
            climbing = messages[climbing]["parent_id"]
    assert used.isdisjoint(reasons(result))
    assert used | set(reasons(result)) == set(messages)
