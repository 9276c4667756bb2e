"""Every row of a source is used in some pair or dropped for a reason: the book that proves it.

It is kept in a folder, so that a build that was stopped goes on with it: `states.bin` holds one byte a row, `dropped`
what was decided while reading, `refused` what was decided while choosing (written anew by each attempt at choosing).
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from acord.data.pairs import Pair

_OPEN, _REFUSED, _USED, _DROPPED, _CODED = range(5)
_MOST_CODES = 256 - _CODED

# What became of one row: its name, the reason, the particulars.
WriteDropped = Callable[[tuple[str, str, str, str]], None]


class RowKey(NamedTuple):
    """A row of a source. number: its place in reading order, from 0. source_id: its name for people."""

    number: int
    source_id: str


class Candidate(NamedTuple):
    """A pair that an adapter offers, with every row that it is made of, as prompt or as reply."""

    pair: Pair
    rows: tuple[RowKey, ...]


@dataclass(frozen=True, slots=True)
class RowCounts:
    """What became of a source's rows."""

    rows_in: int
    rows_used: int
    rows_dropped: int
    dropped_by_reason: dict[str, int]


class Ledger:
    """The state of each row of one source: one byte a row in memory, reasons on disk.

    A refused row (its pair was a duplicate, say) is only dropped at the end, since another pair may still use it.
    Sources with millions of rows mark them in bulk with a reason each (`mark`); their names are asked for at the end.
    """

    def __init__(self, source: str, folder: Path, on_row: Callable[[int], None] = lambda rows: None) -> None:  # noqa: ARG005
        self._source, self._folder, self._on_row = source, folder, on_row
        self._states = bytearray()
        self._reasons: list[tuple[str, str]] = []
        folder.mkdir(parents=True, exist_ok=True)
        self._dropped = (folder / "dropped").open("w", encoding="utf-8")
        self._refused = (folder / "refused").open("w", encoding="utf-8")

    @classmethod
    def reopen(cls, source: str, folder: Path) -> "Ledger":
        """The book as it was when reading ended. Raises OSError or ValueError where it is not whole."""
        ledger = cls.__new__(cls)
        ledger._source, ledger._folder, ledger._on_row = source, folder, lambda rows: None  # noqa: ARG005
        ledger._states = bytearray((folder / "states.bin").read_bytes())
        ledger._reasons = [tuple(one) for one in json.loads((folder / "reasons.json").read_text(encoding="utf-8"))]
        ledger._dropped = (folder / "dropped").open("a", encoding="utf-8")
        ledger._refused = (folder / "refused").open("w", encoding="utf-8")
        return ledger

    def leave(self) -> None:
        """Let go of its files, whatever became of the source."""
        try:
            self._dropped.close()
        finally:
            self._refused.close()

    def save(self) -> None:
        """Put the book away: reading has ended."""
        self._dropped.flush()
        (self._folder / "states.bin").write_bytes(self._states)
        (self._folder / "reasons.json").write_text(json.dumps(self._reasons), encoding="utf-8")

    def __len__(self) -> int:
        return len(self._states)

    def add(self) -> int:
        """A new row; returns its number."""
        self._states.append(_OPEN)
        self._on_row(1)
        return len(self._states) - 1

    def add_all(self, count: int) -> int:
        """So many new rows; returns the first one's number."""
        first = len(self._states)
        self._states.extend(bytes(count))
        self._on_row(count)
        return first

    def is_open(self, number: int) -> bool:
        """Whether nothing has been decided about a row."""
        return self._states[number] == _OPEN

    def drop(self, row: RowKey, reason: str, detail: str = "") -> None:
        """A row that can be in no pair. A row is dropped once, and never after it was used."""
        assert self._states[row.number] in (_OPEN, _REFUSED), f"{row} was decided before"  # noqa: S101  our defect
        self._states[row.number] = _DROPPED
        self._dropped.write(_line(row.source_id, reason, detail))

    def mark(self, numbers: Any, reason: str, detail: str) -> None:
        """Drop rows in bulk. numbers: integers, shape (N,), of rows about which nothing was decided."""
        if (reason, detail) not in self._reasons:
            self._reasons.append((reason, detail))
            assert len(self._reasons) <= _MOST_CODES, "too many reasons for one byte"  # noqa: S101  our defect
        view = np.frombuffer(self._states, dtype=np.uint8)
        assert not view[numbers].any(), "a row was decided before"  # noqa: S101  our defect
        view[numbers] = _CODED + self._reasons.index((reason, detail))

    def open_rows(self) -> Any:
        """The numbers of the rows about which nothing has been decided, ascending."""
        return np.flatnonzero(np.frombuffer(self._states, dtype=np.uint8) == _OPEN)

    def use(self, rows: Iterable[RowKey]) -> None:
        """The rows of a pair that was kept."""
        for row in rows:
            assert self._states[row.number] in (_OPEN, _REFUSED, _USED), f"{row} was dropped before"  # noqa: S101
            self._states[row.number] = _USED

    def refuse(self, rows: Iterable[RowKey], reason: str, detail: str) -> None:
        """The rows of a pair that was not kept: dropped at the end, for the first such reason, unless used."""
        for row in rows:
            if self._states[row.number] == _OPEN:
                self._states[row.number] = _REFUSED
                self._refused.write(_line(row.number, row.source_id, reason, detail))

    def close(self, write: WriteDropped, names: Callable[[], Iterator[list[str]]] | None = None) -> RowCounts:
        """Hand every dropped row to `write` and count. names: the rows' names in order, where rows were marked.

        Raises AssertionError, our defect, if a row was left undecided or is accounted for twice.
        """
        reasons: Counter[str] = Counter()
        for source_id, reason, detail in self._decided(names):
            reasons[reason] += 1
            write((self._source, source_id, reason, detail))
        counts = RowCounts(
            rows_in=len(self._states),
            rows_used=self._states.count(_USED),
            rows_dropped=self._states.count(_DROPPED),
            dropped_by_reason=by_count(reasons),
        )
        if counts.rows_in != counts.rows_used + counts.rows_dropped:
            raise AssertionError(f"{self._source}: rows were lost: {counts}")
        if counts.rows_dropped != sum(reasons.values()):
            raise AssertionError(f"{self._source}: dropped rows were not written once each: {counts}")
        return counts

    def _decided(self, names: Callable[[], Iterator[list[str]]] | None) -> Iterator[tuple[str, str, str]]:
        self.leave()
        for source_id, reason, detail in _lines(self._folder / "dropped"):
            yield source_id, reason, detail
        for number, source_id, reason, detail in _lines(self._folder / "refused"):
            if self._states[number] == _REFUSED:
                self._states[number] = _DROPPED
                yield source_id, reason, detail
        if names is None:
            return
        number = 0
        for some in names():
            for source_id in some:
                state = self._states[number]
                if state >= _CODED:
                    self._states[number] = _DROPPED
                    yield source_id, *self._reasons[state - _CODED]
                number += 1


def _line(*values: str | int) -> str:
    return json.dumps(values) + "\n"


def _lines(path: Path) -> Iterator[list[Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def by_count(counts: Counter[str]) -> dict[str, int]:
    """Counts, the largest first, equal ones by name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
