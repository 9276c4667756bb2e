"""Tables of figures as the rest of Acord makes them, as a part of the page."""

from collections.abc import Callable, Sequence

from markupsafe import Markup

from acord.card.report.markup import bullets, heading, joined, kinds_of, paragraph, table_of, wide
from acord.card.report.saying import say
from acord.evaluate.grid import Entry, Grid, Line, Tables


def tables(content: Tables, prefix: str, *, warns: Callable[[str], bool] = lambda _: False) -> Markup:
    """All of them with legend and footnotes. prefix: of the notes' anchors. warns: whether a remark is a warning."""
    notes = Markup("").join(
        Markup('<li id="{}-note-{}">{}</li>').format(prefix, number, note)
        for number, note in enumerate(content.notes, start=1)
    )
    listed = Markup('<ol class="note">{}</ol>').format(notes) if notes else Markup("")
    below = [heading(say("legend"), 4), bullets(content.legend, "note"), listed] if content.legend or notes else []
    return joined([*(_grid(grid, prefix, warns) for grid in content.grids), *below])


def _grid(grid: Grid, prefix: str, warns: Callable[[str], bool]) -> Markup:
    columns = range(len(grid.headings))
    kinds = kinds_of(any(line.entries[column].number is not None for line in grid.lines) for column in columns)
    whole = table_of(grid.caption, grid.headings, kinds, [_line(line, kinds, prefix) for line in grid.lines])
    remarks = [paragraph(one, "warning" if warns(one) else "") for one in grid.remarks]
    return joined([heading(grid.language, 4), *remarks, wide(grid.caption, whole)])


def _line(line: Line, kinds: Sequence[str], prefix: str) -> Markup:
    first, *others = (_entry(entry, prefix) for entry in line.entries)
    cells = Markup("").join(
        Markup("<td{}>{}</td>").format(kind, one) for kind, one in zip(kinds[1:], others, strict=True)
    )
    kind = Markup(' class="mean"') if line.of_means else ""
    return Markup('<tr{}><th scope="row">{}</th>{}</tr>').format(kind, first, cells)


def _entry(entry: Entry, prefix: str) -> Markup:
    shown = Markup("<strong>{}</strong>").format(entry.shown) if entry.bold else entry.shown
    beside = Markup('<span class="beside">{}</span>').format(entry.beside) if entry.beside else ""
    note = "" if entry.note is None else Markup('<a href="#{0}-note-{1}">({1})</a>').format(prefix, entry.note)
    return Markup(" ").join(part for part in (shown, entry.signs, note, beside) if part)
