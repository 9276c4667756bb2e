"""Results as JSON: one list a benchmark, every entry with date, machine and versions; the newest of a case counts."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from machine import describe_machine

RESULTS = Path(__file__).parent / "results"
NOT_YET = "not yet measured"


def read_records(path: Path) -> list[dict[str, Any]]:
    """Every entry, the oldest first."""
    return list(json.loads(path.read_text())) if path.exists() else []


def append_record(path: Path, entry: dict[str, Any]) -> None:
    """Add an entry with today's date and this machine. The file is whole at any time."""
    records = [*read_records(path), {"date": date.today().isoformat(), "machine": describe_machine(), **entry}]
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(records, indent=1) + "\n")
    partial.replace(path)


def newest(path: Path) -> dict[str, dict[str, Any]]:
    """The newest entry of each case, in the order in which the cases were first measured."""
    return {entry["case"]: entry for entry in read_records(path)}


def markdown(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; short rows are filled with empty cells."""
    filled = [[*row, *[""] * (len(header) - len(row))] for row in rows]
    lines = [header, ["---"] * len(header), *filled]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def rows_of(cases: Sequence[str], path: Path, row: Callable[[dict[str, Any]], list[object]]) -> list[list[object]]:
    """A row for each case in the order given; one that says so for a case that has no entry."""
    entries = newest(path)
    return [row(entries[case]) if case in entries else [case, NOT_YET] for case in cases]


def stop(what: str) -> None:
    """End with status 2 and one line: the benchmark cannot run here."""
    print(what, file=sys.stderr)
    raise SystemExit(2)
