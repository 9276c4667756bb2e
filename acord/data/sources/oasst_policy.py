"""Which pairs a ranking gives: the recipe's `policy`, and its cap on the pairs of one prompt."""

import itertools
from typing import NamedTuple

from acord.data.sources.oasst_messages import Message
from acord.recipe import Source


class Compared(NamedTuple):
    """Two replies to one prompt, the better one and the worse one."""

    better: Message
    worse: Message

    @property
    def distance(self) -> int:
        """How many ranks lie between them."""
        return _rank(self.worse) - _rank(self.better)


def chosen_and_rejected(ranked: list[Message], source: Source) -> list[Compared]:
    """The pairs that a ranking, best first, gives. Replies of one rank or with one text make none.

    all_pairs: every better reply with every worse one. best_worst: the first with the last. adjacent: those whose ranks
    have no other between them. margin: those at least `min_margin` ranks apart. Where a prompt gives more than
    `pairs_a_prompt`, the largest distances are kept, then the better chosen replies, then the first in input order.
    """
    pairs = [pair for pair in _by_policy(ranked, source) if pair.distance and pair.better.text != pair.worse.text]
    if source.pairs_a_prompt is None or len(pairs) <= source.pairs_a_prompt:
        return pairs
    kept = sorted(range(len(pairs)), key=lambda index: _precedence(pairs[index]))[: source.pairs_a_prompt]
    return [pairs[index] for index in sorted(kept)]


def _by_policy(ranked: list[Message], source: Source) -> list[Compared]:
    if source.policy == "best_worst":
        return [Compared(ranked[0], ranked[-1])] if ranked else []
    every = [Compared(better, worse) for better, worse in itertools.combinations(ranked, 2)]
    if source.policy == "adjacent":
        levels = sorted({_rank(reply) for reply in ranked})
        below = dict(itertools.pairwise(levels))
        return [pair for pair in every if below.get(_rank(pair.better)) == pair.worse.rank]
    if source.policy == "margin":
        return [pair for pair in every if pair.distance >= source.min_margin]
    return every


def _precedence(pair: Compared) -> tuple[int, ...]:
    return (-pair.distance, _rank(pair.better), pair.better.row.number, pair.worse.row.number)


def _rank(reply: Message) -> int:
    assert reply.rank is not None, f"{reply.id} has no rank"  # noqa: S101  only ranked replies are compared
    return reply.rank
