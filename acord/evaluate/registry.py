"""Tasks of lm-evaluation-harness by name, read from its YAML files without importing it.

The harness's own index parses some 14,000 files and loads datasets and torch. Here a file is searched for its `task:`
line only, and parsed when a row names it: a plan shows in a second what a suite would run.
"""

import importlib.util
import json
import os
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

# A file that says where the prepared data of tasks lies, on machines that reach no hub: {task: {split: [file, ...]}}.
PREPARED = "ACORD_PREPARED_DATA"
TASK_LINE = re.compile(rb"^task:[ \t]*[\"']?([^\s\"'#\[{]+)[\"']?[ \t]*(?:#.*)?\r?$", re.MULTILINE)
FUNCTION = "!function "
SKIPPED_FOLDERS = frozenset({"__pycache__", ".ipynb_checkpoints"})


class Measure(NamedTuple):
    """One figure that a task reports: a metric under a filter."""

    metric: str
    filter: str


def task_file(task: str, include: Sequence[Path] = ()) -> Path | None:
    """The file that defines a task, in `include` (later folders first) or in the harness; None where none does."""
    for folder in (*reversed(include), harness_tasks()):
        found = _files_by_task(folder).get(task)
        if found is not None:
            return found
    return None


def task_config(task: str, include: Sequence[Path] = ()) -> dict[str, Any] | None:
    """A task's configuration with all that it includes; functions stand as "!function name". None: no such task.

    Its data is that which was prepared for it, where there is some. Raises ValueError for a file that cannot be read as
    a task's.
    """
    file = task_file(task, include)
    return None if file is None else {**_read(file), **prepared_data(task)}


def prepared_data(task: str) -> dict[str, Any]:
    """What of a task's configuration changes where its data was prepared for a machine that reaches no hub: it is read
    from these files, as they are. The `datasets` library finds a cached set by its name alone, which is ambiguous where
    two of its configurations are there. Empty for other tasks. Raises ValueError for a damaged list.
    """
    listed = os.environ.get(PREPARED)
    splits = _prepared(Path(listed)).get(task) if listed else None
    if not splits:
        return {}
    return {"dataset_path": "arrow", "dataset_name": None, "dataset_kwargs": {"data_files": splits}}


@lru_cache(maxsize=2)
def _prepared(file: Path) -> dict[str, dict[str, list[str]]]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return {
            task: {split: [str(file.parent / name) for name in names] for split, names in splits.items()}
            for task, splits in content.items()
        }
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{file}, which {PREPARED} names, cannot be read: {error}") from None


def measures_of(config: dict[str, Any]) -> tuple[Measure, ...]:
    """Every metric under every filter that a task reports; empty where its YAML leaves that to the harness."""
    metrics = [_metric_name(one) for one in config.get("metric_list") or ()]
    filters = [str(one["name"]) for one in config.get("filter_list") or ()] or ["none"]
    return tuple(Measure(metric, name) for metric in metrics for name in filters)


@lru_cache(maxsize=1)
def harness_tasks() -> Path:
    """The folder of the installed harness's tasks."""
    found = importlib.util.find_spec("lm_eval")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("lm_eval is a dependency of Acord and is not installed")
    return Path(found.submodule_search_locations[0]) / "tasks"


@lru_cache(maxsize=8)
def _files_by_task(folder: Path) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for file in _yaml_files(folder):
        found = TASK_LINE.search(file.read_bytes())
        if found:
            # The harness, too, keeps the first of two files that define one task.
            files.setdefault(found[1].decode("utf-8", "replace"), file)
    return files


def _yaml_files(folder: Path) -> Iterator[Path]:
    found = []
    for place, folders, names in os.walk(folder):  # twice as fast as Path.rglob, which matters for 14,000 files
        folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
        found += [Path(place, name) for name in names if name.endswith(".yaml")]
    yield from sorted(found, key=lambda file: file.as_posix())


@lru_cache(maxsize=256)
def _read(file: Path, depth: int = 0) -> dict[str, Any]:
    if depth > 16:
        raise ValueError(f"{file}: tasks include each other in a circle")
    try:
        content = yaml.load(file.read_bytes(), Loader=_Loader)  # noqa: S506  _Loader is a safe loader
    except (OSError, yaml.YAMLError) as error:
        raise ValueError(f"{file}: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise ValueError(f"{file}: a task is a mapping of keys")
    included = content.pop("include", [])
    merged: dict[str, Any] = {}
    for one in [included] if isinstance(included, str) else included:
        merged |= _read((file.parent / one).resolve(), depth + 1)
    return merged | content


def _metric_name(listed: dict[str, Any]) -> str:
    name = str(listed["metric"])
    return name.removeprefix(FUNCTION).rpartition(".")[2] if name.startswith(FUNCTION) else name


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # the C parser where there is one
    """Safe YAML in which the harness's !function tags stay text."""


_Loader.add_constructor("!function", lambda loader, node: FUNCTION + str(loader.construct_scalar(node)))
