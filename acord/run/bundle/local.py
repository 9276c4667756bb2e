"""Files of this machine that a recipe names: taken along under files/, at their whole path, so that names stay told
apart and what stands beside a file is found beside it.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from acord.data.read import ENDINGS
from acord.errors import InputError
from acord.models import TOKENIZER_FILES, WEIGHT_FILES

# What a suite's YAML names beside it: other suites, categories, items, tasks.
BESIDE = (".yaml", ".yml", ".jsonl", ".json")
LEFT_ASIDE = frozenset({"__pycache__", ".git", ".ipynb_checkpoints"})


def bundled_place(place: str) -> str:
    """Where a local place is unpacked: its whole path below files/. Links are not resolved: names count."""
    whole = os.path.abspath(Path(place).expanduser())  # noqa: PTH100  resolve() would follow links
    return f"files{whole}"


def source_files(place: str) -> list[Path]:
    """The files of a source's place: itself, or of a folder those that are read."""
    path = Path(place).expanduser()
    if path.is_dir():
        return _below(path, lambda name: name.endswith(ENDINGS))
    return [_there(path, place)]


def model_files(place: str, *, whole: bool) -> list[Path]:
    """The files of a model's folder that transformers reads; whole: all that are no weights of another form."""
    folder = Path(place).expanduser()
    if not (folder / "config.json").is_file():
        raise InputError("no such model, or no model folder", where=place, fix="Give a saved model or a hub name.")
    if whole:
        return _below(folder, lambda name: not name.endswith((".bin", ".pt", ".pth", ".pkl", ".gguf", ".h5")))
    files = {file for pattern in (*WEIGHT_FILES, *TOKENIZER_FILES) for file in folder.glob(pattern)}
    return sorted(file for file in files if file.is_file())


def suite_files(place: str) -> list[Path]:
    """A suite's file, every file that it names beside it, and theirs; of the folders that it names, all files."""
    found: dict[Path, None] = {}
    _follow(_there(Path(place).expanduser(), place), found)
    return list(found)


def _follow(file: Path, found: dict[Path, None]) -> None:
    file = Path(os.path.abspath(file))  # noqa: PTH100  as in bundled_place
    if file in found:
        return
    found[file] = None
    if file.suffix not in (".yaml", ".yml"):
        return
    try:
        content = yaml.safe_load(file.read_bytes())
    except (OSError, yaml.YAMLError):
        # A task's file with tags of the harness: what it names lies in a folder that is taken as a whole.
        return
    for name in _strings(content):
        beside = file.parent / Path(name).expanduser()
        if name.endswith(BESIDE) and beside.is_file():
            _follow(beside, found)
    for name in _strings(content.get("include") if isinstance(content, dict) else None):
        if (file.parent / Path(name).expanduser()).is_dir():
            for inside in _below(file.parent / Path(name).expanduser(), lambda name: True):  # noqa: ARG005  all of them
                found.setdefault(Path(os.path.abspath(inside)))  # noqa: PTH100  as in bundled_place


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str) and 0 < len(value) < 1_000 and "\n" not in value and "\0" not in value:
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one)


def _below(folder: Path, wanted: Any) -> list[Path]:
    files: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in LEFT_ASIDE)
        files += [Path(place) / name for name in sorted(names) if wanted(name)]
    return [file for file in files if file.is_file()]


def _there(path: Path, written: str) -> Path:
    if not path.is_file():
        raise InputError("no such file", where=written, fix="Check the path; it counts from the working directory.")
    return path


def unique(files: Iterable[Path]) -> list[Path]:
    """Each file once, in order."""
    return list(dict.fromkeys(files))
