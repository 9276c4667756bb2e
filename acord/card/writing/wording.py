"""The words of a card in one language: sentences by key, with numbers as the language writes them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from acord.card.writing.markdown import md, md_paragraphs
from acord.card.writing.words_en import WORDS as ENGLISH
from acord.card.writing.words_es import WORDS as SPANISH
from acord.card.writing.words_va import WORDS as VALENCIAN
from acord.languages import LANGUAGES, shown
from acord.languages.language import Language
from acord.recipe.card import Words, words_in

# Spanish and Valencian part the percent sign from its number, on the same line.
NO_BREAK = "\u00a0"
WORDS: Mapping[str, Mapping[str, str]] = {"en": ENGLISH, "va": VALENCIAN, "es": SPANISH}


@dataclass(frozen=True)
class Wording:
    """The words of one language. Values of sentences are Markdown: text of others goes through `md` before."""

    language: Language
    words: Mapping[str, str]

    def say(self, key: str, **values: str | int | float) -> str:
        """The sentence of a key. Raises KeyError for one that there is not."""
        return self.words[key].format(**{name: self._shown(value) for name, value in values.items()})

    def heads(self, key: str, **values: str | int | float) -> list[str]:
        """The headings of a table, which stand in one text with bars between them."""
        return self.say(key, **values).split("|")

    def number(self, value: float, form: str = ",") -> str:
        """A number as the language writes it."""
        return format(_Shown(value, self.language), form)

    def _shown(self, value: str | int | float) -> "str | _Shown":
        return value if isinstance(value, str) else _Shown(value, self.language)

    def name(self, tag: str) -> str:
        """A language's name within a sentence; the tag itself where the name is not known."""
        return LANGUAGES[tag].names[self.language.tag] if tag in LANGUAGES else md(tag)

    def title(self, tag: str) -> str:
        """A language's name as a heading or a cell has it."""
        name = self.name(tag)
        return name[:1].upper() + name[1:]

    def names(self, tags: Iterable[str]) -> str:
        """Languages in a sentence, in the order in which Acord knows them."""
        return self.listing([self.name(tag) for tag in in_order(tags)])

    def listing(self, parts: Sequence[str]) -> str:
        """`a, b and c`."""
        if len(parts) < 2:
            return "".join(parts)
        return f"{', '.join(parts[:-1])}{self.words['and']}{parts[-1]}"

    def own(self, words: Words | None) -> str:
        """What the owners say, as paragraphs; that they say nothing where they do."""
        return self.words["not_stated"] if words is None else md_paragraphs(words_in(words, self.language.tag))


@dataclass(frozen=True)
class _Shown:
    value: int | float
    language: Language

    def __format__(self, form: str) -> str:
        written = format(shown(self.value, self.language), form)
        return written if self.language.tag == "en" else written.replace("%", NO_BREAK + "%")


def wording(tag: str) -> Wording:
    """The words of a language. Raises KeyError for one in which no card is written."""
    return Wording(LANGUAGES[tag], WORDS[tag])


def in_order(tags: Iterable[str]) -> list[str]:
    """Languages in the order in which Acord knows them, others after them by tag."""
    known = list(LANGUAGES)
    return sorted(set(tags), key=lambda tag: (known.index(tag) if tag in known else len(known), tag))
