"""Folders of a build that are whole or not there: a mark, written last, says which files they have."""

import json
import os
from pathlib import Path
from typing import Any

MARK = "done.json"
# Written anew by every attempt, so no part of what makes a folder whole.
CHANGING = ("refused",)


def finish(folder: Path, content: Any) -> None:
    """Mark a folder as whole: everything in it reaches the disk before the mark does. content: JSON to keep there."""
    files = sorted(file for file in folder.iterdir() if file.is_file() and file.name not in CHANGING)
    for file in files:
        descriptor = os.open(file, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    beside = folder / f"{MARK}.new"
    with beside.open("w", encoding="utf-8") as mark:
        json.dump({"files": {file.name: file.stat().st_size for file in files}, "content": content}, mark)
        mark.flush()
        os.fsync(mark.fileno())
    beside.replace(folder / MARK)


def is_finished(folder: Path) -> bool:
    """Whether a folder is whole: marked, and every file there with its size."""
    try:
        files = json.loads((folder / MARK).read_text(encoding="utf-8"))["files"]
        return all((folder / name).stat().st_size == size for name, size in files.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def content_of(folder: Path) -> Any:
    """What was kept with the mark of a whole folder."""
    return json.loads((folder / MARK).read_text(encoding="utf-8"))["content"]
