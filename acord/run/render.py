"""Results as people read them: tables on a terminal, aligned lines elsewhere."""

import io
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from acord.languages import text
from acord.languages.reasons import reason_text
from acord.run.card import BuiltCard
from acord.run.estimates.show import cost_tables, shown_rows
from acord.run.judge_plan import JudgePlan
from acord.run.run_recipe import RunResult
from acord.run.show_plan import RunPlan, SourcePlan, SuitePlan
from acord.run.summary import has_accuracy
from acord.run.supply_plan import MixPlan

STATES = {
    "reused": "plan_reused",
    "build": "plan_build",
    "unknown": "plan_unknown",
    "present": "plan_present",
    "missing": "plan_missing",
    "not_fetched": "plan_not_fetched",
    "fetch": "plan_fetch",
    "unavailable": "plan_unavailable",
    "translated": "plan_translated",
    "counted": "plan_counted",
    "published": "plan_published",
    "unknown_supply": "plan_uncounted",
}


# `unknown` says something else of a stage.
SUPPLY = {"unknown": "unknown_supply"}


def show_plan(plan: RunPlan) -> str:
    """What a recipe would run, for people."""
    stages = [[stage.stage, text(STATES[stage.state]), stage.folder or ""] for stage in plan.stages]
    sources = [
        [source.name, source.format, text(STATES[source.state]), _size(source), source.path] for source in plan.sources
    ]
    values = [
        [value.key, _shown(value.value), text("plan_inferred", reason=value.inferred) if value.inferred else ""]
        for value in plan.values
    ]
    tables = [(text("plan_stages"), stages), (text("plan_sources"), sources), *_mix(plan.mix)]
    tables.append((text("plan_values"), values))
    if plan.suite is not None:
        tables.append(_suite_rows(plan.suite))
    if plan.judge is not None:
        tables.append(_judge_rows(plan.judge))
    blocks = [table(title, rows) for title, rows in tables]
    if plan.costs is not None:
        # A line that is long is told whole: a folded one reads badly, and commands in it could not be copied.
        blocks += [aligned(title, rows) for title, rows in cost_tables(plan.costs)]
        blocks += [shown_rows(plan.costs.rows)] if plan.costs.rows else []
    return "\n\n".join(blocks)


def _mix(plan: MixPlan) -> list[tuple[str, list[list[str]]]]:
    """What the sources can give before filters, and the quotas against it."""
    supply = [
        [row.language, row.source, _pairs(row.pairs), text(STATES[SUPPLY.get(row.basis, row.basis)])]
        for row in sorted(plan.supply, key=lambda row: row.language)
    ]
    tables = [(text("plan_supply"), supply)]
    if plan.quotas:
        enough = {True: "plan_enough", False: "plan_short", None: "plan_enough_unknown"}
        quotas = [
            [row.language, _pairs(row.asked), _pairs(row.supply), text(enough[row.enough])] for row in plan.quotas
        ]
        title = text("plan_quotas", pairs=plan.pairs or 0, steps=plan.steps or 0)
        tables.append((title, quotas))
    return tables


def _pairs(count: int | None) -> str:
    return "?" if count is None else text("plan_pairs", pairs=count)


def _suite_rows(plan: SuitePlan) -> tuple[str, list[list[str]]]:
    """Title and rows of the table of a suite: what is measured, and whether its data is here."""
    rows = [
        [row.language, row.id, text(STATES[one.state]), one.shown() if one.state == "unavailable" else one.data]
        for row, one in zip(plan.suite.rows, plan.states, strict=True)
    ]
    return text("plan_suite", suite=plan.suite.name, rows=len(rows)), rows


def _judge_rows(plan: JudgePlan) -> tuple[str, list[list[str]]]:
    """Title and the one row of what judging takes."""
    return text("plan_judge", suite=plan.suite), [
        [text("plan_judge_prompts", prompts=plan.prompts, models=plan.models),
         text("plan_judge_calls", calls=plan.calls, judges=plan.judges)]
    ]  # fmt: skip


def show_results(result: RunResult) -> str:
    """Where a run's artefacts lie and what it counted and measured, for people."""
    reached = result.stages[-1]
    manifest = [text("result_manifest"), str(result.folder / reached.stage / "manifest.json")]
    aligned_too = any(stage.stage == "align" for stage in result.stages)
    rows = _aligned_model(result, manifest) if aligned_too else _built_pairs(result, manifest)
    # Never drawn as a table: a path that is folded cannot be copied.
    return aligned("", rows)


def _built_pairs(result: RunResult, manifest: list[str]) -> list[list[str]]:
    folder = result.folder / "pairs"
    figures = result.stage("pairs").figures
    reasons: dict[str, int] = figures["dropped_by_reason"]
    quotas: dict[str, dict[str, int]] = figures.get("quotas", {})
    return [
        [text("result_pairs"), str(folder / "pairs.parquet")],
        *([f"  {language}", text("result_quota", **quota)] for language, quota in quotas.items()),
        [text("result_dropped"), str(folder / "dropped.parquet")],
        *([f"  {reason_text(reason)}", _rows(count)] for reason, count in reasons.items()),
        manifest,
    ]


def _aligned_model(result: RunResult, manifest: list[str]) -> list[list[str]]:
    folder, figures = result.folder / "align", result.stage("align").figures
    loss = text("result_loss_value", first=figures["loss_first"], last=figures["loss_last"])
    rows = [
        [text("result_model"), str(folder / "model")],
        [text("result_metrics"), str(folder / "metrics.jsonl")],
        manifest,
        [text("result_loss"), loss],
    ]
    if has_accuracy(figures):
        before, after = figures["held_out"]["before"], figures["held_out"]["after"]
        accuracy = {"before": before["accuracy"], "after": after["accuracy"], "pairs": after["pairs"]}
        rows.append([text("result_accuracy"), text("result_accuracy_value", **accuracy)])
    reached = {stage.stage: stage.figures for stage in result.stages}
    if "evaluate" in reached:
        tables = Path(reached["evaluate"]["files"][0]).parent
        rows.append([text("result_comparison"), str(result.folder / "evaluate" / tables)])
    if "judge" in reached:
        rows.append([text("result_judge"), str(result.folder / "judge")])
    if "card" in reached:
        built = BuiltCard(result.folder / "card", reached["card"])
        rows += [[text("result_card"), str(built.readme)], [text("result_report"), str(built.report)]]
    return rows


def table(title: str, rows: Sequence[Sequence[str]]) -> str:
    """Rows under a title: a drawn table where stdout is a terminal, aligned columns where it is not."""
    return _drawn(title, rows) if sys.stdout.isatty() else aligned(title, rows)


def aligned(title: str, rows: Sequence[Sequence[str]]) -> str:
    """Rows in aligned columns, indented where there is a title."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([title, *(f"  {line}" for line in lines)] if title else lines)


def _drawn(title: str, rows: Sequence[Sequence[str]]) -> str:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(title=title, title_justify="left", box=SIMPLE, show_header=False)
    for number in range(len(rows[0])):
        drawn.add_column(style="bold" if number == 0 else "", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=shutil.get_terminal_size().columns)
    console.print(drawn, end="")
    return written.getvalue().rstrip("\n")


def _size(source: SourcePlan) -> str:
    return "" if source.rows is None else _rows(source.rows)


def _rows(count: int) -> str:
    return text("plan_one_row") if count == 1 else text("plan_rows", rows=count)


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "-"
    if isinstance(value, dict):
        return ", ".join(f"{key}={shown}" for key, shown in value.items()) or "-"
    return str(value)
