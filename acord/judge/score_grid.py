"""Judges' scores as tables of text and numbers, in the layout of the model card and the interface's language.

One table a language, its rows the categories, its columns the models, and above it whether the judge may be believed
there; then one over languages, one of pairs of answers, and where there are several judges those of each.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from acord.evaluate.compare import Contrast
from acord.evaluate.grid import (
    NOTHING,
    SIGNS,
    TIED,
    UNDECIDED,
    UNTESTED,
    Entry,
    Grid,
    Line,
    Notes,
    Tables,
    decimal,
    interval,
    language_name,
)
from acord.judge.contrasts import Place
from acord.judge.ratings import Cell, ScoreTable
from acord.judge.record import Missing
from acord.judge.win_rates import WinRate
from acord.languages import name_in_interface, text

Status = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Report:
    """What tables show. suite: its name. labels: of categories, in the interface's language; ids where there is none.

    status: by language, why its judge is not validated, as short sentences; an empty list: it is. A language that is
    not there has not been checked, so it is not validated either.
    """

    suite: str
    table: ScoreTable
    wins: tuple[WinRate, ...] = ()
    status: Status = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    def reasons(self, language: str | None) -> tuple[str, ...]:
        """Why the judge is not validated in a language (None: in any of those over which rows are); empty if it is."""
        if language is None:
            found = {one: self.reasons(one) for one in self.table.pooled}
            return tuple(_of(one, reason) for one, reasons in found.items() for reason in reasons)
        return tuple(one.rstrip(".") for one in self.status.get(language, [text("judge_table_unchecked")]))

    def label(self, category: str | None) -> str:
        """Of a category, or of the overall row."""
        if category is None:
            return text(f"judge_table_overall_{self.table.weighting}")
        return self.labels.get(category, category)


def tables_of(report: Report) -> Tables:
    """All tables with their legend and footnotes."""
    notes = Notes()
    grids = []
    for judge in report.table.views:
        scopes = dict.fromkeys(place.language for place in report.table.cells if place.judge == judge)
        grids += [_grid(report, judge, language, notes) for language in scopes]
        grids += _win_grids(report, judge)
    return Tables(text("judge_table_title", suite=report.suite), tuple(grids), _legend(report), tuple(notes.lines))


def _of(language: str, reason: str) -> str:
    """A reason with its language, unless it names it."""
    name = name_in_interface(language)
    return reason if name.lower() in reason.lower() else f"{name}: {reason}"


def _named(report: Report, language: str | None) -> str:
    if language is not None:
        return language_name(language)
    return text("judge_table_over_languages", languages=", ".join(map(name_in_interface, report.table.pooled)))


def _judges(report: Report, judge: str | None) -> str:
    if judge is not None or len(report.table.judges) == 1:
        return text("judge_table_judge", judge=judge or report.table.judges[0])
    return text("judge_table_panel", judges=", ".join(report.table.judges))


def _heading(report: Report, judge: str | None, language: str | None) -> str:
    named = _named(report, language)
    return named if judge is None else f"{named}; {_judges(report, judge)}"


def _status(report: Report, judge: str | None, language: str | None) -> tuple[str, ...]:
    reasons = report.reasons(language)
    state = text("judge_table_not_validated", reasons="; ".join(reasons)) if reasons else text("judge_table_validated")
    judges = _judges(report, judge)
    return (f"{judges[0].upper()}{judges[1:]}. {state}",)


def _grid(report: Report, judge: str | None, language: str | None, notes: Notes) -> Grid:
    table = report.table
    places = [place for place in table.cells if (place.judge, place.language) == (judge, language)]
    categories = [place for place in places if place.category is not None and table.cells[place]]
    shown = [place for place in categories if any(_was_asked(cell) for cell in table.cells[place].values())]
    rows = [*shown, *([place for place in places if place.category is None] if len(shown) > 1 else [])]
    models = list(table.cells[rows[0]]) if rows else []
    spread = any(cell.spread is not None for place in rows for cell in table.cells[place].values())
    headings = [text("judge_table_category"), text("table_items")]
    headings += [text("judge_table_model", model=model) for model in models]
    headings += [text("judge_table_spread", model=model) for model in models if spread]
    return Grid(
        language=_heading(report, judge, language),
        caption=text(
            "judge_table_caption",
            language=_named(report, language),
            judges=_judges(report, judge),
            rows=len(shown),
        ),
        headings=(*headings, text("judge_table_missing")),
        lines=tuple(_line(report, place, spread, notes) for place in rows),
        remarks=_status(report, judge, language),
    )


def _was_asked(cell: Cell) -> bool:
    return cell.mean is not None or bool(cell.missing)


def _line(report: Report, place: Place, spread: bool, notes: Notes) -> Line:
    cells = report.table.cells[place]
    contrasts = report.table.contrasts[place]
    overall = place.category is None
    entries = [
        Entry(report.label(place.category), note=_left_out(report, place, notes) if overall else None),
        _count([cell.n for cell in cells.values()]),
        *(_figure(model, cell, is_beaten(cells), contrasts, notes) for model, cell in cells.items()),
        *(_number(cell.spread) for cell in cells.values() if spread),
        _missing(cells, notes),
    ]
    return Line(tuple(entries), of_means=overall)


def is_beaten(cells: Mapping[str, Cell]) -> bool:
    """Whether some model of a row is worse than the one or ones marked best or tied."""
    valued = [cell.mark for cell in cells.values() if cell.mean is not None]
    return sum(mark in ("best", "tied") for mark in valued) not in (0, len(valued))


def _figure(model: str, cell: Cell, beaten: bool, contrasts: Sequence[Contrast], notes: Notes) -> Entry:
    if cell.mean is None:
        return Entry(text("table_missing"))
    deviation = NOTHING if cell.sd is None else decimal(cell.sd)
    return Entry(
        f"{decimal(cell.mean)} / {deviation}",
        cell.mean,
        bold=beaten and cell.mark in ("best", "tied"),
        signs=SIGNS.get(cell.mark, ""),
        beside="" if cell.low is None or cell.high is None else interval(cell.low, cell.high),
        # Each pair is told once: at the later of its two models.
        note=_note([one for one in contrasts if one.b == model], notes),
    )


def _note(contrasts: Sequence[Contrast], notes: Notes) -> int | None:
    untested = [one for one in contrasts if one.untested is not None]
    lines = [text(f"judge_table_note_{one.untested}", a=one.a, b=one.b) for one in untested]
    return notes.number("; ".join(lines)) if lines else None


def _count(counts: Sequence[int]) -> Entry:
    found = sorted(set(counts) - {0})
    if not found:
        return Entry(NOTHING)
    return Entry(str(found[0]), found[0], 0) if len(found) == 1 else Entry(f"{found[0]}–{found[-1]}")


def _number(value: float | None) -> Entry:
    return Entry(NOTHING) if value is None else Entry(decimal(value), value)


def _missing(cells: Mapping[str, Cell], notes: Notes) -> Entry:
    total = sum(sum(cell.missing.values()) for cell in cells.values())
    reasons = [f"{model} ({_reasons(cell.missing)})" for model, cell in cells.items() if cell.missing]
    note = notes.number(text("judge_table_note_missing", models=", ".join(reasons))) if reasons else None
    return Entry(str(total), total, 0, note=note)


def _reasons(missing: Mapping[Missing, int]) -> str:
    return ", ".join(
        f"{text('judge_table_reason_' + reason.replace(' ', '_'))}: {count}"
        for reason, count in Counter(missing).most_common()
    )


def _left_out(report: Report, place: Place, notes: Notes) -> int | None:
    rows = [one for one in report.table.cells if one[:2] == place[:2] and one.category is not None]
    asked = [one.category for one in rows if any(_was_asked(cell) for cell in report.table.cells[one].values())]
    left = [report.label(category) for category in asked if category not in report.table.counted[place]]
    return notes.number(text("judge_table_note_left_out", categories=", ".join(left))) if left else None


def _win_grids(report: Report, judge: str | None) -> list[Grid]:
    found = [one for one in report.wins if one.judge == judge]
    return [
        _win_grid(report, judge, language, [one for one in found if one.language == language])
        for language in dict.fromkeys(one.language for one in found)
    ]


def _win_grid(report: Report, judge: str | None, language: str | None, wins: Sequence[WinRate]) -> Grid:
    return Grid(
        language=text("judge_table_wins", language=_heading(report, judge, language)),
        caption=text("judge_table_wins_caption", language=_named(report, language), judges=_judges(report, judge)),
        headings=tuple(text("judge_table_wins_heads").split("|")),
        lines=tuple(_win_line(one) for one in wins),
        remarks=_status(report, judge, language),
    )


def _win_line(one: WinRate) -> Line:
    counts = (one.n, one.wins, one.ties, one.flips, one.losses, one.missing)
    beside = "" if one.low is None or one.high is None else interval(one.low, one.high)
    return Line(
        (
            Entry(text("judge_table_pair", a=one.a, b=one.b)),
            *(Entry(str(count), count, 0) for count in counts),
            _number(one.rate)._replace(beside=beside),
        )
    )


def _legend(report: Report) -> tuple[str, ...]:
    """What is said of the signs that occur, and of the columns."""
    table = report.table
    cells = [cell for of_models in table.cells.values() for cell in of_models.values()]
    marks = {cell.mark for cell in cells}
    lines = [
        (bool(cells), text("judge_table_legend_figures")),
        (table.tests > 0, text("judge_table_legend_best", tests=table.tests)),
        ("undecided" in marks, text("legend_undecided", sign=UNDECIDED)),
        ("tied" in marks, text("legend_tied", sign=TIED)),
        ("untested" in marks, text("legend_untested", sign=UNTESTED)),
        (len(table.judges) > 1, text("judge_table_legend_panel")),
        (any(cell.spread is not None for cell in cells), text("judge_table_legend_spread")),
        (len(table.categories) > 1, text("judge_table_legend_overall")),
        (bool(cells), text("judge_table_legend_missing")),
        (bool(report.wins), text("judge_table_legend_wins")),
    ]
    return tuple(line for holds, line in lines if holds)
