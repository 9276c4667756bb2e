"""Standard deviations: can ratings on the scale have them, and is a total's the mean of the parts'?"""

import re
from collections.abc import Iterator
from decimal import Decimal
from math import sqrt
from statistics import fmean, pvariance
from typing import NamedTuple

from acord.card.audit.document import Card, Paragraph
from acord.card.audit.findings import Finding
from acord.card.audit.measures import Measure, Score, value
from acord.card.audit.names import PROPORTIONS
from acord.card.audit.rules_numbers.bold import by_table
from acord.card.audit.tables import Table
from acord.judge.bounds import Bounds, is_reachable, sd_bounds, totals

NUMBERS = r"(?P<low>\d{1,2})\s*(?:-|–|—|to|through|a|and|i|y)\s*(?P<high>\d{1,3})"
OTHER_NUMBERS = NUMBERS.replace("low", "low2").replace("high", "high2")
SCALE = re.compile(
    rf"\b{NUMBERS}\s*(?:-?\s*point\s*)?(?:likert\s*)?(?:scale|rating|ratings|stars|escala)"
    rf"|\b(?:scale|scored?|rated?|ratings?|scores?|escala|likert)\b[^.\n]{{0,40}}?\b{OTHER_NUMBERS}\b"
    r"|\b(?P<points>5|7|10)-point\b",
    re.IGNORECASE,
)
DEVIATION = re.compile(r"\b(standard deviations?|std\.?( dev\w*)?|stdev|sd|desviaci\w+)\b", re.IGNORECASE)
ERROR = re.compile(r"\b(standard errors?|stderr|s\.?e\.?|confidence|interval\w*|ci)\b", re.IGNORECASE)
COUNT = re.compile(
    r"\b(?P<n>\d{1,3}(?:,\d{3})+|\d{1,6})\s+(?:\w+\s+){0,2}?(?:answers?|items?|questions?|prompts?|examples?|ratings?|"
    r"instances?|samples?)\s+(?:a|an|per|each|for each|in each|by|of each)\b",
    re.IGNORECASE,
)
# Means over judges or wordings of one answer are no whole numbers.
NOT_WHOLE = re.compile(
    r"\b(averag\w+|mean) (over|of|across) (the )?(\w+ )?(judges?|annotators?|wordings?|prompts?)\b|\bhalf[- ]points?\b",
    re.IGNORECASE,
)
LEAST_TOLD = 2.5  # units of the last digit by which a pooled deviation must differ from the mean of deviations


MOST_TOTALS = 20


class Scale(NamedTuple):
    """A rating's least and greatest value. n: ratings behind a cell, None where it is not said."""

    low: int
    high: int
    n: int | None
    whole: bool
    certain: bool


def check_spreads(card: Card, measures: tuple[Measure, ...]) -> Iterator[Finding]:
    """sd-impossible and sd-mean-of-sds."""
    for one_table in by_table(measures):
        with_spread = [one for one in one_table if any(_spread(score) is not None for score in one.numbers)]
        if not with_spread:
            continue
        if scale := _scale(card, one_table):
            for one in with_spread:
                yield from _impossible(one, scale)
        yield from _means_of_deviations(one_table)


def _spread(score: Score) -> float | None:
    return score.cell.second


def _texts(card: Card, table: Table) -> list[Paragraph]:
    """Prose near a table first: of its own section, then of those above it, then of the whole card."""

    def distance(path: tuple[str, ...]) -> int:
        shared = sum(a == b for a, b in zip(path, table.path, strict=False))
        return len(table.path) - shared if path == table.path[: len(path)] else 1000

    placed = [(distance(section.path), p) for section in card.sections for p in section.paragraphs if p.kind != "code"]
    return [paragraph for _, paragraph in sorted(placed, key=lambda pair: pair[0])]


def _scale(card: Card, measures: list[Measure]) -> Scale | None:
    """The scale of a table's ratings, from prose or headers; None for a table that holds no ratings on it."""
    figures = [value(score) for one in measures for score in one.numbers]
    if any(one.metric not in (None, "rating") for one in measures) or not figures:
        return None
    table = measures[0].table
    paragraphs = _texts(card, table)
    headers = " ".join((*table.path, *(column.name for column in table.columns)))
    for text in (headers, *(paragraph.text for paragraph in paragraphs)):
        found = SCALE.search(text)
        if found is None:
            continue
        low, high = _ends(found)
        if not (low < high <= 100 and all(low <= figure <= high for figure in figures)):
            continue
        said = next((t for t in (text, headers, *(p.text for p in paragraphs)) if DEVIATION.search(t)), None)
        slashes = all(score.cell.mark == "/" for one in measures for score in one.numbers if _spread(score) is not None)
        if said is None and (not slashes or any(ERROR.search(p.text) for p in paragraphs[:3])):
            return None
        whole = not any(NOT_WHOLE.search(paragraph.text) for paragraph in paragraphs)
        count = COUNT.search(text)
        return Scale(low, high, int(count["n"].replace(",", "")) if count else None, whole, said is not None)
    return None


