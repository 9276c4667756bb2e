"""What stops a run that goes wrong: gradients that are not finite, and chosen replies that become less likely.

Preference losses look at differences only, so both replies can fall while the loss improves (likelihood displacement,
Razin et al. 2024, arXiv 2410.08847). The guard watches the chosen replies' shift, in nats a token, by language.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any

from acord.align.metrics import Scored
from acord.console import say
from acord.errors import CheckFailed
from acord.recipe import Align

WINDOW = 256


class Guard:
    """Watches one run. `memory` goes into its checkpoints."""

    def __init__(self, align: Align, memory: dict[str, Any] | None = None) -> None:
        memory = memory or {"skipped": 0, "warned": [], "shifts": {}}
        self._align = align
        self.skipped: int = memory["skipped"]
        self._warned: set[str] = set(memory["warned"])
        self._shifts = {tag: deque(values, maxlen=WINDOW) for tag, values in memory["shifts"].items()}

    @property
    def memory(self) -> dict[str, Any]:
        """What a resumed run must know to judge as this one would."""
        shifts = {tag: list(values) for tag, values in sorted(self._shifts.items())}
        return {"skipped": self.skipped, "warned": sorted(self._warned), "shifts": shifts}

    def skip(self, step: int, last_good: str) -> None:
        """Count an update that was left out. Raises CheckFailed once the budget is spent."""
        self.skipped += 1
        say(f"step {step}: the gradient is not finite; update {self.skipped} of {self._align.skipped_updates} left out")
        if self.skipped > self._align.skipped_updates:
            raise CheckFailed(
                f"{self.skipped} updates had a gradient that is not finite",
                where=f"step {step}",
                fix=f"Lower align.learning_rate; the last good checkpoint is {last_good}.",
            )

    def watch(self, step: int, scored: Sequence[Scored], last_good: str) -> None:
        """Look at a step's shifts. Warns once a language, or raises CheckFailed, as the recipe says."""
        for one in scored:
            shift = (one.policy[0] - one.reference[0]) / len(one.example.replies[0])
            self._shifts.setdefault(one.example.language, deque(maxlen=WINDOW)).append(shift)
        for tag, values in sorted(self._shifts.items()):
            mean = sum(values) / len(values)
            if tag in self._warned or len(values) < WINDOW // 8 or mean >= -self._align.displacement_floor:
                continue
            self._warned.add(tag)
            what = f"the chosen replies in {tag} fell by {-mean:.2f} nats a token, beyond the floor"
            if self._align.on_displacement == "stop":
                fix = f"Lower align.learning_rate or add align.chosen_nll; the last good checkpoint is {last_good}."
                raise CheckFailed(what, where=f"step {step}", fix=fix)
            say(f"step {step}: {what} of {self._align.displacement_floor:g}")
