"""The public text that the bundled model learns from: read, masked, and kept apart from what it is measured on."""

import gzip
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from acord.data.filters.personal import mask

LONGEST = 200  # characters of a Spanish sentence: what the model is trained and measured on

# A number and a letter as identity documents have them, also with a wrong letter or starred out.
_DOCUMENT = re.compile(r"(?<![\w.*])(?:[XYZxyz][ -]?)?[\d*]{7,9}[ -]?[A-Za-z](?!\w)|\*{2,}[\d*]{3,}|\d{2,}\*{2,}")
_ADDRESS = re.compile(r"\S+@\S+")
_TELEPHONE = re.compile(r"(?<![\d.,/])(?:\+34[ .]?)?[6789]\d{2}[ .]?\d{2,3}[ .]?\d{2,3}[ .]?\d{0,2}(?![\d.,/])")
# Bulletins name the people that they appoint: such lines teach nothing but names.
_PERSON = re.compile(
    r"\b(?:D\.ª|D\.|Dª|D\.a|Dña|Don|Doña|Sra?\.|SRA?\.|Senyora?|En|Na) [A-ZÀ-Ý]{2,}|[A-ZÀ-Ý]{3,} [A-ZÀ-Ý]{3,}, "
)
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[a-zà-ÿ·]{5,}")


class Parallel(NamedTuple):
    """A Spanish sentence and its Valencian one."""

    es: str
    va: str


class Corpus(NamedTuple):
    """train: pairs to learn from. development, test: DOGV pairs that are never trained on. english: news sentences."""

    train: list[Parallel]
    development: list[Parallel]
    test: list[Parallel]
    english: list[str]


def read_corpus(folder: Path, *, most: int = 10**9) -> Corpus:
    """What is used of ../shared/data/text. most: lines of each file at most. Raises OSError where one is missing."""
    test, development = (_pairs(folder, f"dogv_{part}") for part in ("test", "dev"))
    measured = {_key(text) for pair in (*test, *development) for text in pair}
    seen: set[Parallel] = set()
    train = []
    for name in ("dogv_train", "boumh"):
        for pair in _pairs(folder, name)[:most]:
            clean = Parallel(masked(pair.es), masked(pair.va))
            if clean not in seen and is_useful(clean) and not measured & {_key(pair.es), _key(pair.va)}:
                seen.add(clean)
                train.append(clean)
    english = [masked(line) for line in _lines(folder / "globalvoices.en.txt.gz")[:most] if 30 <= len(line) <= LONGEST]
    return Corpus(train, _measurable(development), _measurable(test), [line for line in english if "[" not in line])


def _measurable(pairs: Iterable[Parallel]) -> list[Parallel]:
    return [pair for pair in pairs if 0 < len(pair.es) <= LONGEST]


def _pairs(folder: Path, name: str) -> list[Parallel]:
    es, va = (_lines(folder / f"{name}.{language}.txt.gz") for language in ("es", "va"))
    return [Parallel(*pair) for pair in zip(es, va, strict=True)]


def _lines(path: Path) -> list[str]:
    """Lines with single spaces and straight apostrophes: curly ones stand in one source only."""
    text = gzip.decompress(path.read_bytes()).decode("utf-8")
    return [" ".join(line.replace("’", "'").split()) for line in text.split("\n")]


def _key(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def masked(text: str) -> str:
    """The text without e-mail addresses, telephone numbers, identity documents, and what looks like them."""
    text = _ADDRESS.sub("[EMAIL]", text)
    if _NUMBER.search(text):
        text = _TELEPHONE.sub("[PHONE]", _DOCUMENT.sub("[DNI]", mask(text)))
    return text


def is_useful(pair: Parallel) -> bool:
    """Whether two sentences are a translation that can be learnt: same numbers, like lengths, words that resemble."""
    es, va = pair
    if not 3 <= len(es) <= LONGEST or not 0.7 <= len(va) / len(es) <= 1.45:
        return False
    if not any(letter.isalpha() for letter in es) or _PERSON.search(es) or _PERSON.search(va):
        return False
    if sorted(_NUMBER.findall(es)) != sorted(_NUMBER.findall(va)):
        return False
    stems_es, stems_va = ({word[:3] for word in _WORD.findall(text.casefold())} for text in (es, va))
    return not stems_es or len(stems_es & stems_va) >= 0.45 * min(len(stems_es), len(stems_va))
