"""What models answered, item by item, in one SQLite file that many evaluations share.

A value is written once, in one transaction with those that were computed with it: a process killed at any moment
leaves all of them or none, and nothing half written. Several processes may read and write the same file.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from acord.errors import InputError, MachineError

# Written into the file's header, so that no other SQLite file is taken for a store, nor a store of another make.
APPLICATION_ID = 0x41434F52
VERSION = 1
WAIT_SECONDS = 60.0
MOST_PARAMETERS = 500

_TABLE = "CREATE TABLE IF NOT EXISTS items (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"
_INSERT = "INSERT OR IGNORE INTO items (key, value) VALUES (?, ?)"


class ItemStore:
    """Values by key: keys are sha256 in hex, values are JSON.

    Safe to share between threads; every process opens its own.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, or make it. Raises InputError where it is damaged, something else, or cannot be written."""
        self.path = path
        self._lock = threading.Lock()
        with self._explained():
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
        if self._identity() != (APPLICATION_ID, VERSION):
            with self._transaction():  # of several processes that start together, one makes the table
                self._make()
        # A log beside the file: readers and one writer do not wait for each other. Where it cannot be had just now
        # (another process is writing, or nobody may write) all goes on without it.
        with suppress(sqlite3.OperationalError):
            run("PRAGMA journal_mode=WAL")

    def _identity(self) -> tuple[int, int]:
        run = self._connection.execute
        return run("PRAGMA application_id").fetchone()[0], run("PRAGMA user_version").fetchone()[0]

    def _make(self) -> None:
        application, version = self._identity()
        if (application, version) == (APPLICATION_ID, VERSION):
            return
        run = self._connection.execute
        if application == APPLICATION_ID:
            raise self._fault(f"this store was written by another version of Acord (format {version})")
        if application or run("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise self._fault("this is another program's database")
        run(_TABLE)
        run(f"PRAGMA application_id={APPLICATION_ID}")
        run(f"PRAGMA user_version={VERSION}")

    def get_many(self, keys: Iterable[str]) -> dict[str, Any]:
        """The values that are there. Raises InputError where the file is damaged."""
        wanted = list(dict.fromkeys(keys))
        found: dict[str, Any] = {}
        with self._lock, self._explained():
            for start in range(0, len(wanted), MOST_PARAMETERS):
                some = wanted[start : start + MOST_PARAMETERS]
                marks = ",".join("?" * len(some))
                rows = self._connection.execute(f"SELECT key, value FROM items WHERE key IN ({marks})", some)  # noqa: S608  marks only
                found |= {key: self._parsed(value) for key, value in rows}
        return found

    def put_many(self, values: Mapping[str, Any]) -> None:
        """Write all or none; a key that is there keeps its value. Raises InputError, MachineError for a full disk."""
        rows = [(key, json.dumps(value, ensure_ascii=False)) for key, value in values.items()]
        with self._lock, self._explained(), self._transaction():
            self._connection.executemany(_INSERT, rows)

    def __len__(self) -> int:
        """Number of values."""
        with self._lock, self._explained():
            return int(self._connection.execute("SELECT count(*) FROM items").fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> "ItemStore":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def _parsed(self, value: str) -> Any:
        try:
            return json.loads(value)
        except ValueError:
            raise self._fault("the store of answers is damaged: a value is no JSON") from None

    def _fault(self, what: str) -> InputError:
        return InputError(what, where=str(self.path), fix="Move it away: what is missing is computed again.")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorname", "") or ""
            if code.startswith("SQLITE_FULL"):
                raise MachineError(
                    "the disk is full", where=str(self.path), fix="Make room and run it again."
                ) from None
            if code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_IOERR", "SQLITE_BUSY")):
                raise InputError(
                    f"the store of answers cannot be written ({error})",
                    where=str(self.path),
                    fix="Give a place that can be written, on a disk of this machine.",
                ) from None
            if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
                raise self._fault(f"the store of answers is damaged ({error})") from None
            raise
