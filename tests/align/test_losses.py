"""The losses: closed forms, an independent Plackett-Luce, finite differences, unlike examples in one pack."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from acord.align.losses import Replies, dpo_P, loss_E, pair_indices, replies_of
from acord.recipe import Align

LN_2 = math.log(2.0)


def replies(
    policy: Sequence[float], reference: Sequence[Sequence[float]], lengths: Sequence[Sequence[int]],
    ranks: Sequence[Sequence[int]], weights: Sequence[float] | None = None,
) -> Replies:  # fmt: skip
    scores = torch.tensor(policy, dtype=torch.float64)
    return replies_of(scores, reference, lengths, ranks, weights or [1.0] * len(ranks))


def pair(chosen: float, rejected: float, reference: tuple[float, float] = (-10.0, -12.0)) -> Replies:
    return replies([chosen, rejected], [reference], [[5, 4]], [[0, 1]])


def sigmoid(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-value))


# Three examples in one pack: a ranking with a tie and a gap, a pair, a ranking of three.
MIXED = {
    "policy": [-9.0, -11.5, -11.0, -14.0, -8.0, -8.5, -6.0, -9.0, -7.0],
    "reference": [[-10.0, -10.5, -11.5, -12.0], [-9.0, -8.0], [-7.0, -7.5, -8.0]],
    "lengths": [[5, 4, 6, 3], [2, 7], [4, 4, 4]],
    "ranks": [[0, 1, 1, 4], [0, 1], [0, 1, 2]],
}
PAIRS = {
    "policy": [-9.0, -11.5, -11.0, -10.0, -8.0, -8.5],
    "reference": [[-10.0, -10.5], [-11.5, -12.0], [-9.0, -8.0]],
    "lengths": [[5, 4], [6, 3], [2, 7]],
    "ranks": [[0, 1], [0, 1], [0, 1]],
}
SINGLE = {
    "policy": [-9.0, -11.5],
    "reference": [[0.0], [0.0]],
    "lengths": [[5], [4]],
    "ranks": [[0], [0]],
}
ALIGNS = {
    "dpo": (PAIRS, Align(beta=0.3)),
    "cDPO": (PAIRS, Align(beta=0.3, label_smoothing=0.2)),
    "ipo": (PAIRS, Align(beta=0.3, loss="ipo")),
    "length-normalised": (PAIRS, Align(beta=2.0, length_normalised=True)),
    "length-normalised ipo": (PAIRS, Align(beta=0.3, loss="ipo", length_normalised=True)),
    "chosen_nll": (PAIRS, Align(beta=0.3, chosen_nll=0.7)),
    "plackett_luce": (MIXED, Align(beta=0.3, loss="plackett_luce")),
    "plackett_luce, chosen_nll": (MIXED, Align(beta=0.3, loss="plackett_luce", chosen_nll=0.7)),
    "sft": (SINGLE, Align(method="sft")),
}


@pytest.mark.parametrize("name", ALIGNS)
def test_the_gradient_of_every_loss_is_that_of_finite_differences(name: str) -> None:
    sample, align = ALIGNS[name]
    known = replies(**sample)

    def loss(policy_R: Tensor) -> Tensor:
        return loss_E(known._replace(policy_R=policy_R), align)

    policy_R = known.policy_R.clone().requires_grad_()
    assert loss(policy_R).shape == (len(sample["ranks"]),)
    assert torch.autograd.gradcheck(loss, [policy_R], eps=1e-6, atol=1e-8, rtol=1e-6)
    assert float(torch.autograd.grad(loss(policy_R).sum(), policy_R)[0].abs().max()) > 1e-3


def value(scored: Replies, **options: Any) -> float:
    (loss,) = loss_E(scored, Align(**options)).tolist()
    return loss


def test_where_policy_and_reference_are_one_the_loss_is_what_chance_gives() -> None:
    same = pair(-10.0, -12.0)
    for beta in (0.01, 0.1, 5.0):
        assert value(same, beta=beta) == pytest.approx(LN_2, abs=1e-12)
        assert value(same, beta=beta, label_smoothing=0.3) == pytest.approx(LN_2, abs=1e-12)
        assert value(same, beta=beta, length_normalised=True) == pytest.approx(LN_2, abs=1e-12)
        assert value(same, beta=beta, loss="ipo") == pytest.approx(1 / (4 * beta**2), rel=1e-12)
    ranked = replies([-3.0, -2.0, -1.0, -4.0], [[-3.0, -2.0, -1.0, -4.0]], [[1] * 4], [[0, 1, 2, 3]])
    assert value(ranked, loss="plackett_luce") == pytest.approx(math.log(24), abs=1e-12)


def test_closed_forms() -> None:
    scored = pair(-8.0, -13.0)  # shifts +2 and -1: a margin of 3
    assert value(scored, beta=0.5) == pytest.approx(-math.log(sigmoid(1.5)), abs=1e-12)
    smoothed = -0.9 * math.log(sigmoid(1.5)) - 0.1 * math.log(sigmoid(-1.5))
    assert value(scored, beta=0.5, label_smoothing=0.1) == pytest.approx(smoothed, abs=1e-12)
    assert value(scored, beta=0.5, loss="ipo") == pytest.approx((3.0 - 1.0) ** 2, abs=1e-12)
    a_token = -math.log(sigmoid(0.5 * (2.0 / 5 + 1.0 / 4)))
    assert value(scored, beta=0.5, length_normalised=True) == pytest.approx(a_token, abs=1e-12)
    added = -math.log(sigmoid(1.5)) + 0.2 * 8.0 / 5
    assert value(scored, beta=0.5, chosen_nll=0.2) == pytest.approx(added, abs=1e-12)
    assert value(replies([-9.0], [[0.0]], [[5]], [[0]]), method="sft") == pytest.approx(9.0, abs=1e-12)


def test_the_gradient_of_dpo_is_beta_times_the_chance_of_being_wrong() -> None:
    margin = torch.tensor([3.0], dtype=torch.float64, requires_grad=True)
    dpo_P(margin, 0.5).sum().backward()
    assert margin.grad.item() == pytest.approx(-0.5 * sigmoid(-1.5), abs=1e-12)


def test_extreme_margins_give_finite_losses() -> None:
    for margin in (-1e5, 1e5):
        scored = pair(-10.0 + margin, -12.0)
        for options in ({}, {"label_smoothing": 0.1}, {"loss": "plackett_luce"}, {"loss": "ipo"}):
            assert math.isfinite(value(scored, **options))
    assert value(pair(-10.0 - 1e5, -12.0), beta=0.1) == pytest.approx(1e4)
    assert value(pair(-10.0 + 1e5, -12.0), beta=0.1) == 0.0


SCORES = st.lists(st.floats(-30.0, 0.0), min_size=4, max_size=4)


@given(SCORES, SCORES, st.floats(0.01, 3.0))
def test_plackett_luce_over_two_replies_is_dpo(policy: list[float], reference: list[float], beta: float) -> None:
    scored = replies(policy, [reference[:2], reference[2:]], [[3, 5], [2, 9]], [[0, 1], [0, 1]])
    both = [loss_E(scored, Align(beta=beta, loss=loss)) for loss in ("plackett_luce", "dpo")]
    assert torch.allclose(*both, atol=1e-12, rtol=1e-12)
    normalised = [
        loss_E(scored, Align(beta=beta, loss=loss, length_normalised=True)) for loss in ("plackett_luce", "dpo")
    ]
    assert torch.allclose(*normalised, atol=1e-12, rtol=1e-12)


def chance_of_order(score: Sequence[float]) -> float:
    """Plackett-Luce by its definition: draw the best of what is left, again and again, in proportion to exp(score)."""
    chance = 1.0
    for first in range(len(score)):
        chance *= math.exp(score[first]) / sum(math.exp(left) for left in score[first:])
    return chance


@settings(max_examples=50)
@given(SCORES, SCORES, st.floats(0.01, 1.0))
def test_plackett_luce_equals_its_definition(policy: list[float], reference: list[float], beta: float) -> None:
    shift = [beta * (ours - theirs) for ours, theirs in zip(policy, reference, strict=True)]
    total = 0.0
    for order in itertools.permutations(range(4)):
        scored = replies(
            [policy[index] for index in order], [[reference[index] for index in order]], [[1] * 4], [[0, 1, 2, 3]]
        )
        expected = chance_of_order([shift[index] for index in order])
        assert value(scored, beta=beta, loss="plackett_luce") == pytest.approx(-math.log(expected), abs=1e-9)
        total += expected
    assert total == pytest.approx(1.0)


def test_tied_replies_do_not_compete_and_gaps_between_ranks_mean_nothing() -> None:
    shift = [1.5, 0.5, -0.25, -2.0]
    reference = [[-10.0] * 4]
    policy = [-10.0 + value for value in shift]
    tied = value(replies(policy, reference, [[1] * 4], [[0, 1, 1, 2]]), beta=1.0, loss="plackett_luce")
    best, left, right, last = (math.exp(one) for one in shift)
    expected = -math.log(best / (best + left + right + last) * left / (left + last) * right / (right + last))
    assert tied == pytest.approx(expected, abs=1e-12)
    gapped = value(replies(policy, reference, [[1] * 4], [[0, 3, 3, 9]]), beta=1.0, loss="plackett_luce")
    assert gapped == pytest.approx(tied, abs=1e-15)
    everything = value(replies(policy, reference, [[1] * 4], [[0, 0, 0, 0]]), beta=1.0, loss="plackett_luce")
    assert everything == 0.0


def test_beta_scales_the_margin_and_weights_are_left_to_the_caller() -> None:
    scored = pair(-8.0, -13.0)
    wider = replies([-8.0, -16.0], [[-10.0, -12.0]], [[5, 4]], [[0, 1]])  # a margin of 6 instead of 3
    assert value(scored, beta=0.4) == pytest.approx(value(wider, beta=0.2), abs=1e-12)
    heavy = scored._replace(weight_E=torch.tensor([7.0], dtype=torch.float64))
    assert value(heavy) == value(scored)
    assert replies(**PAIRS, weights=[1.0, 2.5, 0.0]).weight_E.tolist() == [1.0, 2.5, 0.0]


@pytest.mark.parametrize("name", ALIGNS)
def test_examples_of_unlike_sizes_in_one_pack_have_the_losses_that_they_have_alone(name: str) -> None:
    sample, align = ALIGNS[name]
    together = loss_E(replies(**sample), align).tolist()
    place = 0
    for index, ranks in enumerate(sample["ranks"]):
        mine = slice(place, place + len(ranks))
        place = mine.stop
        alone = replies(
            sample["policy"][mine], [sample["reference"][index]], [sample["lengths"][index]], [sample["ranks"][index]]
        )
        assert together[index] == pytest.approx(loss_E(alone, align).item(), abs=1e-12)
    assert len(set(together)) == len(together), "equal losses would not show a mix-up"


def test_ordered_pairs_leave_ties_and_other_examples_out() -> None:
    first, second = pair_indices(replies(**MIXED))
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == [
        (0, 1), (0, 2), (0, 3), (1, 3), (2, 3), (4, 5), (6, 7), (6, 8), (7, 8),
    ]  # fmt: skip
