"""Tables as files that people read: Markdown and HTML, with all text escaped; what tables in CSV share."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from acord.evaluate.grid import Entry, Grid, Line, Tables
from acord.languages import interface_language, text
from acord.whole import written_whole

# What a spreadsheet that reads CSV takes for a formula where it stands first.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
CSV_DECIMALS = 6
STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 100rem; padding: 0 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 1.5rem 0; }
caption { text-align: left; font-weight: bold; padding: .5rem 0; }
th, td { border-bottom: 1px solid #8888; padding: .35rem .7rem; text-align: left; vertical-align: top; }
th { font-weight: normal; }
thead th { font-weight: bold; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.mean > * { border-top: 2px solid; }
"""


def write_files(folder: Path, stem: str, contents: Mapping[str, bytes]) -> tuple[Path, ...]:
    """Write <stem>.<format> for each of the contents that is not empty, each complete or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(_write(folder / f"{stem}.{one}", content) for one, content in contents.items() if content)


def _write(path: Path, content: bytes) -> Path:
    with written_whole(path) as beside:
        beside.write_bytes(content)
    return path


def markdown_of(tables: Tables) -> str:
    """A heading and a table a language, the legend, the footnotes."""
    parts = [f"# {_markdown(tables.title)}", *map(_markdown_table, tables.grids)]
    if tables.legend:
        parts.append("\n".join(f"- {_markdown(line)}" for line in tables.legend))
    if tables.notes:
        # Not a list of Markdown: the numbers are those that the tables name.
        notes = [f"({number}) {_markdown(note)}" for number, note in enumerate(tables.notes, start=1)]
        parts.append("  \n".join(notes))
    return "\n\n".join(parts) + "\n"


def _markdown_table(grid: Grid) -> str:
    numeric = [any(line.entries[i].number is not None for line in grid.lines) for i in range(len(grid.headings))]
    return "\n".join(
        [
            f"## {_markdown(grid.language)}",
            "",
            *(part for remark in grid.remarks for part in (_markdown(remark), "")),
            _markdown_line([_markdown(heading) for heading in grid.headings]),
            _markdown_line(["---:" if one else "---" for one in numeric]),
            *(_markdown_line([_markdown_entry(entry) for entry in line.entries]) for line in grid.lines),
        ]
    )


def _markdown_line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _markdown_entry(entry: Entry) -> str:
    if not entry.bold:
        return _markdown(entry.written())
    behind = _markdown(entry._replace(shown="").written())
    return f"**{_markdown(entry.shown)}** {behind}".rstrip()


def _markdown(value: str) -> str:
    """Text that means nothing but itself, also in a table."""
    for sign in "\\`*_[]<>|#":
        value = value.replace(sign, f"\\{sign}")
    return " ".join(value.split())


def html_of(tables: Tables) -> str:
    """One page that needs nothing beside it: no scripts, no fonts, no pictures. All text is escaped."""
    title = escape(tables.title)
    notes = [f'<li id="note-{number}">{escape(note)}</li>' for number, note in enumerate(tables.notes, start=1)]
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="{escape(interface_language().bcp47)}">',
            '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title>",
            f"<style>{STYLE}</style></head>",
            "<body>",
            f"<h1>{title}</h1>",
            *map(_html_table, tables.grids),
            f"<h2>{escape(text('table_notes'))}</h2>",
            *(["<ul>", *(f"<li>{escape(line)}</li>" for line in tables.legend), "</ul>"] if tables.legend else []),
            *(["<ol>", *notes, "</ol>"] if notes else []),
            "</body>",
            "</html>",
            "",
        ]
    )


def _html_table(grid: Grid) -> str:
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in grid.headings)
    lines = "\n".join(_html_line(line) for line in grid.lines)
    remarks = "".join(f"<p>{escape(remark)}</p>\n" for remark in grid.remarks)
    return (
        f"<h2>{escape(grid.language)}</h2>\n{remarks}"
        f'<div class="wide"><table>\n<caption>{escape(grid.caption)}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{lines}\n</tbody>\n</table></div>"
    )


def _html_line(line: Line) -> str:
    first, *others = line.entries
    cells = [f'<th scope="row">{_html_entry(first)}</th>']
    for entry in others:
        kind = "" if entry.number is None else ' class="number"'
        cells.append(f"<td{kind}>{_html_entry(entry)}</td>")
    kind = ' class="mean"' if line.of_means else ""
    return f"<tr{kind}>{''.join(cells)}</tr>"


def _html_entry(entry: Entry) -> str:
    shown = escape(entry.shown)
    parts = [f"<strong>{shown}</strong>" if entry.bold else shown, escape(entry.beside), escape(entry.signs)]
    if entry.note is not None:
        parts.append(f'<a href="#note-{entry.note}">({entry.note})</a>')
    return " ".join(part for part in parts if part)


def plain(value: float | None) -> str:
    """A number for programs; nothing where there is none."""
    return "" if value is None else f"{value:.{CSV_DECIMALS}f}"


def harmless(value: str) -> str:
    """Text that no spreadsheet takes for a formula: with an apostrophe before it where it would."""
    return f"'{value}" if value.startswith(FORMULA) else value
