"""One optimizer step: the losses of its packs, gradients summed and clipped, one update, one host sync."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from acord.align.encoded import Example, items_of
from acord.align.losses import Replies, loss_E, replies_of
from acord.align.metrics import Scored
from acord.align.policy import Policy
from acord.align.reference import ReplyScores
from acord.recipe import Align
from acord.tree.pack import build_pack


class StepResult(NamedTuple):
    """loss: mean over the step's examples. gradient_norm: before clipping. skipped: not finite, so no update."""

    loss: float
    gradient_norm: float
    skipped: bool
    scored: list[Scored]
    tokens_distinct: int
    tokens_unshared: int


def train_step(
    policy: Policy, packs: Sequence[Sequence[Example]], reference: dict[str, ReplyScores], align: Align, rate: float
) -> StepResult:
    """One update from all packs of a step, or none where loss or gradient is not finite.

    The loss is the mean over the step's examples, so packing does not change the gradient.
    """
    policy.begin_gradient()
    count = sum(len(pack) for pack in packs)
    losses, scores = [], []
    ordered: list[Example] = []
    tokens_distinct = tokens_unshared = 0
    for examples in packs:
        pack = build_pack(items_of(examples))
        mine = [examples[index] for index in pack.items]
        replies = _score(policy, pack.forest, mine, reference)
        loss = (loss_E(replies, align) * replies.weight_E).sum() / count
        loss.backward()  # type: ignore[no-untyped-call]
        losses.append(loss.detach())
        scores.append(replies.policy_R.detach())
        ordered.extend(mine)
        tokens_distinct += pack.forest.tokens
        tokens_unshared += pack.forest.tokens_unshared
    norm = policy.clip(align.max_grad_norm)
    # All that the host wants to know of the step crosses over at once.
    values = torch.cat([torch.stack(losses).sum()[None], norm[None].to(losses[0].dtype), *scores]).tolist()
    loss_value, norm_value, logp = values[0], values[1], iter(values[2:])
    skipped = not (math.isfinite(loss_value) and math.isfinite(norm_value))
    if not skipped:
        policy.update(rate)
    scored = [Scored(e, tuple(next(logp) for _ in e.replies), _known(reference, e)) for e in ordered]
    return StepResult(loss_value, norm_value, skipped, scored, tokens_distinct, tokens_unshared)


def _score(policy: Policy, forest: Any, examples: Sequence[Example], reference: dict[str, ReplyScores]) -> Replies:
    return replies_of(
        policy.scorer(forest).logp_R,
        [_known(reference, example) for example in examples],
        [[len(reply) for reply in example.replies] for example in examples],
        [example.ranks for example in examples],
        [example.weight for example in examples],
    )


def _known(reference: dict[str, ReplyScores], example: Example) -> ReplyScores:
    return reference[example.id]
