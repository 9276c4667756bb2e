"""Near-duplicates of prompts: MinHash signatures (datasketch) in banded tables that hold a prompt in under 1 kB.

A prompt is the words of its user turns, and their 3-word shingles are its set. Signatures have 256 values: the estimate
of a Jaccard similarity of 0.8 then has a standard error of 0.025. They are banded for the threshold: as many rows a
band as still let two prompts exactly at the threshold meet in some band 99 times in 100 (8 rows for 0.8: 99.7%). Who
meets is compared by all 256 values, so that banding costs recall but no precision.

Two rules go beyond the words' similarity. Short prompts match only when their words are the same: one word is a large
part of them. And up to LONG words, the words that hold a digit must be the same, in order: `12 + 7` and `12 + 8` are
different questions, however long the rest that they share.

datasketch's own LSH keeps a Python set for each key of each band: several kB a prompt.
"""

import re
import zlib
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from acord.data.filters.equal import normalised_words
from acord.data.turns import USER, Turn

PERMUTATIONS = 256
SHINGLE = 3
SHORT, LONG = 20, 200  # words
LEAST_MEETING = 0.99
# Of prompts that share a band and are not near (a popular template), so many are looked at, the newest first.
MOST_IN_BAND = 32
_FIRST_ROWS = 1 << 10
_SEED = 1
# Only 8 bits of each value are kept: unequal ones look equal once in 256 times, which the estimate takes out again.
_CHANCE = 1 / 256
_ROUNDING = 1e-9

# A character of a script without spaces counts as a word.
_UNSPACED = re.compile(r"([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])")
_DIGIT = re.compile(r"\d")
_CHUNK = 256  # shingles at once: 256 kB of products

# Odd factors that mix words into a shingle and rows into a band's key.
_FACTORS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)

Bytes = NDArray[np.uint8]
Words32 = NDArray[np.uint32]


class Bands(NamedTuple):
    """How a signature is cut: number of bands, rows in each."""

    number: int
    rows: int


def bands_for(threshold: float) -> Bands:
    """The most rows a band with which two prompts at the threshold meet with probability LEAST_MEETING."""
    for rows in range(32, 1, -1):
        number = PERMUTATIONS // rows
        if 1 - (1 - threshold**rows) ** number >= LEAST_MEETING:
            return Bands(number, rows)
    return Bands(PERMUTATIONS, 1)


class NearDuplicates:
    """The prompts seen so far. The same prompts in the same order give the same answers in every process.

    threshold: least Jaccard similarity of two prompts' shingles, in (0, 1].
    """

    def __init__(self, threshold: float) -> None:
        from datasketch import MinHash

        self._signer = MinHash(num_perm=PERMUTATIONS, seed=_SEED, hashfunc=int, scheme="affine32")
        self._same_words: dict[int, str] = {}
        self._table = _Table(threshold)

    def first_seen(self, prompt: list[Turn], group: str) -> str | None:
        """The conversation (group) of the earliest prompt of another conversation that is near; None where none is.

        Without one, the prompt is remembered under its group. Prompts of the same conversation never count.
        """
        words = prompt_words(prompt)
        if len(words) >= SHORT:
            return self._table.find_or_add(self._signature(words), group, _numbers(words), is_long=len(words) >= LONG)
        exact = int.from_bytes(blake2b("\n".join(words).encode("utf-8", "surrogatepass"), digest_size=8).digest())
        holder = self._same_words.setdefault(exact, group)
        return None if holder == group else holder

    def _signature(self, words: list[str]) -> Words32:
        self._signer.clear()
        shingles = _shingles(words)
        for start in range(0, len(shingles), _CHUNK):
            self._signer.update_batch(shingles[start : start + _CHUNK].tolist())
        signature: Words32 = self._signer.hashvalues
        return signature


def prompt_words(prompt: list[Turn]) -> list[str]:
    """The words of the user's turns without case and marks at their edges (see the filter `equal`)."""
    text = "\n".join(turn["content"] for turn in prompt if turn["role"] == USER)
    return normalised_words(_UNSPACED.sub(r" \1 ", text) if not text.isascii() else text)


def _shingles(words: list[str]) -> Words32:
    """A 32-bit hash of each run of SHINGLE words. The edges are padded, so that every word is in as many."""
    hashes = [zlib.crc32(word.encode("utf-8", "surrogatepass")) for word in words]
    padded = np.array([0, 0, *hashes, 1, 1], dtype=np.uint64) + np.uint64(1)
    with np.errstate(over="ignore"):
        mixed = sum(padded[place : len(padded) - SHINGLE + 1 + place] * _FACTORS[place] for place in range(SHINGLE))
    return (np.asarray(mixed, dtype=np.uint64) >> np.uint64(32)).astype(np.uint32)


