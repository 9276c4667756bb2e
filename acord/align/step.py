"""One optimizer step: the losses of its packs, gradients summed and clipped, one update, one host sync.

Several processes share its packs out; what each has found goes to all of them, so that they decide and report alike.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from acord.align.encoded import Example, items_of
from acord.align.losses import Replies, loss_E, replies_of
from acord.align.metrics import Scored
from acord.align.parallel import passes_of
from acord.align.policy import Policy
from acord.align.reference import ReplyScores
from acord.processes import World, mark, summed, world
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


class _Found(NamedTuple):
    """What passes gave, still on the device. examples, scores: in the order in which they were scored; places: of these
    examples in their step.
    """

    losses: list[Tensor]
    scores: list[Tensor]
    examples: list[Example]
    places: list[int]
    tokens_distinct: int
    tokens_unshared: int


class _Values(NamedTuple):
    """The same of all processes, as numbers. logp: of the replies of each example in turn."""

    loss: float
    norm: float
    examples: list[Example]
    logp: Iterator[float]
    tokens_distinct: int
    tokens_unshared: int


def train_step(
    policy: Policy, packs: Sequence[Sequence[Example]], reference: dict[str, ReplyScores], align: Align, rate: float
) -> StepResult:
    """One update from all packs of a step, or none where loss or gradient is not finite.

    The loss is the mean over the step's examples, so packing does not change the gradient, nor does the number of
    processes. All of them call it with the same step, and all get the same result.
    """
    policy.begin_gradient()
    place = world()
    found = _pass_all(policy, packs, reference, align, place)
    norm = policy.clip(align.max_grad_norm)
    values = _values(found, norm) if place.size == 1 else _values_of_all(found, norm, packs, place)
    skipped = not (math.isfinite(values.loss) and math.isfinite(values.norm))
    if not skipped:
        policy.update(rate)
    logp = values.logp
    scored = [Scored(e, tuple(next(logp) for _ in e.replies), _known(reference, e)) for e in values.examples]
    return StepResult(values.loss, values.norm, skipped, scored, values.tokens_distinct, values.tokens_unshared)


def _pass_all(
    policy: Policy,
    packs: Sequence[Sequence[Example]],
    reference: dict[str, ReplyScores],
    align: Align,
    place: World,
) -> _Found:
    """Run this process's passes of a step; the gradient is then that of all processes."""
    count = sum(len(pack) for pack in packs)
    dealt = passes_of(packs, place)
    found = _Found([], [], [], [], 0, 0)
    mine = dealt[place.rank]
    for number, one in enumerate(mine):
        mark()
        policy.begin_pass(last=number == len(mine) - 1)
        pack = build_pack(items_of(one.examples))
        examples = [one.examples[index] for index in pack.items]
        calls = max(policy.scorer.calls(other[number].deepest, other[number].sequences) for other in dealt)
        replies = _score(policy, pack.forest, examples, reference, calls)
        loss = (loss_E(replies, align) * replies.weight_E).sum() / count
        mark()
        (loss if one.counts else 0.0 * loss).backward()  # type: ignore[no-untyped-call]
        if one.counts:
            found.losses.append(loss.detach())
            found.scores.append(replies.policy_R.detach())
            found.examples.extend(examples)
            found.places.extend(one.places[index] for index in pack.items)
            found = found._replace(
                tokens_distinct=found.tokens_distinct + pack.forest.tokens,
                tokens_unshared=found.tokens_unshared + pack.forest.tokens_unshared,
            )
    return found


def _values(found: _Found, norm: Tensor) -> _Values:
    """All that the host wants to know of the step crosses over at once."""
    loss = torch.stack(found.losses).sum()[None]
    values = torch.cat([loss, norm[None].to(loss.dtype), *found.scores]).tolist()
    return _Values(values[0], values[1], found.examples, iter(values[2:]), found.tokens_distinct, found.tokens_unshared)


def _values_of_all(found: _Found, norm: Tensor, packs: Sequence[Sequence[Example]], place: World) -> _Values:
    """What all processes found, in the plan's order: each states its own numbers, and the sum has everybody's."""
    examples = [example for pack in packs for example in pack]
    starts, start = [], 4
    for example in examples:
        starts.append(start)
        start += len(example.replies)
    stated = [0.0] * start
    if found.examples:
        own = _values(found, norm)
        stated[0], stated[2], stated[3] = own.loss, float(own.tokens_distinct), float(own.tokens_unshared)
        for at, example in zip(found.places, own.examples, strict=True):
            for reply in range(len(example.replies)):
                stated[starts[at] + reply] = next(own.logp)
    # Every process has the same norm but for rounding: all go by rank 0's.
    stated[1] = 0.0 if place.follows else float(norm)
    loss, largest, distinct, unshared, *logp = summed(stated)
    return _Values(loss, largest, examples, iter(logp), int(distinct), int(unshared))


def _score(
    policy: Policy, forest: Any, examples: Sequence[Example], reference: dict[str, ReplyScores], calls: int
) -> Replies:
    return replies_of(
        policy.scorer(forest, calls=calls).logp_R,
        [_known(reference, example) for example in examples],
        [[len(reply) for reply in example.replies] for example in examples],
        [example.ranks for example in examples],
        [example.weight for example in examples],
    )


def _known(reference: dict[str, ReplyScores], example: Example) -> ReplyScores:
    return reference[example.id]
