"""Which task comes how often, and how long its sentences are, as training goes on: one curriculum, fixed here."""

import random
from bisect import bisect_left
from collections.abc import Callable
from typing import NamedTuple

from scripts.bundled.corpus import LONGEST
from scripts.bundled.dialogue import draw_dialogue
from scripts.bundled.draft import Draft
from scripts.bundled.translation import Translations


class Stage(NamedTuple):
    """The mix when this share of training is done; between stages it changes evenly. characters: of a sentence."""

    share: float
    characters: int
    mix: dict[str, float]


TASKS = ("repeat", "es-va", "va-es", "ca-va", "complete", "dialogue")

# Copying is there from the start (wiring.py), so sentences are short only while it settles. Translation has the
# greatest part throughout: it is what takes longest, and the other tasks lean on it.
STAGES = tuple(
    Stage(share, characters, dict(zip(TASKS, mix, strict=True)))
    for share, characters, mix in (
        (0.00, 60, (0.15, 0.60, 0.20, 0.00, 0.00, 0.05)),
        (0.05, 100, (0.05, 0.62, 0.20, 0.02, 0.02, 0.09)),
        (0.15, LONGEST, (0.00, 0.60, 0.17, 0.04, 0.03, 0.16)),
        (0.50, LONGEST, (0.00, 0.57, 0.14, 0.05, 0.04, 0.20)),
        (0.60, LONGEST, (0.00, 0.42, 0.11, 0.04, 0.03, 0.40)),
        (1.00, LONGEST, (0.00, 0.40, 0.10, 0.04, 0.03, 0.43)),
    )
)


def stage_at(share: float) -> Stage:
    """The mix when `share` of training is done, between the two stages around it."""
    after = min(max(1, bisect_left(STAGES, share, key=lambda stage: stage.share)), len(STAGES) - 1)
    one, two = STAGES[after - 1], STAGES[after]
    part = min(1.0, (share - one.share) / (two.share - one.share))
    mix = {task: (1 - part) * one.mix[task] + part * two.mix[task] for task in one.mix}
    return Stage(share, round((1 - part) * one.characters + part * two.characters), mix)


def drawing(translations: Translations) -> Callable[[random.Random, float], Callable[[], Draft]]:
    """What training asks for a step's examples: random numbers and the share that is done in, what draws them out."""

    def for_step(rng: random.Random, share: float) -> Callable[[], Draft]:
        stage = stage_at(share)
        tasks = [task for task, weight in stage.mix.items() if weight > 0.0]
        weights = [stage.mix[task] for task in tasks]
        draws = {
            task: (lambda: draw_dialogue(rng))
            if task == "dialogue"
            else translations.drawing(task, rng, stage.characters)
            for task in tasks
        }
        return lambda: draws[rng.choices(tasks, weights)[0]]()

    return for_step
