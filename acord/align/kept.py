"""Which steps of a training become models beside the last one, and which of them the held-out examples prefer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from acord.recipe import Align


class Kept(NamedTuple):
    """steps: kept whatever is measured. tried: measured besides them, since the best of all is kept (`best`)."""

    steps: frozenset[int]
    tried: frozenset[int]

    @property
    def wanted(self) -> frozenset[int]:
        """Every step that is to become a model, if only to be measured."""
        return self.steps | self.tried


def kept_steps(align: Align, total: int) -> Kept:
    """What `align.keep` comes to in a training of `total` steps; the last one is the aligned model itself."""
    regular = range(align.checkpoint_steps, total, align.checkpoint_steps)
    steps = {step for step in align.keep if isinstance(step, int) and step < total}
    if "all" in align.keep:
        steps |= set(regular)
    if "last" in align.keep:
        steps |= set(regular[-align.keep_last :])
    tried = set(regular) - steps if "best" in align.keep else set()
    return Kept(frozenset(steps), frozenset(tried))


def beyond(align: Align, total: int) -> list[int]:
    """Steps of `align.keep` that a training of `total` steps does not reach."""
    return sorted(step for step in align.keep if isinstance(step, int) and step > total)


def best_step(by_step: Mapping[str, Mapping[str, Any]]) -> int:
    """The step with the highest held-out accuracy, of equals the earliest; where replies are not compared (sft), the
    one with the lowest negative log-likelihood.

    by_step: held-out metrics by number of steps.
    """

    def merit(step: str) -> tuple[float, int]:
        figures = by_step[step]
        return figures["accuracy"] if "accuracy" in figures else -figures["nll"], -int(step)

    return int(max(by_step, key=merit))


def step_folder(folder: Path, steps: int) -> Path:
    """Where the model after that many steps lies, if it was kept."""
    return folder / "steps" / f"step-{steps}"
