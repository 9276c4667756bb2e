"""Tasks on parallel text: translate, adapt Catalan, complete, copy. Instructions in three languages, several each."""

import random
import re
from bisect import bisect_right
from collections.abc import Callable, Sequence

from scripts.bundled.corpus import Parallel
from scripts.bundled.draft import Draft
from scripts.bundled.reading import SHORT, read_draft

TO_VALENCIAN = (
    "Traduïx al valencià: ",
    "Passa este text al valencià: ",
    "Traduce al valenciano: ",
    "Pasa este texto al valenciano: ",
    "Translate into Valencian: ",
    "Put this text into Valencian: ",
)
TO_SPANISH = (
    "Traduïx al castellà: ",
    "Passa este text a l'espanyol: ",
    "Traduce al español: ",
    "Pasa este texto al castellano: ",
    "Translate into Spanish: ",
    "Put this text into Spanish: ",
)
TO_ADAPT = (
    "Adapta al valencià este text en català: ",
    "Escriu en valencià esta frase catalana: ",
    "Adapta al valenciano este texto en catalán: ",
    "Adapt this Catalan text to Valencian: ",
)
TO_COMPLETE = {
    "va": ("Completa la frase: ", "Continua este text administratiu: "),
    "es": ("Completa la frase: ", "Continúa este texto administrativo: "),
    "en": ("Complete the sentence: ", "Continue this text: "),
}
TO_REPEAT = ("Repetix: ", "Repite: ", "Repeat: ")

# Central Catalan on the left, where Valencian has the form on the right; words that formal text and talk have.
CENTRAL = {
    "seva": "seua", "seves": "seues", "meva": "meua", "meves": "meues", "teva": "teua", "teves": "teues",
    "avui": "hui", "vuit": "huit", "vuitanta": "huitanta", "divuit": "dihuit", "dinou": "dènou",
    "disset": "dèsset", "interès": "interés", "francès": "francés", "anglès": "anglés", "cafè": "café",
    "vostè": "vosté", "vostès": "vostés", "conèixer": "conéixer", "permès": "permés", "comprès": "comprés",
    "compromès": "compromés", "admès": "admés", "sotmès": "sotmés", "emès": "emés", "imprès": "imprés",
    "exprès": "exprés", "cinquè": "cinqué", "sisè": "sisé", "setè": "seté", "vuitè": "huité", "novè": "nové",
    "desè": "desé", "petit": "xicotet", "petita": "xicoteta", "petits": "xicotets", "petites": "xicotetes",
    "sortida": "eixida", "sortides": "eixides", "tarda": "vesprada", "nen": "xiquet", "nens": "xiquets",
    "nena": "xiqueta", "nenes": "xiquetes", "feina": "faena", "veure": "vore", "serveixi": "servisca",
    "serveixin": "servisquen", "estableixi": "establisca", "estableixin": "establisquen",
    "compleixi": "complisca", "compleixin": "complisquen", "tingui": "tinga", "tinguin": "tinguen",
    "hagi": "haja", "hagin": "hagen", "sigui": "siga", "siguin": "siguen", "pugui": "puga", "puguin": "puguen",
    "correspongui": "corresponga", "corresponguin": "corresponguen", "faci": "faça", "facin": "facen",
    "vulgui": "vulga", "presenti": "presente", "acrediti": "acredite", "determini": "determine",
    "realitzi": "realitze", "indiqui": "indique", "aprovi": "aprove", "publiqui": "publique",
    "adopti": "adopte", "resulti": "resulte", "utilitzi": "utilitze", "contingui": "continga",
    "continguin": "continguen", "sol·liciti": "sol·licite", "porti": "porte", "afecti": "afecte",
}  # fmt: skip
_TO_CENTRAL = {valencian: central for central, valencian in CENTRAL.items()}
_VALENCIAN = re.compile(r"\b(?:" + "|".join(sorted(map(re.escape, _TO_CENTRAL), key=len, reverse=True)) + r")\b")


def has_central(text: str) -> bool:
    """Whether a Valencian sentence has a word that CENTRAL knows."""
    return _VALENCIAN.search(text) is not None


def to_central(text: str) -> str:
    """A Valencian sentence with the central Catalan forms of the words that CENTRAL knows."""
    return _VALENCIAN.sub(lambda match: _TO_CENTRAL[match.group()], text)


class Translations:
    """Draws from parallel sentences, which lie in order of length: training begins with short ones."""

    def __init__(self, pairs: Sequence[Parallel], english: Sequence[str]) -> None:
        self.pairs = sorted(pairs, key=lambda pair: len(pair.es))
        self.english = list(english)
        self._english_short = [text for text in self.english if len(text) <= SHORT]
        self.catalan = [(to_central(pair.va), pair.va) for pair in self.pairs if has_central(pair.va)]
        self._lengths = [len(pair.es) for pair in self.pairs]

    def drawing(self, task: str, rng: random.Random, characters: int) -> Callable[[], Draft]:
        """What draws examples of a task: sentences of at most so many characters, one instruction for a whole step."""
        limit = max(1, bisect_right(self._lengths, characters))
        if task == "es-va":
            return self._translate(task, rng.choice(TO_VALENCIAN), rng, limit)
        if task == "va-es":
            return self._translate(task, rng.choice(TO_SPANISH), rng, limit)
        if task == "ca-va":
            return lambda: self._adapt(rng)
        if task == "repeat":
            return lambda: self._repeat(rng, limit)
        if task == "read":
            short = max(1, bisect_right(self._lengths, min(SHORT, characters)))
            return lambda: read_draft(lambda: self.pairs[rng.randrange(short)], lambda: self._short_english(rng), rng)
        return lambda: complete(*self._sentence(rng), rng)

    def _translate(self, task: str, start: str, rng: random.Random, limit: int) -> Callable[[], Draft]:
        def draw() -> Draft:
            pair = self.pairs[rng.randrange(limit)]
            source, target = (pair.es, pair.va) if task == "es-va" else (pair.va, pair.es)
            return Draft(task, start, task[-2:], start + source, target)

        return draw

    def _adapt(self, rng: random.Random) -> Draft:
        central, valencian = rng.choice(self.catalan)
        start = rng.choice(TO_ADAPT)
        return Draft("ca-va", start, "va", start + central, valencian)

    def _repeat(self, rng: random.Random, limit: int) -> Draft:
        text = self.pairs[rng.randrange(limit)][rng.randrange(2)]
        start = rng.choice(TO_REPEAT)
        return Draft("repeat", start, "va", start + text, text)

    def _short_english(self, rng: random.Random) -> str:
        return rng.choice(self._english_short or self.english)

    def _sentence(self, rng: random.Random) -> tuple[str, str]:
        language = rng.choice(("va", "va", "es", "es", "en"))
        return language, rng.choice(self.english) if language == "en" else getattr(rng.choice(self.pairs), language)


def complete(language: str, text: str, rng: random.Random) -> Draft:
    """The first half or more of a sentence; the reply is the rest, all of it where the sentence is short."""
    words = text.split(" ")
    start = rng.choice(TO_COMPLETE[language])
    if len(words) < 4:
        return Draft("complete", start, language, start + text, text)
    cut = rng.randrange(len(words) // 2, len(words) - 1)
    return Draft("complete", start, language, start + " ".join(words[:cut]), " ".join(words[cut:]))
