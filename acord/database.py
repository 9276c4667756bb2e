"""An SQLite file that threads and processes share: made once, known by its header, its faults told in one line.

What is written in a transaction is there as a whole or not at all, also after SIGKILL at any moment.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from acord.errors import InputError, MachineError

WAIT_SECONDS = 60.0
MOST_PARAMETERS = 500  # of one statement
_UNWRITABLE = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_IOERR", "SQLITE_BUSY",
               "SQLITE_LOCKED", "SQLITE_PROTOCOL")  # fmt: skip


class Make(NamedTuple):
    """What a file is. application_id, version: in its header, so that nothing else is taken for it.

    tables: the statements that make them. named: in errors. lost: what becomes of its contents where it is moved away.
    """

    application_id: int
    version: int
    tables: tuple[str, ...]
    named: str
    lost: str


class Database:
    """One connection to the file. Safe to share between threads; every process opens its own."""

    def __init__(self, path: Path, make: Make, *, with_folder: bool = False) -> None:
        """Open the file, or make it, and with_folder its folder as well.

        Raises InputError where it is damaged, another program's, or cannot be written.
        """
        self.path, self._what = path, make
        self._lock = threading.Lock()
        with self._explained():
            if with_folder:
                path.parent.mkdir(parents=True, exist_ok=True)
            self.connection = sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False)
            try:
                self._prepare()
            except BaseException:
                self.connection.close()
                raise

    def _prepare(self) -> None:
        if self._identity() != self._what[:2]:
            with self._transaction():  # of several processes that start together, one makes the tables
                self._make()
        # A log beside the file: readers and one writer do not wait for each other. Where it cannot be had just now
        # (another process is writing, or nobody may write) all goes on without it.
        with suppress(sqlite3.OperationalError):
            self.connection.execute("PRAGMA journal_mode=WAL")

    def _identity(self) -> tuple[int, int]:
        run = self.connection.execute
        return run("PRAGMA application_id").fetchone()[0], run("PRAGMA user_version").fetchone()[0]

    def _make(self) -> None:
        (application, version), wanted = self._identity(), self._what
        if (application, version) == wanted[:2]:
            return
        run = self.connection.execute
        if application == wanted.application_id:
            raise self.fault(f"{wanted.named} was written by another version of Acord (format {version})")
        if application or run("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise self.fault("this is another program's database")
        for table in wanted.tables:
            run(table)
        run(f"PRAGMA application_id={wanted.application_id}")
        run(f"PRAGMA user_version={wanted.version}")

    def read(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows of a SELECT."""
        with self._lock, self._explained():
            return self.connection.execute(statement, values).fetchall()

    def write(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """One statement for all rows, in one transaction. Raises InputError, MachineError for a full disk."""
        with self._lock, self._explained(), self._transaction():
            self.connection.executemany(statement, rows)

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def fault(self, what: str) -> InputError:
        """What to raise where the contents are not what they should be."""
        return InputError(what, where=str(self.path), fix=f"Move it away: {self._what.lost}.")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        named, fix = self._what.named, "Give a place that can be written, on a disk of this machine."
        try:
            yield
        except OSError as error:
            raise InputError(f"{named} cannot be made ({error.strerror})", where=str(self.path), fix=fix) from None
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorname", "") or ""
            if code.startswith("SQLITE_FULL"):
                raise MachineError(
                    "the disk is full", where=str(self.path), fix="Make room and run it again."
                ) from None
            if code.startswith(_UNWRITABLE):
                raise InputError(f"{named} cannot be written ({error})", where=str(self.path), fix=fix) from None
            if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
                raise self.fault(f"{named} is damaged ({error})") from None
            raise
