"""Losses over scored replies, each with its paper and equation.

Shapes: E examples, P ordered reply pairs of those examples (the first of a pair is ranked above the second; a
preference pair is its own only one), R replies. Log-probabilities are sums over a reply's tokens, in nats.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from acord.recipe import Align


class Replies(NamedTuple):
    """The replies of a pack's examples, example after example, best first.

    policy_R, reference_R: log-probabilities. length_R: tokens. example_R: index of the example. rank_R: 0 is best.
    weight_E: weight of each example.
    """

    policy_R: Tensor
    reference_R: Tensor
    length_R: Tensor
    example_R: Tensor
    rank_R: Tensor
    weight_E: Tensor


def loss_E(replies: Replies, align: Align) -> Tensor:
    """The loss of each example that the recipe asks for, shape (E,), before the examples' weights."""
    count = len(replies.weight_E)
    if align.method == "sft":
        return _by_example(-replies.policy_R, replies.example_R, count)
    shift_R = replies.policy_R - replies.reference_R
    if align.length_normalised:
        # Length-normalised DPO (Lambert et al. 2024, arXiv 2411.15124, section 5.1): log-ratios a token.
        shift_R = shift_R / replies.length_R
    if align.loss == "plackett_luce":
        loss = plackett_luce_E(align.beta * shift_R, replies.example_R, replies.rank_R, count)
    else:
        chosen, rejected = pair_indices(replies)
        margin_P = shift_R[chosen] - shift_R[rejected]
        by_pair = ipo_P if align.loss == "ipo" else partial(dpo_P, label_smoothing=align.label_smoothing)
        loss = _by_example(by_pair(margin_P, align.beta), replies.example_R[chosen], count)
    if align.chosen_nll:
        # Iterative reasoning preference optimisation (Pang et al. 2024, arXiv 2404.19733), equation 1.
        best = replies.rank_R == 0
        nll_R = -replies.policy_R[best] / replies.length_R[best]
        loss = loss + align.chosen_nll * _by_example(nll_R, replies.example_R[best], count)
    return loss


def dpo_P(margin_P: Tensor, beta: float, label_smoothing: float = 0.0) -> Tensor:
    """-log sigmoid(beta * margin). Rafailov et al. 2023 (arXiv 2305.18290), equation 7.

    label_smoothing e: the label is wrong with probability e, so (1 - e) of this loss and e of its mirror image; the
    conservative DPO of Mitchell 2023 ("A note on DPO with noisy preferences"), equation 3.
    """
    right = -torch.nn.functional.logsigmoid(beta * margin_P)
    if not label_smoothing:
        return right
    wrong = -torch.nn.functional.logsigmoid(-beta * margin_P)
    return (1.0 - label_smoothing) * right + label_smoothing * wrong


def ipo_P(margin_P: Tensor, beta: float) -> Tensor:
    """(margin - 1 / (2 tau))^2 with tau = beta. Azar et al. 2023 (arXiv 2310.12036), equation 17."""
    return (margin_P - 1.0 / (2.0 * beta)) ** 2


def plackett_luce_E(score_R: Tensor, example_R: Tensor, rank_R: Tensor, count: int) -> Tensor:
    """Negative log-likelihood of each example's ranking, shape (E,). Rafailov et al. 2023, appendix A.3, equation 20.

    Each reply competes with those ranked below it: log(exp(s_i) / (exp(s_i) + sum over lower-ranked j of exp(s_j))).
    Without ties this is the Plackett-Luce likelihood; tied replies do not compete with each other; replies that
    nobody ranked are not in the list. With two replies it is DPO.
    """
    same = example_R[:, None] == example_R[None, :]
    below = same & (rank_R[None, :] > rank_R[:, None])
    contest = below | torch.eye(len(score_R), dtype=torch.bool, device=score_R.device)
    others = score_R[None, :].expand(len(score_R), -1).masked_fill(~contest, -torch.inf)
    return _by_example(torch.logsumexp(others, dim=-1) - score_R, example_R, count)


def pair_indices(replies: Replies) -> tuple[Tensor, Tensor]:
    """Indices into R of every ordered pair: the reply that is ranked above, and the one that is ranked below."""
    same = replies.example_R[:, None] == replies.example_R[None, :]
    above = same & (replies.rank_R[:, None] < replies.rank_R[None, :])
    first, second = torch.nonzero(above, as_tuple=True)
    return first, second


def replies_of(
    policy_R: Tensor, reference: Sequence[Sequence[float]], lengths: Sequence[Sequence[int]],
    ranks: Sequence[Sequence[int]], weights: Sequence[float],
) -> Replies:  # fmt: skip
    """Join a pack's scores with what is known of its examples, on the scores' device and in their type."""

    def flat(rows: Sequence[Sequence[float]]) -> Tensor:
        return torch.tensor([value for row in rows for value in row], dtype=policy_R.dtype, device=policy_R.device)

    owners = [index for index, row in enumerate(ranks) for _ in row]
    return Replies(
        policy_R=policy_R,
        reference_R=flat(reference),
        length_R=flat(lengths),
        example_R=torch.tensor(owners, device=policy_R.device),
        rank_R=flat(ranks),
        weight_E=torch.tensor(weights, dtype=policy_R.dtype, device=policy_R.device),
    )


def _by_example(values: Tensor, example: Tensor, count: int) -> Tensor:
    return torch.zeros(count, dtype=values.dtype, device=values.device).index_add(0, example, values)
