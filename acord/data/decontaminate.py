"""Pairs that hold what an evaluation asks: found by the words that they share with its items.

This file is given the evaluation's texts; where they come from is none of its business. What counts as a match, and why
the numbers are what they are, is told in docs/decontamination.md.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple

from acord.data.compared_words import words_of
from acord.data.overlap import FixedText, Overlap, RunIndex
from acord.data.pairs import Pair, digest
from acord.errors import InputError

CONTAMINATED = "contaminated"
REPORT_FILE = "contamination.jsonl"
WORDS, MIN_WORDS = 13, 5
QUESTION: Final = "question"
PASSAGE: Final = "passage"
CHOICE: Final = "choice"
TARGET: Final = "target"
ID_DIGITS = 16

Part = Literal["question", "passage", "choice", "target"]


class EvaluationText(NamedTuple):
    """One text of an evaluation's item.

    row: of the suite. item: its number in the data set. language: of the text. part: what it is of the item; `passage`
    is what several items may share. translated_from: the language that it was translated from, empty where it was not.
    """

    row: str
    item: int
    language: str
    part: Part
    text: str
    translated_from: str = ""


class Match(NamedTuple):
    """What a text shares with an evaluation's item. run: the longest run of words that both have, as compared."""

    evaluation: EvaluationText
    run: str
    words: int


