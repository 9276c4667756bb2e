"""Averages: do they average?"""

import re
from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import NamedTuple

from acord.card.audit.document import Card
from acord.card.audit.findings import Finding
from acord.card.audit.measures import Measure, Score, value
from acord.card.audit.rules_numbers.bold import by_table

MOST_AVERAGES = 20

# A word that says no more than "of all this": some take it for a score of its own, others for a mean.
LOOSE = re.compile(r"\b(overall|global)\b", re.IGNORECASE)
STRICT = re.compile(r"\b(avg|average|mean|mitjana|media|promedio)\b", re.IGNORECASE)


class Averaged(NamedTuple):
    """A model's average, its rows, and what each way of averaging gives."""

    score: Score
    figures: list[float]
    means: dict[str, float]
    slack: float

    def holds(self, way: str) -> bool:
        """Whether the average is this mean, as far as its decimals and its rows' tell."""
        return abs(value(self.score) - self.means[way]) <= self.slack * 1.0001


def check_averages(card: Card, measures: tuple[Measure, ...]) -> Iterator[Finding]:
    """average-wrong."""
    del card
    for one_table in by_table(measures):
        for place in [i for i, one in enumerate(one_table) if one.average][:MOST_AVERAGES]:
            yield from _of_average(one_table[place], _parts(one_table, place))


def _parts(measures: Sequence[Measure], place: int) -> list[Measure]:
    """What an average is of: the rows above it up to another one; where none is above, or rows are models, all."""
    total = measures[place]
    if total.row is None:
        return [one for one in measures if not one.average]
    above = list(measures[:place])
    last = max((i for i, one in enumerate(above) if one.average), default=-1)
    return (
        above[last + 1 :]
        or [one for one in above if not one.average]
        or [one for one in measures[place + 1 :] if not one.average]
    )


def _of_average(total: Measure, parts: list[Measure]) -> Iterator[Finding]:
    checked = [one for score in total.numbers if (one := _averaged(score, parts)) is not None]
    if not checked:
        return
    # All models of a row are averaged in one way: that which explains most of them, the plain mean first.
    way = max(checked[0].means, key=lambda name: sum(one.holds(name) for one in checked))
    wrong = [one for one in checked if not one.holds(way)]
    strict = bool(STRICT.search(total.label) or not LOOSE.search(total.label))
    if 2 * len(wrong) > len(checked) > 1:
        yield _unstated(total, wrong, len(checked))
        return
    for one in wrong:
        score, figures = one.score, one.figures
        outside = not min(figures) - one.slack <= value(score) <= max(figures) + one.slack
        # The way of averaging is known from other models; or none could give this one.
        certain = len(checked) - len(wrong) >= 2 or (outside and strict)
        yield Finding(
            "error" if certain else "warning", "average-wrong", score.cell.line, score.place,
            f"{score.cell.text} ({score.model}) is not the average of its {len(figures)} rows: that is "
            f"{one.means[way]:.{score.cell.decimals + 1}f}.",
            {"value": value(score), "average": one.means[way], "rows": figures},
        )  # fmt: skip


def _unstated(total: Measure, wrong: list[Averaged], models: int) -> Finding:
    """Most of a row's averages are no mean of the rows shown: they may be weighted, or of rows that are not shown."""
    first = wrong[0]
    return Finding(
        "warning", "average-wrong", first.score.cell.line, total.place(),
        f"{len(wrong)} of {models} averages are not the mean of the {len(first.figures)} rows, such as "
        f"{first.score.cell.text} ({first.score.model}) for {first.means['rows']:.{first.score.cell.decimals + 1}f}: "
        "weights, or rows left out, are not stated.",
        {one.score.model: {"value": value(one.score), "average": one.means["rows"]} for one in wrong},
    )  # fmt: skip


def _averaged(score: Score, parts: list[Measure]) -> Averaged | None:
    """None for a model that lacks a row: what its average is of, the card does not say."""
    cells = [(one, s) for one in parts for s in one.numbers if s.model == score.model]
    if len(cells) < 2 or len(cells) < len(parts):
        return None
    figures = [value(s) for _, s in cells]
    slack = 10.0**-score.cell.decimals + fmean(10.0**-s.cell.decimals for _, s in cells) / 2
    return Averaged(score, figures, _means([one for one, _ in cells], figures), slack)


def _means(parts: list[Measure], figures: list[float]) -> dict[str, float]:
    """What their average may be: of rows; of tasks, where some have several metrics; by items; of one metric."""
    pairs = list(zip(parts, figures, strict=True))
    found = {"rows": fmean(figures)}
    tasks: dict[tuple[str, str | None], list[float]] = {}
    for one, figure in pairs:
        tasks.setdefault((one.label, one.language), []).append(figure)
    found["tasks"] = fmean(fmean(group) for group in tasks.values())
    weights = [float(one.items or 0) for one in parts]
    if all(weights):
        found["items"] = sum(w * f for w, f in zip(weights, figures, strict=True)) / sum(weights)
    metrics = list(dict.fromkeys(one.metric for one in parts))
    for metric in metrics if len(metrics) > 1 else ():
        found[f"metric {metric}"] = fmean(figure for one, figure in pairs if one.metric == metric)
    return found
