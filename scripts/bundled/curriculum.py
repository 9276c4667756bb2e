"""Which task comes how often, and how long its sentences are: the curriculum of both parts of the training."""

import random
from bisect import bisect_left
from collections.abc import Callable, Sequence
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


TASKS = ("repeat", "es-va", "va-es", "ca-va", "complete", "dialogue", "read")


def _stages(rows: Sequence[tuple[float, int, tuple[float, ...]]]) -> tuple[Stage, ...]:
    return tuple(Stage(share, longest, dict(zip(TASKS, mix, strict=True))) for share, longest, mix in rows)


class Part(NamedTuple):
    """One part of the training, that begins with the weights of the one before. rate: the highest, from which it falls
    to zero. seed: added to the training's."""

    name: str
    rate: float
    seed: int
    stages: tuple[Stage, ...]


PARTS = (
    # Copying is there from the start (wiring.py), so sentences are short only while it settles. Translation has the
    # greatest part throughout: it is what takes longest, and the other tasks lean on it.
    Part(
        "translate",
        1.5e-3,
        0,
        _stages(
            (
                (0.00, 60, (0.15, 0.60, 0.20, 0.00, 0.00, 0.05, 0.00)),
                (0.05, 100, (0.05, 0.62, 0.20, 0.02, 0.02, 0.09, 0.00)),
                (0.15, LONGEST, (0.00, 0.60, 0.17, 0.04, 0.03, 0.16, 0.00)),
                (0.50, LONGEST, (0.00, 0.57, 0.14, 0.05, 0.04, 0.20, 0.00)),
                (0.60, LONGEST, (0.00, 0.42, 0.11, 0.04, 0.03, 0.40, 0.00)),
                (1.00, LONGEST, (0.00, 0.40, 0.10, 0.04, 0.03, 0.43, 0.00)),
            )
        ),
    ),
    # Answering has the greatest part here, in many more forms: after the first part alone, replies to what the grammar
    # did not have were in Valencian, whatever the question was in (docs/bundled-model.md).
    Part(
        "answer",
        1.0e-3,
        1,
        _stages(
            (
                (0.00, LONGEST, (0.00, 0.22, 0.08, 0.03, 0.07, 0.45, 0.15)),
                (1.00, LONGEST, (0.00, 0.22, 0.08, 0.03, 0.05, 0.50, 0.12)),
            )
        ),
    ),
)


def stage_at(stages: Sequence[Stage], share: float) -> Stage:
    """The mix when `share` of a part is done, between the two stages around it."""
    after = min(max(1, bisect_left(stages, share, key=lambda stage: stage.share)), len(stages) - 1)
    one, two = stages[after - 1], stages[after]
    part = min(1.0, (share - one.share) / (two.share - one.share))
    mix = {task: (1 - part) * one.mix[task] + part * two.mix[task] for task in one.mix}
    return Stage(share, round((1 - part) * one.characters + part * two.characters), mix)


def drawing(
    translations: Translations, stages: Sequence[Stage]
) -> Callable[[random.Random, float], Callable[[], Draft]]:
    """What training asks for a step's examples: random numbers and the share that is done in, what draws them out."""

    def for_step(rng: random.Random, share: float) -> Callable[[], Draft]:
        stage = stage_at(stages, share)
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
