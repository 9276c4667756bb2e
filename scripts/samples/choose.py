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
# So many characters weigh as much as one more pair whose chosen reply is the longer one.
_CHARACTERS = 12.0
_BOTH_BAD: tuple[Kind, Kind] = ("cut", "rude")
_WIDE = 0.02  # what a difference of one character in a single pair costs: plain candidates before extreme ones


def longer(chosen: str, rejected: str) -> int:
    """1 where the chosen reply is the longer one, -1 where the rejected one is, 0 where both are as long."""
    return (len(chosen) > len(rejected)) - (len(chosen) < len(rejected))


@dataclass
class Chooser:
    """Chooses faults for the turns of one language and side, one after the other.

    others: conversations of this language and side, whose good replies are beside the point elsewhere.
    """

    language: Language
    others: Sequence[Conversation]
    kinds: Counter[Kind] = field(default_factory=Counter)
    lent: Counter[str] = field(default_factory=Counter)
    surplus: int = 0
    longer: int = 0

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
        difference = len(turn.reply) - len(fault.text)
        balance = abs(self.surplus + difference) / _CHARACTERS + abs(self.longer + longer(turn.reply, fault.text))
        return balance + _WIDE * abs(difference) + 0.5 * self.lent[fault.text]

    def _count(self, turn: Turn, fault: Fault) -> None:
        self.kinds[fault.kind] += 1
        self.surplus += len(turn.reply) - len(fault.text)
        self.longer += longer(turn.reply, fault.text)
        self.lent[fault.text] += fault.kind == "beside"


def by_severity(faults: Sequence[Fault]) -> list[Fault]:
    """The least bad first."""
    return sorted(faults, key=lambda fault: SEVERITY.index(fault.kind))
