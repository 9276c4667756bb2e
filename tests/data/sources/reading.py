"""An adapter alone: its candidates, and the book of its rows, without filters, duplicates or quotas."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from acord.data.ledger import Candidate, Ledger
from acord.data.locate import locate
from acord.data.pairs import Pair
from acord.data.sources import ADAPTERS
from acord.recipe import Source


class Read(NamedTuple):
    """What an adapter gave. dropped: (name of the row, reason, detail), in the order in which they were decided on."""

    pairs: list[Pair]
    dropped: list[tuple[str, str, str]]
    rows_in: int
    rows_used: int

    @property
    def reasons(self) -> dict[str, str]:
        """Reason by the name of the dropped row."""
        return {name: reason for name, reason, _ in self.dropped}

    @property
    def by_reason(self) -> dict[str, int]:
        """How many rows were dropped for each reason."""
        reasons = [reason for _, reason, _ in self.dropped]
        return {reason: reasons.count(reason) for reason in sorted(set(reasons))}


def read(folder: Path, **source: Any) -> Read:
    """Read a source whole. Checks the conservation of rows: in = used + dropped, none of them twice."""
    checked = Source.model_validate({"name": source["format"], **source})
    ledger = Ledger(checked.name, folder / "ledger")
    candidates = list(ADAPTERS[source["format"]](checked, locate(checked), ledger))
    _use_last_rows_first(candidates, ledger)
    written: list[tuple[str, str, str, str]] = []
    counts = ledger.close(written.append)
    dropped = [(name, reason, detail) for _, name, reason, detail in written]
    assert counts.rows_in == counts.rows_used + counts.rows_dropped == len(ledger)
    assert len(dropped) == counts.rows_dropped == sum(counts.dropped_by_reason.values())
    for texts in dropped:
        assert all(text.encode() is not None and "\n" not in text for text in texts)
    return Read([candidate.pair for candidate in candidates], dropped, counts.rows_in, counts.rows_used)


def _use_last_rows_first(candidates: Iterable[Candidate], ledger: Ledger) -> None:
    """Decide on the candidates after the adapter has ended, in another order, as a build does."""
    for candidate in sorted(candidates, key=lambda candidate: candidate.pair.id):
        ledger.use(candidate.rows)
