"""Judges' scores in files: Markdown, HTML, CSV, JSON; the same bytes for the same figures.

Markdown and HTML are for people, in the interface's language. CSV and JSON are for programs: their keys are English,
their numbers have a point.
"""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from acord.evaluate.compare import Contrast
from acord.evaluate.rendering import harmless, html_of, markdown_of, plain, write_files
from acord.judge.contrasts import Place
from acord.judge.ratings import Cell
from acord.judge.score_grid import Report, tables_of

STEM = "scores"
HEADS = (
    "judge", "language", "category", "label", "model", "mean", "sd", "items", "answers", "stderr", "low", "high",
    "spread", "missing", "reasons", "standing", "validated", "not validated because",
)  # fmt: skip


def write_tables(report: Report, folder: Path, formats: Sequence[str] | None = None) -> tuple[Path, ...]:
    """Write scores.<format> for each of the formats (see FORMATS; all by default), each complete or not at all.

    Raises KeyError for a format that there is not.
    """
    contents = {one: FORMATS[one](report).encode() for one in (FORMATS if formats is None else formats)}
    return write_files(folder, STEM, contents)


def to_markdown(report: Report) -> str:
    """Its tables in Markdown."""
    return markdown_of(tables_of(report))


def to_html(report: Report) -> str:
    """Its tables as a page that needs nothing beside it."""
    return html_of(tables_of(report))


def to_csv(report: Report) -> str:
    """One line a judge, language, category and model. No judge: the panel; no language: over languages; no category:
    overall. Text that would be taken for a formula gets an apostrophe.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADS)
    for place, of_models in report.table.cells.items():
        for model, cell in of_models.items():
            writer.writerow([harmless(value) for value in _csv_row(report, place, model, cell)])
    return out.getvalue()


def _csv_row(report: Report, place: Place, model: str, cell: Cell) -> list[str]:
    reasons = report.reasons(place.language)
    return [
        *(value or "" for value in place),
        report.label(place.category),
        model,
        *(plain(value) for value in (cell.mean, cell.sd)),
        str(cell.n),
        str(cell.answers),
        *(plain(value) for value in (cell.stderr, cell.low, cell.high, cell.spread)),
        str(sum(cell.missing.values())),
        "; ".join(f"{reason}: {count}" for reason, count in cell.missing.items()),
        cell.mark,
        "no" if reasons else "yes",
        "; ".join(reasons),
    ]


def as_content(report: Report) -> dict[str, Any]:
    """Everything that was computed, as JSON takes it; figures in full."""
    table = report.table
    return {
        "suite": report.suite,
        "judges": list(table.judges),
        "models": list(table.models),
        "languages": list(table.languages),
        "categories": {category: report.label(category) for category in table.categories},
        "weighting": table.weighting,
        "over_languages": list(table.pooled),
        "tests": table.tests,
        "not_validated": {language: list(report.reasons(language)) for language in table.languages},
        "rows": [_row_content(report, place) for place in table.cells],
        "pairs": [asdict(one) | {"n": one.n} for one in report.wins],
    }


def _row_content(report: Report, place: Place) -> dict[str, Any]:
    content: dict[str, Any] = place._asdict()
    if place.category is None:
        content["counted"] = list(report.table.counted[place])
    content["models"] = {model: _cell_content(cell) for model, cell in report.table.cells[place].items()}
    content["differences"] = [_contrast_content(one) for one in report.table.contrasts[place]]
    return content


def _cell_content(cell: Cell) -> dict[str, Any]:
    return vars(cell) | {
        "missing": dict(cell.missing),
        "wordings": {str(wording): mean for wording, mean in cell.wordings.items()},
        "spread": cell.spread,
    }


def _contrast_content(contrast: Contrast) -> dict[str, Any]:
    content: dict[str, Any] = {"first": contrast.a, "second": contrast.b, "left_out": contrast.left_out}
    if contrast.decision is None:
        return content | {"untested": contrast.untested}
    decision = contrast.decision
    return content | decision.difference._asdict() | {"adjusted_p": decision.adjusted_p, "distinct": decision.distinct}


def to_json(report: Report) -> str:
    """as_content in a file."""
    return json.dumps(as_content(report), ensure_ascii=False, allow_nan=False, indent=2) + "\n"


FORMATS: Mapping[str, Callable[[Report], str]] = {
    "md": to_markdown,
    "html": to_html,
    "csv": to_csv,
    "json": to_json,
}
