"""Results that others measured with lm-evaluation-harness: results_*.json, and samples_*.jsonl beside them.

They are marked as unverified. What is in them and in no row of the suite is listed, never guessed at.
"""

import hashlib
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acord.errors import InputError
from acord.evaluate.results import Item, ModelId, Results, RowResult, with_items
from acord.evaluate.samples import item_of
from acord.evaluate.suite import Row, Suite

FIX = "Give a results_*.json as lm-evaluation-harness writes it."
ABSENT = "not in the imported files"

# Keys of a task's figures that are no metric.
LABELS = ("alias", "name", "sample_len", "sample_count", "samples")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}T[0-9.\-]+$")


@dataclass(frozen=True)
class Imported:
    """results: a row for each of the suite. unmatched: `task metric,filter (n-shot)` of figures that are in no row."""

    results: Results
    unmatched: tuple[str, ...]


@dataclass(frozen=True)
class _File:
    """One results_*.json, its parts checked."""

    path: Path
    sha256: str
    content: dict[str, Any]
    shots: dict[str, int]
    counts: dict[str, int]
    template: str


@dataclass(frozen=True)
class _Figure:
    """One metric of one task in one file."""

    file: _File
    task: str
    metric: str
    filter: str
    value: float | None
    stderr: float | None

    @property
    def shots(self) -> int:
        return self.file.shots.get(self.task, 0)

    def __str__(self) -> str:
        return f"{self.task} {self.metric},{self.filter} ({self.shots}-shot)"


def import_results(files: Sequence[Path], name: str, suite: Suite, folder: Path) -> Imported:
    """Figures of one model, matched to the suite by task, metric, filter and shots; items are written into folder.

    Raises InputError, one line, for a file that is not such a one, a sample that is damaged, and two files that give
    different values of one row: which of them counts is not Acord's to choose.
    """
    read = [_read(path) for path in files]
    by_key: dict[tuple[str, str, str, int], _Figure] = {}
    for figure in (figure for file in read for figure in _figures(file)):
        key = (figure.task, figure.metric, figure.filter, figure.shots)
        _check_same(by_key.setdefault(key, figure), figure)
    keys = {row.id: (row.task, row.metric, row.filter, row.shots) for row in suite.rows}
    found = {row: by_key.get(key) for row, key in keys.items()}
    # All samples are read before the first is written: a damaged one leaves nothing behind.
    items = {row.id: _items(row, one) for row in suite.rows if (one := found[row.id]) is not None}
    rows = tuple(with_items(_row_result(row, found[row.id]), items.get(row.id, ()), folder) for row in suite.rows)
    results = Results(ModelId(name, _path_of(read), None), suite.name, rows, _settings(read), folder)
    unmatched = [str(figure) for key, figure in by_key.items() if key not in keys.values()]
    return Imported(results, tuple(unmatched))


def _read(path: Path) -> _File:
    try:
        data = path.read_bytes()
        content = json.loads(data)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path), fix=FIX) from None
    except (ValueError, RecursionError):
        raise InputError("this is no JSON", where=str(path), fix=FIX) from None
    tasks = content.get("results") if isinstance(content, dict) else None
    if not isinstance(tasks, dict) or not all(isinstance(figures, dict) for figures in tasks.values()):
        raise InputError("it has no results: by task", where=str(path), fix=FIX)
    shots = _numbers(content.get("n-shot", {}), "n-shot", path)
    effective = content.get("n-samples", {})
    if not isinstance(effective, dict) or not all(isinstance(one, dict) for one in effective.values()):
        raise InputError("n-samples: should give numbers by task", where=str(path), fix=FIX)
    counts = _numbers({task: one.get("effective", 0) for task, one in effective.items()}, "n-samples", path)
    counts |= _numbers(
        {task: one["sample_len"] for task, one in tasks.items() if task not in counts and "sample_len" in one},
        "sample_len",
        path,
    )
    template = "chat" if content.get("chat_template") else "none"
    return _File(path, hashlib.sha256(data).hexdigest(), content, shots, counts, template)


