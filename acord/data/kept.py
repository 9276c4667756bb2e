"""The pairs that were chosen, on disk until all are, and what they add up to."""

import json
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from acord.data.ledger import RowKey
from acord.data.pairs import TRAIN, Pair
from acord.data.spool import pair_of, values_of


class KeptPair(NamedTuple):
    """A chosen pair with the rows that it is made of."""

    pair: Pair
    rows: tuple[RowKey, ...]


class Kept:
    """Chosen pairs of one source, in the order in which they were chosen. A few bytes each in memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb")
        self._entry, self._start, self._cell, self._order = array("q"), array("q"), array("q"), array("q")
        self._train = bytearray()
        self._gone: set[int] = set()

    def __len__(self) -> int:
        return len(self._entry) - len(self._gone)

    def add(self, entry: int, pair: Pair, rows: Iterable[RowKey], *, cell: int, order: int) -> None:
        """One more. cell: whose quota it counts for. order: its place among all that were chosen."""
        self._entry.append(entry)
        self._start.append(self._file.tell())
        self._cell.append(cell)
        self._order.append(order)
        self._train.append(pair.split == TRAIN)
        line = json.dumps([list(rows), values_of(pair)], ensure_ascii=False, separators=(",", ":"))
        self._file.write(line.encode() + b"\n")

    def of_cell(self, cell: int) -> Any:
        """Of the pairs of a cell: order, whether to train on it, place here; shape (K, 3)."""
        places = np.flatnonzero(np.asarray(self._cell) == cell)
        order, train = np.asarray(self._order), np.frombuffer(self._train, np.uint8)
        return np.stack([order[places], train[places], places], axis=1)

    def take_back(self, places: Iterable[int]) -> Iterator[tuple[RowKey, ...]]:
        """Chosen too many: the rows of each that is given back."""
        self._file.flush()
        for place in places:
            self._gone.add(int(place))
            yield self._read(int(place)).rows

    def in_reading_order(self) -> Iterator[KeptPair]:
        """Those that stay, as they stood in the source."""
        self._file.flush()
        for place in np.argsort(np.asarray(self._entry), kind="stable"):
            if int(place) not in self._gone:
                yield self._read(int(place))

    def _read(self, place: int) -> KeptPair:
        with self._path.open("rb") as file:
            file.seek(self._start[place])
            rows, values = json.loads(file.readline())
        return KeptPair(pair_of(values), tuple(RowKey(*row) for row in rows))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class Totals:
    """What the written pairs add up to."""

    def __init__(self) -> None:
        self.pairs = 0
        self.groups: dict[str, str] = {}
        self.by: dict[str, Counter[str]] = {name: Counter() for name in ("language", "source", "origin", "split")}
        self.flags: Counter[str] = Counter()

    def count(self, pair: Pair) -> None:
        """One more pair, as it was written."""
        self.pairs += 1
        self.groups[pair.group] = pair.split
        for name, counter in self.by.items():
            counter[getattr(pair, name)] += 1
        self.flags.update({step.step for step in pair.lineage} - {"read"})
