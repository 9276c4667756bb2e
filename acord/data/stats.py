"""Figures about built pairs, by source and language: what became of the rows, how long texts are, where pairs are from.

Both tables are read a row group at a time; memory holds a few numbers a pair and no text.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from acord.data.scan import scan_dropped, scan_pairs

COLUMNS = (
    *("prompt", "chosen", "rejected", "language", "source", "licence"),
    *("margin", "weight", "origin", "split", "lineage"),
)
# What stands between white space, Unicode's included (RE2's \s is ASCII's).
WORD = r"[^\s\p{Z}]+"
LENGTHS = (
    *("prompt_turns", "prompt_characters", "prompt_words"),
    *("chosen_characters", "chosen_words", "rejected_characters", "rejected_words"),
)
CONFLICT, READ = "conflict", "read"
# How the reasons of duplicates.py, choose.py and decontaminate.py begin.
DUPLICATE, NEAR, CONTAMINATED = "duplicate", "near-duplicate", "contaminated"


class Spread(NamedTuple):
    """Of counts: the median and the 90th percentile by nearest rank, so both are counts that occur. 0 of none."""

    median: int
    ninetieth: int


class Range(NamedTuple):
    """Of numbers that some pairs state: in how many pairs, the least, the mean, the largest."""

    pairs: int
    least: float
    mean: float
    largest: float


@dataclass(frozen=True)
class SourceRows:
    """What became of a source's rows. rows_in, rows_used: None where no manifest states them.

    duplicates: rows dropped as exact copies, by texts or by ids. near_duplicates: as nearly the same prompt.
    contaminated: as holding what an evaluation asks.
    """

    source: str
    rows_in: int | None
    rows_used: int | None
    rows_dropped: int
    dropped_by_reason: dict[str, int]
    duplicates: int
    near_duplicates: int
    contaminated: int


@dataclass(frozen=True)
class PairFigures:
    """Pairs of a source in a language; None stands for all of them.

    lengths: by the names of LENGTHS; a prompt's are those of all its turns together. chosen_longer: share of the pairs
    whose chosen reply has more characters, among those whose replies differ in length; None where none do.
    length_ratio: geometric mean of chosen over rejected characters, of pairs without an empty reply. steps: pairs by
    lineage step (flags are steps), without the reading. margins: of pairs that state one. weights: of all.
    """

    source: str | None
    language: str | None
    pairs: int
    by_split: dict[str, int]
    by_origin: dict[str, int]
    by_licence: dict[str, int]
    lengths: dict[str, Spread]
    chosen_longer: float | None
    length_ratio: float | None
    steps: dict[str, int]
    margins: Range | None
    weights: Range | None

    @property
    def conflicts(self) -> int:
        """Pairs whose source's labels contradict its ranks."""
        return self.steps.get(CONFLICT, 0)


@dataclass(frozen=True)
class Stats:
    """rows: by source, in the recipe's order where a manifest states it. pairs: of each source in each language.

    by_source, by_language: of all its languages, of all its sources. quotas: language -> asked, taken, held_out,
    supply; empty where none were asked for.
    """

    rows: tuple[SourceRows, ...]
    pairs: tuple[PairFigures, ...]
    by_source: tuple[PairFigures, ...]
    by_language: tuple[PairFigures, ...]
    total: PairFigures
    quotas: dict[str, dict[str, int]]

    def as_json(self) -> dict[str, Any]:
        """For `--json`; spreads and ranges as objects."""
        return {
            "rows": [asdict(rows) for rows in self.rows],
            "pairs": [_json(figures) for figures in self.pairs],
            "by_source": [_json(figures) for figures in self.by_source],
            "by_language": [_json(figures) for figures in self.by_language],
            "total": _json(self.total),
            "quotas": self.quotas,
        }


