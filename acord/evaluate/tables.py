"""A comparison in files: Markdown, HTML, CSV, JSON, a workbook, pictures; the same bytes for the same figures.

Markdown, HTML and the workbook are for people, in the interface's language. CSV and JSON are for programs: their keys
are English, their numbers have a point.
"""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from acord.evaluate.compare import Cell, Comparison, Contrast, RowComparison
from acord.evaluate.forest import to_png, to_svg
from acord.evaluate.grid import tables_of
from acord.evaluate.language_means import LanguageMean, chance_of
from acord.evaluate.rendering import harmless, html_of, markdown_of, plain, write_files
from acord.evaluate.spreadsheet import to_xlsx

STEM = "comparison"


def write_comparison(comparison: Comparison, folder: Path, formats: Sequence[str] | None = None) -> tuple[Path, ...]:
    """Write comparison.<format> for each of the formats (see FORMATS; all by default), each complete or not at all.

    Raises KeyError for a format that there is not.
    """
    contents = {one: FORMATS[one](comparison) for one in (FORMATS if formats is None else formats)}
    return write_files(folder, STEM, contents)


def to_markdown(comparison: Comparison) -> str:
    """Its tables in Markdown."""
    return markdown_of(tables_of(comparison))


def to_html(comparison: Comparison) -> str:
    """Its tables as a page."""
    return html_of(tables_of(comparison))


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
    writer.writerow([harmless(head) for head in [*heads, "detectable"]])
    for row in comparison.rows:
        writer.writerow(_csv_row(comparison, row))
    for mean in comparison.means:
        writer.writerow(_csv_mean(comparison, mean))
    return out.getvalue()


def _csv_row(comparison: Comparison, compared: RowComparison) -> list[str]:
    row = compared.row
    words = (row.language, row.id, row.label, row.kind, row.metric, row.better, str(row.shots), row.template)
    cells = [*map(harmless, words), plain(row.chance), plain(compared.baseline)]
    for cell in compared.cells:
        remarks = [cell.missing or "", cell.reason or "", "degenerate" if cell.degenerate else ""]
        remarks += ["" if cell.verified else "unverified"]
        remarks += [f"template {cell.template}" if cell.template != row.template else ""]
        cells += [plain(cell.value), plain(cell.stderr), str(cell.n), cell.mark]
        cells.append(harmless("; ".join(remark for remark in remarks if remark)))
    if comparison.after is not None:
        contrast = comparison.effect(compared)
        decision = None if contrast is None else contrast.decision
        found = None if decision is None else decision.difference
        cells += ["", "", ""] if found is None else [plain(found.value), plain(found.low), plain(found.high)]
        cells.append("" if decision is None else f"{decision.adjusted_p:.3e}")
    return [*cells, plain(compared.detectable)]


def _csv_mean(comparison: Comparison, mean: LanguageMean) -> list[str]:
    cells = [mean.language, "mean", *[""] * 3, "higher", *[""] * 4]
    for cell in mean.cells:
        cells += ["", "", "", "", ""] if cell is None else [plain(cell.value), plain(cell.stderr), "", "", ""]
    if comparison.after is not None:
        found = mean.differences.get(comparison.before or "")
        cells += ["", "", ""] if found is None else [plain(found.value), plain(found.low), plain(found.high)]
        cells.append("")
    return [*cells, ""]


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
