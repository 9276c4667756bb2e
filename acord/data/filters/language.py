"""The filter `language`: the user's turns, or the chosen reply, are in another language than the pair states.

The rejected reply is never judged: being in the wrong language may be why it was rejected.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from acord.data.filters.fault import Fault
from acord.data.filters.language_asked import names_another_language
from acord.data.filters.passages import without_addresses, without_code, without_quotes, without_tables
from acord.data.language_names import UNDETERMINED
from acord.data.pairs import Pair
from acord.data.turns import USER

PROMPT_REASON = "prompt is in another language"
REPLY_REASON = "chosen reply is in another language"

# Fewer letters hold too many names and greetings that several languages share.
LEAST_LETTERS = 25
LEAST_PROBABILITY = 0.9
# Shorter paragraphs are headings and names as often as sentences.
PARAGRAPH_LETTERS = 25
# A text is judged by its beginning: more prose makes nothing surer and costs more than all other filters together.
MOST_CHARACTERS = 400

_PARAGRAPH = re.compile(r"\n+|(?<=[.!?:])\s+|[\"“”«»]")
# An indented or bracketed line of a program that stands in no fence.
_PROGRAM_LINE = re.compile(r"^.*(?:[{};]|\w\(.*\)|^\s{4,}\S.*[=()]|</?\w+[^>\n]*>).*$", re.MULTILINE)


class Identified(Protocol):
    """What an identifier says: a language, `other`, or None where there is too little to judge; how sure it is."""

    @property
    def language(self) -> str | None:
        """The tag; va and ca are both `ca`."""

    @property
    def probability(self) -> float:
        """Between 0 and 1."""


class Identifier(Protocol):
    """Names the language of a text."""

    def identify(self, text: str) -> Identified:
        """The language of one text."""


class LanguageFilter:
    """Judges pairs by an identifier. languages: the recipe's; pairs of any other language are not judged."""

    def __init__(self, languages: Sequence[str], identifier: Identifier) -> None:
        self._languages = {_one_tag(language) for language in languages}
        self._identifier = identifier
        # The pairs of a prompt follow one another.
        self._language_of_prompt = lru_cache(maxsize=64)(self._other_language)

    def __call__(self, pair: Pair) -> Fault | None:
        """A fault where prompt or chosen reply are surely in another language, and rightly so in neither case.

        Another language is right where the user's turns name one or ask for a translation; in a reply also where the
        prompt holds a passage in it. A prompt is right when any of its sentences is in the pair's language.
        """
        language = _one_tag(pair.language)
        if language == UNDETERMINED or language not in self._languages:
            return None
        turns = [turn["content"] for turn in pair.prompt if turn["role"] == USER]
        asked = "\n".join(turns)
        reply_in = self._other_language(_prose(pair.chosen), language)
        prompt_in = self._language_of_prompt(_prose(asked), language)
        if (reply_in is None and prompt_in is None) or names_another_language(asked, language):
            return None
        passages = self._languages_of_passages(asked)
        if prompt_in is not None and language not in passages:
            return Fault(PROMPT_REASON, f"{prompt_in} instead of {pair.language}")
        if reply_in is not None and reply_in not in passages:
            return Fault(REPLY_REASON, f"{reply_in} instead of {pair.language}")
        return None

    def _other_language(self, prose: str, language: str) -> str | None:
        """The language of a text where it is surely not the one stated."""
        if _letters(prose) < LEAST_LETTERS:
            return None
        found = self._identifier.identify(prose)
        if found.language is None or found.language == language or found.probability < LEAST_PROBABILITY:
            return None
        return found.language

    def _languages_of_passages(self, asked: str) -> set[str]:
        passages = [part for part in _PARAGRAPH.split(without_code(asked)) if _letters(part) >= PARAGRAPH_LETTERS]
        return {found for part in passages if (found := self._identifier.identify(part).language) is not None}


def own_identifier(languages: Sequence[str]) -> Identifier:
    """Acord's identifier for a recipe's languages."""
    from acord.languages.identify import Identifier as OwnIdentifier

    return OwnIdentifier(sorted({_one_tag(language) for language in languages} - {UNDETERMINED}))


def check_languages(languages: Sequence[str]) -> None:
    """Raises InputError for a language that cannot be told, before hours are spent on reading."""
    named = [language for language in languages if _one_tag(language) != UNDETERMINED]
    if named:
        own_identifier(named).identify("any words will do")


def _one_tag(language: str) -> str:
    """Valencian is Catalan to an identifier, and a region makes no difference."""
    tag = language.lower().replace("_", "-").split("-")[0]
    return "ca" if tag == "va" else tag


def _prose(text: str) -> str:
    text = without_tables(without_code(text[: 8 * MOST_CHARACTERS]))
    return without_addresses(without_quotes(_PROGRAM_LINE.sub("", text)))[:MOST_CHARACTERS]


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))
