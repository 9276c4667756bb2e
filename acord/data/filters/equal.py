"""The filter `equal`: two replies that differ in nothing but case, spaces and punctuation teach nothing."""

import re
import unicodedata

from acord.data.filters.fault import Fault
from acord.data.filters.passages import looks_like_code
from acord.data.pairs import Pair

REASON = "replies differ in form only"

_BULLET = re.compile(r"^[ \t]*[-*+•–—][ \t]+", re.MULTILINE)
# NFKC would make x² of x2; raised and lowered digits keep a mark.
_RAISED = re.compile(r"[²³¹⁰-₎]")
_ONE_SPELLING = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-", "−": "-"}
)
_EDGES = ".,;:!?…¡¿\"'()[]*_"
_EDGES_AFTER_NUMBER = ".,;:?…"
_BEGINNING = 80
_ANY_DASHES = re.compile(r"-+")


def equal(pair: Pair) -> Fault | None:
    """A fault where chosen and rejected are the same once normalised.

    Replies that may hold code, markup or formulas are compared to the letter, but for spaces at the ends of lines.
    """
    chosen, rejected = pair.chosen, pair.rejected
    if looks_like_code(chosen) or looks_like_code(rejected):
        same = _lines(chosen) == _lines(rejected)
    elif _begin_apart(chosen, rejected):
        return None
    else:
        words = normalised_words(chosen)
        # Replies of nothing but marks ("?" and "...") have no words: they are told apart by the marks.
        same = words == normalised_words(rejected) if words else _squeezed(chosen) == _squeezed(rejected)
    return Fault(REASON, "") if same else None


def _begin_apart(chosen: str, rejected: str) -> bool:
    """Whether the first words differ already, as they mostly do. The last word of a beginning may be cut: it is not
    looked at."""
    beginnings = (normalised_words(reply[:_BEGINNING])[:-1] for reply in (chosen, rejected))
    return any(one != other for one, other in zip(*beginnings, strict=False))


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


def _squeezed(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def normalised_words(text: str) -> list[str]:
    """A text's words without case, compatibility forms (NFKC), marks at the edges of words, bullets and dashes.

    Marks inside a word (2-1, 3.5, don't), signs before and after numbers (-5, 5%, 5!), symbols and emoji stay.
    """
    words: list[str] = []
    for chunk in _BULLET.sub(" ", _folded(text)).split():
        if chunk.isalnum():
            words.append(chunk)
            continue
        word = _trimmed(chunk)
        if word:
            words.append(word)
    return words


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    marked = _RAISED.sub(lambda raised: f"^{raised.group()}", text)
    return unicodedata.normalize("NFKC", marked).casefold().translate(_ONE_SPELLING)


def _trimmed(chunk: str) -> str:
    if any(character.isalpha() for character in chunk):
        return chunk.strip(_EDGES).strip("-") if chunk.strip(_EDGES)[-1:] == "-" else chunk.strip(_EDGES)
    if any(character.isdigit() for character in chunk):
        return chunk.rstrip(_EDGES_AFTER_NUMBER)
    # A dash or star by itself joins numbers (12 - 7) or clauses: it is kept, as a sign. Other marks are dropped.
    return "-" if _ANY_DASHES.fullmatch(chunk) else "" if not chunk.strip(_EDGES) and chunk != "*" else chunk
