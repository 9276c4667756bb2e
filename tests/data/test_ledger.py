"""The book of rows: each is used or dropped, once."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from acord.data.ledger import Ledger, RowCounts, RowKey

Written = list[tuple[str, str, str, str]]


def ledger_with(folder: Path, rows: int) -> tuple[Ledger, list[RowKey]]:
    ledger = Ledger("s", folder)
    return ledger, [RowKey(ledger.add(), f"id{index}") for index in range(rows)]


def closed(ledger: Ledger, names: Callable[[], Iterator[list[str]]] | None = None) -> tuple[RowCounts, Written]:
    written: Written = []
    return ledger.close(written.append, names), written


def test_a_refused_row_is_dropped_at_the_end_unless_it_is_used(tmp_path: Path) -> None:
    ledger, rows = ledger_with(tmp_path, 4)
    ledger.refuse(rows[:2], "duplicate", "of x")
    assert not ledger.is_open(0)
    assert ledger.is_open(3)
    ledger.drop(rows[3], "deleted")
    ledger.use(rows[1:3])
    ledger.refuse(rows[1:2], "duplicate", "of y")
    counts, written = closed(ledger)
    assert written == [("s", "id3", "deleted", ""), ("s", "id0", "duplicate", "of x")]
    assert (counts.rows_in, counts.rows_used, counts.rows_dropped) == (4, 2, 2)
    assert counts.dropped_by_reason == {"deleted": 1, "duplicate": 1}


def test_a_row_is_dropped_for_the_first_reason_that_refused_it(tmp_path: Path) -> None:
    ledger, rows = ledger_with(tmp_path, 1)
    ledger.refuse(rows, "first", "a")
    ledger.refuse(rows, "second", "b")
    assert closed(ledger)[1] == [("s", "id0", "first", "a")]


def test_rows_marked_in_bulk_get_their_names_at_the_end(tmp_path: Path) -> None:
    ledger = Ledger("s", tmp_path)
    assert ledger.add_all(3) == 0
    assert ledger.add_all(3) == 3
    ledger.mark(np.array([1, 4]), "no reply", "only here")
    ledger.mark(np.array([5]), "empty", "")
    ledger.use([RowKey(0, "a"), RowKey(2, "c"), RowKey(3, "d")])
    counts, written = closed(ledger, lambda: iter([["a", "b"], ["c", "d", "e", "f"]]))
    assert written == [
        ("s", "b", "no reply", "only here"),
        ("s", "e", "no reply", "only here"),
        ("s", "f", "empty", ""),
    ]
    assert (counts.rows_used, counts.rows_dropped) == (3, 3)


def test_a_book_that_was_put_away_goes_on(tmp_path: Path) -> None:
    ledger, rows = ledger_with(tmp_path, 3)
    ledger.drop(rows[0], "deleted", "tab\tand\nline")
    ledger.mark(np.array([1]), "empty", "")
    ledger.save()
    for _ in range(2):
        # What an attempt at choosing refused is forgotten by the next one.
        again = Ledger.reopen("s", tmp_path)
        again.refuse(rows[2:], "duplicate", "")
    counts, written = closed(again, lambda: iter([["id0", "id1", "id2"]]))
    reasons = [("s", "id0", "deleted", "tab\tand\nline"), ("s", "id2", "duplicate", ""), ("s", "id1", "empty", "")]
    assert written == reasons
    assert counts.rows_dropped == 3


def test_a_row_that_nobody_decided_on_is_found(tmp_path: Path) -> None:
    ledger, rows = ledger_with(tmp_path, 2)
    ledger.use(rows[:1])
    with pytest.raises(AssertionError, match="rows were lost"):
        closed(ledger)


def test_a_row_is_decided_once(tmp_path: Path) -> None:
    ledger, rows = ledger_with(tmp_path, 2)
    ledger.use(rows[:1])
    with pytest.raises(AssertionError, match="decided before"):
        ledger.drop(rows[0], "deleted")
    ledger.drop(rows[1], "deleted")
    with pytest.raises(AssertionError, match="dropped before"):
        ledger.use(rows)
    with pytest.raises(AssertionError, match="decided before"):
        ledger.drop(rows[1], "deleted")
    with pytest.raises(AssertionError, match="decided before"):
        ledger.mark(np.array([0]), "deleted", "")
