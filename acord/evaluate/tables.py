"""A comparison in files: Markdown, HTML, CSV, JSON and a spreadsheet, the same for the same figures, byte for byte."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from acord.evaluate.compare import Comparison, Line
from acord.evaluate.forest import draw_forest
from acord.evaluate.grid import Entry, Grid, tables_of
from acord.evaluate.statistics import Decision
from acord.languages import interface_language

STEM = "comparison"
# What a spreadsheet takes for a formula where it stands first.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
LONG_AGO = (1980, 1, 1, 0, 0, 0)
WIDEST = 48
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 90rem; padding: 0 1rem; color: #1a1a1a; }
table { border-collapse: collapse; margin: 1.5rem 0; }
caption { text-align: left; font-weight: bold; padding: .5rem 0; }
th, td { border-bottom: 1px solid #ccc; padding: .35rem .7rem; text-align: left; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
"""


def write_comparison(comparison: Comparison, folder: Path) -> tuple[Path, ...]:
    """Write every format, and the forest plots, into the folder; each file complete or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    writers: dict[str, Callable[[Comparison], bytes]] = {
        "md": lambda one: to_markdown(one).encode(),
        "html": lambda one: to_html(one).encode(),
        "csv": lambda one: to_csv(one).encode(),
        "json": lambda one: (json.dumps(as_content(one), ensure_ascii=False, indent=2) + "\n").encode(),
        "xlsx": to_xlsx,
    }
    files = [_written(folder / f"{STEM}.{suffix}", write(comparison)) for suffix, write in writers.items()]
    pictures = draw_forest(comparison)
    files += [_written(folder / f"{STEM}.{suffix}", picture) for suffix, picture in pictures.items()]
    return tuple(files)


def to_markdown(comparison: Comparison) -> str:
    """Tables with their captions as headings."""
    tables = tables_of(comparison)
    parts = [f"# {_md(tables.title)}"]
    for grid in tables.grids:
        lines = [f"## {_md(grid.caption)}", "", _md_line([_md(one) for one in grid.headings])]
        lines.append(_md_line(["---"] * len(grid.headings)))
        lines += [_md_line([_md_entry(entry) for entry in row]) for row in grid.rows]
        parts.append("\n".join(lines))
    parts.append("\n".join(f"- {_md(note)}" for note in tables.notes))
    return "\n\n".join(parts) + "\n"


def to_html(comparison: Comparison) -> str:
    """One page that needs nothing beside it. All text is escaped."""
    tables = tables_of(comparison)
    language = interface_language().bcp47
    body = [f"<h1>{escape(tables.title)}</h1>", *map(_html_table, tables.grids), "<ul>"]
    body += [f"<li>{escape(note)}</li>" for note in tables.notes]
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="{escape(language)}">',
            '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
            f"<title>{escape(tables.title)}</title><style>{STYLE}</style></head>",
            "<body>",
            *body,
            "</ul>",
            "</body>",
            "</html>",
            "",
        ]
    )


def to_csv(comparison: Comparison) -> str:
    """One table, the language as its first column; text that would be a formula is quoted by an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for grid in tables_of(comparison).grids:
        writer.writerow([_harmless(one) for one in ("", *grid.headings)])
        writer.writerows([_harmless(grid.caption), *map(_csv_entry, row)] for row in grid.rows)
    return out.getvalue()


def as_content(comparison: Comparison) -> dict[str, Any]:
    """Everything that was computed, as JSON takes it."""
    return {
        "suite": comparison.suite,
        "title": comparison.title,
        "models": [vars(model) for model in comparison.models],
        "before": comparison.before,
        "after": comparison.after,
        "tests": comparison.tests,
        "rows": [_line_content(line) for line in comparison.lines],
        "means": [
            {
                "language": mean.language or None,
                "rows": mean.rows,
                "models": {name: estimate._asdict() for name, estimate in mean.estimates.items()},
            }
            for mean in comparison.means
        ],
    }


