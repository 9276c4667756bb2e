"""OASST: which pairs of a ranking the recipe's policy takes, and how many of one prompt."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acord.data.ledger import RowKey
from acord.data.sources.oasst_messages import Message
from acord.data.sources.oasst_policy import chosen_and_rejected
from acord.recipe import Source

from ..samples import message
from .test_oasst import THREE, built, ids


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("all_pairs", [("a1", "a2"), ("a1", "a3"), ("a2", "a3")]),
        ("best_worst", [("a1", "a3")]),
        ("adjacent", [("a1", "a2"), ("a2", "a3")]),
        ("margin", [("a1", "a3")]),
    ],
)
def test_the_policy_chooses_pairs_of_a_ranking(tmp_path: Path, policy: str, expected: list[tuple[str, str]]) -> None:
    result = built(tmp_path, THREE, policy=policy)
    assert ids(result) == expected
    left_out = [("a2", "left out by the policy", policy)] if policy in ("best_worst", "margin") else []
    assert result.dropped == left_out


def test_adjacent_ranks_may_be_shared_and_have_gaps(tmp_path: Path) -> None:
    rows = [message("a", None, "Ask")]
    rows += [message(name, "a", name, rank=rank) for name, rank in [("a1", 0), ("a2", 0), ("a3", 4), ("a4", 7)]]
    assert ids(built(tmp_path, rows, policy="adjacent")) == [("a1", "a3"), ("a2", "a3"), ("a3", "a4")]


@pytest.mark.parametrize(
    ("least", "expected"),
    [
        (1, [("a1", "a2"), ("a1", "a3"), ("a1", "a4"), ("a2", "a3"), ("a2", "a4"), ("a3", "a4")]),
        (3, [("a1", "a3"), ("a1", "a4"), ("a2", "a4")]),
        (4, [("a1", "a4"), ("a2", "a4")]),
        (6, []),
    ],
)
def test_a_margin_is_a_distance_of_ranks(tmp_path: Path, least: int, expected: list[tuple[str, str]]) -> None:
    rows = [message("a", None, "Ask")]
    rows += [message(name, "a", name, rank=rank) for name, rank in [("a1", 0), ("a2", 1), ("a3", 3), ("a4", 5)]]
    result = built(tmp_path, rows, policy="margin", min_margin=least)
    assert ids(result) == expected
    assert all(pair.margin is None for pair in result.pairs)


def test_the_cap_keeps_the_largest_distances_then_the_better_chosen_then_the_first(tmp_path: Path) -> None:
    ranks = [("a5", 1), ("a1", 0), ("a4", 2), ("a2", 0), ("a3", 1)]
    rows = [message("a", None, "Ask"), *(message(name, "a", name, rank=rank) for name, rank in ranks)]
    taken = [
        ("a1", "a4"),  # two ranks apart
        ("a2", "a4"),
        ("a1", "a5"),  # one rank apart, the best chosen, in input order: a5 stands before a3
        ("a1", "a3"),
        ("a2", "a5"),
        ("a2", "a3"),
        ("a5", "a4"),
        ("a3", "a4"),
    ]
    for most in range(1, 9):
        result = built(tmp_path, rows, pairs_a_prompt=most)
        assert set(ids(result)) == set(taken[:most])
        assert ids(result) == [pair for pair in ids(built(tmp_path, rows)) if pair in taken[:most]]
    result = built(tmp_path, rows, pairs_a_prompt=1)
    assert {row[1:] for row in result.dropped} == {("left out by the policy", "all_pairs, at most 1 of one prompt")}


def test_the_cap_is_one_of_each_prompt(tmp_path: Path) -> None:
    rows = [*THREE, message("b", None, "Ask b"), message("b1", "b", "x", rank=0), message("b2", "b", "y", rank=1)]
    assert ids(built(tmp_path, rows, pairs_a_prompt=1)) == [("a1", "a3"), ("b1", "b2")]


def reply(number: int, rank: int, text: str) -> Message:
    return Message(RowKey(number, f"m{number}"), "p", "assistant", text, "en", rank, None, "t", "f", "", "")


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ranks=st.lists(st.tuples(st.integers(0, 4), st.sampled_from("abcdef")), max_size=7),
    policy=st.sampled_from(["all_pairs", "best_worst", "adjacent", "margin"]),
    most=st.none() | st.integers(1, 5),
    least=st.integers(1, 3),
)
def test_every_policy_takes_some_of_all_pairs(
    ranks: list[tuple[int, str]], policy: str, most: int | None, least: int
) -> None:
    ranked = sorted((reply(number, *one) for number, one in enumerate(ranks)), key=lambda one: one.rank or 0)
    settings = {"policy": policy, "pairs_a_prompt": most, "min_margin": least}
    source = Source.model_validate({"name": "s", "format": "oasst", "path": "x", **settings})
    pairs = chosen_and_rejected(ranked, source)
    every = {(x, y) for x in ranked for y in ranked if (x.rank or 0) < (y.rank or 0) and x.text != y.text}
    assert {*pairs} <= every
    assert len({*pairs}) == len(pairs) <= (most or len(every))
    distances = [pair.distance for pair in pairs]
    assert all(distance >= (least if policy == "margin" else 1) for distance in distances)
    if policy == "all_pairs" and most is None:
        assert {*pairs} == every
    if policy in ("all_pairs", "margin"):
        left = [(y.rank or 0) - (x.rank or 0) for x, y in every - {*pairs}]
        assert all(distance <= min(distances, default=0) or not distances for distance in left if most is not None)
    assert all(pair.better.rank == ranked[0].rank for pair in pairs if policy == "best_worst")
