"""What measured figures allow a card to say: which rows are better, worse, level, or to be read with care."""

from typing import NamedTuple

from acord.card.writing.markdown import md
from acord.card.writing.wording import Wording
from acord.evaluate.compare import Cell, Comparison, Contrast, RowComparison
from acord.evaluate.grid import DECIMALS, decimal, interval

# With fewer items a paired test finds only differences of more than some ten points.
FEW_ITEMS = 100
SAFETY = ("refused", "answered", "bias")
VARIETY = ("in_language", "valencian", "neutral", "central_catalan", "spanish", "other")
CONDUCT = (*SAFETY, *VARIETY)


class Change(NamedTuple):
    """A row with the difference of one model from another on it."""

    row: RowComparison
    contrast: Contrast


class Standing(NamedTuple):
    """How one model stands to another on the rows where both have a value.

    better, worse: the difference holds after Holm, seen the way in which the row's metric is good. level: it does not.
    untested: no test was possible.
    """

    better: tuple[Change, ...]
    worse: tuple[Change, ...]
    level: tuple[RowComparison, ...]
    untested: tuple[RowComparison, ...]


def standing(comparison: Comparison, model: str, other: str) -> Standing:
    """How `model` stands to `other`."""
    better: list[Change] = []
    worse: list[Change] = []
    level: list[RowComparison] = []
    untested: list[RowComparison] = []
    for row in comparison.rows:
        contrast = row.contrast(model, other)
        if contrast is None:
            continue
        if contrast.decision is None:
            untested.append(row)
        elif not contrast.decision.distinct:
            level.append(row)
        else:
            gain = contrast.decision.difference.value * (1 if row.row.better == "higher" else -1)
            (better if gain > 0 else worse).append(Change(row, contrast))
    return Standing(tuple(better), tuple(worse), tuple(level), tuple(untested))


def cell_of(comparison: Comparison, row: RowComparison, model: str) -> Cell:
    """A model's figure on a row. Raises KeyError for a model that is not in the comparison."""
    for column, cell in zip(comparison.models, row.cells, strict=True):
        if column.name == model:
            return cell
    raise KeyError(model)


class Care(NamedTuple):
    """Rows of one model that are to be read with care. small: fewer than FEW_ITEMS items."""

    degenerate: tuple[RowComparison, ...]
    constant: tuple[RowComparison, ...]
    missing: tuple[RowComparison, ...]
    small: tuple[RowComparison, ...]


def care(comparison: Comparison, model: str) -> Care:
    """The rows of a model on which a figure says less than it seems to."""
    cells = [(row, cell_of(comparison, row, model)) for row in comparison.rows]
    valued = [(row, cell, cell.value) for row, cell in cells if cell.value is not None]
    return Care(
        degenerate=tuple(row for row, cell, _ in valued if cell.degenerate),
        constant=tuple(
            row
            for row, cell, value in valued
            if row.baseline is not None and not cell.degenerate and _at_most(row, value, row.baseline)
        ),
        missing=tuple(row for row, cell in cells if cell.value is None),
        small=tuple(row for row, cell, _ in valued if cell.n < FEW_ITEMS),
    )


def _at_most(row: RowComparison, value: float, baseline: float) -> bool:
    return value <= baseline if row.row.better == "higher" else value >= baseline


def rows_shown(rows: tuple[RowComparison, ...], words: Wording) -> str:
    """Rows by label, language and metric."""
    return "; ".join(row_shown(row, words) for row in rows)


def row_shown(row: RowComparison, words: Wording) -> str:
    """A row by label, language and metric."""
    return words.say("row", label=md(row.row.label), language=words.name(row.row.language), metric=md(row.row.metric))


def changes_shown(changes: tuple[Change, ...], words: Wording) -> str:
    """Rows with their differences and intervals."""
    return "; ".join(_change_shown(one, words) for one in changes)


def _change_shown(change: Change, words: Wording) -> str:
    row, decision = change.row.row, change.contrast.decision
    if decision is None:
        raise ValueError(f"row {row.id} was not tested")
    return words.say(
        "row_change",
        label=md(row.label),
        language=words.name(row.language),
        metric=md(row.metric),
        change=signed(decision.difference.value),
        interval=signed_interval(decision.difference.low, decision.difference.high),
    )


def signed(value: float) -> str:
    """A difference with its sign."""
    return decimal(value, f"+.{DECIMALS}f")


def signed_interval(low: float, high: float) -> str:
    """Both ends of the interval of a difference, as Markdown."""
    return md(interval(low, high, f"+.{DECIMALS}f"))
