"""One pair of a table by its id, the beginning of it, or a name that its source gave; or the row that was dropped."""

from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.compute as pc

from acord.data.pairs import LineageStep, Pair
from acord.data.scan import pair_at, scan_dropped, scan_pairs
from acord.errors import InputError

NAMED = 5
COLUMNS = ("id", "source_id", "chosen_id", "rejected_id")


class DroppedRow(NamedTuple):
    """One row of dropped.parquet."""

    source: str
    source_id: str
    reason: str
    detail: str


class Found(NamedTuple):
    """What an id names: a pair, or else the dropped rows of that name, one a source."""

    pair: Pair | None
    dropped: tuple[DroppedRow, ...]


class _Matches:
    """How many pairs match in one way, the first few ids, and the number of the first row."""

    def __init__(self) -> None:
        self.count = self.first = 0
        self.ids: list[str] = []

    def add(self, start: int, rows: list[int], ids: Any) -> None:
        """Rows of a batch that begins with row `start`."""
        if rows and not self.count:
            self.first = start + rows[0]
        self.count += len(rows)
        self.ids += [ids[row].as_py() for row in rows[: NAMED - len(self.ids)]]


def find_pair(folder: Path, name: str) -> Found:
    """The pair that `name` means in the tables of a folder.

    In this order: a whole id, a source's id of the row, a source's id of either reply, the beginning of an id, a
    dropped row. Raises InputError where several pairs answer to it, or nothing does.
    """
    ways = _matches(folder, name)
    matched = next((way for way in ways if way.count), None)
    if matched is not None:
        if matched.count > 1:
            more = ", ..." if matched.count > NAMED else ""
            raise InputError(
                f"{matched.count:,} pairs answer to that: {', '.join(matched.ids)}{more}",
                where=name,
                fix="Give one of these ids.",
            )
        return Found(pair_of_row(pair_at(folder, matched.first)), ())
    dropped = tuple(
        DroppedRow(**row)
        for batch in scan_dropped(folder)
        for row in batch.filter(pc.equal(batch["source_id"], name)).to_pylist()
    )
    if not dropped:
        raise InputError(
            "no pair and no dropped row has that id",
            where=name,
            fix=f"The ids stand in {folder}: the columns id and source_id of its two tables.",
        )
    return Found(None, dropped)


def _matches(folder: Path, name: str) -> tuple[_Matches, ...]:
    whole, of_row, of_reply, beginning = ways = tuple(_Matches() for _ in range(4))
    start = 0
    for batch in scan_pairs(folder, COLUMNS):
        ids = batch["id"]
        replies = pc.or_(pc.equal(batch["chosen_id"], name), pc.equal(batch["rejected_id"], name))
        found = (pc.equal(ids, name), pc.equal(batch["source_id"], name), replies, pc.starts_with(ids, name))
        for way, mask in zip((whole, of_row, of_reply, beginning), found, strict=True):
            way.add(start, pc.indices_nonzero(mask).to_pylist(), ids)
        start += batch.num_rows
    return ways


def pair_of_row(row: dict[str, Any]) -> Pair:
    """A row of PAIRS_SCHEMA as a pair."""
    return Pair(**{**row, "lineage": tuple(LineageStep(**step) for step in row["lineage"])})
