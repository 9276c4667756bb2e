"""Evaluation sets and metrics for machines without a network: prepared here as the `datasets` library keeps them."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import acord
from acord.errors import AcordError, InputError
from acord.evaluate.availability import FILE_LOADERS, data_files, datasets_cache
from acord.evaluate.registry import harness_tasks, task_config
from acord.evaluate.suite import Row
from acord.run.bundle.hub import fetch, patiently

# What `datasets` writes beside the data for the machine alone.
LEFT_ASIDE = (".lock", ".incomplete")
COMMIT = re.compile(r"[0-9a-f]{40}")


class Prepared(NamedTuple):
    """A row's data. data: repository and commit, for people. files: relative to the cache of `datasets` -> file.
    splits: split -> those of them that hold it, in order.
    """

    data: str
    files: dict[str, Path]
    splits: dict[str, list[str]]


def comes_along(row: Row, include: Sequence[Path]) -> bool:
    """Whether a row's data is part of Acord or of the harness, or made by its task."""
    config = task_config(row.task, include) or {}
    if "class" in config:
        return False
    path = str(config.get("dataset_path") or "")
    if config.get("custom_dataset") or not path:
        return True
    homes = (Path(acord.__file__).parent, harness_tasks())
    files = data_files(row, include)
    local = path in FILE_LOADERS or Path(path).is_dir()
    return local and bool(files) and all(any(home in file.resolve().parents for home in homes) for file in files)


def prepare(row: Row, include: Sequence[Path]) -> Prepared:
    """Load a row's task, as evaluation does, and say which files of the cache it reads.

    Raises InputError that names the data set where the hub refuses, cannot be reached, or the task breaks.
    """
    from acord.evaluate.harness import load_task, silent_harness

    config = task_config(row.task, include) or {}
    name = str(config.get("dataset_path") or row.task)

    def load() -> Any:
        with silent_harness(), _silent_datasets():
            return load_task(row, include)

    try:
        if name not in FILE_LOADERS and "class" not in config and not Path(name).is_dir():
            # `datasets` hides why the hub refuses; asked for its description alone, the hub's client says it.
            fetch("dataset", name, None, ["README.md"])
        (task,) = patiently(load, "dataset", name)["tasks"].values()
    except AcordError as error:
        raise type(error)(f"{error.what} (row {row.id})", where=error.where, fix=error.fix) from None
    cache = datasets_cache(os.environ).resolve()
    parts = {
        split: [Path(one["filename"]).resolve() for one in part.cache_files] for split, part in _splits(task).items()
    }
    folders = {file.parent for part in parts.values() for file in part}
    files: dict[str, Path] = {}
    for folder in sorted(folders):
        if cache not in folder.parents:
            raise InputError(f"row {row.id} reads data outside the cache", where=str(folder), fix="Leave the row out.")
        for file in sorted(folder.iterdir()):
            # Named cache-...: what the task computed of the data, which it computes again.
            if file.is_file() and not file.name.endswith(LEFT_ASIDE) and not file.name.startswith("cache-"):
                files[file.relative_to(cache).as_posix()] = file
    splits = {split: [file.relative_to(cache).as_posix() for file in part] for split, part in parts.items()}
    return Prepared(_origin(name, folders), files, {} if "class" in config else splits)


def _splits(task: Any) -> dict[str, Any]:
    dataset = getattr(task, "dataset", None)
    found = dataset if isinstance(dataset, Mapping) else {}
    return {str(split): part for split, part in found.items() if getattr(part, "cache_files", None)}


def _origin(name: str, folders: Iterable[Path]) -> str:
    """`owner/name@commit`: the cache of `datasets` names a set's folder by its commit."""
    return "@".join([name, *sorted({folder.name for folder in folders if COMMIT.fullmatch(folder.name)})[:1]])


def fetch_metric(name: str) -> dict[str, Path]:
    """The files of a metric of the `evaluate` library, relative to its cache of modules; fetched as tasks do it."""
    import evaluate  # type: ignore[import-untyped]  # it comes without types
    from evaluate.config import HF_MODULES_CACHE  # type: ignore[import-untyped]  # likewise

    patiently(lambda: evaluate.load(name), "space", f"evaluate-metric/{name}")
    root = Path(str(HF_MODULES_CACHE)).resolve()
    folder = root / "evaluate_modules" / "metrics" / f"evaluate-metric--{name}"
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and "__pycache__" not in file.parts]
    return {file.relative_to(root).as_posix(): file for file in files if not file.name.endswith(LEFT_ASIDE)}


@contextmanager
def _silent_datasets() -> Iterator[None]:
    import datasets

    were_on = not datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    level = datasets.logging.get_verbosity()
    datasets.logging.set_verbosity(datasets.logging.CRITICAL)
    try:
        yield
    finally:
        datasets.logging.set_verbosity(level)
        if were_on:
            datasets.enable_progress_bars()
