"""The words of the page in the interface's language, which `spoken` chooses, and its numbers as that writes them."""

from collections.abc import Iterable, Mapping
from typing import Any

from acord.card.report.words_en import WORDS as ENGLISH
from acord.card.report.words_es import WORDS as SPANISH
from acord.card.report.words_va import WORDS as VALENCIAN
from acord.evaluate.grid import language_name
from acord.languages import LANGUAGES, interface_language, shown
from acord.visible import visible_line

WORDS: Mapping[str, Mapping[str, str]] = {"en": ENGLISH, "va": VALENCIAN, "es": SPANISH}


def say(key: str, **values: str | int | float) -> str:
    """The sentence of a key. Raises KeyError for one that there is not."""
    language = interface_language()
    return WORDS[language.tag][key].format(**{name: shown(value, language) for name, value in values.items()})


def heads(key: str, **values: str | int | float) -> list[str]:
    """The headings of a table, which stand in one text with bars between them."""
    return say(key, **values).split("|")


def number(value: float | None, form: str = ",") -> str:
    """A number as the language writes it; a dash for none."""
    return "–" if value is None else format(shown(value, interface_language()), form)


def percent(value: float | None, decimals: int = 1) -> str:
    """A share, 0 to 1, as a percentage."""
    return "–" if value is None else say("percent", value=number(100 * value, f".{decimals}f"))


def name_of(tag: str) -> str:
    """A language's name as a heading or a cell has it; the tag where it is not known."""
    if tag not in LANGUAGES:
        return visible_line(tag)
    return language_name(tag)


def bcp47(tag: str) -> str:
    """As `lang` names a language."""
    return LANGUAGES[tag].bcp47 if tag in LANGUAGES else tag


def in_order(tags: Iterable[str]) -> list[str]:
    """Languages in the order in which Acord knows them, others after them."""
    known = list(LANGUAGES)
    return sorted(set(tags), key=lambda tag: (known.index(tag) if tag in known else len(known), tag))


def plain(value: Any) -> str:
    """A value of the recipe or of a manifest on one line, as it is written there."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(plain, value))}]"
    return visible_line(" ".join(str(value).split()))