def pair_stats(folder: Path, figures: Mapping[str, Any] | None = None) -> Stats:
    """Figures about the pairs in `folder`.

    figures: those of their manifest, for what the tables do not hold: rows in and used, and quotas. Raises InputError
    for a table that is missing, damaged or another one.
    """
    known = figures or {}
    dropped: dict[str, Counter[str]] = defaultdict(Counter)
    for batch in scan_dropped(folder):
        counts = pa.Table.from_batches([batch]).group_by(["source", "reason"]).aggregate([([], "count_all")])
        for row in counts.to_pylist():
            dropped[row["source"]][row["reason"]] += row["count_all"]
    gathered = _gather(folder)
    stated: Mapping[str, Any] = known.get("rows_by_source", {})
    order = list(dict.fromkeys([*stated, *sorted({source for source, _ in gathered}), *sorted(dropped)]))
    languages = sorted({language for _, language in gathered})
    pairs = {key: gathered[key].figures(*key) for key in sorted(gathered, key=lambda key: (order.index(key[0]), key))}
    return Stats(
        rows=tuple(_source_rows(source, stated.get(source, {}), dropped[source]) for source in order),
        pairs=tuple(pairs.values()),
        by_source=tuple(
            _joined(one for key, one in gathered.items() if key[0] == source).figures(source, None)
            for source in order
            if any(key[0] == source for key in gathered)
        ),
        by_language=tuple(
            _joined(one for key, one in gathered.items() if key[1] == language).figures(None, language)
            for language in languages
        ),
        total=_joined(gathered.values()).figures(None, None),
        quotas={language: dict(quota) for language, quota in (known.get("quotas") or {}).items()},
    )


class _Gathered:
    """What is counted of some pairs: texts' lengths and numbers as arrays, the rest as counts."""

    def __init__(self) -> None:
        self.lengths: dict[str, list[Any]] = {name: [] for name in LENGTHS}
        self.margins: list[Any] = []
        self.weights: list[Any] = []
        self.counts: dict[str, Counter[str]] = {name: Counter() for name in ("split", "origin", "licence", "steps")}

    def figures(self, source: str | None, language: str | None) -> PairFigures:
        lengths = {name: _concatenated(parts, np.int64) for name, parts in self.lengths.items()}
        chosen, rejected = lengths["chosen_characters"], lengths["rejected_characters"]
        differ = chosen != rejected
        both = (chosen > 0) & (rejected > 0)
        return PairFigures(
            source=source,
            language=language,
            pairs=len(chosen),
            by_split=_by_count(self.counts["split"]),
            by_origin=_by_count(self.counts["origin"]),
            by_licence=_by_count(self.counts["licence"]),
            lengths={name: _spread(values) for name, values in lengths.items()},
            chosen_longer=float((chosen > rejected).sum() / differ.sum()) if differ.any() else None,
            length_ratio=float(np.exp(np.log(chosen[both] / rejected[both]).mean())) if both.any() else None,
            steps=_by_count(self.counts["steps"]),
            margins=_range(_concatenated(self.margins, np.float64)),
            weights=_range(_concatenated(self.weights, np.float64)),
        )


def _gather(folder: Path) -> dict[tuple[str, str], _Gathered]:
    gathered: dict[tuple[str, str], _Gathered] = defaultdict(_Gathered)
    for batch in scan_pairs(folder, COLUMNS):
        columns = {name: _numbers(values) for name, values in _lengths(batch).items()}
        sources, languages = (batch[name].dictionary_encode() for name in ("source", "language"))
        keys = _numbers(sources.indices) * len(languages.dictionary) + _numbers(languages.indices)
        steps = _steps(batch)
        for key in np.unique(keys).tolist():
            here = keys == key
            source, language = divmod(key, len(languages.dictionary))
            one = gathered[sources.dictionary[source].as_py(), languages.dictionary[language].as_py()]
            for name, values in columns.items():
                one.lengths[name].append(values[here])
            rows = batch.filter(pa.array(here))
            one.margins.append(_numbers(rows["margin"].drop_null()))
            one.weights.append(_numbers(rows["weight"].drop_null()))
            for name in ("split", "origin", "licence"):
                one.counts[name].update(
                    {str(row["values"]): row["counts"] for row in rows[name].value_counts().to_pylist()}
                )
            one.counts["steps"].update({step: int(here[of].sum()) for step, of in steps.items() if here[of].any()})
    return dict(gathered)


