"""Tasks over a sentence that is given, asked and answered in one language: quote it, its first words, its language.

They teach what translation does not: that a reply is in the language of the question, with the words of the question.
"""

import random
from collections.abc import Callable
from typing import NamedTuple

from scripts.bundled.corpus import Parallel
from scripts.bundled.draft import Draft
from scripts.bundled.words import LANGUAGES

SHORT = 110  # characters of a sentence: the reply holds it again
COUNTS = {
    "va": ("dos", "tres", "quatre", "cinc", "sis"),
    "es": ("dos", "tres", "cuatro", "cinco", "seis"),
    "en": ("two", "three", "four", "five", "six"),
}
NAMES = {
    "va": {"va": "valencià", "es": "castellà", "en": "anglés"},
    "es": {"va": "valenciano", "es": "español", "en": "inglés"},
    "en": {"va": "Valencian", "es": "Spanish", "en": "English"},
}


class Asked(NamedTuple):
    """How something is asked, and what answers it. {text}, {count}, {name}, {other}: slots."""

    prompts: tuple[str, ...]
    replies: tuple[str, ...]


QUOTE = {
    "va": Asked(
        ("«{text}» Què diu este text?", "Llig açò: «{text}». Què hi diu?", "En el paper posa: «{text}». Què posa?"),
        ("El text diu: «{text}».", "Diu açò: «{text}»."),
    ),
    "es": Asked(
        ("«{text}» ¿Qué dice este texto?", "Lee esto: «{text}». ¿Qué dice?", "En el papel pone: «{text}». ¿Qué pone?"),
        ("El texto dice: «{text}».", "Dice esto: «{text}»."),
    ),
    "en": Asked(
        ("“{text}” What does this text say?", "Read this: “{text}”. What does it say?"),
        ("The text says: “{text}”.", "It says this: “{text}”."),
    ),
}
FIRST = {
    "va": Asked(
        ("Quines són les {count} primeres paraules de «{text}»?", "Copia les {count} primeres paraules: «{text}»."),
        ("Les {count} primeres paraules són «{part}».",),
    ),
    "es": Asked(
        (
            "¿Cuáles son las {count} primeras palabras de «{text}»?",
            "Copia las {count} primeras palabras: «{text}».",
        ),
        ("Las {count} primeras palabras son «{part}».",),
    ),
    "en": Asked(
        ("What are the first {count} words of “{text}”?", "Copy the first {count} words: “{text}”."),
        ("The first {count} words are “{part}”.",),
    ),
}
WHICH = {
    "va": Asked(
        ("En quina llengua està escrit «{text}»?", "«{text}». Això, en quina llengua és?"),
        ("Està escrit en {name}.", "El text és en {name}."),
    ),
    "es": Asked(
        ("¿En qué lengua está escrito «{text}»?", "«{text}». ¿Eso en qué idioma está?"),
        ("Está escrito en {name}.", "El texto está en {name}."),
    ),
    "en": Asked(
        ("Which language is “{text}” written in?", "“{text}”. What language is that?"),
        ("It is written in {name}.", "The text is in {name}."),
    ),
}
MEANS = {
    "va": Asked(
        ("Què vol dir en valencià «{text}»?", "No entenc el castellà. Què diu açò? «{text}»"),
        ("En valencià diu: «{other}».", "Vol dir: «{other}»."),
    ),
    "es": Asked(
        ("¿Qué quiere decir en español «{text}»?", "No entiendo el valenciano. ¿Qué dice esto? «{text}»"),
        ("En español dice: «{other}».", "Quiere decir: «{other}»."),
    ),
}
# What is asked how often; translation has tasks of its own.
KINDS = (("quote", 0.35), ("first", 0.25), ("which", 0.15), ("means", 0.25))


def read_draft(pair: Callable[[], Parallel], english: Callable[[], str], rng: random.Random) -> Draft:
    """One exchange about a sentence. pair, english: draw short sentences."""
    kind = rng.choices([name for name, _ in KINDS], [weight for _, weight in KINDS])[0]
    asked = rng.choice(("va", "es") if kind == "means" else LANGUAGES)
    if kind == "means":
        both = pair()
        text, other = (both.es, both.va) if asked == "va" else (both.va, both.es)
        return _draft(MEANS[asked], asked, rng, text=text, other=other.rstrip("."))
    language = rng.choice(LANGUAGES) if kind == "which" else asked
    text = english() if language == "en" else getattr(pair(), language)
    if kind == "which":
        return _draft(WHICH[asked], asked, rng, text=text, name=NAMES[asked][language])
    words = text.split(" ")
    if kind == "quote" or len(words) < len(COUNTS["en"]) + 2:
        return _draft(QUOTE[asked], asked, rng, text=text.rstrip("."))
    count = rng.randrange(len(COUNTS["en"]))
    return _draft(FIRST[asked], asked, rng, text=text, count=COUNTS[asked][count], part=" ".join(words[: count + 2]))


def _draft(asked: Asked, language: str, rng: random.Random, **slots: str) -> Draft:
    prompt, reply = rng.choice(asked.prompts), rng.choice(asked.replies)
    return Draft("read", "", language, prompt.format(**slots), reply.format(**slots))