def _numbers(words: list[str]) -> int:
    """A hash of the words that hold a digit, in order."""
    return zlib.crc32("\n".join(filter(_DIGIT.search, words)).encode("utf-8", "surrogatepass"))


class _Table:
    """Signatures by their bands. Each band has chains of prompts with the same slot, the newest first.

    A prompt takes, at 32 bands: 256 bytes of signature, 128 of keys, 128 of chain links, 64 to 128 of chain heads, and
    its group's name.
    """

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._bands = bands_for(threshold)
        self._every = np.arange(self._bands.number)
        self._used = 0
        self._signatures: Bytes = np.empty((_FIRST_ROWS, PERMUTATIONS), np.uint8)
        self._keys: Words32 = np.empty((_FIRST_ROWS, self._bands.number), np.uint32)
        self._older: Words32 = np.empty((_FIRST_ROWS, self._bands.number), np.uint32)
        self._numbers: Words32 = np.empty(_FIRST_ROWS, np.uint32)
        self._is_long: NDArray[np.bool_] = np.empty(_FIRST_ROWS, bool)
        self._groups: list[str] = []
        # Prompts are numbered from 1 here; 0 ends a chain.
        self._newest: Words32 = np.zeros((self._bands.number, _FIRST_ROWS), np.uint32)

    def find_or_add(self, signature: Words32, group: str, numbers: int, *, is_long: bool) -> str | None:
        """The group of the earliest near prompt in another group; without one, the prompt is remembered once."""
        keys, kept = self._band_keys(signature), signature.astype(np.uint8)
        candidates = self._candidates(keys)
        matching = self._numbers[candidates] == numbers
        if is_long:
            matching |= self._is_long[candidates]
        candidates = candidates[matching]
        equal = (self._signatures[candidates] == kept).mean(axis=1)
        similar = candidates[(equal - _CHANCE) / (1 - _CHANCE) >= self._threshold - _ROUNDING]
        near = next((self._groups[place] for place in similar if self._groups[place] != group), None)
        # The pairs of one prompt ask again and again: one entry is enough.
        if near is None and not np.any(equal == 1.0):
            self._add(keys, kept, group, numbers, is_long)
        return near

    def _candidates(self, keys: Words32) -> NDArray[np.int64]:
        """The places of prompts that share a band, in their order."""
        at = self._newest[self._every, self._slots(keys)]
        bands = self._every
        met: list[Words32] = []
        for _ in range(MOST_IN_BAND):
            going = np.flatnonzero(at)
            if not len(going):
                break
            at, bands = at[going], bands[going]
            places = at - 1
            met.append(places[self._keys[places, bands] == keys[bands]])
            at = self._older[places, bands]
        return np.unique(np.concatenate(met)).astype(np.int64) if met else np.empty(0, np.int64)

    def _add(self, keys: Words32, kept: Bytes, group: str, numbers: int, is_long: bool) -> None:
        if self._used == len(self._keys):
            self._grow()
        place, slots = self._used, self._slots(keys)
        self._signatures[place], self._keys[place] = kept, keys
        self._older[place] = self._newest[self._every, slots]
        self._newest[self._every, slots] = place + 1
        self._numbers[place], self._is_long[place] = numbers, is_long
        self._groups.append(group)
        self._used += 1

    def _band_keys(self, signature: Words32) -> Words32:
        rows = signature[: self._bands.number * self._bands.rows].reshape(self._bands).astype(np.uint64)
        key = np.zeros(self._bands.number, np.uint64)
        for row in rows.T:
            key = (key ^ row) * _FACTORS[0]
            key ^= key >> np.uint64(29)
        return (key >> np.uint64(32)).astype(np.uint32)

    def _slots(self, keys: Words32) -> Words32:
        return keys & np.uint32(self._newest.shape[1] - 1)

    def _grow(self) -> None:
        """Room for an eighth more; twice the slots when chains have two prompts on average."""
        rows = len(self._keys) * 9 // 8
        for array in (self._signatures, self._keys, self._older, self._numbers, self._is_long):
            # In place: a copy would hold the memory twice, and leave it in pieces.
            array.resize((rows, *array.shape[1:]), refcheck=False)
        if rows > 2 * self._newest.shape[1]:
            self._newest = np.zeros((self._bands.number, 2 * self._newest.shape[1]), np.uint32)
            for band in range(self._bands.number):
                self._chain(band)

    def _chain(self, band: int) -> None:
        """The chains of one band anew, over all prompts."""
        slots = self._slots(self._keys[: self._used, band])
        order = np.argsort(slots, kind="stable")
        ordered = slots[order]
        first = np.ones(self._used, bool)
        first[1:] = ordered[1:] != ordered[:-1]
        older = np.empty(self._used, np.uint32)
        older[1:] = order[:-1] + 1
        older[first] = 0
        self._older[order, band] = older
        last = np.append(first[1:], True)
        self._newest[band, ordered[last]] = order[last] + 1
