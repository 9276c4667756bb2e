"""Runs of words that texts share with a fixed set of texts, found by hash and verified word by word.

Every run of `words` words of the fixed set is in one sorted table of 64-bit hashes; a fixed text of fewer words is in
it whole. A window of a new text whose hash is in the table is compared with the words themselves, so that no collision
of hashes ever counts. Memory: 4 bytes a word of the fixed set for the words, 12 for the table, 1 to 2 for the filter
before it, and some 130 bytes for each different word.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise, repeat
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from acord.data.compared_words import has_content, says_something, words_of

# A run that stands in more items than this belongs to the data set's template, and to none of its items.
MOST_ITEMS = 10
# A text of fewer words than this is never matched.
FEWEST_WORDS = 3
BATCH_WORDS = 1 << 18
SORTED_AT_ONCE = 1 << 20
HASHES = 1 << 64

Hashes = npt.NDArray[np.uint64]
Ids = npt.NDArray[np.uint32]
Places = npt.NDArray[np.int64]

_BASE = np.uint64(0x9E3779B97F4A7C15)


class FixedText(NamedTuple):
    """A text to be found in others. items: how many items hold it. whole: of fewer words, it is matched as a whole."""

    text: str
    items: int
    whole: bool


class Overlap(NamedTuple):
    """What a new text shares with a fixed one. text: number of the fixed one. run: the words shared, as compared.

    start: the place of the first of them among the new text's words.
    """

    text: int
    run: tuple[str, ...]
    start: int


class RunIndex:
    """The runs of a set of fixed texts, and the search for them.

    words: length of the runs. min_words: fewest words of a shorter text that is found wherever it stands whole. A still
    shorter one, or one without two words that say something, must be all there is in the new text.
    """

    def __init__(self, texts: Iterable[FixedText], *, words: int, min_words: int) -> None:
        self._words, self._numbers = words, dict[str, int]()
        self._alone: dict[tuple[int, ...], int] = {}
        flat, starts, items = array("I"), array("Q"), array("I")
        short: dict[int, list[int]] = {}
        for number, one in enumerate(texts):
            said = words_of(one.text)
            ids = [self._numbers.setdefault(word, len(self._numbers) + 1) for word in said]
            starts.append(len(flat))
            items.append(one.items)
            flat.extend(ids)
            if one.whole and one.items <= MOST_ITEMS and len(ids) < words:
                if len(ids) >= min_words and has_content(said):
                    short.setdefault(len(ids), []).append(starts[-1])
                elif len(ids) >= FEWEST_WORDS:
                    self._alone.setdefault(tuple(ids), number)
        self._flat: Ids = np.frombuffer(flat, np.uint32) if flat else np.zeros(0, np.uint32)
        self._starts: Places = np.array(starts, np.int64)
        self._is_content = _content(self._numbers)
        self._tables = dict(self._built(np.array(items, np.int64), short))

    @property
    def runs(self) -> int:
        """How many different runs are looked for."""
        return sum(len(table.hashes) for table in self._tables.values()) + len(self._alone)

    @property
    def memory(self) -> int:
        """Bytes of the tables and words, the dictionary of words apart."""
        tables = self._tables.values()
        return self._flat.nbytes + sum(one.hashes.nbytes + one.places.nbytes + one.bits.nbytes for one in tables)

    def _built(self, items: Places, short: dict[int, list[int]]) -> Iterator[tuple[int, "_Table"]]:
        """The table of each length."""
        for length in sorted({*short, self._words}):
            is_run = np.zeros(len(self._flat), bool)
            if length == self._words:
                for start, end in pairwise([*self._starts.tolist(), len(self._flat)]):
                    is_run[start : max(start, end - length + 1)] = True
            else:
                is_run[short[length]] = True
            if is_run.any():
                yield length, self._table(is_run, length, items)

    def _table(self, is_run: npt.NDArray[np.bool_], length: int, items: Places) -> "_Table":
        """The table of the runs that begin at some places, made range by range of hashes, for sorting takes memory."""
        hashes = _hashes(self._flat, length)
        ranges = 1 + int(np.count_nonzero(is_run)) // SORTED_AT_ONCE
        parts = []
        for number in range(ranges):
            low, high = number * HASHES // ranges, (number + 1) * HASHES // ranges - 1
            places = np.flatnonzero(is_run & (hashes >= np.uint64(low)) & (hashes <= np.uint64(high)))
            kept = self._told_apart(places, hashes[places], items)
            kept = kept[self._has_content(kept, length)]
            parts.append((hashes[kept], kept.astype(np.uint32)))
        del hashes
        return _Table.of(*(np.concatenate(part) for part in zip(*parts, strict=True)))

    def _told_apart(self, places: Places, hashes: Hashes, items: Places) -> Places:
        """The first place of each run, in order of hash, without the runs of more than MOST_ITEMS items."""
        if not len(places):
            return places
        order = np.argsort(hashes, kind="stable")
        places, hashes = places[order], hashes[order]
        owners = np.searchsorted(self._starts, places, side="right") - 1
        first = np.concatenate(([True], hashes[1:] != hashes[:-1]))
        # A text that says a run twice counts once: among equal hashes, owners stand in order.
        counted = np.where(first | np.concatenate(([True], owners[1:] != owners[:-1])), items[owners], 0)
        at = np.flatnonzero(first)
        return places[at[np.add.reduceat(counted, at) <= MOST_ITEMS]]

    def _has_content(self, places: Places, length: int) -> npt.NDArray[np.bool_]:
        """Which of the runs have two different words of content."""
        first, two = np.zeros(len(places), np.uint32), np.zeros(len(places), bool)
        for offset in range(length):
            ids = self._flat[places + offset]
            content = self._is_content[ids]
            two |= content & (first != 0) & (first != ids)
            first = np.where(content & (first == 0), ids, first)
        return two

    def find(self, texts: Sequence[str]) -> list[tuple[Overlap, ...]]:
        """For each text, the longest run that it shares with each fixed text; the longest first."""
        found: list[tuple[Overlap, ...]] = []
        batch: list[list[str]] = []
        size = 0
        for text in texts:
            batch.append(words_of(text))
            size += len(batch[-1])
            if size >= BATCH_WORDS:
                found += self._find(batch)
                batch, size = [], 0
        return found + self._find(batch)

    def _find(self, texts: list[list[str]]) -> list[tuple[Overlap, ...]]:
        if not texts:
            return []
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        # A word 0, which no fixed text has, ends every text; more of them end the batch, so that windows may run over.
        starts = np.cumsum(lengths + 1) - lengths - 1
        ids = np.zeros(int(lengths.sum()) + len(texts) + self._words, np.uint32)
        for start, words in zip(starts.tolist(), texts, strict=True):
            ids[start : start + len(words)] = np.fromiter(map(self._numbers.get, words, repeat(0)), np.uint32)
        chains: dict[tuple[int, int], _Chain] = {}
        for length, places, fixed in self._verified(ids):
            owners = np.searchsorted(self._starts, fixed, side="right") - 1
            inside = np.searchsorted(starts, places, side="right") - 1
            for place, at, owner, text in zip(*(one.tolist() for one in (places, fixed, owners, inside)), strict=True):
                chains.setdefault((text, owner), _Chain()).add(place - int(starts[text]), at, length)
        found: list[list[Overlap]] = [[] for _ in texts]
        for (text, owner), chain in chains.items():
            run = texts[text][chain.best_start : chain.best_start + chain.best]
            found[text].append(Overlap(owner, tuple(run), chain.best_start))
        self._find_alone(texts, found)
        return [tuple(sorted(one, key=lambda each: (-len(each.run), each.text))) for one in found]

    def _find_alone(self, texts: list[list[str]], found: list[list[Overlap]]) -> None:
        for number, words in enumerate(texts):
            if FEWEST_WORDS <= len(words) < self._words:
                text = self._alone.get(tuple(self._numbers.get(word, 0) for word in words))
                if text is not None:
                    found[number].append(Overlap(text, tuple(words), 0))

    def _verified(self, ids: Ids) -> Iterator[tuple[int, Places, Places]]:
        """(length, places in ids, places among the fixed words) of every window that is a run, word by word."""
        mixed = _mixed(ids)
        running = np.zeros(len(ids) - self._words, np.uint64)
        for length in range(1, self._words + 1):
            running *= _BASE
            running += mixed[length - 1 : length - 1 + len(running)]
            table = self._tables.get(length)
            if table is not None:
                places, fixed = table.lookup(running)
                if len(places):
                    offsets = np.arange(length)
                    same = (ids[places[:, None] + offsets] == self._flat[fixed[:, None] + offsets]).all(axis=1)
                    yield length, places[same], fixed[same]


class _Table(NamedTuple):
    """Sorted hashes, the place of each among the fixed words, and a bit for every hash that might be there."""

    hashes: Hashes
    places: Ids
    bits: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, hashes: Hashes, places: Ids) -> "_Table":
        # 8 to 16 bits a hash: of windows that are not there, about a tenth come as far as the binary search.
        size = max(10, int(8 * max(1, len(hashes)) - 1).bit_length())
        bits = np.zeros(1 << (size - 3), np.uint8)
        for start in range(0, len(hashes), BATCH_WORDS):
            slots = hashes[start : start + BATCH_WORDS] >> np.uint64(64 - size)
            np.bitwise_or.at(bits, slots >> np.uint64(3), np.left_shift(1, slots & np.uint64(7)).astype(np.uint8))
        return cls(hashes, places, bits)

    def lookup(self, hashes: Hashes) -> tuple[Places, Places]:
        """Which of some hashes are in the table, and the fixed places of those."""
        shift = np.uint64(64 - 3 - (len(self.bits) - 1).bit_length())
        slots = hashes >> shift
        likely = np.flatnonzero((self.bits[slots >> np.uint64(3)] >> (slots & np.uint64(7)).astype(np.uint8)) & 1)
        at = np.searchsorted(self.hashes, hashes[likely])
        at[at == len(self.hashes)] = 0
        there = self.hashes[at] == hashes[likely] if len(self.hashes) else np.zeros(len(at), bool)
        return likely[there], self.places[at[there]].astype(np.int64)


class _Chain:
    """The longest unbroken run of two texts, put together from windows that arrive in order of place."""

    def __init__(self) -> None:
        self.best = self.best_start = 0
        self._start = self._end = self._shift = -1

    def add(self, place: int, fixed: int, length: int) -> None:
        if fixed - place != self._shift or place > self._end:
            self._start, self._shift = place, fixed - place
        self._end = place + length
        if self._end - self._start > self.best:
            self.best, self.best_start = self._end - self._start, self._start


def _content(numbers: dict[str, int]) -> npt.NDArray[np.bool_]:
    """Of each word, by its number, whether it says something; of the 0 that stands for all others, no."""
    return np.fromiter((False, *map(says_something, numbers)), bool, len(numbers) + 1)


def _mixed(ids: npt.NDArray[Any]) -> Hashes:
    """A well-mixed 64-bit number for each word (the finaliser of SplitMix64: Steele, Lea, Flood 2014)."""
    mixed = ids.astype(np.uint64) * _BASE
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed


def _hashes(ids: Ids, length: int) -> Hashes:
    """The hash of the window that begins at each place; of no meaning for the last ones, which run over the end."""
    hashes = np.zeros(len(ids), np.uint64)
    for start in range(0, len(ids), BATCH_WORDS):
        running = hashes[start : start + BATCH_WORDS]
        mixed = _mixed(ids[start : start + BATCH_WORDS + length])
        for offset in range(length):
            running *= _BASE
            window = mixed[offset : offset + len(running)]
            running[: len(window)] += window
    return hashes
