"""The book of rows: each is used or dropped, once."""

import pytest

from acord.data.ledger import Dropped, Ledger, RowKey


def ledger_with(rows: int) -> tuple[Ledger, list[Dropped], list[RowKey]]:
    written: list[Dropped] = []
    ledger = Ledger("s", written.append, lambda: None)
    return ledger, written, [RowKey(ledger.add(), f"id{index}") for index in range(rows)]


def test_a_refused_row_is_dropped_at_the_end_unless_it_is_used() -> None:
    ledger, written, rows = ledger_with(4)
    ledger.refuse(rows[:2], "duplicate", "of x")
    assert not ledger.is_open(0)
    assert ledger.is_open(3)
    ledger.drop(rows[3], "deleted")
    ledger.use(rows[1:3])
    ledger.refuse(rows[1:2], "duplicate", "of y")
    counts = ledger.close()
    assert written == [Dropped("s", "id3", "deleted", ""), Dropped("s", "id0", "duplicate", "of x")]
    assert (counts.rows_in, counts.rows_used, counts.rows_dropped) == (4, 2, 2)
    assert counts.dropped_by_reason == {"deleted": 1, "duplicate": 1}


def test_a_row_that_nobody_decided_on_is_found() -> None:
    ledger, _, rows = ledger_with(2)
    ledger.use(rows[:1])
    with pytest.raises(AssertionError, match="rows were lost"):
        ledger.close()


def test_a_row_is_decided_once() -> None:
    ledger, _, rows = ledger_with(2)
    ledger.use(rows[:1])
    with pytest.raises(AssertionError, match="decided before"):
        ledger.drop(rows[0], "deleted")
    ledger.drop(rows[1], "deleted")
    with pytest.raises(AssertionError, match="dropped before"):
        ledger.use(rows)
    with pytest.raises(AssertionError, match="decided before"):
        ledger.drop(rows[1], "deleted")
