"""Languages, one file each, and the interface in the user's own. Adding a language is adding a file.

`text` looks a line up in the language that `set_language` chose; English until then.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from acord.languages.ca import CATALAN
from acord.languages.en import ENGLISH
from acord.languages.es import SPANISH
from acord.languages.language import Language
from acord.languages.va import VALENCIAN

LANGUAGES: Mapping[str, Language] = {language.tag: language for language in (ENGLISH, SPANISH, VALENCIAN, CATALAN)}
INTERFACE_TAGS = tuple(tag for tag, language in LANGUAGES.items() if language.texts)

_chosen = {"interface": ENGLISH}


def set_language(tag: str) -> None:
    """Choose the interface's language by tag. Raises KeyError for one without interface texts."""
    if tag not in INTERFACE_TAGS:
        raise KeyError(tag)
    _chosen["interface"] = LANGUAGES[tag]


def interface_language() -> Language:
    """The language in which the user is spoken to."""
    return _chosen["interface"]


def language_of_locale(environment: Mapping[str, str] = os.environ) -> str:
    """The interface's tag for the user's locale (POSIX order: LC_ALL, LC_MESSAGES, LANG), `en` where none fits.

    ca_ES@valencia, ca_ES.UTF-8 and ca all give `va`.
    """
    name = next((environment[key] for key in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(key)), "")
    code = name.lower().replace("-", "_").split("_")[0].split(".")[0].split("@")[0]
    return next((tag for tag in INTERFACE_TAGS if code in LANGUAGES[tag].locales), ENGLISH.tag)


def name_in_interface(tag: str) -> str:
    """A language's name as it stands within a sentence of the interface; the tag where it is not known."""
    return LANGUAGES[tag].names[interface_language().tag] if tag in LANGUAGES else tag


def text(key: str, **values: str | int | float) -> str:
    """The interface's line for `key`, numbers written as the language writes them. Raises KeyError: unknown key."""
    language = interface_language()
    return language.texts[key].format(**{name: shown(value, language) for name, value in values.items()})


def shown(value: str | int | float, language: Language) -> "str | _Number":
    """A value as `str.format` takes it: text stays as it is."""
    return value if isinstance(value, str) else _Number(value, language)


@dataclass(frozen=True)
class _Number:
    value: int | float
    language: Language

    def __format__(self, form: str) -> str:
        english = format(self.value, form or ("," if isinstance(self.value, int) else ".1f"))
        marks = {",": self.language.thousands, ".": self.language.decimal}
        return "".join(marks.get(character, character) for character in english)
