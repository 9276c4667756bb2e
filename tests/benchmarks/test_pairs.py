"""Which pairs are measured: selections like their set, right counts, trees of lengths that stand for the pairs."""

from dataclasses import replace
from pathlib import Path

import pytest
from lengths import conversations_of, examples_of, read_lengths, write_lengths
from real_pairs import batches_of, middle_pairs, padded_tokens, select, sequence_lengths, token_counts

from acord.align.encoded import Example, items_of
from acord.tree.pack import build_pack
from tests.align.samples import random_pairs


def pair(identity: str, group: str, prompt: tuple[int, ...], *replies: tuple[int, ...]) -> Example:
    return replace(
        random_pairs(1)[0],
        id=identity,
        group=group,
        prompt_ids=prompt,
        replies=replies,
        ranks=tuple(range(len(replies))),
    )


RANKED = [
    pair("ab", "g", (1, 2, 3), (4, 5), (6,)),
    pair("ac", "g", (1, 2, 3), (4, 5), (7, 8, 9)),
    pair("other", "h", (1, 2), (3,), (4,)),
]


def test_counts_by_hand() -> None:
    counts = token_counts(RANKED, step_pairs=3, token_budget=100)
    assert counts["distinct"] == (3 + 2 + 1 + 3) + (2 + 1 + 1)
    assert counts["unshared"] == (5 + 4) + (5 + 6) + (3 + 3)
    assert counts["padded_1"] == 2 * 5 + 2 * 6 + 2 * 3
    assert counts["padded_8"] == 6 * 6
    assert counts["pair"] == counts["conversation"] == {"computed": 13, "distinct_in_step": 13}
    assert token_counts(RANKED, step_pairs=1, token_budget=100)["conversation"]["computed"] == 6 + 8 + 4


def test_padded_batches() -> None:
    assert batches_of(RANKED, 2) == [[5, 4, 5, 6], [3, 3]]
    assert padded_tokens(RANKED, 2) == 4 * 6 + 2 * 3


def test_selection_is_like_the_set_and_keeps_conversations_whole() -> None:
    examples = random_pairs(300, seed=1)
    chosen = select(examples, "conversation", 16, 8)
    assert len(chosen.timed) == 16
    groups = {example.group for example in chosen.timed}
    assert {e.id for e in chosen.timed} == {e.id for e in examples if e.group in groups}
    for name, figure in chosen.likeness.items():
        assert figure["selected"] == pytest.approx(figure["whole"], rel=0.05), name
    assert not {e.id for e in chosen.warm_up} & {e.id for e in chosen.timed}
    assert len(chosen.warm_up) == 8
    assert max(max(sequence_lengths(e)) for e in chosen.warm_up) <= 10
    assert select(examples, "conversation", 16, 8) == chosen


def test_selection_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="3 pairs hold no draw of 8"):
        select(RANKED, "pair", 8, 8)


def test_middle_pairs_spread_over_lengths() -> None:
    examples = [pair(f"{size}", f"{size}", (1,) * size, (2,), (3,)) for size in (8, 1, 7, 2, 6, 3, 5, 4)]
    assert [len(e.prompt_ids) for e in middle_pairs(examples, 4)] == [8, 2, 6, 4]
    assert middle_pairs(examples, 8) == examples


def test_trees_of_lengths_stand_for_the_pairs(tmp_path: Path) -> None:
    examples = [*random_pairs(40, seed=2), *RANKED]
    trees = conversations_of(examples)
    remade = examples_of(trees, 5_000, "again")
    write_lengths({"again": trees}, tmp_path / "lengths.json")
    assert read_lengths(tmp_path / "lengths.json") == {"again": trees}
    assert conversations_of(remade) == trees
    assert build_pack(items_of(remade)).forest.tokens == build_pack(items_of(examples)).forest.tokens
    assert sorted(map(sequence_lengths, remade)) == sorted(map(sequence_lengths, examples))


def test_a_vocabulary_too_small_for_a_tree() -> None:
    with pytest.raises(ValueError, match="larger vocabulary than 18"):
        examples_of(conversations_of(RANKED), 18, "small")


def test_the_published_lengths() -> None:
    sets = read_lengths()
    assert {name: sum(len(one.pairs) for one in trees) for name, trees in sets.items()} == {
        "oasst1": 1_019,
        "hh": 2_307,
    }
    for name, trees in sets.items():
        few = trees[:20]
        distinct = sum(length for one in few for _, length in one.segments)
        assert build_pack(items_of(examples_of(few, 32_000, name))).forest.tokens == distinct
