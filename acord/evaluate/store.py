"""What models answered, item by item, in one SQLite file that many evaluations share.

A value is written once, in one transaction with those that were computed with it: a process killed at any moment
leaves all of them or none, and nothing half written. Several processes may read and write the same file.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from acord.database import MOST_PARAMETERS, Database, Make

_MAKE = Make(
    0x41434F52,
    1,
    ("CREATE TABLE items (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",),
    "the store of answers",
    "what is missing is computed again",
)
_INSERT = "INSERT OR IGNORE INTO items (key, value) VALUES (?, ?)"


class ItemStore:
    """Values by key: keys are sha256 in hex, values are JSON.

    Safe to share between threads; every process opens its own.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, or make it. Raises InputError where it is damaged, something else, or cannot be written."""
        self.path = path
        self._database = Database(path, _MAKE)

    def get_many(self, keys: Iterable[str]) -> dict[str, Any]:
        """The values that are there. Raises InputError where the file is damaged."""
        wanted = list(dict.fromkeys(keys))
        found: dict[str, Any] = {}
        for start in range(0, len(wanted), MOST_PARAMETERS):
            some = wanted[start : start + MOST_PARAMETERS]
            marks = ",".join("?" * len(some))
            rows = self._database.read(f"SELECT key, value FROM items WHERE key IN ({marks})", some)  # noqa: S608  marks only
            found |= {key: self._parsed(value) for key, value in rows}
        return found

    def put_many(self, values: Mapping[str, Any]) -> None:
        """Write all or none; a key that is there keeps its value. Raises InputError, MachineError for a full disk."""
        self._database.write(_INSERT, [(key, json.dumps(value, ensure_ascii=False)) for key, value in values.items()])

    def __len__(self) -> int:
        """Number of values."""
        return int(self._database.read("SELECT count(*) FROM items")[0][0])

    def _parsed(self, value: str) -> Any:
        try:
            return json.loads(value)
        except ValueError:
            raise self._database.fault("the store of answers is damaged: a value is no JSON") from None

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> "ItemStore":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
