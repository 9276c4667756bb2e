"""A comparison as a workbook: numbers as numbers, headings that stay in sight, the same bytes for the same figures."""

import io
import re
import zipfile
from collections.abc import Sequence
from typing import Any

from acord.evaluate.compare import Comparison, Contrast, RowComparison
from acord.evaluate.grid import Entry, Grid, Tables, difference_lines, tables_of
from acord.languages import text

# The earliest time that an archive can hold.
LONG_AGO = (1980, 1, 1, 0, 0, 0)
WIDEST = 44

# What XML cannot hold.
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
FORBIDDEN_IN_NAMES = re.compile(r"[\[\]:*?/\\]")


def to_xlsx(comparison: Comparison) -> bytes:
    """A sheet a language, one of all differences, one of notes."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    tables = tables_of(comparison)
    for grid in tables.grids:
        _write_grid(book.create_sheet(_sheet_name(grid.language)), grid)
    _write_differences(book.create_sheet(_sheet_name(text("table_differences"))), comparison)
    _write_notes(book.create_sheet(_sheet_name(text("table_notes"))), tables)
    book.properties.creator = "acord"
    book.properties.title = CONTROLS.sub("", tables.title)
    out = io.BytesIO()
    book.save(out)
    return _undated(out.getvalue())


def _write_grid(sheet: Any, grid: Grid) -> None:
    _head(sheet, grid.headings)
    for place, line in enumerate(grid.lines, start=2):
        for column, entry in enumerate(line.entries, start=1):
            _fill(sheet.cell(place, column), entry)
    _finish(sheet, "B2")


def _fill(cell: Any, entry: Entry) -> None:
    from openpyxl.styles import Font

    cell.font = Font(bold=entry.bold)
    if entry.number is None:
        _write_text(cell, entry.written())
        return
    # Error, signs and footnote stand in the number's format: the cell stays a number.
    beside = " ".join(part for part in (entry.beside, entry.signs, _note(entry)) if part)
    cell.value = entry.number
    cell.number_format = _number_format(entry.decimals, beside)


def _note(entry: Entry) -> str:
    return "" if entry.note is None else f"({entry.note})"


def _number_format(decimals: int, beside: str = "") -> str:
    form = "0" if decimals == 0 else f"0.{'0' * decimals}"
    return form if not beside else f'{form}" {beside}"'


def _write_text(cell: Any, value: str) -> None:
    """Text as text: a spreadsheet never takes it for a formula, whatever its first sign."""
    cell.value = CONTROLS.sub("", value)
    cell.data_type = "s"
    cell.quotePrefix = value.startswith(("=", "+", "-", "@"))


def _head(sheet: Any, headings: Sequence[str]) -> None:
    from openpyxl.styles import Alignment, Font

    for column, heading in enumerate(headings, start=1):
        cell = sheet.cell(1, column)
        _write_text(cell, heading)
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="top")


def _finish(sheet: Any, frozen: str) -> None:
    sheet.freeze_panes = frozen
    for column in sheet.columns:
        widest = max(len(str(cell.value if cell.data_type == "s" else cell.number_format)) for cell in column)
        sheet.column_dimensions[column[0].column_letter].width = min(WIDEST, widest + 2)


def _write_differences(sheet: Any, comparison: Comparison) -> None:
    _head(sheet, text("table_difference_heads").split("|"))
    for place, (row, contrast) in enumerate(difference_lines(comparison), start=2):
        for column, entry in enumerate(_difference_entries(row, contrast), start=1):
            _fill(sheet.cell(place, column), entry)
    _finish(sheet, "D2")


def _difference_entries(row: RowComparison, contrast: Contrast) -> list[Entry]:
    names = [Entry(row.row.id), Entry(contrast.a), Entry(contrast.b)]
    if contrast.decision is None:
        why = text(f"note_{contrast.untested}", a=contrast.a, b=contrast.b)
        return [*names, *[Entry()] * 7, Entry(why)]
    found, adjusted, stands = contrast.decision
    figures = [Entry(number=one) for one in (found.value, found.low, found.high)]
    chances = [Entry(number=one, decimals=6) for one in (found.p_value, adjusted)]
    answer = text("table_yes" if stands else "table_no")
    return [*names, *figures, *chances, Entry(number=found.n, decimals=0), Entry(found.test), Entry(answer)]


def _write_notes(sheet: Any, tables: Tables) -> None:
    from openpyxl.styles import Alignment

    lines = [tables.title, *tables.legend, *(f"({number}) {note}" for number, note in enumerate(tables.notes, start=1))]
    for place, line in enumerate(lines, start=1):
        cell = sheet.cell(place, 1)
        _write_text(cell, line)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.column_dimensions["A"].width = 110


def _sheet_name(name: str) -> str:
    return FORBIDDEN_IN_NAMES.sub("-", name)[:31]


def _undated(content: bytes) -> bytes:
    """The same archive without the time at which it was made: in its entries, and in what is noted at saving."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"<dcterms:(created|modified)[^>]*>[^<]*</dcterms:\1>", b"", data)
            target.writestr(zipfile.ZipInfo(name, LONG_AGO), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()
