"""Files that are whole or not there: written beside their place and renamed into it."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
