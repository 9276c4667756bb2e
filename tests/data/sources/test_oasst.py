"""OASST: which siblings make pairs, and why every other message is left."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from acord.errors import InputError

from ..samples import FORGERY, OASST1_VALIDATION, OASST_100_TREES, message, real, write_jsonl, write_parquet
from .reading import Read, read


def built(tmp_path: Path, rows: list[Any], **more: Any) -> Read:
    return read(tmp_path, format="oasst", path=write_jsonl(tmp_path / "oasst.jsonl", rows), **more)


def ids(result: Read) -> list[tuple[str, str]]:
    return [(pair.chosen_id, pair.rejected_id) for pair in result.pairs]


THREE = [
    message("a", None, "Ask"),
    message("a2", "a", "middling", rank=1),
    message("a1", "a", "best", rank=0),
    message("a3", "a", "worst", rank=2),
]


OTHER = [
    message("b", None, "Ask b"),
    message("b1", "b", "good", rank=0),
    message("b2", "b", "bad", rank=1),
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
    assert result.rows_used == 4
    assert "someone" not in repr(result)


def test_a_conversation_is_named_by_its_tree_and_where_there_is_none_by_its_root(tmp_path: Path) -> None:
    later = [message("ab", "a", "Answer"), message("abc", "ab", "More"), message("abc1", "abc", "x", rank=0)]
    rows = [*THREE, *later, message("abc2", "abc", "y", rank=1)]
    for tree, group in (("t", "t"), (None, "a")):
        result = built(tmp_path, [{**row, "message_tree_id": tree} for row in rows])
        assert [pair.group for pair in result.pairs] == [group] * 4


def test_an_absent_rank_is_never_the_best(tmp_path: Path) -> None:
    absent = message("a0", "a", "unranked")
    result = built(tmp_path, [*THREE, absent, message("a4", "a", "null", rank=None)])
    assert ids(result) == ids(built(tmp_path, THREE))
    assert result.reasons == {"a0": "unranked reply", "a4": "unranked reply"}


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
    assert result.rows_used == 5


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
    assert [(name, reason) for name, reason, _ in result.dropped] == [
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
    details = {name: detail for name, _, detail in result.dropped}
    assert details["a4xy"] == "its ancestor a4 is out: deleted"
    assert details["b"] == "its ancestor lost is missing from its tree"
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
    assert tree.rows_in == flat.rows_in == 7
    assert (
        tree.reasons
        == flat.reasons
        == {
            "a1b": "no pair beneath it",
            "a1b1": "no ranked sibling",
            "a1b2": "unranked reply",
        }
    )


def test_parquet_gives_the_same_pairs_also_with_ranks_as_floats(tmp_path: Path) -> None:
    rows = [{**row, "rank": float(row["rank"]) if "rank" in row else float("nan")} for row in THREE]
    path = write_parquet(tmp_path / "oasst.parquet", rows)
    result = read(tmp_path, format="oasst", path=path)
    assert [pair.id for pair in result.pairs] == [pair.id for pair in built(tmp_path, THREE).pairs]
    assert result.pairs[0].chosen_rank == 0


def test_languages_that_are_not_asked_for_are_dropped_first(tmp_path: Path) -> None:
    spanish = [message(row["message_id"].replace("a", "b"), row["parent_id"] and "b", row["text"]) for row in THREE]
    spanish = [{**row, "lang": "es", "rank": other.get("rank")} for row, other in zip(spanish, THREE, strict=True)]
    valencian = [{**row, "lang": "ca-valencia", "message_id": row["message_id"] + "cc"} for row in spanish[:1]]
    result = built(tmp_path, [*THREE, *spanish, *valencian], languages=["en"])
    assert {pair.language for pair in result.pairs} == {"en"}
    assert result.by_reason == {"language not asked for": 5}
    assert result.dropped[-1][2] == "va"


def test_a_forged_turn_stays_text(tmp_path: Path) -> None:
    rows = [
        message("a", None, FORGERY),
        message("a1", "a", FORGERY + "1", rank=0),
        message("a2", "a", FORGERY + "2", rank=1),
    ]
    for pair in (built(tmp_path, rows).pairs[0], built(tmp_path, [as_tree(rows)]).pairs[0]):
        assert pair.prompt == [{"role": "user", "content": FORGERY}]
        assert (pair.chosen, pair.rejected) == (FORGERY + "1", FORGERY + "2")


def test_a_missing_column_is_the_reason_of_a_json_row_and_the_fault_of_a_table(tmp_path: Path) -> None:
    for column in ("message_id", "role", "text"):
        broken = {key: value for key, value in message("a3", "a", "worst", rank=2).items() if key != column}
        result = built(tmp_path, [*THREE[:3], broken])
        name = "oasst.jsonl:4" if column == "message_id" else "a3"
        assert [(one, reason) for one, reason, _ in result.dropped] == [(name, f"the column {column} is missing")]
        assert result.dropped[0][2].startswith("columns there: ")
        table = write_parquet(tmp_path / "oasst.parquet", [broken])
        with pytest.raises(InputError, match=rf"oasst.parquet row 1: the column {column} is missing. Columns there: "):
            read(tmp_path, format="oasst", path=table)


@pytest.mark.parametrize(
    ("change", "reason", "detail"),
    [
        *(({"rank": rank}, "rank should be a whole number from 0 or null", "it is ") for rank in ("0", True, 0.5, -1)),
        ({"rank": [0]}, "rank should be a whole number from 0 or null", "it is a list"),
        ({"rank": 2**31}, "rank should be a whole number from 0 or null", "it is a number"),
        ({"rank": float("inf")}, "rank should be a whole number from 0 or null", "it is a number"),
        ({"rank": -float("inf")}, "rank should be a whole number from 0 or null", "it is a number"),
        ({"text": 3}, "text should be text", "it is a number"),
        ({"text": "a\0b"}, "text holds a NUL character", ""),
        ({"role": ["assistant"]}, "unknown role", ""),
        ({"lang": {}}, "lang should be text", "it is an object"),
        ({"deleted": "yes"}, "deleted should be true or false", "it is text"),
        ({"review_result": 0}, "review_result should be true or false", "it is a number"),
        ({"parent_id": 0.5}, "parent_id should be text", "it is a number"),
        ({"message_tree_id": []}, "message_tree_id should be text", "it is a list"),
        ({"labels": ["spam"]}, "labels should be an object", "it is a list"),
    ],
)
def test_a_value_of_the_wrong_type_takes_its_subtree_along(
    tmp_path: Path, change: dict[str, Any], reason: str, detail: str
) -> None:
    broken = [message("a9", "a", "Answer", rank=5) | change, message("a9b", "a9", "Ask on", lang="es")]
    result = built(tmp_path, [*broken, *THREE])
    assert [(name, why) for name, why, _ in result.dropped] == [("a9", reason), ("a9b", "orphaned")]
    assert result.dropped[0][2].startswith(detail)
    assert result.dropped[1][2] == f"its ancestor a9 is out: {reason}"
    assert ids(result) == ids(built(tmp_path, THREE))


def test_an_id_that_is_none_is_replaced_by_the_place(tmp_path: Path) -> None:
    rows = [{**message("a9", "a", "x", rank=4), "message_id": name} for name in ({}, "\ud800", "x" * 1_001, None)]
    result = built(tmp_path, [*THREE, *rows])
    assert result.reasons == {
        "oasst.jsonl:5": "message_id should be text",
        "oasst.jsonl:6": "message_id is not valid Unicode",
        "oasst.jsonl:7": "message_id is longer than 1,000 characters",
    }
    assert ids(result)[-1] == ("a3", "oasst.jsonl:8")


def test_what_is_no_message_in_a_tree_is_a_row_with_its_reason(tmp_path: Path) -> None:
    tree = as_tree(THREE)
    nameless = {"text": "x", "role": "assistant", "rank": 3, "replies": [message("a9b", None, "under it")]}
    listless = {**message("a8", "a", "its replies are none", rank=3), "replies": "text"}
    tree["prompt"]["replies"] += ["text", nameless, listless]
    result = built(tmp_path, [tree, {"prompt": 3, "message_tree_id": "x"}])
    assert ids(result) == ids(built(tmp_path, THREE))
    assert result.dropped == [
        ("oasst.jsonl:1/5", "prompt and replies should be messages", "it is text"),
        ("oasst.jsonl:1/6", "the column message_id is missing", "columns there: text, role, rank, replies"),
        ("a9b", "orphaned", "its ancestor oasst.jsonl:1/6 is out: the column message_id is missing"),
        ("a8", "replies should be a list of messages", "it is text"),
        ("oasst.jsonl:2/1", "prompt and replies should be messages", "it is a number"),
    ]


def test_a_tree_with_an_id_that_is_none_is_out_as_a_whole(tmp_path: Path) -> None:
    result = built(tmp_path, [as_tree(THREE), {**as_tree(OTHER), "message_tree_id": 0.5}])
    assert result.by_reason == {"message_tree_id should be text": 3}
    assert ids(result) == ids(built(tmp_path, THREE))


def test_a_repeated_message_is_out_wherever_it_stands(tmp_path: Path) -> None:
    again = [{**row, "message_tree_id": "b"} for row in THREE]
    result = built(tmp_path, [*THREE, *again, as_tree(THREE), as_tree(OTHER)])
    assert result.by_reason == {"repeated message id": 8}
    assert ids(result) == [("b1", "b2"), *ids(built(tmp_path, THREE))]


def test_oasst1_validation(tmp_path: Path) -> None:
    """The raw ranking of all siblings gives 1,026 pairs in 418 prompts, so 418 of the best and the worst.

    Four pairs have a deleted reply as rejected, in three prompts, two of which rank nothing else: 1,022 in 416. One
    pair, best and worst of its prompt, has twice the same text: 1,021 and 415. Three messages are labelled as another
    language or as personal data, and 11 stand beneath them: 1,014 and 412.
    """
    path = real(OASST1_VALIDATION)
    every = read(tmp_path / "every", format="oasst", path=path)
    assert (every.rows_in, every.rows_used, len(every.pairs)) == (2022, 1534, 1014)
    assert every.by_reason == {
        "no pair beneath it": 331,
        "unranked reply": 54,
        "failed review": 46,
        "deleted": 40,
        "orphaned": 11,
        "no ranked sibling": 3,
        "labelled as another language": 2,
        "labelled personal data": 1,
    }
    assert len({pair.group for pair in every.pairs}) == 186
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = {row["message_id"]: row for row in map(json.loads, lines)}
    assert every.pairs
    for pair in every.pairs:
        better, worse = rows[pair.chosen_id], rows[pair.rejected_id]
        assert better["rank"] is not None
        assert better["parent_id"] == worse["parent_id"] == pair.prompt_id
        assert better["rank"] < worse["rank"]
        assert pair.group == better["message_tree_id"]
        assert not any(rows[name]["user_id"] in repr(pair) for name in (pair.chosen_id, pair.rejected_id))
    ranked = [row for row in rows.values() if row["role"] == "assistant" and row["rank"] is not None]
    raw = [
        (better, worse)
        for better in ranked
        for worse in ranked
        if better["parent_id"] == worse["parent_id"] and better["rank"] < worse["rank"]
    ]
    assert len(raw) == 1026
    assert len({better["parent_id"] for better, _ in raw}) == 418
    assert sum(worse["rank"] - better["rank"] >= 2 for better, worse in raw) == 314
    levels: dict[str, list[int]] = {}
    for reply in ranked:
        levels.setdefault(reply["parent_id"], []).append(reply["rank"])
    between = [[rank for rank in levels[x["parent_id"]] if x["rank"] < rank < y["rank"]] for x, y in raw]
    assert between.count([]) == 714
    there = [(better, worse) for better, worse in raw if not better["deleted"] and not worse["deleted"]]
    assert len(there) == 1022
    assert len({better["parent_id"] for better, _ in there}) == 416
    kept = read(tmp_path / "kept", format="oasst", path=path, labelled="keep")
    assert {(x["message_id"], y["message_id"]) for x, y in there if x["text"] != y["text"]} == {*ids(kept)}
    assert len(kept.pairs) == 1021
    assert set(ids(every)) < set(ids(kept))


@pytest.mark.parametrize(
    ("more", "pairs", "left_out"),
    [
        ({"policy": "best_worst"}, 412, 220),
        ({"policy": "best_worst", "labelled": "keep"}, 415, 221),
        ({"policy": "adjacent"}, 706, 0),
        ({"policy": "margin"}, 310, 487),
        ({"policy": "margin", "min_margin": 1}, 1014, 0),
        ({"pairs_a_prompt": 1}, 413, 219),
    ],
)
def test_oasst1_validation_by_policy(tmp_path: Path, more: dict[str, Any], pairs: int, left_out: int) -> None:
    result = read(tmp_path, format="oasst", path=real(OASST1_VALIDATION), **more)
    assert (len(result.pairs), result.by_reason.get("left out by the policy", 0)) == (pairs, left_out)


def test_oasst_trees(tmp_path: Path) -> None:
    result = read(tmp_path, format="oasst", path=real(OASST_100_TREES))
    assert (result.rows_in, result.rows_used, len(result.pairs)) == (1167, 855, 754)
    assert result.by_reason == {"no pair beneath it": 267, "unranked reply": 45}
    assert len({pair.group for pair in result.pairs}) == 100
