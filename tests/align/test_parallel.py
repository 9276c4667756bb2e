"""How passes are dealt out, and that 1, 2 and 4 processes train the same pairs in the same steps."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from acord.align.encoded import items_of
from acord.align.parallel import Pass, deal, passes_of, tokens_of
from acord.processes import World
from acord.tree.pack import build_pack
from tests.align import parallel_side as side
from tests.align.samples import random_pairs

ROOT = Path(__file__).parents[2]


def test_the_longest_are_dealt_first_and_nobody_gets_more_than_an_even_number() -> None:
    assert deal([5, 9, 1, 7], 2) == [[1, 2], [3, 0]]
    assert deal([100, 1, 1, 1], 2) == [[0, 3], [1, 2]]
    assert deal([3], 4) == [[0], [], [], []]


@given(st.integers(1, 24), st.integers(1, 6), st.integers(1, 9), st.integers(0, 99))
def test_every_pair_is_in_one_pass_that_counts_and_all_processes_have_equally_many(
    pairs: int, packs: int, ranks: int, seed: int
) -> None:
    examples = random_pairs(pairs, seed)
    step = [pack for pack in (examples[number::packs] for number in range(packs)) if pack]
    dealt = passes_of(step, World(0, ranks))
    assert dealt == passes_of(step, World(ranks - 1, ranks))
    assert len(dealt) == ranks
    assert len({len(mine) for mine in dealt}) == 1
    counted = [one for mine in dealt for one in mine if one.counts]
    ordered = [example for pack in step for example in pack]
    assert sorted(place for one in counted for place in one.places) == list(range(pairs))
    assert all(tuple(ordered[place] for place in one.places) == one.examples for one in counted)
    # Cutting between conversations computes no token twice.
    assert sum(tokens_of(one.examples) for one in counted) == sum(tokens_of(pack) for pack in step)


def test_a_pass_costs_its_distinct_tokens() -> None:
    for seed in range(5):
        examples = random_pairs(12, seed)
        assert tokens_of(examples) == build_pack(items_of(examples)).forest.tokens


def test_one_process_runs_the_packs_as_they_are_planned() -> None:
    pairs = random_pairs(6)
    assert passes_of([pairs[:4], pairs[4:]], World(0, 1)) == [
        [Pass(tuple(pairs[:4]), (0, 1, 2, 3)), Pass(tuple(pairs[4:]), (4, 5))]
    ]


def untimed(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in one.items() if name not in ("seconds",)} for one in records]


def same(found: Any, expected: Any, tolerance: float) -> None:
    """All numbers of two nested values are as near as rounding leaves them."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for name in expected:
            same(found[name], expected[name], tolerance)
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            same(one, other, tolerance)
    else:
        assert found == pytest.approx(expected, rel=tolerance, abs=tolerance)


def same_weights(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> None:
    assert found.keys() == expected.keys()
    assert max(float((found[name] - expected[name]).abs().max()) for name in expected) <= 1e-6


@pytest.mark.slow
def test_two_and_four_processes_train_as_one_and_go_on_from_each_others_checkpoints(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "tests.align.parallel_side", str(tmp_path)], cwd=ROOT, check=True)
    figures = {name: json.loads((tmp_path / name / side.FIGURES).read_text()) for name in ("2", "4", "again", "whole")}
    weights = {name: torch.load(tmp_path / name / side.WEIGHTS) for name in figures}
    one = figures["whole"]
    for name in ("2", "4"):
        many = figures[name]
        for way, tolerance in (("plain", 1e-6), ("resharded", 1e-6), ("unshared", 1e-6), ("adapter", 1e-6)):
            for found, expected in zip(many[way], one[way], strict=True):
                assert found["loss"] == pytest.approx(expected["loss"], rel=tolerance), (name, way)
                assert found["norm"] == pytest.approx(expected["norm"], rel=tolerance), (name, way)
                assert found["tokens"] == expected["tokens"]
                same(found["scores"], expected["scores"], 1e-5)
        for found, expected in zip(many["bf16"], one["bf16"], strict=True):
            assert found["loss"] == pytest.approx(expected["loss"], rel=2e-3)
        same(many["scored"], one["scored"], 1e-5)
        same_weights(weights[name]["plain"], weights["whole"]["plain"])
    assert len(figures["2"]["records"]) == side.SAVED_AFTER + 1
    for name in ("4", "again"):
        same(untimed(figures[name]["records"]), untimed(one["records"]), 1e-5)
        same_weights(weights[name]["resumed"], weights["whole"]["resumed"])
