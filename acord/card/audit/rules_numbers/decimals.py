"""Digits after the point: as many in every cell of one metric; and one scale in a row."""

from collections import Counter
from collections.abc import Iterator

from acord.card.audit.document import Card
from acord.card.audit.findings import Finding
from acord.card.audit.known import chance_of
from acord.card.audit.measures import Measure, Score, value
from acord.card.audit.names import PROPORTIONS
from acord.card.audit.rules_numbers.bold import by_table

# Above this a score that guessing would give is a percentage, in a row where another is at most 1.
CLEARLY_PERCENT = 15.0


def check_decimals(card: Card, measures: tuple[Measure, ...]) -> Iterator[Finding]:
    """decimals-differ and scale-mixed."""
    del card
    for one_table in by_table(measures):
        groups: dict[tuple[str | None, bool], list[tuple[Measure, Score]]] = {}
        for one in one_table:
            if one.metric is None and _rows_own(one):
                continue
            for score in one.numbers:
                groups.setdefault((one.metric, score.cell.percent), []).append((one, score))
        for (metric, _), cells in groups.items():
            yield from _of_group(metric, cells)
        for one in one_table:
            yield from _scale(one)


def _rows_own(one: Measure) -> bool:
    """Whether a row of no known metric keeps to decimals of its own: it may be another quantity than the next."""
    return len({score.cell.decimals for score in one.numbers}) == 1


def _of_group(metric: str | None, cells: list[tuple[Measure, Score]]) -> Iterator[Finding]:
    digits = Counter(score.cell.decimals for _, score in cells)
    if len(digits) < 2 or len(cells) < 3:
        return
    usual, count = digits.most_common(1)[0]
    named = metric or "the table"
    if count * 2 <= len(cells):
        first = cells[0][0]
        yield Finding(
            "warning", "decimals-differ", first.table.first_row, first.table.place(),
            f"Figures of {named} have {', '.join(str(one) for one in sorted(digits))} decimals, and none of these "
            "in most of them.", {"decimals": {str(key): digits[key] for key in sorted(digits)}},
        )  # fmt: skip
        return
    odd: dict[int, list[tuple[Measure, Score]]] = {}
    for one, score in cells:
        if score.cell.decimals != usual:
            odd.setdefault(score.cell.line, []).append((one, score))
    for line, found in odd.items():
        shown = ", ".join(f"{score.cell.text} ({score.model})" for _, score in found)
        place = found[0][1].place if len(found) == 1 else found[0][0].place()
        yield Finding(
            "warning", "decimals-differ", line, place,
            f"{shown}: other figures of {named} in this table have {usual} decimals.",
            {"decimals": [score.cell.decimals for _, score in found], "usual": usual},
        )  # fmt: skip


def _scale(one: Measure) -> Iterator[Finding]:
    """A row that holds .52 and 48.3 of a task where guessing scores more than .48%."""
    chance = chance_of(one.label, one.language, one.metric) or 0.0
    if one.metric not in PROPORTIONS or chance < 0.2:
        return
    small = [score for score in one.numbers if 0 < value(score) <= 1 and not score.cell.percent]
    large = [score for score in one.numbers if value(score) >= CLEARLY_PERCENT]
    if small and large:
        yield Finding(
            "warning", "scale-mixed", small[0].cell.line, small[0].place,
            f"{small[0].cell.text} ({small[0].model}) and {large[0].cell.text} ({large[0].model}) are on different "
            "scales.", {"scores": {score.model: value(score) for score in one.numbers}},
        )  # fmt: skip