def to_xlsx(comparison: Comparison) -> bytes:
    """A workbook, one sheet a table: numbers as numbers, headings that stay in sight."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    book.remove(book.active)
    tables = tables_of(comparison)
    for grid in tables.grids:
        sheet = book.create_sheet(_sheet_name(grid.caption))
        sheet.append([_harmless(one) for one in grid.headings])
        for row in grid.rows:
            sheet.append([_harmless(e.shown) if e.number is None else e.number for e in row])
            for cell, entry in zip(sheet[sheet.max_row], row, strict=True):
                cell.font = Font(bold=entry.bold)
                if isinstance(entry.number, float):
                    cell.number_format = "0.000"
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        sheet.freeze_panes = "A2"
        for column in sheet.columns:
            widest = max(len(str(cell.value)) for cell in column)
            sheet.column_dimensions[column[0].column_letter].width = min(WIDEST, widest + 2)
    notes = book.create_sheet("notes")
    for note in tables.notes:
        notes.append([_harmless(note)])
    book.properties.creator = "acord"
    book.properties.created = book.properties.modified = datetime(*LONG_AGO)
    out = io.BytesIO()
    book.save(out)
    return _undated(out.getvalue())


def _undated(content: bytes) -> bytes:
    """The same archive without the time at which it was made: in its entries, and in what openpyxl notes at saving."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "docProps/core.xml":
                begin, end = data.find(b"<dcterms:modified"), data.find(b"</dcterms:modified>")
                data = data[:begin] + data[end + len(b"</dcterms:modified>") :] if begin >= 0 else data
            target.writestr(zipfile.ZipInfo(name, LONG_AGO), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _written(path: Path, content: bytes) -> Path:
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(content)
    return partial.replace(path)


def _md_line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _md_entry(entry: Entry) -> str:
    return f"**{_md(entry.shown)}**" if entry.bold else _md(entry.shown)


def _md(value: str) -> str:
    """Text that means nothing but itself in a Markdown table."""
    for sign in "\\`*_[]<>|":
        value = value.replace(sign, f"\\{sign}")
    return " ".join(value.split())


def _csv_entry(entry: Entry) -> str:
    return _harmless(entry.shown) if entry.number is None else entry.shown


def _html_table(grid: Grid) -> str:
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in grid.headings)
    rows = "".join(f"<tr>{''.join(_html_cells(row))}</tr>\n" for row in grid.rows)
    caption = escape(grid.caption)
    return f"<table>\n<caption>{caption}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>"


def _html_cells(row: tuple[Entry, ...]) -> list[str]:
    first, *others = row
    cells = [f'<th scope="row">{escape(first.shown)}</th>']
    for entry in others:
        shown = f"<strong>{escape(entry.shown)}</strong>" if entry.bold else escape(entry.shown)
        kind = "" if entry.number is None else ' class="number"'
        cells.append(f"<td{kind}>{shown}</td>")
    return cells


def _harmless(value: str) -> str:
    return f"'{value}" if value.startswith(FORMULA) else value


def _sheet_name(caption: str) -> str:
    return "".join("-" if sign in r"[]:*?/\\" else sign for sign in caption)[:31]


def _line_content(line: Line) -> dict[str, Any]:
    return {
        **line.row.model_dump(mode="json"),
        "models": {
            name: {**vars(cell), "estimate": None if cell.estimate is None else cell.estimate._asdict()}
            for name, cell in line.cells.items()
        },
        "differences": [
            {"first": first, "second": second, **_decision_content(decided)}
            for (first, second), decided in line.decisions.items()
        ],
        "best": line.best,
        "ties": list(line.ties),
        "effect": None if line.effect is None else _decision_content(line.effect),
    }


def _decision_content(decided: Decision) -> dict[str, Any]:
    return {**decided.difference._asdict(), "adjusted_p": decided.adjusted_p, "distinct": decided.distinct}