def _numbers(content: Any, key: str, path: Path) -> dict[str, int]:
    """Numbers by task; a group of tasks that differ in them has none of its own."""
    if not isinstance(content, dict):
        raise InputError(f"{key}: should give numbers by task", where=str(path), fix=FIX)
    numbers = {}
    for task, value in content.items():
        if isinstance(value, str | type(None)):
            continue
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise InputError(f"{key}: {task}: should be a count, not {value!r}", where=str(path), fix=FIX)
        numbers[task] = value
    return numbers


def _figures(file: _File) -> list[_Figure]:
    figures = []
    for task, found in file.content["results"].items():
        for key, value in found.items():
            metric, _, filtered = key.partition(",")
            if metric in LABELS or metric.endswith("_stderr") or not _is_figure(value):
                continue
            error = found.get(f"{metric}_stderr,{filtered}" if filtered else f"{metric}_stderr")
            figures.append(_Figure(file, task, metric, filtered or "none", _finite(value), _finite(error)))
    return figures


def _is_figure(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _finite(value: Any) -> float | None:
    return float(value) if _is_figure(value) and math.isfinite(value) else None


def _check_same(first: _Figure, other: _Figure) -> None:
    if (first.value, first.file.template) != (other.value, other.file.template):
        raise InputError(
            f"{other} is not what {first.file.path.name} says of it",
            where=str(other.file.path),
            fix="Import one of the two files.",
        )


def _row_result(row: Row, found: _Figure | None) -> RowResult:
    value = None if found is None else found.value
    reason = ABSENT if found is None else "no finite value in the imported files" if value is None else None
    return RowResult(
        row=row.id,
        task=row.task,
        metric=row.metric,
        filter=row.filter,
        shots=row.shots,
        template=row.template if found is None else found.file.template,
        value=value,
        stderr=None if found is None or value is None else found.stderr,
        n=0 if found is None or value is None else found.file.counts.get(found.task, 0),
        items=None,
        items_sha256=None,
        reason=reason,
        verified=False,
        seconds=0.0,
    )


def _path_of(files: Sequence[_File]) -> str:
    """What the files call the model; they need not agree."""
    names = [str(file.content.get("model_name") or "") for file in files]
    return ", ".join(dict.fromkeys(name for name in names if name))


def _settings(files: Sequence[_File]) -> dict[str, Any]:
    return {
        "imported": [
            {
                "file": file.path.name,
                "sha256": file.sha256,
                "lm_eval_version": file.content.get("lm_eval_version"),
                "transformers_version": file.content.get("transformers_version"),
                "chat_template_sha": file.content.get("chat_template_sha"),
                "config": file.content.get("config"),
            }
            for file in files
        ]
    }


def _items(row: Row, found: _Figure) -> tuple[Item, ...]:
    """The row's samples, from the file of the task that bears the same date; none where it is not there."""
    date = DATE.search(found.file.path.stem)
    path = found.file.path.with_name(f"samples_{found.task}_{date.group() if date else ''}.jsonl")
    if date is None or not path.is_file():
        return ()
    numbered = enumerate(path.read_bytes().splitlines(), start=1)
    samples = [_sample(row, line, f"{path}:{number}") for number, line in numbered if line.strip()]
    items = [item for item in samples if item is not None]
    count = found.file.counts.get(found.task)
    if count is not None and len(items) != count:
        raise InputError(
            f"{len(items)} samples of {row.task}, but the results are of {count}",
            where=str(path),
            fix="Move the file away.",
        )
    return tuple(sorted(items, key=lambda item: item.item))


def _sample(row: Row, line: bytes, where: str) -> Item | None:
    """The item of one line; None where it is of another filter."""
    try:
        sample = json.loads(line)
        return item_of(row, sample) if sample["filter"] == row.filter else None
    except (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError):
        raise InputError(f"no sample of {row.task} with {row.metric}", where=where, fix="Move the file away.") from None