def _lengths(batch: Any) -> dict[str, Any]:
    """Of each row by the names of LENGTHS."""
    prompt = batch["prompt"]
    contents = prompt.flatten().field("content")
    turns = pc.list_value_length(prompt)
    ends = np.cumsum(_numbers(turns))
    return {
        "prompt_turns": turns,
        "prompt_characters": _sums(pc.utf8_length(contents), ends),
        "prompt_words": _sums(_words(contents), ends),
        "chosen_characters": pc.utf8_length(batch["chosen"]),
        "chosen_words": _words(batch["chosen"]),
        "rejected_characters": pc.utf8_length(batch["rejected"]),
        "rejected_words": _words(batch["rejected"]),
    }


def _words(texts: Any) -> Any:
    return pc.count_substring_regex(texts, WORD)


def _sums(values: Any, ends: Any) -> Any:
    """Sums of runs of values that end before `ends`."""
    running = np.concatenate([[0], np.cumsum(_numbers(values))])
    return running[ends] - np.concatenate([[0], running[ends[:-1]]])


def _steps(batch: Any) -> dict[str, Any]:
    """Lineage step -> numbers of the batch's rows that have it, each once; without the reading."""
    lineage = batch["lineage"]
    names = lineage.flatten().field("step").dictionary_encode()
    rows, steps = _numbers(pc.list_parent_indices(lineage)), _numbers(names.indices)
    found = {name: np.unique(rows[steps == number]) for number, name in enumerate(names.dictionary.to_pylist())}
    return {name: of for name, of in found.items() if name != READ}


def _numbers(values: Any) -> Any:
    return values if isinstance(values, np.ndarray) else values.to_numpy(zero_copy_only=False)


def _joined(parts: Iterable[_Gathered]) -> _Gathered:
    whole = _Gathered()
    for part in parts:
        for name, values in part.lengths.items():
            whole.lengths[name] += values
        whole.margins += part.margins
        whole.weights += part.weights
        for name, counts in part.counts.items():
            whole.counts[name].update(counts)
    return whole


def _concatenated(parts: list[Any], kind: Any) -> Any:
    return np.concatenate(parts).astype(kind) if parts else np.zeros(0, kind)


def _spread(values: Any) -> Spread:
    if not len(values):
        return Spread(0, 0)
    ordered = np.sort(values)
    return Spread(*(int(ordered[-(-len(ordered) * tenths // 10) - 1]) for tenths in (5, 9)))


def _range(values: Any) -> Range | None:
    if not len(values):
        return None
    return Range(len(values), float(values.min()), float(values.mean()), float(values.max()))


def _by_count(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _source_rows(source: str, stated: Mapping[str, Any], dropped: Counter[str]) -> SourceRows:
    def beginning(word: str) -> int:
        return sum(count for reason, count in dropped.items() if reason.startswith(word))

    return SourceRows(
        source=source,
        rows_in=stated.get("rows_in"),
        rows_used=stated.get("rows_used"),
        rows_dropped=dropped.total(),
        dropped_by_reason=_by_count(dropped),
        duplicates=beginning(DUPLICATE),
        near_duplicates=beginning(NEAR),
        contaminated=beginning(CONTAMINATED),
    )


def _json(figures: PairFigures) -> dict[str, Any]:
    content = asdict(figures)
    content["lengths"] = {name: spread._asdict() for name, spread in figures.lengths.items()}
    for name in ("margins", "weights"):
        value = getattr(figures, name)
        content[name] = value and value._asdict()
    return {**content, "conflicts": figures.conflicts}
