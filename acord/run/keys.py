"""Keys: sha256 over everything that an artefact depends on, so that equal keys mean equal contents.

Into a key go the stage's name and version, the keys of its inputs, its part of the recipe, the identity of what comes
from outside (contents of source files, not their paths; the base model), and major.minor of the libraries whose
releases may change what the stage computes. Machine, date and Acord's own version stay out of it.
"""

import contextlib
import importlib.metadata
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from acord.hashing import hash_file
from acord.run.disk import write_atomically
from acord.run.locks import locked
from acord.whole import remove_beside_files

CHUNK = 1 << 20
# A file changed again within the clock's resolution would keep its size and time: hashes of files this fresh
# are not remembered.
SETTLED_NANOSECONDS = 2_000_000_000


def library_versions(names: tuple[str, ...]) -> dict[str, str]:
    """major.minor of installed distributions, read without importing them."""
    return {name: ".".join(importlib.metadata.version(name).split(".")[:2]) for name in names}


class HashCache:
    """Remembers sha256 by path, size, time of change and inode, so that large files are read once.

    Reads `path` when made; `save` writes it where something was added. A damaged cache counts as empty.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: dict[str, list[Any]] = _read_cache(path)
        self._added = False

    def sha256(self, file: Path) -> str:
        """sha256 of a file, from memory where the file has not been touched since. Raises OSError."""
        file = file.resolve()
        before = file.stat()
        mark = [before.st_size, before.st_mtime_ns, before.st_ino]
        known = self._known.get(str(file))
        if known is not None and known[:3] == mark:
            return str(known[3])
        found = hash_file(file)
        if time.time_ns() - before.st_mtime_ns > SETTLED_NANOSECONDS:
            self._known[str(file)] = [*mark, found]
            self._added = True
        return found

    def save(self) -> None:
        """Write the cache, merged over what other processes have added meanwhile, where it can be written."""
        if not self._added:
            return
        # What is not remembered is read again: that costs time, and is no reason to end a run.
        with contextlib.suppress(OSError), self._alone():
            merged = _read_cache(self.path) | self._known
            lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(merged[name])}" for name in sorted(merged))
            write_atomically(self.path, "{\n" + lines + "\n}\n")
        self._added = False

    def tidy(self) -> None:
        """Remove what killed processes left beside the file."""
        with contextlib.suppress(OSError):
            if any(self.path.parent.glob(f".{self.path.name}.*")):
                with self._alone():
                    remove_beside_files(self.path.parent, self.path.name)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """While nobody else writes it: two who merge at once would each lose what the other adds."""
        locks = self.path.parent / "locks"
        locks.mkdir(exist_ok=True)
        with locked(locks / self.path.name, busy=lambda owner: None):  # noqa: ARG005  it takes no time
            yield


def _read_cache(path: Path) -> dict[str, list[Any]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {name: mark for name, mark in content.items() if isinstance(mark, list) and len(mark) == 4}
