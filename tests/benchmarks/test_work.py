"""The FLOP formula against counts by hand, and against PyTorch's own counter on a real model."""

import pytest
import torch
from random_model import random_llama, shape_of
from torch.utils.flop_counter import FlopCounterMode
from work import Shape, Work, acord_flops, forward_flops, optimizer_flops, padded_work, tree_work, trl_flops

from acord.tree.trie import ScoredRange, TokenSequence, build_forest

TINY = Shape(layers=2, hidden=4, inner=6, heads=1, vocabulary=10)


def test_parameters_by_hand() -> None:
    # A layer: 4 x 16 of attention, 3 x 24 of the feed-forward network, 2 norms of 4; then a norm, embedding and head.
    assert TINY.body_matrices == 2 * (64 + 72) == 272
    assert TINY.parameters == 272 + 5 * 4 + 2 * 40 == 372


def test_parameters_of_a_real_model() -> None:
    shape = shape_of(2, 64, 101)
    assert shape.parameters == sum(parameter.numel() for parameter in random_llama(shape).parameters())


def test_the_reference_shape_has_its_known_size() -> None:
    from gpu_2b import SHAPE

    assert SHAPE.parameters == 2_253_490_176


def test_tree_counted_by_hand() -> None:
    # Stem 1 2 3, branches 4 5 and 6: six tokens at depths 1, 2, 3, 4, 5, 4; scored are 4, 5 and 6, of which 4 and 6 are
    # both predicted at token 3: two rows.
    forest = build_forest(
        [TokenSequence([1, 2, 3, 4, 5], (ScoredRange(3, 5),)), TokenSequence([1, 2, 3, 6], (ScoredRange(3, 4),))]
    )
    assert tree_work([forest]) == Work(tokens=6, rows=2, attended=1 + 2 + 3 + 4 + 5 + 4)
    assert tree_work([forest, forest]) == Work(12, 4, 38)


def test_padded_counted_by_hand() -> None:
    assert padded_work([[5, 4], [3, 3]]) == Work(tokens=10 + 6, rows=8 + 4, attended=2 * 25 + 2 * 9)


def test_flops_by_hand() -> None:
    work = Work(tokens=6, rows=2, attended=19)
    forward = 2 * 272 * 6 + 2 * 4 * 10 * 2 + 4 * 4 * 2 * 19
    assert forward_flops(TINY, work) == forward == 4_032
    assert optimizer_flops(TINY, 3) == 18 * 372 * 3
    assert acord_flops(TINY, work, work, steps=1) == 4 * 4_032 + 18 * 372
    wider = Work(5, 2, 15)
    assert acord_flops(TINY, work, wider, steps=1) == 3 * 4_032 + forward_flops(TINY, wider) + 18 * 372
    assert trl_flops(TINY, work, 1, checkpointing=False, head_again=False) == 4 * 4_032 + 18 * 372
    assert trl_flops(TINY, work, 1, checkpointing=False, head_again=True) == 4 * 4_032 + 160 + 18 * 372
    assert trl_flops(TINY, work, 1, checkpointing=True, head_again=False) == 5 * 4_032 - 160 + 18 * 372


def test_forward_agrees_with_pytorchs_counter() -> None:
    shape = shape_of(2, 64, 101)
    model = random_llama(shape)
    model.set_attn_implementation("eager")
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(input_ids=torch.arange(12)[None])
    # Without a fused kernel every token meets all 12, and every position goes through the head.
    ours = forward_flops(shape, Work(tokens=12, rows=12, attended=144))
    assert counter.get_total_flops() == pytest.approx(ours, rel=0.01)
