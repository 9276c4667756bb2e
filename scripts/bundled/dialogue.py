"""Short exchanges drawn from the grammar: in one language, in the language asked for, after another turn."""

import random
import re
import zlib

from scripts.bundled.draft import Draft
from scripts.bundled.families import FACTS, FAMILIES
from scripts.bundled.words import LANGUAGES, Family, Lines, Values, Word

ANSWER_IN = {
    "va": {"va": "Respon en valencià. ", "es": "Respon en castellà. ", "en": "Respon en anglés. "},
    "es": {"va": "Responde en valenciano. ", "es": "Responde en español. ", "en": "Responde en inglés. "},
    "en": {"va": "Answer in Valencian. ", "es": "Answer in Spanish. ", "en": "Answer in English. "},
}
SYSTEM = {
    "va": ("Eres l'assistent d'una oficina pública.", "Respon amb una frase."),
    "es": ("Eres el asistente de una oficina pública.", "Responde con una frase."),
    "en": ("You are the assistant of a public office.", "Answer in one sentence."),
}
CONTRACTIONS = {
    "va": (("per el", "pel"), ("a el", "al"), ("de el", "del")),
    "es": (("a el", "al"), ("de el", "del")),
    "en": (),
}
HELD_OUT = 0.05  # of the drawings of the grammar, by a hash of their text: never trained on


def filled(text: str, language: str, values: Values) -> str:
    """A line of the grammar with its slots filled in one language; {Name} begins with a capital."""
    here = {}
    for name, value in values.items():
        word = str(getattr(value, language) if isinstance(value, Word) else value)
        here[name], here[name.capitalize()] = word, word[:1].upper() + word[1:]
    line = text.format(**here)
    for written, contracted in CONTRACTIONS[language]:
        line = re.sub(rf"\b{written}\b", contracted, line)
    return line


def draw_dialogue(rng: random.Random, *, held_out: bool = False) -> Draft:
    """One exchange of the grammar. held_out: of those that training never sees, instead of those that it does."""
    while True:
        draft = _drawn(rng)
        if draft.task == "fact" or is_held_out(draft) == held_out:
            return draft


def is_held_out(draft: Draft) -> bool:
    """Whether an exchange is kept for measuring: by its prompt alone, so always the same ones."""
    return zlib.crc32(draft.prompt.encode()) % 1_000 < HELD_OUT * 1_000


def _drawn(rng: random.Random) -> Draft:
    asked = rng.choice(LANGUAGES)
    language = rng.choice(LANGUAGES) if rng.random() < 0.25 else asked
    # An instruction is needed where the languages differ, and true where they do not.
    instruction = ANSWER_IN[asked][language] if language != asked or rng.random() < 0.1 else ""
    if rng.random() < 0.25:
        return _fact(rng, asked, language, instruction)
    family = rng.choice(FAMILIES)
    values = family.values(rng)
    prompt = instruction + filled(rng.choice(_lines(family, asked).prompts), asked, values)
    reply = filled(rng.choice(_lines(family, language).replies), language, values)
    before: tuple[tuple[str, str], ...] = ()
    if rng.random() < 0.1:
        before = (("system", rng.choice(SYSTEM[language])),)
    if family.follow is not None and language == asked and rng.random() < 0.3:
        follow = family.follow[LANGUAGES.index(language)]
        before = (*before, ("user", prompt), ("assistant", reply))
        prompt, reply = (filled(lines[0], language, values) for lines in follow)
        return Draft("follow", f"{before[-2][1]}", language, prompt, reply, before)
    return Draft("language" if instruction else family.task, "", language, prompt, reply, before)


def _fact(rng: random.Random, asked: str, language: str, instruction: str) -> Draft:
    fact = rng.choice(FACTS)
    return Draft("fact", "", language, instruction + fact[asked][0], fact[language][1])


def _lines(family: Family, language: str) -> Lines:
    return {"va": family.va, "es": family.es, "en": family.en}[language]
