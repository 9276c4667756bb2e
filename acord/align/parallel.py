"""A step's work over several processes: which passes each one runs, so that all run equally many.

What is trained does not depend on the number of processes: the plan fixes the pairs of every step, a step's loss is
the mean over all of its pairs, and the gradient is the sum of what the passes give.
"""

from collections.abc import Sequence
from typing import NamedTuple

from acord.align.encoded import Example
from acord.processes import World


class Pass(NamedTuple):
    """One forward and backward pass. places: of its examples in their step. counts: whether it belongs to the step, or
    only keeps company where another process has a pass more. deepest: tokens of its longest sequence. sequences:
    how many it has.
    """

    examples: tuple[Example, ...]
    places: tuple[int, ...]
    counts: bool = True

    @property
    def deepest(self) -> int:
        return max(len(one.prompt_ids) + max(map(len, one.replies)) for one in self.examples)

    @property
    def sequences(self) -> int:
        return sum(len(one.replies) for one in self.examples)


def passes_of(packs: Sequence[Sequence[Example]], place: World) -> list[list[Pass]]:
    """Of every process, in the order of ranks, its passes of a step: all have equally many.

    A pack is a pass. Where packs do not go up evenly, the largest are cut between conversations, which share no token;
    where nothing can be cut, passes that do not count fill up. Every process computes the same answer.
    """
    parts = _as_passes(packs)
    if place.size == 1:
        return [parts]
    parts = _cut(parts, place.size)
    costs = [tokens_of(part.examples) for part in parts]
    dealt = deal(costs, place.size)
    most = max(map(len, dealt))
    smallest = min((one for part in parts for one in part.examples), key=lambda one: tokens_of((one,)))
    filler = Pass((smallest,), (), counts=False)
    return [[parts[number] for number in mine] + [filler] * (most - len(mine)) for mine in dealt]


def deal(costs: Sequence[int], ranks: int) -> list[list[int]]:
    """Numbers of the costs for each rank, the longest first: to who has the least, of those who may have one more.

    No rank gets more than its even number, since all must run as many passes as the one that has the most.
    """
    most = -(-len(costs) // ranks)
    dealt: list[list[int]] = [[] for _ in range(ranks)]
    loads = [0] * ranks
    for number in sorted(range(len(costs)), key=lambda number: (-costs[number], number)):
        rank = min((rank for rank in range(ranks) if len(dealt[rank]) < most), key=lambda rank: (loads[rank], rank))
        dealt[rank].append(number)
        loads[rank] += costs[number]
    return dealt


def tokens_of(examples: Sequence[Example]) -> int:
    """Distinct tokens of examples: each conversation's every prefix once."""
    groups: dict[str, list[tuple[int, ...]]] = {}
    for one in examples:
        groups.setdefault(one.group, []).extend(one.prompt_ids + reply for reply in one.replies)
    total = 0
    for sequences in groups.values():
        before: tuple[int, ...] = ()
        for ids in sorted(sequences):
            total += len(ids) - _shared(before, ids)
            before = ids
    return total


def _shared(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """Tokens that two sequences begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _as_passes(packs: Sequence[Sequence[Example]]) -> list[Pass]:
    passes, start = [], 0
    for pack in packs:
        passes.append(Pass(tuple(pack), tuple(range(start, start + len(pack)))))
        start += len(pack)
    return passes


def _cut(parts: list[Pass], ranks: int) -> list[Pass]:
    """The parts with the largest cut in two until every rank can have equally many, or nothing can be cut."""
    parts = [*parts]
    while len(parts) % ranks:
        able = [number for number, part in enumerate(parts) if len({one.group for one in part.examples}) > 1]
        if not able:
            break
        largest = max(able, key=lambda number: (tokens_of(parts[number].examples), -number))
        parts[largest : largest + 1] = _halves(parts[largest])
    return parts


def _halves(part: Pass) -> list[Pass]:
    groups: dict[str, list[int]] = {}
    for index, one in enumerate(part.examples):
        groups.setdefault(one.group, []).append(index)
    members = list(groups.values())
    costs = [tokens_of([part.examples[index] for index in indices]) for indices in members]
    halves: list[list[int]] = [[], []]
    loads = [0, 0]
    for number in sorted(range(len(costs)), key=lambda number: (-costs[number], number)):
        half = 0 if loads[0] <= loads[1] else 1
        halves[half].extend(members[number])
        loads[half] += costs[number]
    return [
        Pass(tuple(part.examples[index] for index in half), tuple(part.places[index] for index in half))
        for half in (sorted(halves[0]), sorted(halves[1]))
    ]
