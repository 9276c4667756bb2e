"""Whether a translated segment has kept what a translation must keep."""

import re
import unicodedata
from collections import Counter
from typing import NamedTuple

from acord.data.translate.layout import shape_of
from acord.data.translate.mask import is_mark, stand_ins

_NUMBER = re.compile(r"[0-9]+")
# Signs that a language may write or leave out: openings of questions, apostrophes, hyphens of clitics, quotes.
_FREE_SIGNS = frozenset("¿¡'’‘`´-‐‑·.,\"“”«»\u00ad")
_SIGN = re.compile(r"[^\w\s]")
_ENDS = frozenset(".!?;:,…")
_ABBREVIATION = re.compile(r"\.\S+\Z|[ºª]\Z")


class Fault(NamedTuple):
    """What a translation has broken. check: its name. detail: what was there and what is."""

    check: str
    detail: str


def find_fault(source: str, translation: str) -> Fault | None:
    """The first check that a masked segment's translation fails, None where it holds.

    Checked are: something came back; lines, their markers, cells and last signs; white space at both ends; the private
    characters, each once, those of marks in order and with the same kind of neighbours; numbers; signs such as emoji.
    """
    if not translation.strip():
        return Fault("empty", "nothing came back")
    if _ends(source) != _ends(translation):
        return Fault("white space", f"{_ends(source)!r} became {_ends(translation)!r}")
    return _faulty_line(source, translation) or _faulty_spans(source, translation) or _faulty_signs(source, translation)


def _ends(text: str) -> tuple[str, str]:
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def _faulty_line(source: str, translation: str) -> Fault | None:
    were, are = source.split("\n"), translation.split("\n")
    if len(were) != len(are):
        return Fault("lines", f"{len(were)} became {len(are)}")
    for number, (was, is_) in enumerate(zip(were, are, strict=True), start=1):
        if len(were) > 1 and shape_of(was) != shape_of(is_):
            return Fault("line marker", f"line {number}: {shape_of(was)} became {shape_of(is_)}")
        if not _same_end(was.rstrip(), is_.rstrip()):
            return Fault("final punctuation", f"line {number}: {was.rstrip()[-1:]!r} became {is_.rstrip()[-1:]!r}")
    return None


def _same_end(was: str, is_: str) -> bool:
    """A final sign stays, and none may come but for the full stop of an abbreviation (N.º, núm.)."""
    if not was or not is_:
        return was == is_
    if unicodedata.category(was[-1])[0] in "PSC":
        return was[-1] == is_[-1]
    return is_[-1] not in _ENDS or (is_[-1] == "." and bool(_ABBREVIATION.search(was)))


def _faulty_spans(source: str, translation: str) -> Fault | None:
    were, are = stand_ins(source), stand_ins(translation)
    if were == are == []:
        return None
    if Counter(were) != Counter(are):
        return Fault("placeholders", f"{len(were)} became {len(are)}, or not the same ones")
    marks = [one for one in were if is_mark(one)]
    if marks != [one for one in are if is_mark(one)]:
        return Fault("order of marks", f"{len(marks)} marks changed their order")
    if marks:
        before, after = _neighbours(source), _neighbours(translation)
        moved = sum(before[mark] != after[mark] for mark in marks)
        if moved:
            return Fault("place of marks", f"{moved} of {len(marks)} marks no longer cling to what they clung to")
    return None


def _neighbours(text: str) -> dict[str, tuple[str, str]]:
    """Kind of the characters before and after each private one: edge or space, private, or other."""
    found: dict[str, tuple[str, str]] = {}
    for place, character in enumerate(text):
        if character >= "\U000f0000":
            found[character] = _kind(text[place - 1 : place]), _kind(text[place + 1 : place + 2])
    return found


def _kind(character: str) -> str:
    if not character or character.isspace():
        return "space"
    return "private" if character >= "\U000f0000" else "other"


def _faulty_signs(source: str, translation: str) -> Fault | None:
    numbers = Counter(_NUMBER.findall(source)), Counter(_NUMBER.findall(translation))
    if numbers[0] != numbers[1]:
        gone, come = numbers[0] - numbers[1], numbers[1] - numbers[0]
        return Fault("numbers", f"{' '.join(gone) or 'none'} became {' '.join(come) or 'none'}")
    signs = _signs(source), _signs(translation)
    if signs[0] != signs[1]:
        gone, come = signs[0] - signs[1], signs[1] - signs[0]
        return Fault("signs", f"{' '.join(gone) or 'none'} became {' '.join(come) or 'none'}")
    return None


def _signs(text: str) -> Counter[str]:
    """Signs that stay whatever the language: emoji, currencies, brackets, question marks."""
    signs = (sign for sign in _SIGN.findall(text) if sign not in _FREE_SIGNS and sign < "\U000f0000")
    return Counter(sign for sign in signs if not unicodedata.combining(sign))  # an accent may be written apart
