"""Which fault each rejected reply has: kinds in fixed shares, and lengths such that length tells nothing.

Each language, and in it the training and the held-out side, is balanced by itself: the chosen replies are as long as
the rejected ones on average, and as often the longer ones as the shorter ones.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from samples.conversation import Conversation
from samples.draw import number
from samples.faults import SEVERITY, Fault, Kind, Turn, candidates
from samples.phrase import Language

SHARES: Mapping[Language, Mapping[Kind, float]] = {
    "va": {"spanish": 0.11, "catalan": 0.11, "english": 0.05},
    "es": {"english": 0.14, "valencian": 0.13},
    "en": {"spanish": 0.15, "valencian": 0.12},
}
OTHER_SHARES: Mapping[Kind, float] = {"figure": 0.21, "cut": 0.16, "beside": 0.16, "rude": 0.10, "repetitive": 0.10}
# So many characters, or words, weigh as much as one more pair whose chosen reply is the longer one.
_CHARACTERS, _WORDS = 12.0, 2.0
_BOTH_BAD: tuple[Kind, Kind] = ("cut", "rude")
_WIDE = 0.02  # what a difference of one character in a single pair costs: plain candidates before extreme ones


@dataclass
class Balance:
    """How much longer the chosen replies are so far, in one unit. weight: of a unit, as above.

    surplus: units in all. longer: pairs whose chosen reply is the longer one, less those whose rejected one is.
    """

    weight: float
    surplus: int = 0
    longer: int = 0

    def cost(self, difference: int) -> float:
        """How far from even it will be after a pair with this difference."""
        return abs(self.surplus + difference) / self.weight + abs(self.longer + _sign(difference))

    def add(self, difference: int) -> None:
        """Count a pair."""
        self.surplus += difference
        self.longer += _sign(difference)


def _sign(difference: int) -> int:
    return (difference > 0) - (difference < 0)


@dataclass
class Chooser:
    """Chooses faults for the turns of one language and side, one after the other.

    others: conversations of this language and side, whose good replies are beside the point elsewhere.
    """

    language: Language
    others: Sequence[Conversation]
    kinds: Counter[Kind] = field(default_factory=Counter)
    lent: Counter[str] = field(default_factory=Counter)
    characters: Balance = field(default_factory=lambda: Balance(_CHARACTERS))
    words: Balance = field(default_factory=lambda: Balance(_WORDS))

    def pairs(self, turn: Turn, count: int) -> list[Fault]:
        """So many faults of different kinds for a turn, the least bad first. Each makes a pair."""
        found: list[Fault] = []
        for _ in range(count):
            found.append(self._next(turn, {fault.kind for fault in found}))
        return by_severity(found)

    def unpaired(self, turn: Turn, taken: Sequence[Fault], count: int) -> list[Fault]:
        """More faults, less bad than those taken, for replies that are ranked but make no pair of the demo."""
        worst = min(SEVERITY.index(fault.kind) for fault in taken)
        found = []
        for kind in SEVERITY[:worst]:
            found += candidates(kind, turn, self.others)[:1]
        return found[-count:] if count else []

    def tie(self, turn: Turn) -> tuple[Fault, Fault]:
        """Two replies of which neither is good."""
        cut, rude = (candidates(kind, turn, self.others)[0] for kind in _BOTH_BAD)
        return cut, rude

    def _next(self, turn: Turn, taken: set[Kind]) -> Fault:
        shares = {**SHARES[self.language], **OTHER_SHARES}
        total = self.kinds.total() + 1
        wanted = sorted(
            (kind for kind in shares if kind not in taken),
            key=lambda kind: (self.kinds[kind] - shares[kind] * total, number(turn.prompt, kind)),
        )
        for kind in wanted:
            found = candidates(kind, turn, self.others)
            if found:
                best = min(found, key=lambda fault: self._cost(turn, fault))
                self._count(turn, best)
                return best
        raise AssertionError(f"no fault fits {turn.prompt}")

    def _cost(self, turn: Turn, fault: Fault) -> float:
        characters, words = _differences(turn.reply, fault.text)
        balance = self.characters.cost(characters) + self.words.cost(words)
        return balance + _WIDE * abs(characters) + 0.5 * self.lent[fault.text]

    def _count(self, turn: Turn, fault: Fault) -> None:
        characters, words = _differences(turn.reply, fault.text)
        self.characters.add(characters)
        self.words.add(words)
        self.kinds[fault.kind] += 1
        self.lent[fault.text] += fault.kind == "beside"


def _differences(chosen: str, rejected: str) -> tuple[int, int]:
    """By how many characters and words the chosen reply is longer."""
    return len(chosen) - len(rejected), len(chosen.split()) - len(rejected.split())


def by_severity(faults: Sequence[Fault]) -> list[Fault]:
    """The least bad first."""
    return sorted(faults, key=lambda fault: SEVERITY.index(fault.kind))
