"""What slots hold when their replies are over, and which slot a new prompt takes."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

_CHUNK = 64


class Seat(NamedTuple):
    """A slot for a prompt, and how many of its first tokens the slot holds already."""

    slot: int
    cached: int


class Kept:
    """Ids whose keys and values each slot holds: of prompts, of replies, also after they are over."""

    def __init__(self, slots: int, copy: Callable[[int, int, int], None]) -> None:
        """copy(source, target, tokens): the first tokens of one slot into another."""
        self._copy = copy
        self._held: list[list[int]] = [[] for _ in range(slots)]
        self._used = [0] * slots
        self._busy: set[int] = set()
        self._clock = 0

    def take(self, ids: Sequence[int]) -> Seat:
        """A free slot for a prompt, with as much of its beginning as any slot holds; one token is left to be read.

        A slot that holds hardly more than that beginning goes on as it is. Otherwise the beginning is copied, so that
        who is still talking in that slot finds all of it. Raises ValueError where no slot is free.
        """
        free = [slot for slot in range(len(self._held)) if slot not in self._busy]
        if not free:
            raise ValueError("no slot is free")
        wanted = list(ids[:-1])
        shares = [common(held, wanted) for held in self._held]
        nearest = max(free, key=lambda slot: (shares[slot], -len(self._held[slot])))
        goes_on = shares[nearest] > 0 and 2 * shares[nearest] >= len(self._held[nearest])
        # Empty ones first, the lowest first: slots side by side are attended together.
        target = nearest if goes_on else min(free, key=lambda slot: (bool(self._held[slot]), self._used[slot], slot))
        source = max(range(len(shares)), key=lambda slot: (shares[slot], slot == target))
        shared = shares[source]
        if shared and source != target:
            self._copy(source, target, shared)
        self._held[target] = wanted[:shared]
        self._busy.add(target)
        self._touch(target)
        return Seat(target, shared)

    def add(self, slot: int, ids: Sequence[int]) -> None:
        """Keys and values of these, after what the slot held, are written."""
        self._held[slot].extend(ids)

    def length(self, slot: int) -> int:
        """Tokens that the slot holds."""
        return len(self._held[slot])

    def free(self, slot: int) -> None:
        """Its reply is over; what it holds stays for whoever goes on from there."""
        self._busy.discard(slot)
        self._touch(slot)

    def _touch(self, slot: int) -> None:
        self._clock += 1
        self._used[slot] = self._clock


def common(held: list[int], wanted: list[int]) -> int:
    """Length of the common beginning."""
    most = min(len(held), len(wanted))
    start = 0
    while start < most and held[start : start + _CHUNK] == wanted[start : start + _CHUNK]:
        start += _CHUNK
    while start < most and held[start] == wanted[start]:
        start += 1
    return min(start, most)
