"""Words that stand in a slot, with what their language does to them: contractions, elision, a capital letter."""

import re
from typing import Literal

Language = Literal["va", "es", "en"]
LANGUAGES: tuple[Language, ...] = ("va", "es", "en")

_VOWEL = re.compile(r"h?[aeiouàèéíòóúï]", re.IGNORECASE)
_OF: dict[Language, tuple[tuple[str, str], ...]] = {
    "va": (("els ", "dels "), ("el ", "del ")),
    "es": (("el ", "del "),),
    "en": (),
}
_TO: dict[Language, tuple[tuple[str, str], ...]] = {
    "va": (("els ", "als "), ("el ", "al ")),
    "es": (("el ", "al "),),
    "en": (),
}
_BY: dict[Language, tuple[tuple[str, str], ...]] = {"va": (("els ", "pels "), ("el ", "pel ")), "es": (), "en": ()}
_PREPOSITIONS: dict[str, dict[Language, str]] = {
    "of": {"va": "de ", "es": "de ", "en": "of "},
    "to": {"va": "a ", "es": "a ", "en": "to "},
    "by": {"va": "per ", "es": "por ", "en": "by "},
}
_CONTRACTED = {"of": _OF, "to": _TO, "by": _BY}


class Phrase(str):
    """A noun phrase, with its article if it has one. In a template: {x}, {x:cap}, {x:of}, {x:to}, {x:by}, {x:bare}.

    of, to and by put the preposition before it: `l'oficina` gives `de l'oficina`, `el museu` gives `del museu`, and
    `Alacant` gives `d'Alacant`. bare leaves out the full stop at its end, for quotations.
    """

    language: Language

    def __new__(cls, text: str, language: Language) -> "Phrase":
        """The phrase in its language."""
        made = super().__new__(cls, text)
        made.language = language
        return made

    def __format__(self, form: str) -> str:
        if form == "":
            return str(self)
        if form == "bare":
            return self.rstrip(".")
        if form == "cap":
            return self[:1].upper() + self[1:]
        for article, contracted in _CONTRACTED[form][self.language]:
            if self.startswith(article):
                return contracted + self[len(article) :]
        if form == "of" and self.language == "va" and _VOWEL.match(self):
            return f"d'{self}"
        return _PREPOSITIONS[form][self.language] + self
