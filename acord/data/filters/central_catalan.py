"""The filter `central_catalan`: pairs that state Valencian and whose chosen reply is central Catalan."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, Protocol

from acord import __version__
from acord.data.filters.fault import Fault
from acord.data.filters.passages import without_code
from acord.data.pairs import LineageStep, Pair

REASON = "chosen reply is central Catalan"
STEP = "central_catalan"
VALENCIAN = "va"

# From here on a block is called central. Valencian and central Catalan share most sentences: short ones say nothing.
LEAST_CENTRAL = 0.9
LEAST_LETTERS = 150


class BlockVariety(Protocol):
    """Shares of certainty that a text is Valencian, central Catalan, or fits both; they add up to 1."""

    @property
    def central(self) -> float:
        """Certainty that the text is central Catalan."""


class CentralCatalanFilter:
    """Flags such pairs in their lineage, or drops them. judge: the variety of a text."""

    def __init__(self, action: Literal["flag", "drop"], judge: Callable[[str], BlockVariety]) -> None:
        self._action, self._judge = action, judge

    def __call__(self, pair: Pair) -> Pair | Fault:
        """The pair, flagged where it is central, or a fault. What Acord translated to Valencian is only flagged."""
        if pair.language != VALENCIAN:
            return pair
        prose = without_code(pair.chosen)
        if sum(map(str.isalpha, prose)) < LEAST_LETTERS:
            return pair
        central = self._judge(prose).central
        if central <= LEAST_CENTRAL:
            return pair
        if self._action == "drop" and not _was_translated(pair):
            return Fault(REASON, f"central {central:.2f}")
        step = LineageStep(STEP, "acord", __version__, f"flagged: central {central:.2f}")
        return replace(pair, lineage=(*pair.lineage, step))


def _was_translated(pair: Pair) -> bool:
    """Whether the pair is Valencian by provenance: a translator of ours made it so."""
    return any(step.step == "translate" for step in pair.lineage)
