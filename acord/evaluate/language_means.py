"""The mean over the rows of a language, each normalised between chance and a perfect score.

A row counts if every model has a value on it, so that means are of the same rows. Where a row states no chance level,
text is generated and a guess scores nothing: the zero of its scale stands for chance. A row where lower is better has
no such zero, and without a stated chance level it is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from acord.evaluate.pairing import Matched, Side
from acord.evaluate.resampling import Sample
from acord.evaluate.statistics import (
    Difference,
    ScaledRow,
    difference_over_rows,
    mean_over_rows,
    normalised,
)
from acord.evaluate.suite import Row


class MeanCell(NamedTuple):
    """0 at chance and 1 at a perfect score. stderr, low, high: None where a row's items were not kept."""

    value: float
    stderr: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class LanguageMean:
    """rows: the ids that count; left_out: those that do not. cells: in the order of the models, None without rows.

    differences: of the model in focus from each other one, by that one's name, where all rows could be paired.
    """

    language: str
    rows: tuple[str, ...]
    left_out: tuple[str, ...]
    cells: tuple[MeanCell | None, ...]
    differences: Mapping[str, Difference]


class Figures(NamedTuple):
    """What means are taken over: values and sides by model and row id, matched pairs by model, model and row id.

    pairs: of the model in focus with each other one.
    """

    names: Sequence[str]
    values: Mapping[tuple[str, str], float | None]
    sides: Mapping[tuple[str, str], Side | None]
    pairs: Mapping[tuple[str, str, str], Matched]
    focus: str


def chance_of(row: Row) -> float | None:
    """The level that counts as 0 in means; None where the row cannot be placed."""
    if row.chance is not None:
        return row.chance
    return 0.0 if row.better == "higher" else None


def means_by_language(rows: Sequence[Row], figures: Figures, *, repeats: int, seed: int) -> tuple[LanguageMean, ...]:
    """Means of the models on each language, in the order in which the suite has the languages."""
    return tuple(
        _mean(language, [row for row in rows if row.language == language], figures, repeats, seed)
        for language in dict.fromkeys(row.language for row in rows)
    )


def _mean(language: str, rows: Sequence[Row], figures: Figures, repeats: int, seed: int) -> LanguageMean:
    counted = [row for row in rows if _counts(row, figures)]
    differences = {
        name: _difference(counted, figures, name, repeats, seed)
        for name in figures.names
        if name != figures.focus and counted
    }
    return LanguageMean(
        language=language,
        rows=tuple(row.id for row in counted),
        left_out=tuple(row.id for row in rows if row not in counted),
        cells=tuple(_cell(counted, name, figures, repeats, seed) for name in figures.names),
        differences={name: found for name, found in differences.items() if found is not None},
    )


def _counts(row: Row, figures: Figures) -> bool:
    return chance_of(row) is not None and all(figures.values[name, row.id] is not None for name in figures.names)


def _scaled(row: Row, sample: Sample) -> ScaledRow:
    chance = chance_of(row)
    if chance is None:
        raise ValueError(f"row {row.id} has no chance level")
    return ScaledRow(row.task, sample, chance, row.best)


def _cell(rows: Sequence[Row], name: str, figures: Figures, repeats: int, seed: int) -> MeanCell | None:
    if not rows:
        return None
    placed = [
        normalised(value, chance, row.best)
        for row in rows
        if (value := figures.values[name, row.id]) is not None and (chance := chance_of(row)) is not None
    ]
    mean = sum(placed) / len(placed)
    found = [(row, side) for row in rows if (side := figures.sides[name, row.id]) is not None]
    if len(found) < len(rows) or any(side.sample.clusters < 2 for _, side in found):
        return MeanCell(mean, None, None, None)
    try:
        estimate = mean_over_rows([_scaled(row, side.sample) for row, side in found], repeats=repeats, seed=seed)
    except ValueError:  # rows of one task whose items differ cannot be resampled together
        return MeanCell(mean, None, None, None)
    return MeanCell(mean, estimate.stderr, estimate.low, estimate.high)


def _difference(rows: Sequence[Row], figures: Figures, other: str, repeats: int, seed: int) -> Difference | None:
    of_focus, of_other = [], []
    for row in rows:
        if (pair := figures.pairs.get((figures.focus, other, row.id))) is not None:
            a, b = pair.a, pair.b
        elif (pair := figures.pairs.get((other, figures.focus, row.id))) is not None:
            a, b = pair.b, pair.a
        else:
            return None
        of_focus.append(_scaled(row, a))
        of_other.append(_scaled(row, b))
    try:
        return difference_over_rows(of_focus, of_other, repeats=repeats, seed=seed)
    except ValueError:  # fewer than two clusters in a row, or rows of one task whose items differ
        return None