def _ends(found: re.Match[str]) -> tuple[int, int]:
    if found["points"]:
        return 1, int(found["points"])
    return int(found["low"] or found["low2"]), int(found["high"] or found["high2"])


def _impossible(one: Measure, scale: Scale) -> Iterator[Finding]:
    if one.average or one.metric in PROPORTIONS:
        return
    for score in one.numbers:
        spread = _spread(score)
        if spread is None:
            continue
        unit = 10.0**-score.cell.second_decimals
        bounds = _bounds(score, scale, one.items)
        if bounds is None or bounds.least - unit <= spread <= bounds.greatest + unit / 2:
            continue
        below = spread < bounds.least
        reason = f"at least {bounds.least:.3f}" if below else f"at most {bounds.greatest:.3f}"
        yield Finding(
            "error" if scale.certain else "warning", "sd-impossible", score.cell.line, score.place,
            f"{'Whole' if below else 'All'} ratings from {scale.low} to {scale.high} with a mean of "
            f"{value(score):.{score.cell.decimals}f} have a standard deviation of {reason}, not "
            f"{spread:.{score.cell.second_decimals}f} ({score.model}).",
            {"mean": value(score), "sd": spread, "least": bounds.least, "greatest": bounds.greatest,
             "scale": [scale.low, scale.high]},
        )  # fmt: skip


def _bounds(score: Score, scale: Scale, items: int | None) -> Bounds | None:
    """What a deviation can be, the mean rounded or cut off, the divisor n or n - 1."""
    mean, decimals = Decimal(repr(value(score))), score.cell.decimals
    half = Decimal(1).scaleb(-decimals) / 2
    both = [
        sd_bounds(m, None, scale.low, scale.high, decimals=decimals)
        for m in (mean, min(mean + half, Decimal(scale.high)))
    ]
    found = [bounds for bounds in both if bounds is not None]
    if not found:
        return None
    n = items or scale.n
    if n is None or n < 2 or not (n >= 10**decimals or is_reachable(mean, n, decimals)):
        n = _fewest(mean, decimals)
    # sd_bounds knows no n: two scores, whose divisor doubles the variance.
    greatest = max(bounds.greatest for bounds in found) / sqrt(2) * sqrt(n / (n - 1))
    return Bounds(min(bounds.least for bounds in found) if scale.whole else 0.0, greatest)


def _fewest(mean: Decimal, decimals: int) -> int:
    """The least number of whole ratings, two or more, that can have this mean."""
    if decimals > 4:
        return 2
    return next((n for n in range(2, 10**decimals + 2) if totals(mean, n, decimals)), 2)


def _means_of_deviations(measures: list[Measure]) -> Iterator[Finding]:
    """Totals whose deviation is the rows' mean for every model, and for one at least clearly not theirs together."""
    parts = [one for one in measures if not one.average]
    for total in [one for one in measures if one.average and one.row is not None][:MOST_TOTALS]:
        found = [t for score in total.numbers if (t := _total_spread(score, parts)) is not None]
        if not found or not all(t.is_mean for t in found) or not any(t.told for t in found):
            continue
        shown = ", ".join(f"{t.written} ({t.model}; about {t.pooled:.3f} for rows of equal size)" for t in found)
        yield Finding(
            "warning", "sd-mean-of-sds", found[0].line, total.place(),
            f"The standard deviation of the total is the mean of the rows': {shown}. It leaves out how far the "
            "rows lie apart.", {"scores": {t.model: {"sd": float(t.written), "pooled": t.pooled} for t in found}},
        )  # fmt: skip


class _TotalSpread(NamedTuple):
    """A total's deviation beside that of all ratings, were the rows of equal size. told: these clearly differ."""

    model: str
    written: str
    line: int
    pooled: float
    is_mean: bool
    told: bool


def _total_spread(score: Score, parts: list[Measure]) -> _TotalSpread | None:
    spread, decimals = score.cell.second, score.cell.second_decimals
    cells = [s for one in parts for s in one.numbers if s.model == score.model]
    spreads = [s.cell.second for s in cells if s.cell.second is not None]
    if spread is None or len(spreads) < 2 or len(spreads) < len(cells):
        return None
    pooled = sqrt(fmean(s**2 for s in spreads) + pvariance([value(s) for s in cells]))
    unit = 10.0**-decimals
    is_mean = abs(fmean(spreads) - spread) <= 1.001 * unit
    told = abs(pooled - spread) >= LEAST_TOLD * unit
    return _TotalSpread(score.model, f"{spread:.{decimals}f}", score.cell.line, pooled, is_mean, told)
