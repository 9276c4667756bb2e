"""Candidates of a source on disk: one line each, and an index that says in which order they are drawn.

The index is arrays, a few bytes a candidate, so that memory does not grow with the texts. Candidates are drawn in the
order of a hash of seed and conversation: a random order that does not depend on anything else in the data, in which
the pairs of one conversation stand together.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from acord.data.ledger import Candidate, RowKey
from acord.data.pairs import PAIRS_SCHEMA, LineageStep, Pair

TEXTS, INDEX = "candidates", "index.npz"
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class Spooled(NamedTuple):
    """One candidate as it lies on disk. entry: its place in the spool, in reading order."""

    entry: int
    line: bytes


@dataclass(frozen=True)
class Spool:
    """Candidates of one source. N: how many there are.

    start_N: where the line begins. draw_N: the drawing order's hash. language_N: index into `languages`.
    texts_N: hash of the pair's texts. messages_N: hash of the ids of chosen and rejected reply.
    """

    path: Path
    languages: tuple[str, ...]
    start_N: Any
    draw_N: Any
    language_N: Any
    texts_N: Any
    messages_N: Any

    def __len__(self) -> int:
        return len(self.start_N)

    def entries(self, language: str, leave_out: Any = None) -> Any:
        """The entries of one language in drawing order. leave_out: booleans, shape (N,)."""
        if language not in self.languages:
            return np.empty(0, np.int64)
        wanted = self.language_N == self.languages.index(language)
        if leave_out is not None:
            wanted &= ~leave_out
        entries = np.flatnonzero(wanted)
        return entries[np.argsort(self.draw_N[entries], kind="stable")]

    def count(self, leave_out: Any = None) -> dict[str, int]:
        """Candidates by language."""
        kept = self.language_N if leave_out is None else self.language_N[~leave_out]
        numbers = np.bincount(kept, minlength=len(self.languages))
        return {language: int(number) for language, number in zip(self.languages, numbers, strict=True) if number}

    def read(self, entries: Iterable[int]) -> Iterator[Spooled]:
        """The lines of some entries, in the order given."""
        with (self.path / TEXTS).open("rb") as texts:
            for entry in entries:
                texts.seek(self.start_N[entry])
                yield Spooled(int(entry), texts.readline())


class SpoolWriter:
    """Puts candidates away, in reading order. A context manager; `close` gives the spool."""

    def __init__(self, folder: Path, seed: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._seed = folder, seed
        self._languages: dict[str, int] = {}
        self._rows: list[tuple[int, int, int, int, int]] = []
        self._blocks: list[Any] = []
        self._texts = (folder / TEXTS).open("wb")

    def write(self, candidate: Candidate) -> None:
        """One candidate."""
        pair = candidate.pair
        language = self._languages.setdefault(pair.language, len(self._languages))
        self._rows.append(
            (
                self._texts.tell(),
                drawing_order(self._seed, pair.group),
                language,
                int(pair.id[:16], 16),
                _hash64(pair.chosen_id + "\n" + pair.rejected_id),
            )
        )
        self._texts.write(dump(candidate))
        if len(self._rows) == 1 << 16:
            self._pack()

    def _pack(self) -> None:
        self._blocks.append(np.array(self._rows, np.uint64).reshape(-1, 5))
        self._rows = []

    def __enter__(self) -> "SpoolWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self._texts.close()

    def close(self) -> Spool:
        """Bring everything to its file, and open it for reading."""
        self._texts.close()
        self._pack()
        table = np.concatenate(self._blocks)
        np.savez(self._folder / INDEX, table=table, languages=np.array(list(self._languages), dtype=np.str_))
        return open_spool(self._folder)


def open_spool(folder: Path) -> Spool:
    """A spool that was written whole. Raises OSError or ValueError where it is not."""
    with np.load(folder / INDEX, allow_pickle=False) as index:
        table, languages = index["table"], tuple(str(name) for name in index["languages"])
    return Spool(
        folder,
        languages,
        table[:, 0].astype(np.int64),
        table[:, 1].copy(),
        table[:, 2].astype(np.int32),
        table[:, 3].copy(),
        table[:, 4].copy(),
    )


def drawing_order(seed: int, group: str) -> int:
    """Where a conversation stands in the drawing order: 64 bits of a hash, unrelated to that of the split."""
    return _hash64(f"draw\n{seed}\n{group}")


def _hash64(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def dump(candidate: Candidate) -> bytes:
    """A candidate as a line. The rows come first, so that they can be read alone."""
    pair = values_of(candidate.pair)
    return _JSON.encode([candidate.rows, pair]).encode() + b"\n"


def load(line: bytes) -> Candidate:
    """The candidate of a line that `dump` wrote."""
    rows, values = json.loads(line)
    return Candidate(pair_of(values), tuple(RowKey(*row) for row in rows))


def values_of(pair: Pair) -> list[Any]:
    """The values of a pair in the order of the schema; each lineage step a list."""
    values = [getattr(pair, name) for name in PAIRS_SCHEMA.names]
    values[-1] = [astuple(step) for step in pair.lineage]
    return values


def pair_of(values: Sequence[Any]) -> Pair:
    """The pair whose values these are."""
    named = dict(zip(PAIRS_SCHEMA.names, values, strict=True))
    named["lineage"] = tuple(LineageStep(*step) for step in named["lineage"])
    return Pair(**named)
