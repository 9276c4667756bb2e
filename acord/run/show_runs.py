"""The list of runs and the difference of two, as people read them."""

from typing import Any

from acord.console import format_seconds
from acord.languages import interface_language, text
from acord.run.render import table
from acord.run.run_diff import Compared, Difference, RunDiff
from acord.run.run_facts import OVERALL, is_number, mapping, part
from acord.run.run_list import BEGUN, COMPLETE, Run, RunList, model_of
from acord.visible import visible_line

SHA256_DIGITS = 64
SHORT_DIGITS = 12


def show_runs(found: RunList) -> str:
    """A table of runs, the newest last, and below it what is none."""
    blocks = []
    if found.runs:
        heads = ("name", "when", "state", "accuracy", "margin", "evaluation", "judge", "pairs", "model")
        rows = [[text(f"runs_{head}") for head in heads], *(_row(run) for run in found.runs)]
        # What no run has takes no room: a terminal has 80 columns.
        filled = [number for number, cells in enumerate(zip(*rows[1:], strict=True)) if any(cells)]
        rows = [[row[number] for number in filled] for row in rows]
        blocks.append(table(text("runs_title", runs=len(found.runs)), rows))
    else:
        blocks.append(text("runs_none"))
    notes = [text(f"runs_{one.reason}", folder=visible_line(str(one.folder))) for one in found.strange]
    notes += [text("runs_unreadable_lines", lines=found.unreadable)] if found.unreadable else []
    return "\n\n".join([*blocks, *(["\n".join(notes)] if notes else [])])


def _row(run: Run) -> list[str]:
    pairs = mapping(run.facts, "pairs", "by_language")
    cells = [
        run.name + ("*" if run.latest and run.number is not None else ""),
        run.when[:16].replace("T", " "),
        _state(run),
        *(_figure(part(run.facts, "held_out", "after", OVERALL, name)) for name in ("accuracy", "margin")),
        _evaluation(run),
        _judge(run),
        ", ".join(f"{tag} {_figure(count)}" for tag, count in pairs.items()),
        # Of a path its end says which model it is.
        "/".join(model_of(run).rstrip("/").split("/")[-2:]),
    ]
    return [visible_line(cell) for cell in cells]


def _state(run: Run) -> str:
    if run.state == COMPLETE:
        return text("runs_complete")
    return text("runs_missing" if run.state == BEGUN else "runs_removed", stages=", ".join(run.missing))


def _evaluation(run: Run) -> str:
    """The suite, and the mean over its languages."""
    means = [value for value in mapping(run.facts, "evaluation", "means").values() if is_number(value)]
    suite = part(run.facts, "evaluation", "suite") or ""
    return f"{suite} {_number(sum(means) / len(means))}" if means else str(suite)


def _judge(run: Run) -> str:
    """The overall mean score, and in which languages it may be believed."""
    if not mapping(run.facts, "judge"):
        return ""
    means = mapping(run.facts, "judge", "means")
    overall = [_figure(part(means, tag, OVERALL)) for tag in (OVERALL, *means)]
    validated = [tag for tag, passed in mapping(run.facts, "judge", "validated").items() if passed]
    believed = text("runs_validated", languages=", ".join(validated)) if validated else text("runs_not_validated")
    return " ".join([*[*filter(None, overall)][:1], believed])


def show_diff(diff: RunDiff) -> str:
    """A table for each section in which the runs differ, and one line about what is equal."""
    equal = [one for one in diff.sections if not one.differences and not one.absent]
    blocks = [_section(one, diff) for one in diff.sections if one.differences]
    lines = [
        text("diff_absent", run=(diff.first, diff.second)[one.absent[0]], section=text(f"diff_{one.section}"))
        for one in diff.sections
        if one.absent
    ]
    if equal:
        names = ", ".join(f"{text(f'diff_{one.section}')} ({_number(one.equal)})" for one in equal)
        lines.append(text("diff_equal", sections=names))
    if diff.command is not None:
        lines.append(text("diff_tests", command=diff.command))
    return "\n\n".join([*blocks, *(["\n".join(lines)] if lines else [])])


def _section(one: Compared, diff: RunDiff) -> str:
    title = text("diff_title", section=text(f"diff_{one.section}").capitalize(), equal=one.equal)
    head = ["", diff.first, diff.second, text("diff_change")]
    return table(title, [head, *(_difference(row, one.section) for row in one.differences)])


def _difference(row: Difference, section: str) -> list[str]:
    values = [
        f"{_value(value, section)} ({text('plan_inferred', reason=mark)})" if mark else _value(value, section)
        for value, mark in zip((row.first, row.second), row.inferred, strict=True)
    ]
    change = "" if row.change is None else _signed(row.change, section)
    return [visible_line(cell) for cell in (row.key, *values, change)]


def _value(value: Any, section: str) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool) or not isinstance(value, int | float):
        shown = ", ".join(map(str, value)) if isinstance(value, list) and value else str(value)
        return shown[:SHORT_DIGITS] if _is_sha256(shown) else shown
    return _localised(format_seconds(value)) if section == "seconds" else _number(value, as_written=section == "recipe")


def _signed(change: float, section: str) -> str:
    if section == "recipe":
        return ""
    if section == "seconds":
        return f"{'-' if change < 0 else '+'}{_localised(format_seconds(abs(change)))}"
    return f"{'-' if change < 0 else '+'}{_number(int(abs(change)) if change == int(change) else abs(change))}"


def _figure(value: Any) -> str:
    return _number(value) if is_number(value) else ""


def _number(value: float, *, as_written: bool = False) -> str:
    """Whole numbers in full, others with four digits; those that people wrote as they wrote them."""
    if as_written:
        return str(value)
    language = interface_language()
    shown = f"{value:,}" if isinstance(value, int) else f"{value:.4g}" if abs(value) < 1 else f"{value:,.3f}"
    marks = {",": language.thousands, ".": language.decimal}
    return "".join(marks.get(letter, letter) for letter in shown)


def _localised(shown: str) -> str:
    return shown.replace(".", interface_language().decimal)


def _is_sha256(shown: str) -> bool:
    return len(shown) == SHA256_DIGITS and all(letter in "0123456789abcdef" for letter in shown)
