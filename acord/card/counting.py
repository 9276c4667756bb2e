"""The pairs of a card without their texts: an index of all of them, and what became no pair, counted by reason."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from acord.data.scan import scan_dropped, scan_pairs
from acord.errors import InputError

TOLD = ("id", "language", "source", "origin", "licence", "split")
INDEX_SCHEMA = pa.schema(
    [*((name, pa.string()) for name in TOLD), ("group", pa.int64()), ("steps", pa.list_(pa.string()))]
)
DROPPED_SCHEMA = pa.schema([("source", pa.string()), ("reason", pa.string()), ("rows", pa.int64())])
AGAIN = "Build the card again (acord card build RUN)."


@dataclass(frozen=True)
class PairCounts:
    """How many pairs there are. Sources stand in the recipe's order, languages in alphabetical order, others by count.

    by_split: `train` and `held_out`. by_language_and_split: (language, split). by_source_and_language: (source,
    language). by_source_and_licence: (source, licence). licence: "" where a source states none. groups: conversations,
    by split. steps: pairs by what was done to or said of them (`translate`, flags). dropped: source -> reason -> rows
    that became no pair.
    """

    total: int = 0
    by_language: Mapping[str, int] = field(default_factory=dict)
    by_source: Mapping[str, int] = field(default_factory=dict)
    by_origin: Mapping[str, int] = field(default_factory=dict)
    by_licence: Mapping[str, int] = field(default_factory=dict)
    by_split: Mapping[str, int] = field(default_factory=dict)
    by_source_and_language: Mapping[tuple[str, str], int] = field(default_factory=dict)
    by_source_and_licence: Mapping[tuple[str, str], int] = field(default_factory=dict)
    by_language_and_split: Mapping[tuple[str, str], int] = field(default_factory=dict)
    groups: Mapping[str, int] = field(default_factory=dict)
    steps: Mapping[str, int] = field(default_factory=dict)
    dropped: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def write_index(pairs: Path, target: Path) -> None:
    """index.parquet in `target`: a row for each pair of pairs.parquet in `pairs`, in its order, without the texts.

    group: the conversation's number, in the order of appearance. steps: of the lineage, without the reading. Raises
    InputError where the table is missing, damaged or another one.
    """
    target.mkdir(parents=True, exist_ok=True)
    numbers: dict[str, int] = {}
    with pq.ParquetWriter(target / "index.parquet", INDEX_SCHEMA, compression="zstd") as writer:
        for batch in scan_pairs(pairs, [*TOLD, "group", "lineage"]):
            columns = {name: batch[name] for name in TOLD}
            columns["group"] = [numbers.setdefault(group, len(numbers)) for group in batch["group"].to_pylist()]
            columns["steps"] = [_steps(lineage) for lineage in batch["lineage"].to_pylist()]
            writer.write_table(pa.table(columns, INDEX_SCHEMA))


def write_dropped(pairs: Path, target: Path) -> None:
    """dropped.parquet in `target`: rows that became no pair, counted by source and reason, without what they held."""
    counts: Counter[tuple[str, str]] = Counter()
    for batch in scan_dropped(pairs):
        counts.update(zip(batch["source"].to_pylist(), batch["reason"].to_pylist(), strict=True))
    rows = [{"source": source, "reason": reason, "rows": n} for (source, reason), n in sorted(counts.items())]
    target.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, DROPPED_SCHEMA), target / "dropped.parquet", compression="zstd")


def pair_counts(index: Path, dropped: Path, sources: Sequence[str]) -> PairCounts:
    """Counts over both tables. sources: in the recipe's order. Raises InputError for a file that is none."""
    columns = _columns(index, INDEX_SCHEMA)
    language, source, split = columns["language"], columns["source"], columns["split"]
    licence = [one or "" for one in columns["licence"]]
    groups = dict(zip(columns["group"], split, strict=True))
    return PairCounts(
        total=len(language),
        by_language=_by_name(language),
        by_source=_in_order(Counter(source), sources),
        by_origin=_by_count(columns["origin"]),
        by_licence=_by_count(licence),
        by_split=_in_order(Counter(split), ("train", "held_out")),
        by_source_and_language=_by_place(zip(source, language, strict=True), sources),
        by_source_and_licence=_by_place(zip(source, licence, strict=True), sources),
        by_language_and_split=_by_name(zip(language, split, strict=True)),
        groups=_in_order(Counter(groups.values()), ("train", "held_out")),
        steps=_by_count(step for steps in columns["steps"] for step in set(steps or ())),
        dropped=_dropped(dropped, sources),
    )


def _steps(lineage: Sequence[Mapping[str, str]]) -> list[str]:
    return sorted({step["step"] for step in lineage} - {"read"})


def _dropped(path: Path, sources: Sequence[str]) -> dict[str, dict[str, int]]:
    columns = _columns(path, DROPPED_SCHEMA)
    counts: dict[str, Counter[str]] = {}
    for source, reason, rows in zip(*columns.values(), strict=True):
        counts.setdefault(source, Counter())[reason] += rows
    order = [*(source for source in sources if source in counts), *sorted(set(counts) - set(sources))]
    return {source: _ranked(counts[source]) for source in order}


def _columns(path: Path, schema: pa.Schema) -> dict[str, list[Any]]:
    try:
        table = pq.read_table(path, columns=schema.names)
    except (OSError, pa.ArrowException):
        raise InputError("this is no table of pairs", where=str(path), fix=AGAIN) from None
    if table.schema.types != schema.types:
        raise InputError("a column is of another type", where=str(path), fix=AGAIN)
    return {name: table[name].to_pylist() for name in schema.names}


def _by_name(values: Iterable[Any]) -> dict[Any, int]:
    return dict(sorted(Counter(values).items()))


def _by_count(values: Iterable[str]) -> dict[str, int]:
    return _ranked(Counter(values))


def _ranked(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def _in_order(counts: Mapping[str, int], order: Sequence[str]) -> dict[str, int]:
    names = [*(name for name in order if name in counts), *sorted(set(counts) - set(order))]
    return {name: counts[name] for name in names}


def _by_place(pairs: Iterable[tuple[str, str]], sources: Sequence[str]) -> dict[tuple[str, str], int]:
    counts = Counter(pairs)
    place = {source: number for number, source in enumerate(sources)}
    return dict(sorted(counts.items(), key=lambda one: (place.get(one[0][0], len(place)), one[0])))
