"""What must survive a translation is taken out before it and put back after it.

Each such span becomes one character of a private plane: U+F0000 + n for nouns, U+100000 + n for marks, n counting the
spans. Apertium carries such a character through in place, whatever stands beside it: it is no letter, so no word grows
together with it and no article contracts with it. A text's own private characters are spans themselves, and survive.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from acord.data.translate.patterns import INLINE, MARK_FIRST, MOST_SPANS, NOUN_FIRST, STANDS_FOR, VERBATIM

_STANDS_FOR = re.compile(STANDS_FOR)


class TooManySpans(Exception):
    """A text holds more spans than there are characters to stand for them."""


class Masked(NamedTuple):
    """A text in which private characters stand for `spans`, by their number."""

    text: str
    spans: tuple[str, ...]


def mask(text: str, outer: tuple[str, ...] = ()) -> Masked:
    """Mask what stands within a paragraph.

    outer: what private characters in `text` already stand for. Raises TooManySpans.
    """
    spans: list[str] = []

    def stand_in(match: re.Match[str]) -> str:
        found = match.group()
        if outer:
            found = restore(found, outer)
        spans.append(found)
        return stand_in_for(len(spans) - 1, is_mark=match.lastgroup == "mark")

    masked = INLINE.sub(stand_in, text)
    return Masked(masked, tuple(spans))


def mask_verbatim(text: str) -> Masked:
    """Mask what may run over lines: code, blocks of mathematics, characters that are no text. Raises TooManySpans."""
    spans: list[str] = []

    def stand_in(match: re.Match[str]) -> str:
        spans.append(match.group())
        return stand_in_for(len(spans) - 1, is_mark=False)

    return Masked(VERBATIM.sub(stand_in, text), tuple(spans))


def stand_in_for(number: int, *, is_mark: bool) -> str:
    """The character that stands for span `number`. Raises TooManySpans."""
    if number >= MOST_SPANS:
        raise TooManySpans
    return chr((MARK_FIRST if is_mark else NOUN_FIRST) + number)


def restore(text: str, spans: tuple[str, ...]) -> str:
    """Put the spans back. A character that stands for none raises IndexError: masked texts are checked before."""
    return _STANDS_FOR.sub(lambda match: spans[span_number(match.group())], text)


def span_number(character: str) -> int:
    """The number of the span that a private character stands for."""
    return (ord(character) - NOUN_FIRST) & 0xFFFF


def is_mark(character: str) -> bool:
    """Whether a private character stands for a mark."""
    return ord(character) >= MARK_FIRST


def stand_ins(text: str) -> list[str]:
    """The private characters of a masked text, in order."""
    return _STANDS_FOR.findall(text)


def with_stand_ins(text: str, source: Masked) -> str | None:
    """A translation that holds its nouns as private characters and its marks in clear, with every mark masked again.

    None where its marks are not those of the source.
    """
    waiting: dict[str, Iterator[str]] = {}
    for character in stand_ins(source.text):
        if is_mark(character):
            span = source.spans[span_number(character)]
            waiting[span] = _chained(waiting.get(span), character)
    missing = False

    def stand_in(match: re.Match[str]) -> str:
        nonlocal missing
        if match.lastgroup != "mark":
            return match.group()
        character = next(waiting.get(match.group(), iter(())), None)
        missing = missing or character is None
        return character or match.group()

    masked = INLINE.sub(stand_in, text)
    return None if missing else masked


def _chained(before: Iterable[str] | None, character: str) -> Iterator[str]:
    return iter([*(before or ()), character])
