"""Texts that were expensive to make, by the hash of what decided them, in an SQLite file that processes may share.

What is put is written in one transaction: a process killed at any moment leaves all of it or none.
"""

import hashlib
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from acord.errors import InputError, MachineError

APPLICATION_ID = 0x41435458  # in the file's header, so that no other database is taken for a cache
WAIT_SECONDS = 60.0
_MOST_PARAMETERS = 500
_TABLE = "CREATE TABLE IF NOT EXISTS texts (key BLOB PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID"


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
        self._lock = threading.Lock()
        with self._explained():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def _prepare(self) -> None:
        run = self._connection.execute
        run("PRAGMA journal_mode=WAL")
        run("PRAGMA synchronous=NORMAL")
        run("BEGIN IMMEDIATE")
        application = run("PRAGMA application_id").fetchone()[0]
        if application != APPLICATION_ID and run("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise InputError("this is another program's database", where=str(self.path), fix="Move it away.")
        run(_TABLE)
        run(f"PRAGMA application_id={APPLICATION_ID}")
        run("COMMIT")

    def get_many(self, keys: Sequence[bytes]) -> dict[bytes, str]:
        """The texts that are there."""
        found: dict[bytes, str] = {}
        with self._lock, self._explained():
            for start in range(0, len(keys), _MOST_PARAMETERS):
                some = keys[start : start + _MOST_PARAMETERS]
                marks = ",".join("?" * len(some))
                found.update(self._connection.execute(f"SELECT key, text FROM texts WHERE key IN ({marks})", some))  # noqa: S608  marks only
        return found

    def put_many(self, texts: Mapping[bytes, str]) -> None:
        """Write all or none; a key that is there keeps its text. Raises MachineError for a full disk."""
        if not texts:
            return
        with self._lock, self._explained():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._connection.executemany("INSERT OR IGNORE INTO texts VALUES (?, ?)", texts.items())
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> "TextCache":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        fix = "Move it away: what is missing is made again."
        try:
            yield
        except OSError as error:
            raise InputError(f"the cache cannot be made ({error.strerror})", where=str(self.path),
                             fix="Give a folder that can be written.") from None  # fmt: skip
        except sqlite3.DatabaseError as error:
            name = getattr(error, "sqlite_errorname", "") or ""
            if name.startswith("SQLITE_FULL"):
                raise MachineError("the disk is full", where=str(self.path), fix="Make room, run it again.") from None
            if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
                raise InputError("the cache is damaged", where=str(self.path), fix=fix) from None
            raise InputError(f"the cache cannot be used ({error})", where=str(self.path), fix=fix) from None
