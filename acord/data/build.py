"""The stage `pairs`: every source of a recipe into one table of pairs and one of dropped rows."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from acord.console import track
from acord.data.ledger import Candidate, Ledger, RowCounts, by_count
from acord.data.locate import locate
from acord.data.pairs import DROPPED_FILE, DROPPED_SCHEMA, HELD_OUT, PAIRS_FILE, PAIRS_SCHEMA, Pair, pair_row
from acord.data.read import row_count
from acord.data.sources import ADAPTERS
from acord.data.split import corrections, split_of
from acord.data.tables import TableWriter
from acord.errors import InputError
from acord.recipe import Data, Source

DUPLICATE = "duplicate"


class _Kept:
    """What has been kept so far: ids, groups and the counts for the figures."""

    def __init__(self) -> None:
        self.ids: set[bytes] = set()
        self.groups: dict[str, str] = {}
        self.pairs_by_group: Counter[str] = Counter()
        self.by_language: Counter[str] = Counter()
        self.by_source: Counter[str] = Counter()
        self.by_origin: Counter[str] = Counter()

    def is_new(self, pair: Pair) -> bool:
        """Whether no pair with these texts was kept before; remembers it."""
        key = bytes.fromhex(pair.id)
        if key in self.ids:
            return False
        self.ids.add(key)
        return True

    def count(self, pair: Pair) -> None:
        """One more pair, with its split."""
        self.groups[pair.group] = pair.split
        self.pairs_by_group[pair.group] += 1
        self.by_language[pair.language] += 1
        self.by_source[pair.source] += 1
        self.by_origin[pair.origin] += 1


def build_pairs(data: Data, *, seed: int, folder: Path) -> dict[str, Any]:
    """Read every source and write pairs.parquet and dropped.parquet into `folder`; returns the figures.

    Pairs stand in the order of the sources, then of the input. Of pairs with the same texts the first is kept. A share
    `data.held_out` of the groups is held out, by a hash of seed and group. Dropped rows stand in the order of the
    sources, then in the order in which they were decided on.

    Raises InputError, one line, for input that cannot be read or that gives no pair.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = _Kept()
    rows: dict[str, RowCounts] = {}
    located = [locate(source) for source in data.sources]
    with (
        TableWriter(folder / PAIRS_FILE, PAIRS_SCHEMA) as pairs,
        TableWriter(folder / DROPPED_FILE, DROPPED_SCHEMA) as dropped,
    ):
        for source, inputs in zip(data.sources, located, strict=True):
            total = row_count([*inputs.files, *inputs.against])
            with track(f"read {source.name}", total, "rows") as tracker:
                ledger = Ledger(source.name, lambda row: dropped.write(asdict(row)), tracker.advance)
                candidates = ADAPTERS[source.format](source, inputs, ledger)
                for pair in _keep_new(candidates, ledger, kept):
                    split = replace(pair, split=split_of(seed, pair.group, data.held_out))
                    kept.count(split)
                    pairs.write(pair_row(split))
            rows[source.name] = ledger.close()
            if not kept.by_source[source.name]:
                raise _nothing_learnt(source, rows[source.name])
    changed = corrections(kept.groups, seed=seed, share=data.held_out)
    if changed:
        _change_splits(folder / PAIRS_FILE, changed)
        kept.groups.update(changed)
    return _figures(kept, rows)


def _keep_new(candidates: Iterator[Candidate], ledger: Ledger, kept: _Kept) -> Iterator[Pair]:
    for candidate in candidates:
        if kept.is_new(candidate.pair):
            ledger.use(candidate.rows)
            yield candidate.pair
        else:
            ledger.refuse(candidate.rows, DUPLICATE, f"duplicate of {candidate.pair.id}")


def _nothing_learnt(source: Source, counts: RowCounts) -> InputError:
    reasons = counts.dropped_by_reason
    if len(reasons) == 1:
        (reason,) = reasons
        what = f"all {counts.rows_in:,} rows were dropped: {reason}"
    else:
        listed = ", ".join(f"{number:,} {reason}" for reason, number in reasons.items())
        what = f"none of the {counts.rows_in:,} rows makes a pair ({listed})"
    return InputError(
        f"{what}; nothing to learn from",
        where=f"source {source.name} ({', '.join(source.paths)})",
        fix="Give other data, or take the source out of the recipe.",
    )


def _change_splits(path: Path, changed: dict[str, str]) -> None:
    rewritten = path.with_suffix(".rewritten")
    with pq.ParquetFile(path) as table, TableWriter(rewritten, PAIRS_SCHEMA) as writer:
        for batch in table.iter_batches():
            for row in batch.to_pylist():
                writer.write({**row, "split": changed.get(row["group"], row["split"])})
    rewritten.replace(path)


def _figures(kept: _Kept, rows: dict[str, RowCounts]) -> dict[str, Any]:
    by_reason: Counter[str] = Counter()
    by_split: Counter[str] = Counter()
    for counts in rows.values():
        by_reason.update(counts.dropped_by_reason)
    for group, number in kept.pairs_by_group.items():
        by_split[kept.groups[group]] += number
    figures: dict[str, Any] = {
        "rows_in": sum(counts.rows_in for counts in rows.values()),
        "rows_used": sum(counts.rows_used for counts in rows.values()),
        "rows_dropped": sum(counts.rows_dropped for counts in rows.values()),
        "dropped_by_reason": by_count(by_reason),
        "pairs": len(kept.ids),
        "groups": len(kept.groups),
        "groups_held_out": sum(split == HELD_OUT for split in kept.groups.values()),
        "by_language": by_count(kept.by_language),
        "by_source": by_count(kept.by_source),
        "by_origin": by_count(kept.by_origin),
        "by_split": by_count(by_split),
        "rows_by_source": {name: asdict(counts) for name, counts in rows.items()},
    }
    if figures["rows_in"] != figures["rows_used"] + figures["rows_dropped"]:
        raise AssertionError(f"rows in are not rows used plus rows dropped: {figures}")
    return figures
