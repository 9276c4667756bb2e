"""Wins, losses and ties of one model against another over measures, as the tables print them."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from scipy.stats import binomtest

from acord.card.audit.measures import Measure, Score
from acord.card.audit.rules_prose.model_names import key_of
from acord.card.audit.tables import Table

JUDGED = re.compile(
    r"\b(judg\w*|ratings?|rated|mt-?bench|jutg\w*|jutj\w*|juez|jueces|juzg\w*|valorac\w*)\b", re.IGNORECASE
)
# One-sided: a split as good as this falls to a coin in one of twenty cases.
CHANCE = 0.05


class Standing(NamedTuple):
    """How often a model is better, worse and equal."""

    wins: int
    losses: int
    ties: int

    @property
    def rows(self) -> int:
        """All rows where both have a figure."""
        return self.wins + self.losses + self.ties

    def shown(self) -> str:
        """In words."""
        return f"{_many(self.wins, 'win')}, {_many(self.losses, 'loss')}, {_many(self.ties, 'tie')}"

    def by_chance(self) -> float:
        """The probability of so many wins or more were each row a coin's toss (one-sided sign test, ties left out)."""
        if not self.wins + self.losses:
            return 1.0
        return float(binomtest(self.wins, self.wins + self.losses, alternative="greater").pvalue)


class Scored(NamedTuple):
    """A card's measures: of benchmarks and of judges, without averages; averages apart."""

    benchmarks: tuple[Measure, ...]
    judged: tuple[Measure, ...]
    averages: tuple[Measure, ...]

    @property
    def all(self) -> tuple[Measure, ...]:
        """All but averages."""
        return self.benchmarks + self.judged


def scored(measures: Sequence[Measure]) -> Scored:
    """Measures by what they are of."""
    judging = {one.table.number: is_judged(one.table) for one in measures}
    found = [(one, judging[one.table.number]) for one in measures]
    return Scored(
        tuple(one for one, judged in found if not judged and not one.average),
        tuple(one for one, judged in found if judged and not one.average),
        tuple(one for one, _ in found if one.average),
    )


def is_judged(table: Table) -> bool:
    """Whether a table holds a judge's ratings: its nearest heading or its caption says so."""
    return JUDGED.search(table.heading) is not None or (
        JUDGED.search(table.caption) is not None and not any(column.kind == "metric" for column in table.columns)
    )


def score_of(measure: Measure, model: str) -> Score | None:
    """The model's score, None where it has none."""
    key = key_of(model)
    return next((one for one in measure.scores if key_of(one.model) == key and one.cell.value is not None), None)


def standing(measures: Iterable[Measure], model: str, rival: str) -> Standing:
    """Wins, losses and ties of `model` against `rival` by the figures printed.

    More is better where nothing tells the direction of a metric.
    """
    return _counted(measures, model, rival, lambda mine, theirs, one: _better_by(mine, theirs, one))


def spreads(measures: Iterable[Measure], model: str, rival: str) -> Standing:
    """Of the second figures (`mean / SD`): wins where the model's is smaller."""

    def smaller(mine: Score, theirs: Score, _: Measure) -> float | None:
        if mine.cell.second is None or theirs.cell.second is None:
            return None
        return theirs.cell.second - mine.cell.second

    return _counted(measures, model, rival, smaller)


def best_of(measure: Measure) -> list[str]:
    """The models with the best figure of a measure, equals included."""
    if not measure.numbers:
        return []
    sign = -1.0 if measure.better == "lower" else 1.0
    top = max(sign * (one.cell.value or 0.0) for one in measure.numbers)
    return [one.model for one in measure.numbers if sign * (one.cell.value or 0.0) == top]


def rivals_of(measures: Sequence[Measure], model: str) -> list[str]:
    """Every other model with a figure in them, one spelling each."""
    names = {key_of(one.model): one.model for measure in measures for one in measure.numbers}
    names.pop(key_of(model), None)
    return list(names.values())


def _better_by(mine: Score, theirs: Score, measure: Measure) -> float | None:
    if mine.cell.value is None or theirs.cell.value is None:
        return None
    difference = mine.cell.value - theirs.cell.value
    return -difference if measure.better == "lower" else difference


def _counted(
    measures: Iterable[Measure], model: str, rival: str, better: Callable[[Score, Score, Measure], float | None]
) -> Standing:
    wins = losses = ties = 0
    for measure in measures:
        mine, theirs = score_of(measure, model), score_of(measure, rival)
        difference = better(mine, theirs, measure) if mine and theirs else None
        if difference is not None:
            wins, losses, ties = wins + (difference > 0), losses + (difference < 0), ties + (difference == 0)
    return Standing(wins, losses, ties)


def _many(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}{'es' if word.endswith('s') else 's'}"
