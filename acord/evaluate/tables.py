"""A comparison in files: Markdown, HTML, CSV, JSON, a workbook, pictures; the same bytes for the same figures.

Markdown, HTML and the workbook are for people, in the interface's language. CSV and JSON are for programs: their keys
are English, their numbers have a point.
"""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from acord.evaluate.compare import Cell, Comparison, Contrast, RowComparison
from acord.evaluate.forest import to_png, to_svg
from acord.evaluate.grid import Entry, Grid, Line, tables_of
from acord.evaluate.language_means import LanguageMean, chance_of
from acord.evaluate.spreadsheet import to_xlsx
from acord.languages import interface_language, text

STEM = "comparison"
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


def write_comparison(comparison: Comparison, folder: Path, formats: Sequence[str] | None = None) -> tuple[Path, ...]:
    """Write comparison.<format> for each of the formats (see FORMATS; all by default), each complete or not at all.

    Raises KeyError for a format that there is not.
    """
    contents = {one: FORMATS[one](comparison) for one in (FORMATS if formats is None else formats)}
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(_write(folder / f"{STEM}.{one}", content) for one, content in contents.items() if content)


def _write(path: Path, content: bytes) -> Path:
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(content)
    return partial.replace(path)


def to_markdown(comparison: Comparison) -> str:
    """A heading and a table a language, the legend, the footnotes."""
    tables = tables_of(comparison)
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


def to_html(comparison: Comparison) -> str:
    """One page that needs nothing beside it: no scripts, no fonts, no pictures. All text is escaped."""
    tables = tables_of(comparison)
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
    return (
        f'<h2>{escape(grid.language)}</h2>\n<div class="wide"><table>\n<caption>{escape(grid.caption)}</caption>\n'
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


def to_csv(comparison: Comparison) -> str:
    """One line a row of the suite, then one a mean. Text that would be taken for a formula gets an apostrophe.

    Of each model: value, standard error, items, standing (see compare.marks_of) and remark.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    heads = ["language", "row", "label", "kind", "metric", "better", "shots", "template", "chance", "constant"]
    for model in comparison.models:
        heads += [f"{model.name}{one}" for one in ("", " stderr", " items", " standing", " remark")]
    heads += [f"effect{one}" for one in ("", " low", " high", " adjusted p")] if comparison.after is not None else []
    writer.writerow([_harmless(head) for head in [*heads, "detectable"]])
    for row in comparison.rows:
        writer.writerow(_csv_row(comparison, row))
    for mean in comparison.means:
        writer.writerow(_csv_mean(comparison, mean))
    return out.getvalue()


def _csv_row(comparison: Comparison, compared: RowComparison) -> list[str]:
    row = compared.row
    words = (row.language, row.id, row.label, row.kind, row.metric, row.better, str(row.shots), row.template)
    cells = [*map(_harmless, words), _plain(row.chance), _plain(compared.baseline)]
    for cell in compared.cells:
        remarks = [cell.missing or "", cell.reason or "", "degenerate" if cell.degenerate else ""]
        remarks += ["" if cell.verified else "unverified"]
        remarks += [f"template {cell.template}" if cell.template != row.template else ""]
        cells += [_plain(cell.value), _plain(cell.stderr), str(cell.n), cell.mark]
        cells.append(_harmless("; ".join(remark for remark in remarks if remark)))
    if comparison.after is not None:
        contrast = comparison.effect(compared)
        decision = None if contrast is None else contrast.decision
        found = None if decision is None else decision.difference
        cells += ["", "", ""] if found is None else [_plain(found.value), _plain(found.low), _plain(found.high)]
        cells.append("" if decision is None else f"{decision.adjusted_p:.3e}")
    return [*cells, _plain(compared.detectable)]


def _csv_mean(comparison: Comparison, mean: LanguageMean) -> list[str]:
    cells = [mean.language, "mean", *[""] * 3, "higher", *[""] * 4]
    for cell in mean.cells:
        cells += ["", "", "", "", ""] if cell is None else [_plain(cell.value), _plain(cell.stderr), "", "", ""]
    if comparison.after is not None:
        found = mean.differences.get(comparison.before or "")
        cells += ["", "", ""] if found is None else [_plain(found.value), _plain(found.low), _plain(found.high)]
        cells.append("")
    return [*cells, ""]


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.{CSV_DECIMALS}f}"


def _harmless(value: str) -> str:
    return f"'{value}" if value.startswith(FORMULA) else value


def as_content(comparison: Comparison) -> dict[str, Any]:
    """Everything that was computed, as JSON takes it; figures in full."""
    return {
        "suite": comparison.suite,
        "title": comparison.title,
        "models": [vars(model) | {"settings": dict(model.settings)} for model in comparison.models],
        "before": comparison.before,
        "after": comparison.after,
        "tests": comparison.tests,
        "seed": comparison.seed,
        "rows": [_row_content(comparison, row) for row in comparison.rows],
        "means": [_mean_content(comparison, mean) for mean in comparison.means],
    }


def _row_content(comparison: Comparison, compared: RowComparison) -> dict[str, Any]:
    effect = comparison.effect(compared)
    return {
        **compared.row.model_dump(mode="json"),
        "baseline": compared.baseline,
        "detectable": compared.detectable,
        "normalised_from": chance_of(compared.row),
        "models": _by_model(comparison, [_cell_content(cell) for cell in compared.cells]),
        "differences": [_contrast_content(contrast) for contrast in compared.contrasts],
        "effect": None if effect is None else _contrast_content(effect),
    }


def _cell_content(cell: Cell) -> dict[str, Any]:
    return dict(vars(cell))


def _contrast_content(contrast: Contrast) -> dict[str, Any]:
    content: dict[str, Any] = {"first": contrast.a, "second": contrast.b, "left_out": contrast.left_out}
    if contrast.decision is None:
        return content | {"untested": contrast.untested}
    decision = contrast.decision
    return content | decision.difference._asdict() | {"adjusted_p": decision.adjusted_p, "distinct": decision.distinct}


def _mean_content(comparison: Comparison, mean: LanguageMean) -> dict[str, Any]:
    return {
        "language": mean.language,
        "rows": list(mean.rows),
        "left_out": list(mean.left_out),
        "models": _by_model(comparison, [None if cell is None else cell._asdict() for cell in mean.cells]),
        "first": comparison.focus,
        "differences": {name: found._asdict() for name, found in mean.differences.items()},
    }


def _by_model(comparison: Comparison, contents: Sequence[Any]) -> dict[str, Any]:
    return {model.name: content for model, content in zip(comparison.models, contents, strict=True)}


def to_json(comparison: Comparison) -> str:
    """as_content in a file."""
    return json.dumps(as_content(comparison), ensure_ascii=False, allow_nan=False, indent=2) + "\n"


FORMATS: Mapping[str, Callable[[Comparison], bytes]] = {
    "md": lambda comparison: to_markdown(comparison).encode(),
    "html": lambda comparison: to_html(comparison).encode(),
    "csv": lambda comparison: to_csv(comparison).encode(),
    "json": lambda comparison: to_json(comparison).encode(),
    "xlsx": to_xlsx,
    "png": to_png,
    "svg": to_svg,
}
