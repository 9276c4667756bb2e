"""One task of a suite through lm-evaluation-harness: its rows' values, errors and items.

The harness builds the prompts, applies its filters and scores the answers; what it asks of the model goes through
AcordLM. Its own standard errors are left aside: they know nothing of clusters, and stop at 100 resamples for BLEU.
"""

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from acord.evaluate.metrics import estimate_of
from acord.evaluate.registry import prepared_data, task_file
from acord.evaluate.results import Item
from acord.evaluate.samples import item_of
from acord.evaluate.suite import Row

# Of the harness's own draws (few-shot examples): what it uses by default, and what published runs used.
FEWSHOT_SEED = 1234
# The harness gives the median of a thousand random resamples of these, another one in every run; here it is their mean.
RESAMPLED = ("rouge1",)
SAME = 1e-6


class Measured(NamedTuple):
    """A row's figures. stderr: None where one item alone was scored. items: in the order of the data set."""

    value: float
    stderr: float | None
    items: tuple[Item, ...]
    seconds: float


def grouped(rows: Sequence[Row]) -> list[tuple[Row, ...]]:
    """Rows that one pass over a task serves, in the order of their first row."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.task, row.shots, row.template, row.turn), []).append(row)
    return [tuple(group) for group in groups.values()]


def measure(
    rows: Sequence[Row], include: Sequence[Path], lm: Any, *, limit: int | None, seed: int
) -> dict[str, Measured]:
    """Run the task of these rows, which share task, shots and template; the figures of each, by its id.

    limit: items of the task at most. Raises whatever the task raises: its data, its code and its metrics are other
    people's. Raises KeyError where the task does not report a row's metric under its filter.
    """
    from lm_eval.evaluator import evaluate

    first = rows[0]
    started = time.perf_counter()
    with silent_harness():
        tasks = load_task(first, include)
        for task in tasks["tasks"].values():
            task.set_config(key="num_fewshot", value=first.shots)
            task.set_fewshot_seed(seed=FEWSHOT_SEED)
        _seed(seed)
        results = evaluate(
            lm=lm,
            task_dict=tasks,
            limit=limit,
            bootstrap_iters=0,
            log_samples=True,
            apply_chat_template=first.template != "none",
            fewshot_as_multiturn=True,
        )
    if results is None or len(results["samples"]) != 1:
        raise ValueError(f"{first.task} is a group of tasks; a row names one task")
    seconds = time.perf_counter() - started
    (name,) = results["samples"]
    return {
        row.id: _measured(row, results["results"][name], results["samples"][name], seed, seconds / len(rows))
        for row in rows
    }


def _seed(seed: int) -> None:
    """Of what tasks draw themselves, as the harness's own entry seeds it."""
    import torch

    random.seed(seed)
    np.random.seed(FEWSHOT_SEED)
    torch.manual_seed(FEWSHOT_SEED)


def load_task(row: Row, include: Sequence[Path]) -> dict[str, Any]:
    """The task of a row as the harness holds it, with its data. Raises whatever the task raises."""
    loaded: dict[str, Any] = _task_manager(_file_of(row, include).parent).load([_task(row, include)])
    return loaded


def _task(row: Row, include: Sequence[Path]) -> Any:
    """The task's name, or its whole configuration with the turn that is stated and the data that was prepared."""
    changed: dict[str, Any] = prepared_data(row.task)
    if row.turn is not None:
        changed["doc_to_text"] = row.turn
    if not changed:
        return row.task
    from lm_eval.tasks._yaml_loader import load_yaml

    return {**load_yaml(_file_of(row, include), resolve_func=True), **changed}


@lru_cache(maxsize=128)
def _task_manager(folder: Path) -> Any:
    """Of one folder of tasks: the harness's own index of all of them takes seconds to build."""
    from lm_eval.tasks import TaskManager

    return TaskManager(include_path=[str(folder)], include_defaults=False)


def _file_of(row: Row, include: Sequence[Path]) -> Path:
    file = task_file(row.task, include)
    if file is None:
        raise ValueError(f"no task is named {row.task}")
    return file


@contextmanager
def silent_harness() -> Iterator[None]:
    """Keep the harness's log to its errors: it writes to stderr, where progress is shown."""
    import logging

    loggers = [logging.getLogger(name) for name in ("lm_eval", "lm-eval")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _measured(row: Row, figures: dict[str, Any], samples: list[dict[str, Any]], seed: int, seconds: float) -> Measured:
    value = float(figures[f"{row.metric},{row.filter}"])
    mine = sorted((one for one in samples if one["filter"] == row.filter), key=lambda one: one["doc_id"])
    items = tuple(item_of(row, sample) for sample in mine)
    estimate = estimate_of(row.metric, items, seed=seed)
    if estimate is not None and row.metric in RESAMPLED:
        return Measured(estimate.value, estimate.stderr, items, seconds)
    # A task may sum its items up in a way of its own, of which the error is not known here.
    known = estimate is not None and abs(estimate.value - value) <= SAME * max(1.0, abs(row.best))
    return Measured(value, estimate.stderr if known and estimate else None, items, seconds)
