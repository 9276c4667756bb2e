"""The filter `repetition`: a chosen reply that goes round in circles.

The measures are those of MassiveText's repetition removal (Rae et al. 2021, arXiv 2112.11446, table A1): characters in
the most frequent line, and in repeated 10-grams. Its thresholds (0.20 and 0.10) are for web pages of thousands of
words; replies of a hundred words, with their lists, plans and refrains, pass them rightly. So the limits are higher
here, and a third measure finds what a model's loop is made of: the same words again and again without a break.
"""

import math
import re
import zlib
from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from acord.data.filters.fault import Fault
from acord.data.filters.passages import without_code, without_tables
from acord.data.pairs import Pair
from acord.data.turns import USER

REASON = "reply goes round in circles"

# Text that goes round compresses well: of human-written replies nine in ten stay under this ratio, and are done with.
SUSPECT_RATIO = 2.0
LEAST_WORDS = 20
LOOP_COPIES, LOOP_SHARE, LONGEST_PERIOD = 4, 0.25, 120
LINE_COPIES, LINE_SHARE, REFRAIN_SHARE = 6, 0.30, 0.60
GRAM_LENGTH, GRAM_SHARE = 10, 0.45
# Verse, lyrics, plans and lists stand in short lines and come back to some of them by nature.
SHORT_LINE_WORDS = 10
MOST_WORDS = 20_000

_LIST_NUMBER = re.compile(r"^[ \t]*\d{1,3}[.)]", re.MULTILINE)
# A character of a script without spaces counts as a word.
_WORD = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_]+")
_SENTENCE_END = re.compile(r"[\n.!?。！？]+")
_ASKS_FOR_REPETITION = re.compile(
    r"\b(?:repeat|repetition|repetitive|over and over|again and again|\d+ (?:times|veces|vegades|cops)|"
    r"(?:hundred|thousand) times|(?:cien|mil) veces|(?:cent|mil) (?:vegades|voltes)|\d+ voltes|"
    r"rep[ei]t\w*|lyrics|letra de|lletra de|lorem ipsum)\b",
    re.IGNORECASE,
)
Ids = NDArray[np.int32]


class _Loop(NamedTuple):
    """A run of words that follows itself: its first word, its period, and how many words all copies have."""

    start: int
    period: int
    covered: int


def repetition(pair: Pair) -> Fault | None:
    """A fault where the chosen reply, code and tables apart, goes round and the user did not ask for it."""
    encoded = pair.chosen.encode("utf-8", "surrogatepass")
    if len(encoded) < SUSPECT_RATIO * len(zlib.compress(encoded, 1)):
        return None
    prose = _LIST_NUMBER.sub("", without_tables(without_code(pair.chosen))).lower()
    words = _WORD.findall(prose)[:MOST_WORDS]
    if len(words) < LEAST_WORDS:
        return None
    in_short_lines = _stands_in_short_lines(prose, len(words))
    found = _looping(words) or _one_line(prose, REFRAIN_SHARE if in_short_lines else LINE_SHARE)
    if found is None and not in_short_lines:
        found = _said_before(words)
    if found is None:
        return None
    last = next(turn["content"] for turn in reversed(pair.prompt) if turn["role"] == USER)
    return None if _ASKS_FOR_REPETITION.search(last) else Fault(REASON, found)


def _looping(words: list[str]) -> str | None:
    numbers: dict[str, int] = {}
    ids = np.array([numbers.setdefault(word, len(numbers)) for word in words], dtype=np.int32)
    loop = _longest_loop(ids, at_least=max(LEAST_WORDS, math.ceil(LOOP_SHARE * len(words))))
    if loop is None:
        return None
    unit = words[loop.start : loop.start + loop.period]
    if not _has_letters("".join(unit)):
        return None
    return f"{loop.period} words {loop.covered // loop.period} times on end"


def _has_letters(text: str) -> bool:
    """Rows of numbers repeat without going round."""
    return any(map(str.isalpha, text))


def _longest_loop(ids: Ids, *, at_least: int) -> _Loop | None:
    """The loop of at least LOOP_COPIES copies, and so many words, that covers the most words."""
    best: _Loop | None = None
    for period in range(1, min(LONGEST_PERIOD, len(ids) // LOOP_COPIES) + 1):
        needed = max(at_least, LOOP_COPIES * period)
        equal = ids[period:] == ids[:-period]
        if np.count_nonzero(equal) < needed - period:
            continue
        same = np.flatnonzero(np.diff(np.concatenate(([0], equal, [0]))))
        lengths = same[1::2] - same[::2]
        longest = int(lengths.argmax())
        covered = int(lengths[longest]) + period
        if covered >= needed and (best is None or covered > best.covered):
            best = _Loop(int(same[::2][longest]), period, covered)
    return best


def _stands_in_short_lines(prose: str, words: int) -> bool:
    lengths = [len(_WORD.findall(line)) for line in prose.splitlines()]
    return sum(length for length in lengths if length <= SHORT_LINE_WORDS) > 0.5 * words


def _one_line(prose: str, share: float) -> str | None:
    sentences = [" ".join(_WORD.findall(sentence)) for sentence in _SENTENCE_END.split(prose)]
    total = sum(map(len, sentences))
    sentence, copies = Counter(filter(None, sentences)).most_common(1)[0]
    if copies < LINE_COPIES or copies * len(sentence) < share * total or not _has_letters(sentence):
        return None
    return f"one sentence {copies} times"


def _said_before(words: list[str]) -> str | None:
    """Characters in 10-grams that stood further up, as a share of all."""
    seen: set[tuple[str, ...]] = set()
    again = bytearray(len(words))
    for start in range(len(words) - GRAM_LENGTH + 1):
        gram = tuple(words[start : start + GRAM_LENGTH])
        if gram in seen:
            again[start : start + GRAM_LENGTH] = b"\1" * GRAM_LENGTH
        seen.add(gram)
    total = sum(map(len, words))
    repeated = sum(len(word) for word, mark in zip(words, again, strict=True) if mark)
    return f"{repeated / total:.0%} said before" if repeated >= GRAM_SHARE * total else None
