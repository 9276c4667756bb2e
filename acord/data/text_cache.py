"""Texts that were expensive to make, by the hash of what decided them, in an SQLite file that processes may share.

What is put is written in one transaction: a process killed at any moment leaves all of it or none.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from acord.database import MOST_PARAMETERS, Database, Make

_MAKE = Make(
    0x41435458,
    0,
    ("CREATE TABLE texts (key BLOB PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID",),
    "the cache",
    "what is missing is made again",
)


def cache_key(*parts: str) -> bytes:
    """A key from everything that decides a text; no two lists of parts share one."""
    hashed = hashlib.sha256()
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        hashed.update(len(encoded).to_bytes(8, "big") + encoded)
    return hashed.digest()


class TextCache:
    """A file of texts. Safe to share between threads; every process opens its own."""

    def __init__(self, path: Path) -> None:
        """Open it, or make it with its folder. Raises InputError where it is damaged or cannot be written."""
        self.path = path
        self._database = Database(path, _MAKE, with_folder=True)
        # A power cut may take the last texts, which are made again; every text would wait for the disk otherwise.
        self._database.connection.execute("PRAGMA synchronous=NORMAL")

    def get_many(self, keys: Sequence[bytes]) -> dict[bytes, str]:
        """The texts that are there."""
        found: dict[bytes, str] = {}
        for start in range(0, len(keys), MOST_PARAMETERS):
            some = keys[start : start + MOST_PARAMETERS]
            marks = ",".join("?" * len(some))
            found.update(self._database.read(f"SELECT key, text FROM texts WHERE key IN ({marks})", some))  # noqa: S608  marks only
        return found

    def put_many(self, texts: Mapping[bytes, str]) -> None:
        """Write all or none; a key that is there keeps its text. Raises MachineError for a full disk."""
        if texts:
            self._database.write("INSERT OR IGNORE INTO texts VALUES (?, ?)", list(texts.items()))

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> "TextCache":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