class PairText(NamedTuple):
    """A text of a pair. field: `prompt[0]`, `chosen`, `rejected`, or what the caller calls it."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class PairMatch:
    """A pair and an item that share words; one line of the report.

    id: of pair and item together, the same in every build. pair: its id. row, item, language, part, translated_from: of
    the evaluation's text. field: of the pair. words, run: how many words they share, and which.
    """

    id: str
    pair: str
    row: str
    item: int
    language: str
    part: str
    translated_from: str
    field: str
    words: int
    run: str
    evaluation_text: str
    pair_text: str


class Contamination:
    """The texts of an evaluation, and the search for them in pairs.

    words: length of the run of words that counts. min_words: a question or passage of fewer words counts where all of
    it stands in a text, from so many words on; a still shorter one (three words or more) where the text is nothing
    else. Choices and targets count by runs of `words` alone. allowed: ids of matches that a person found harmless.
    """

    def __init__(
        self,
        texts: Iterable[EvaluationText],
        *,
        words: int = WORDS,
        min_words: int = MIN_WORDS,
        allowed: frozenset[str] = frozenset(),
    ) -> None:
        self._texts, fixed = _distinct(texts)
        self._index = RunIndex(fixed, words=words, min_words=min_words)
        self._allowed = allowed

    @property
    def runs(self) -> int:
        """How many different runs of words are looked for."""
        return self._index.runs

    @property
    def memory(self) -> int:
        """Bytes that the runs and their words take; the texts themselves and the dictionary of words come on top."""
        return self._index.memory

    def match_many(self, texts: Sequence[str]) -> list[Match | None]:
        """For each text, the item that it shares the longest run with. The allow-list is for pairs, not for texts."""
        return [self._match(found[0]) if found else None for found in self._index.find(texts)]

    def match_texts(self, pair: str, texts: Sequence[PairText]) -> PairMatch | None:
        """The strongest match of some texts of a pair, such as those that it was translated from. pair: its id."""
        (found,) = self._match_all([(pair, texts)])
        return found[0] if found else None

    def match_pair(self, pair: Pair) -> PairMatch | None:
        """The strongest match of a pair that is not allowed; None for a pair that is clean."""
        (found,) = self.match_pairs([pair])
        return found[0] if found else None

    def match_pairs(self, pairs: Sequence[Pair]) -> list[tuple[PairMatch, ...]]:
        """For each pair, its match with every item, the longest run first; without those that are allowed.

        Pairs given together are much faster than one by one, and a prompt that several share is searched once.
        """
        return self._match_all([(pair.id, texts_of(pair)) for pair in pairs])

    def _match_all(self, pairs: Sequence[tuple[str, Sequence[PairText]]]) -> list[tuple[PairMatch, ...]]:
        places: dict[str, int] = {}
        for _, texts in pairs:
            for one in texts:
                places.setdefault(one.text, len(places))
        found = self._index.find(list(places))
        return [tuple(self._of_pair(pair, [(one, found[places[one.text]]) for one in texts])) for pair, texts in pairs]

    def _of_pair(self, pair: str, found: Sequence[tuple[PairText, tuple[Overlap, ...]]]) -> Iterator[PairMatch]:
        """One match for every item, of the field that shares most with it."""
        each = [(field, overlap) for field, overlaps in found for overlap in overlaps]
        seen = set(self._allowed)
        for field, overlap in sorted(each, key=lambda one: -len(one[1].run)):
            match = self._match(overlap)
            of = match.evaluation
            identity = digest([pair, of.row, of.item])[:ID_DIGITS]
            if identity not in seen:
                seen.add(identity)
                yield PairMatch(
                    id=identity,
                    pair=pair,
                    row=of.row,
                    item=of.item,
                    language=of.language,
                    part=of.part,
                    translated_from=of.translated_from,
                    field=field.field,
                    words=match.words,
                    run=match.run,
                    evaluation_text=of.text,
                    pair_text=field.text,
                )

    def _match(self, overlap: Overlap) -> Match:
        return Match(self._texts[overlap.text], " ".join(overlap.run), len(overlap.run))


def texts_of(pair: Pair) -> list[PairText]:
    """Every text of a pair: the turns of its prompt, chosen, rejected."""
    turns = [PairText(f"prompt[{number}]", turn["content"]) for number, turn in enumerate(pair.prompt)]
    return [*turns, PairText("chosen", pair.chosen), PairText("rejected", pair.rejected)]


def with_translations(
    texts: Sequence[EvaluationText],
    translate: Callable[[Sequence[str]], Sequence[str | None]],
    language_from: str,
    language_to: str,
) -> list[EvaluationText]:
    """The texts, and behind them those of one language translated into another: row, item and part stay.

    translate: gives the translation of each text, or None, in which case there is none here either. It is called once,
    with every different text.
    """
    chosen = [one for one in texts if one.language == language_from and not one.translated_from]
    distinct = list(dict.fromkeys(one.text for one in chosen))
    translated = dict(zip(distinct, translate(distinct), strict=True)) if distinct else {}
    new = [
        one._replace(language=language_to, text=text, translated_from=language_from)
        for one in chosen
        if (text := translated[one.text])
    ]
    return [*texts, *new]


def _distinct(texts: Iterable[EvaluationText]) -> tuple[list[EvaluationText], list[FixedText]]:
    """Each text once, whoever has it, and how it is looked for; a passage counts as one item, however many share it."""
    numbers: dict[bytes, int] = {}
    first: list[EvaluationText] = []
    items: list[int] = []
    whole: list[bool] = []
    seen: list[tuple[str, int]] = []
    for one in texts:
        key = hashlib.blake2b(" ".join(words_of(one.text)).encode("utf-8", "replace"), digest_size=16).digest()
        number = numbers.setdefault(key, len(first))
        if number == len(first):
            first.append(one)
            items.append(1)
            whole.append(False)
            seen.append((one.row, one.item))
        elif one.part != PASSAGE and seen[number] != (one.row, one.item):
            items[number] += 1
            seen[number] = (one.row, one.item)
        whole[number] |= one.part in (QUESTION, PASSAGE)
    return first, [FixedText(*one) for one in zip((text.text for text in first), items, whole, strict=True)]


def write_report(matches: Iterable[PairMatch], path: Path) -> int:
    """Write contamination.jsonl, ordered by row, item and pair, so that a person meets an item's matches together.

    Returns the number of matches.
    """
    ordered = sorted(matches, key=lambda one: (one.row, one.item, one.pair, one.id))
    lines = [json.dumps(asdict(one), ensure_ascii=False) for one in ordered]
    # Half of a surrogate pair is written as the escape that JSON has for it.
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", errors="backslashreplace")
    return len(ordered)


def read_report(path: Path) -> list[PairMatch]:
    """The matches of a report, in its order. Raises InputError where a line is not one that `write_report` wrote."""
    matches = []
    # Not splitlines: texts may hold separators that it takes for the end of a line.
    for number, line in enumerate(_content(path, "report").split("\n"), start=1):
        if line:
            try:
                content = json.loads(line)
                matches.append(PairMatch(**content if isinstance(content, Mapping) else {}))
            except (TypeError, ValueError):
                raise InputError(
                    "no match of a contamination report", where=f"{path}, line {number}", fix="Build the data again."
                ) from None
    return matches


def read_allowed(path: Path) -> frozenset[str]:
    """The ids of matches that may stay: one a line, with `#` comments.

    Raises InputError, with the line, for what is no id.
    """
    allowed = set()
    for number, line in enumerate(_content(path, "allow-list").splitlines(), start=1):
        identity = line.partition("#")[0].strip()
        if identity and (len(identity) != ID_DIGITS or not set(identity) <= set("0123456789abcdef")):
            raise InputError(
                f"{identity[:40]} is no id of a match",
                where=f"{path}, line {number}",
                fix=f"Write the id from {REPORT_FILE}, {ID_DIGITS} characters, one a line.",
            )
        allowed.add(identity)
    return frozenset(allowed - {""})


def _content(path: Path, what: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise InputError(f"the {what} cannot be read: {reason}", where=str(path), fix="Check the path.") from None
