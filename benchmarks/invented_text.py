"""Text that nobody wrote, by the million: words drawn by Zipf's law, in sentences, in several languages.

A language has its function words and invented content words (a stem and an ending), so that language identification
takes it for what it is, compression finds about what it finds in prose, and two texts share about the words that two
texts share. Whole batches are made at once with numpy and pyarrow.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from invented_words import COMMON, PARTS

CHARACTERS_A_WORD = 6.2
MOST_WORDS = 3_000
SLOTS = 1 << 16
ZIPF_SHIFT = 2.7
CYCLE = 6
# Of 256: how often a word ends a sentence, a paragraph, or has a comma.
END, PARAGRAPH, COMMA = 17, 3, 16
PLAIN, WITH_COMMA, ENDING, BREAKING, FIRST, LAST = range(6)

LANGUAGES = tuple(COMMON)
# Units that are planted whole, by name: as the first or last unit of a text, or as all of it.
PLANTED = {
    "boilerplate": "As an AI language model, I do not have opinions of my own. ",
    "email": "write to marta.ferrer@domini-inventat-per-a-proves.es.",
    "debris": "and so on.<|im_end|>\n<|im_start|>assistant\n",
    "same": "Yes, that is the answer.",
    "same_in_form": "yes, that is the  ANSWER",
}


@dataclass(frozen=True)
class Texts:
    """A batch of texts, and the units that it is made of: ids, and where each text begins (one more for the end)."""

    array: Any
    ids_U: Any
    starts: Any


class Inventor:
    """Makes texts. Everything that it draws comes from the generator it is given."""

    def __init__(self) -> None:
        units: list[str] = []
        self._first: list[int] = []
        self._slots: list[Any] = []
        for language in LANGUAGES:
            words = _words(language)
            self._first.append(len(units))
            self._slots.append(_slots(len(words)))
            capital = [word[:1].upper() + word[1:] for word in words]
            units += [f"{word} " for word in words] + [f"{word}, " for word in words] + [f"{word}. " for word in words]
            units += (
                [f"{word}.\n\n" for word in words] + [f"{word} " for word in capital] + [f"{word}." for word in words]
            )
        self._sizes = np.array([len(_words(language)) for language in LANGUAGES])
        self.planted = {name: len(units) + number for number, name in enumerate(PLANTED)}
        self._units = pa.array([*units, *PLANTED.values()], pa.string())

    def texts(
        self,
        rng: Any,
        words_N: Any,
        languages_N: Any,
        *,
        first: dict[str, Any] | None = None,
        last: dict[str, Any] | None = None,
        whole: dict[str, Any] | None = None,
        circles: Any = (),
        nearly: dict[int, int] | None = None,
    ) -> Texts:
        """Texts of so many words, each in the language of that number.

        first, last, whole: a planted unit -> the texts that begin with it, end with it, or are nothing else. circles:
        texts that say the same few words again and again. nearly: text -> the text that it repeats but for a word.
        """
        words_N = np.array(words_N)
        for copy, of in (nearly or {}).items():
            words_N[copy], languages_N[copy] = words_N[of], languages_N[of]
        for rows in (whole or {}).values():
            words_N[rows] = 1
        starts = np.concatenate([[0], np.cumsum(words_N)])
        ids_U = self._draw(rng, starts, languages_N)
        for row in circles:
            span = ids_U[starts[row] : starts[row + 1]]
            span[:] = np.resize(span[:CYCLE], len(span))
        for copy, of in (nearly or {}).items():
            place = words_N[copy] // 2
            other, said = ids_U[starts[copy] + place], ids_U[starts[of] + place]
            ids_U[starts[copy] : starts[copy + 1]] = ids_U[starts[of] : starts[of + 1]]
            ids_U[starts[copy] + place] = other if other != said else said + 1
        for places, planted in ((starts[:-1], first), (starts[1:] - 1, last), (starts[:-1], whole)):
            for name, rows in (planted or {}).items():
                ids_U[places[rows]] = self.planted[name]
        return Texts(self._written(ids_U, starts), ids_U, starts)

    def _draw(self, rng: Any, starts: Any, languages_N: Any) -> Any:
        count = int(starts[-1])
        drawn = rng.integers(0, SLOTS, count, dtype=np.uint16)
        marks = rng.integers(0, 256, count, dtype=np.uint8)
        kinds = np.zeros(count, np.int32)
        kinds[marks < END + COMMA] = WITH_COMMA
        kinds[marks < END] = ENDING
        kinds[marks < PARAGRAPH] = BREAKING
        begins = np.zeros(count, bool)
        begins[1:] = marks[:-1] < END
        begins[starts[:-1]] = True
        kinds[begins] = FIRST
        kinds[starts[1:] - 1] = LAST
        lengths = np.diff(starts)
        ids_U = np.empty(count, np.int32)
        of_word = np.repeat(languages_N, lengths)
        for number in np.unique(languages_N):
            here = slice(None) if (languages_N == number).all() else of_word == number
            ids_U[here] = self._slots[number][drawn[here]] + kinds[here] * self._sizes[number] + self._first[number]
        return ids_U

    def _written(self, ids_U: Any, starts: Any) -> Any:
        """The units side by side are the text: only the borders between texts are left."""
        units = self._units.take(pa.array(ids_U))
        borders = np.frombuffer(units.buffers()[1], np.int32)[starts].copy()
        return pa.StringArray.from_buffers(len(starts) - 1, pa.py_buffer(borders), units.buffers()[2])


def words_of(rng: Any, count: int, characters: float, spread: float = 0.8) -> Any:
    """How many words texts have whose lengths have this median in characters; log-normal."""
    return np.clip(characters / CHARACTERS_A_WORD * rng.lognormal(0.0, spread, count), 2, MOST_WORDS).astype(np.int64)


def _words(language: str) -> list[str]:
    begins, middles, endings = (part.split() for part in PARTS[language])
    invented = [f"{one}{two}{three}" for one in begins for two in middles for three in endings]
    # Which of them are common is as good as random, and always the same.
    order = np.random.default_rng(len(invented)).permutation(len(invented))
    return [*COMMON[language].split(), *(invented[number] for number in order)]


def _slots(words: int) -> Any:
    weights = 1.0 / (np.arange(words) + ZIPF_SHIFT)
    ends = np.cumsum(weights) / weights.sum()
    return np.searchsorted(ends, (np.arange(SLOTS) + 0.5) / SLOTS).astype(np.int32)
