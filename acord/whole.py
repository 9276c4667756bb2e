"""Files that are whole or not there: written beside their place and renamed into it."""

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_BESIDE = re.compile(r"\.(.+)\.\d+\.\d+")


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Where to write what is to be `path`; it is renamed when the block ends, and removed where that fails."""
    beside = beside_name(path)
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def beside_name(path: Path) -> Path:
    """A hidden name beside `path` that no other process and no other thread uses."""
    return path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")


def remove_beside_files(folder: Path, name: str | None = None) -> None:
    """Remove what killed processes left under hidden names beside their files, or beside the one of that name.

    Only where nobody else can be writing there.
    """
    for path in folder.iterdir() if folder.is_dir() else ():
        found = _BESIDE.fullmatch(path.name)
        if found is not None and name in (None, found[1]):
            path.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
