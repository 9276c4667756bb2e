"""The held-out split: by conversation, never through one, and the same whatever else is in the data."""

import hashlib
from collections.abc import Iterable

from acord.data.pairs import HELD_OUT, TRAIN


def fraction(seed: int, group: str) -> float:
    """A number in [0, 1) that depends on the seed and the group's name alone."""
    hashed = hashlib.sha256(f"{seed}\n{group}".encode("utf-8", "surrogatepass")).digest()
    # 53 bits are what a float holds exactly; rounding 64 could give 1.0.
    return (int.from_bytes(hashed[:8], "big") >> 11) / 2**53


def split_of(seed: int, group: str, share: float) -> str:
    """`held_out` for about `share` of all groups, else `train`."""
    return HELD_OUT if fraction(seed, group) < share else TRAIN


def corrections(groups: Iterable[str], *, seed: int, share: float) -> dict[str, str]:
    """The group, if any, whose split must change so that both splits have one: chance may empty one of few groups.

    With no share to hold out, or a single group, nothing changes.
    """
    ordered = sorted((fraction(seed, group), group) for group in groups)
    if share <= 0 or len(ordered) < 2:
        return {}
    (lowest, first), (highest, last) = ordered[0], ordered[-1]
    if lowest >= share:
        return {first: HELD_OUT}
    return {last: TRAIN} if highest < share else {}
