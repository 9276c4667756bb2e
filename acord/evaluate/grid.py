"""A comparison as tables of text and numbers: what every format shows, in the layout of the model card.

One table a language: data set, task, metric, how it was measured, a column a model, what alignment changed. Texts and
decimal marks are those of the interface's language.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from acord.evaluate.compare import Cell, Comparison, Contrast, RowComparison
from acord.evaluate.language_means import LanguageMean, MeanCell
from acord.evaluate.statistics import Difference
from acord.languages import interface_language, name_in_interface, text

# The same for every row: more digits would say less than the error beside them.
DECIMALS = 3

LOWER, UNDECIDED, TIED, UNTESTED, DEGENERATE, UNVERIFIED = "↓", "≈", "=", "?", "‡", "†"
SIGNS = {"undecided": UNDECIDED, "tied": TIED, "untested": UNTESTED}
NOTHING = "–"


class Entry(NamedTuple):
    """One cell. number: its value where it is one, for formats that keep numbers. beside: its error or interval.

    signs: those of the legend. note: number of its footnote.
    """

    shown: str = ""
    number: float | None = None
    decimals: int = DECIMALS
    bold: bool = False
    signs: str = ""
    beside: str = ""
    note: int | None = None

    def written(self) -> str:
        """All of it as plain text, without the boldness."""
        note = "" if self.note is None else f"({self.note})"
        return " ".join(part for part in (self.shown, self.beside, self.signs, note) if part)


class Line(NamedTuple):
    """One row of a table. of_means: it is the mean over the others."""

    entries: tuple[Entry, ...]
    of_means: bool = False


@dataclass(frozen=True)
class Grid:
    """One language's table. headings: as many as each line has entries. remarks: lines that stand above it."""

    language: str
    caption: str
    headings: tuple[str, ...]
    lines: tuple[Line, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tables:
    """All tables, what their signs mean, and the footnotes, the first of which has the number 1."""

    title: str
    grids: tuple[Grid, ...]
    legend: tuple[str, ...]
    notes: tuple[str, ...]


class Notes:
    """Footnotes in the order of their first use; equal ones are one."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def number(self, line: str) -> int:
        if line not in self.lines:
            self.lines.append(line)
        return self.lines.index(line) + 1


def tables_of(comparison: Comparison) -> Tables:
    """The tables of a comparison in the interface's language."""
    notes = Notes()
    grids = tuple(_grid(comparison, mean, notes) for mean in comparison.means)
    return Tables(text("table_title", suite=comparison.title), grids, _legend(comparison), tuple(notes.lines))


def language_name(tag: str) -> str:
    """A language's name in the interface's language, as a heading has it."""
    name = name_in_interface(tag)
    return name[0].upper() + name[1:]


def decimal(value: float, form: str = f".{DECIMALS}f") -> str:
    """A number as the interface's language writes it; a zero has no sign."""
    shown = format(value, form)
    if float(shown) == 0:
        shown = format(0.0, form)
    return shown.replace(".", interface_language().decimal)


def headings_of(comparison: Comparison) -> tuple[str, ...]:
    """Of a language's table."""
    fixed = ("dataset", "task", "metric", "shots", "template", "items", "chance", "constant")
    models = [f"{model.name}{'' if model.verified else f' {UNVERIFIED}'}" for model in comparison.models]
    effect = [text("table_effect")] if comparison.after is not None else []
    return (*(text(f"table_{one}") for one in fixed), *models, *effect, text("table_detectable"))


def _grid(comparison: Comparison, mean: LanguageMean, notes: Notes) -> Grid:
    rows = [row for row in comparison.rows if row.row.language == mean.language]
    lines = [_line(comparison, row, notes) for row in rows]
    if mean.rows:
        lines.append(_mean_line(comparison, mean, notes))
    name = language_name(mean.language)
    return Grid(name, text("table_caption", language=name, rows=len(rows)), headings_of(comparison), tuple(lines))


def _line(comparison: Comparison, compared: RowComparison, notes: Notes) -> Line:
    row = compared.row
    entries = [
        Entry(row.label),
        Entry(row.kind),
        Entry(row.metric, signs=LOWER if row.better == "lower" else ""),
        Entry(str(row.shots), row.shots, 0),
        Entry(text(f"table_template_{row.template}")),
        _count(compared),
        _figure(row.chance),
        _figure(compared.baseline),
    ]
    for model, cell in zip(comparison.models, compared.cells, strict=True):
        entries.append(_cell(model.name, model.verified, cell, compared, notes))
    if comparison.after is not None:
        entries.append(_effect(comparison.effect(compared)))
    entries.append(_figure(compared.detectable))
    return Line(tuple(entries))


def _figure(value: float | None) -> Entry:
    return Entry(NOTHING) if value is None else Entry(decimal(value), value)


def _count(compared: RowComparison) -> Entry:
    counts = sorted(dict.fromkeys(cell.n for cell in compared.cells if cell.n))
    if not counts:
        return Entry(NOTHING)
    if len(counts) == 1:
        return Entry(str(counts[0]), counts[0], 0)
    return Entry(f"{counts[0]}–{counts[-1]}")


def _cell(name: str, all_verified: bool, cell: Cell, compared: RowComparison, notes: Notes) -> Entry:
    if cell.value is None:
        return Entry(text("table_missing"), note=notes.number(_reason(cell)))
    signs = [SIGNS.get(cell.mark, ""), DEGENERATE if cell.degenerate else ""]
    # A column whose heading has the sign need not repeat it.
    signs.append(UNVERIFIED if all_verified and not cell.verified else "")
    return Entry(
        decimal(cell.value),
        cell.value,
        # A model that answers without looking is no winner, whatever the row is worth.
        bold=compared.beaten and cell.mark in ("best", "tied") and not cell.degenerate,
        signs="".join(signs),
        beside="" if cell.stderr is None else f"± {decimal(cell.stderr)}",
        note=_note(name, cell, compared, notes),
    )


def _reason(cell: Cell) -> str:
    if cell.missing == "not_measured":
        return text("note_not_measured")
    if cell.missing == "measured_otherwise":
        return text("note_measured_otherwise", how=cell.reason or "")
    return cell.reason or text("note_not_measured")


def _note(name: str, cell: Cell, compared: RowComparison, notes: Notes) -> int | None:
    """The footnote of a figure: another template, a test that was not possible, documents that were left out."""
    lines = []
    if cell.template != compared.row.template:
        template = text(f"table_template_{cell.template}")
        lines.append(text("note_template", model=name, template=template))
    # Each pair is told once: at the later of its two models.
    of_model = [one for one in compared.contrasts if one.b == name]
    lines += [text(f"note_{one.untested}", a=one.a, b=one.b) for one in of_model if one.untested is not None]
    left_out = [one for one in of_model if one.untested is None and one.left_out]
    lines += [text("note_left_out", a=one.a, b=one.b, count=one.left_out) for one in left_out]
    return notes.number("; ".join(lines)) if lines else None


def _effect(contrast: Contrast | None) -> Entry:
    if contrast is None or contrast.decision is None:
        return Entry(NOTHING)
    difference, stands = contrast.decision.difference, contrast.decision.distinct
    form = f"+.{DECIMALS}f"
    return Entry(
        decimal(difference.value, form),
        difference.value,
        bold=stands,
        signs="" if stands else UNDECIDED,
        beside=interval(difference.low, difference.high, form),
    )


def interval(low: float, high: float, form: str = f".{DECIMALS}f") -> str:
    """Both ends as the interface's language writes them."""
    # A decimal comma needs another mark between the two ends.
    between = "; " if interface_language().decimal == "," else ", "
    return f"[{decimal(low, form)}{between}{decimal(high, form)}]"


def _mean_line(comparison: Comparison, mean: LanguageMean, notes: Notes) -> Line:
    left_out = notes.number(text("note_mean_left_out", rows=", ".join(mean.left_out))) if mean.left_out else None
    entries = [Entry(text("table_mean", rows=len(mean.rows)), note=left_out), *[Entry()] * 7]
    for model, cell in zip(comparison.models, mean.cells, strict=True):
        entries.append(_mean_cell(model.name, cell, notes))
    if comparison.after is not None:
        entries.append(_mean_effect(mean.differences.get(comparison.before or "")))
    return Line((*entries, Entry()), of_means=True)


def _mean_cell(name: str, cell: MeanCell | None, notes: Notes) -> Entry:
    if cell is None:
        return Entry(NOTHING)
    if cell.low is None or cell.high is None:
        note = notes.number(text("note_mean_no_interval", model=name))
        return Entry(decimal(cell.value), cell.value, note=note)
    return Entry(decimal(cell.value), cell.value, beside=interval(cell.low, cell.high))


def _mean_effect(difference: Difference | None) -> Entry:
    if difference is None:
        return Entry(NOTHING)
    form = f"+.{DECIMALS}f"
    beside = interval(difference.low, difference.high, form)
    return Entry(decimal(difference.value, form), difference.value, beside=beside)


def _legend(comparison: Comparison) -> tuple[str, ...]:
    """What is said of the signs that occur, and of the columns."""
    cells = [cell for row in comparison.rows for cell in row.cells]
    marks = {cell.mark for cell in cells}
    lower = any(row.row.better == "lower" for row in comparison.rows)
    effects = [comparison.effect(row) for row in comparison.rows]
    undecided = any(one is not None and one.decision and not one.decision.distinct for one in effects)
    lines: list[tuple[bool, str]] = [
        (comparison.tests > 0, text("legend_best", tests=comparison.tests)),
        ("undecided" in marks or undecided, text("legend_undecided", sign=UNDECIDED)),
        ("tied" in marks, text("legend_tied", sign=TIED)),
        ("untested" in marks, text("legend_untested", sign=UNTESTED)),
        (any(cell.degenerate for cell in cells), text("legend_degenerate", sign=DEGENERATE)),
        (not all(model.verified for model in comparison.models), text("legend_unverified", sign=UNVERIFIED)),
        (lower, text("legend_lower", sign=LOWER)),
        (any(cell.stderr is not None for cell in cells), text("legend_error")),
        (any(row.baseline is not None for row in comparison.rows), text("legend_constant")),
        (any(row.detectable is not None for row in comparison.rows), text("legend_detectable")),
        (comparison.after is not None, _effect_legend(comparison)),
        (any(mean.rows for mean in comparison.means), text("legend_mean")),
    ]
    return tuple(line for holds, line in lines if holds)


def _effect_legend(comparison: Comparison) -> str:
    return text("legend_effect", before=comparison.before or "", after=comparison.after or "")


def difference_lines(comparison: Comparison) -> Sequence[tuple[RowComparison, Contrast]]:
    """Every pair of models on every row where both have a value, in the order of rows and models."""
    return [(row, contrast) for row in comparison.rows for contrast in row.contrasts]
