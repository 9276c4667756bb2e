"""What lies in a folder of runs, as values by place, so that two folders can be compared leaf by leaf.

JSON is taken apart to its leaves, tables of SQLite to their rows, texts to their lines; anything else is its hash.
"""

import dataclasses
import hashlib
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

State = dict[str, str]
# Of the manifest of `align`: what the plan expected here, from what it measured, and what was used.
_MEASURED = ("/'figures'/'estimate'", "/'figures'/'actual'")
_LINES = (".md", ".yaml", ".csv", ".html", ".jinja", ".svg")


def state_of(root: Path) -> State:
    """Every leaf under a folder: place -> value. Links and folders are leaves too."""
    return {place: value for path in sorted(root.rglob("*")) for place, value in _leaves(path, root)}


def changed_places(one: State, other: State) -> set[str]:
    """Places with another value, or that only one of them has. What the machine was found to be and use is left out."""
    changed = {place for place in one.keys() | other.keys() if one.get(place) != other.get(place)}
    return {place for place in changed if not any(mark in place for mark in _MEASURED)}


def with_digests(varying: set[str], state: State) -> set[str]:
    """Places that may differ, and beside every hash among them the size: equal only by chance."""
    sizes = {place.removesuffix("'sha256'") + "'bytes'" for place in varying if place.endswith("'sha256'")}
    return varying | (sizes & state.keys())


def _leaves(path: Path, root: Path) -> Iterator[tuple[str, str]]:
    name = path.relative_to(root).as_posix()
    if path.is_symlink():
        yield name, f"link to {path.readlink()}"
    elif path.is_dir():
        yield name, "folder"
    elif name == "hashes.json":
        yield name, "\n".join(_wrong_hashes(path)) or "every hash is right"
    elif name == "history.jsonl":
        yield from _json(_history(root), f"{name}::")
    elif path.suffix == ".json":
        yield from _json(json.loads(path.read_text(encoding="utf-8")), f"{name}::")
    elif path.suffix == ".jsonl":
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
            yield from _json(json.loads(line), f"{name}::{number}")
    elif path.suffix == ".sqlite":
        yield name, _rows(path)
    elif path.suffix in _LINES:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
            yield f"{name}::{number}", line
    else:
        yield name, hashlib.sha256(path.read_bytes()).hexdigest()


def _history(runs: Path) -> list[dict[str, Any]]:
    """The versions that are remembered. A line that a kill tore is passed over, and stays."""
    from acord.run.history import read_history

    return [dataclasses.asdict(version) for version in read_history(runs).versions]


def _json(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _json(inner, f"{place}/{key!r}")
    elif isinstance(value, list | tuple) and value:
        for number, inner in enumerate(value):
            yield from _json(inner, f"{place}/{number}")
    else:
        yield place, repr(value)


def _rows(path: Path) -> str:
    """A hash of all rows, read from a copy: reading would leave files beside it, and the order of pages may differ."""
    with tempfile.TemporaryDirectory() as folder:
        for file in path.parent.glob(f"{path.name}*"):
            shutil.copy(file, folder)
        connection = sqlite3.connect(Path(folder) / path.name)
        try:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")]
            rows = {name: sorted(map(repr, connection.execute(f"SELECT * FROM {name}"))) for name in sorted(tables)}  # noqa: S608  its own names
        finally:
            connection.close()
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _wrong_hashes(path: Path) -> Iterator[str]:
    """Entries that name a file which is as it was, and give another hash than it has."""
    for file, (size, changed, inode, sha256) in json.loads(path.read_text(encoding="utf-8")).items():
        found = Path(file)
        status = found.stat() if found.is_file() else None
        if status is not None and [status.st_size, status.st_mtime_ns, status.st_ino] == [size, changed, inode]:
            now = hashlib.sha256(found.read_bytes()).hexdigest()
            if now != sha256:
                yield f"{file} is {now}, not {sha256}"
