"""Every row of a source is used in some pair or dropped for a reason: the book that proves it."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from acord.data.pairs import Pair

_OPEN, _REFUSED, _USED, _DROPPED = range(4)


class RowKey(NamedTuple):
    """A row of a source. number: its place in reading order, from 0. source_id: its name for people."""

    number: int
    source_id: str


class Candidate(NamedTuple):
    """A pair that an adapter offers, with every row that it is made of, as prompt or as reply."""

    pair: Pair
    rows: tuple[RowKey, ...]


@dataclass(frozen=True, slots=True)
class Dropped:
    """One row of dropped.parquet."""

    source: str
    source_id: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class RowCounts:
    """What became of a source's rows."""

    rows_in: int
    rows_used: int
    rows_dropped: int
    dropped_by_reason: dict[str, int]


class Ledger:
    """The state of each row of one source: one byte a row.

    A refused row (its pair was a duplicate, say) is only dropped at the end, since another pair may still use it.
    """

    def __init__(self, source: str, write: Callable[[Dropped], None], on_row: Callable[[], None]) -> None:
        self._source, self._write, self._on_row = source, write, on_row
        self._states = bytearray()
        self._refused: dict[int, Dropped] = {}
        self._reasons: Counter[str] = Counter()

    def add(self) -> int:
        """A new row; returns its number."""
        self._states.append(_OPEN)
        self._on_row()
        return len(self._states) - 1

    def is_open(self, number: int) -> bool:
        """Whether nothing has been decided about a row."""
        return self._states[number] == _OPEN

    def drop(self, row: RowKey, reason: str, detail: str = "") -> None:
        """A row that can be in no pair. A row is dropped once, and never after it was used."""
        assert self._states[row.number] in (_OPEN, _REFUSED), f"{row} was decided before"  # noqa: S101  our defect
        self._states[row.number] = _DROPPED
        self._record(Dropped(self._source, row.source_id, reason, detail))

    def use(self, rows: Iterable[RowKey]) -> None:
        """The rows of a pair that was kept."""
        for row in rows:
            assert self._states[row.number] != _DROPPED, f"{row} was dropped before"  # noqa: S101  our defect
            self._states[row.number] = _USED
            self._refused.pop(row.number, None)

    def refuse(self, rows: Iterable[RowKey], reason: str, detail: str) -> None:
        """The rows of a pair that was not kept: dropped at the end unless another pair uses them."""
        for row in rows:
            if self._states[row.number] == _OPEN:
                self._states[row.number] = _REFUSED
                self._refused[row.number] = Dropped(self._source, row.source_id, reason, detail)

    def _record(self, dropped: Dropped) -> None:
        self._reasons[dropped.reason] += 1
        self._write(dropped)

    def close(self) -> RowCounts:
        """Drop what stayed refused and count. Raises AssertionError, our defect, if a row was left undecided."""
        for number, dropped in self._refused.items():
            self._states[number] = _DROPPED
            self._record(dropped)
        self._refused = {}
        counts = RowCounts(
            rows_in=len(self._states),
            rows_used=self._states.count(_USED),
            rows_dropped=self._states.count(_DROPPED),
            dropped_by_reason=by_count(self._reasons),
        )
        if counts.rows_in != counts.rows_used + counts.rows_dropped:
            raise AssertionError(f"{self._source}: rows were lost: {counts}")
        if counts.rows_dropped != sum(self._reasons.values()):
            raise AssertionError(f"{self._source}: dropped rows were not written once each: {counts}")
        return counts


def by_count(counts: Counter[str]) -> dict[str, int]:
    """Counts, the largest first, equal ones by name."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
