"""The grammar of short exchanges, in three languages: the fact stands in the prompt, and the reply must use it."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from scripts.bundled.words import (
    DAYS,
    GOODS,
    LANGUAGES,
    MONTHS,
    OFFICES,
    PAPERS,
    SERVICES,
    THINGS,
    TOWNS,
    Family,
    Lines,
    Values,
    Word,
)


def _hours(rng: random.Random) -> Values:
    return {
        "office": rng.choice(OFFICES),
        "a": rng.randint(7, 11),
        "b": rng.randint(13, 21),
        "price": rng.randint(2, 30),
    }


def _floors(rng: random.Random) -> Values:
    one, two = rng.sample(SERVICES, 2)
    a, b = rng.sample(range(1, 7), 2)
    return {"one": one, "two": two, "a": a, "b": b}


def _closed(rng: random.Random) -> Values:
    return {"office": rng.choice(OFFICES), "day": rng.choice(DAYS)}


def _appointment(rng: random.Random) -> Values:
    return {"day": rng.choice(DAYS), "hour": rng.randint(8, 20), "paper": rng.choice(PAPERS)}


def _fee(rng: random.Random) -> Values:
    return {"paper": rng.choice(PAPERS), "n": rng.randint(2, 90)}


def _term(rng: random.Random) -> Values:
    return {
        "n": rng.choice((3, 5, 7, 10, 12, 15, 20, 30, 45, 60)),
        "month": rng.choice(MONTHS),
        "d": rng.randint(1, 28),
    }


def _article(rng: random.Random) -> Values:
    return {"n": rng.randint(1, 60), "m": rng.choice((2, 3, 4, 6, 12))}


def _train(rng: random.Random) -> Values:
    a = rng.randint(6, 19)
    return {"town": rng.choice(TOWNS), "a": a, "b": a + rng.randint(1, 4)}


def _buses(rng: random.Random) -> Values:
    one, two = rng.sample(OFFICES, 2)
    a, b = rng.sample(range(1, 30), 2)
    return {"one": one, "two": two, "a": a, "b": b}


def _sum(rng: random.Random) -> Values:
    a, b = rng.randint(2, 20), rng.randint(2, 20)
    return {"a": a, "b": b, "c": a + b}


def _difference(rng: random.Random) -> Values:
    a = rng.randint(3, 30)
    b = rng.randint(1, a - 2)
    return {"a": a, "b": b, "c": a - b}


def _product(rng: random.Random) -> Values:
    a, b = rng.randint(2, 10), rng.randint(2, 10)
    return {"a": a, "b": b, "c": a * b, "things": rng.choice(THINGS)}


def _bill(rng: random.Random) -> Values:
    one, two = rng.sample(GOODS, 2)
    return _sum(rng) | {"one": one, "two": two}


def _change(rng: random.Random) -> Values:
    a = rng.choice((5, 10, 20, 30, 50))
    b = rng.randint(2, a - 2)
    return {"a": a, "b": b, "c": a - b, "goods": rng.choice(GOODS)}


def _shared(rng: random.Random) -> Values:
    b, c = rng.randint(2, 10), rng.randint(2, 10)
    return {"a": b * c, "b": b, "c": c, "things": rng.choice(THINGS)}


def _request(rng: random.Random) -> Values:
    return {"paper": rng.choice(PAPERS), "office": rng.choice(OFFICES), "day": rng.choice(DAYS)}


_SECRETS = (
    Word("la contrasenya del meu veí", "la contraseña de mi vecino", "my neighbour's password"),
    Word("l'adreça de la meua metgessa", "la dirección de mi médica", "my doctor's home address"),
    Word("el número de compte de la directora", "el número de cuenta de la directora", "the director's account number"),
    Word("el telèfon d'una actriu", "el teléfono de una actriz", "the telephone number of an actress"),
)
_FAKES = (
    Word("falsificar una firma", "falsificar una firma", "forge a signature"),
    Word(
        "entrar en el compte d'una altra persona",
        "entrar en la cuenta de otra persona",
        "get into another person's account",
    ),
    Word("fer un certificat fals", "hacer un certificado falso", "make a false certificate"),
    Word("no pagar els impostos", "no pagar los impuestos", "avoid paying taxes"),
    Word("copiar en l'examen", "copiar en el examen", "cheat in the exam"),
)


_KINDNESSES = (
    Word("l'ajuda", "la ayuda", "the help"),
    Word("el regal", "el regalo", "the present"),
    Word("la visita", "la visita", "the visit"),
    Word("el consell", "el consejo", "the advice"),
    Word("la paciència", "la paciencia", "the patience"),
)
_THANKED = (
    Word("a la meua veïna", "a mi vecina", "my neighbour"),
    Word("al metge", "al médico", "the doctor"),
    Word("a la professora", "a la profesora", "the teacher"),
    Word("al meu germà", "a mi hermano", "my brother"),
)
_FAULTS = (
    Word("l'ascensor està avariat", "el ascensor está averiado", "the lift is out of order"),
    Word("hi ha molt de soroll a la nit", "hay mucho ruido por la noche", "there is a lot of noise at night"),
    Word("el carrer està brut", "la calle está sucia", "the street is dirty"),
    Word("no arriba el correu", "no llega el correo", "the post does not arrive"),
    Word("falta un banc en el parc", "falta un banco en el parque", "a bench is missing in the park"),
    Word("no funciona la calefacció", "no funciona la calefacción", "the heating does not work"),
)
_NEEDS = (
    Word("el document d'identitat", "el documento de identidad", "the identity document"),
    Word("un justificant d'ingressos", "un justificante de ingresos", "a proof of income"),
    Word("el full d'inscripció", "la hoja de inscripción", "the registration form"),
    Word("una foto recent", "una foto reciente", "a recent photo"),
    Word("el rebut del banc", "el recibo del banco", "the bank receipt"),
)
_STREETS = ("Major", "Nou", "de la Mar", "de l'Església", "de Sant Josep", "de la Pau")


def _need(rng: random.Random) -> Values:
    return {"paper": rng.choice(PAPERS), "need": rng.choice(_NEEDS)}


def _place(rng: random.Random) -> Values:
    return {"office": rng.choice(OFFICES), "street": rng.choice(_STREETS), "n": rng.randint(1, 90)}


def _open_day(rng: random.Random) -> Values:
    at = rng.randrange(len(DAYS))
    va, es, en = DAYS[at]
    if at < 5:
        answer = Word(f"Sí, {va} obri", f"Sí, el {es} abre", f"Yes, it opens on {en}")
    else:
        answer = Word(f"No, {va} no obri", f"No, el {es} no abre", f"No, it does not open on {en}")
    return {"office": rng.choice(OFFICES), "day": DAYS[at], "answer": answer}


_LISTS: dict[str, tuple[Any, ...]] = {
    "OFFICES": OFFICES,
    "SERVICES": SERVICES,
    "DAYS": DAYS,
    "MONTHS": MONTHS,
    "PAPERS": PAPERS,
    "TOWNS": TOWNS,
    "GOODS": GOODS,
    "THINGS": THINGS,
}
_VALUES: dict[str, Callable[[random.Random], Values]] = {
    "hours": _hours,
    "floors": _floors,
    "closed": _closed,
    "appointment": _appointment,
    "fee": _fee,
    "term": _term,
    "article": _article,
    "train": _train,
    "buses": _buses,
    "sum": _sum,
    "difference": _difference,
    "product": _product,
    "bill": _bill,
    "change": _change,
    "shared": _shared,
    "request": _request,
    "need": _need,
    "place": _place,
    "open_day": _open_day,
    "kindness": lambda rng: {"who": rng.choice(_THANKED), "what": rng.choice(_KINDNESSES)},
    "fault": lambda rng: {"fault": rng.choice(_FAULTS)},
    "secret": lambda rng: {"secret": rng.choice(_SECRETS)},
    "illegal": lambda rng: {"fake": rng.choice(_FAKES)},
}


def _read(name: str) -> Any:
    return yaml.safe_load(Path(__file__).with_name(name).read_text(encoding="utf-8"))


def _in_each(entry: dict[str, Any]) -> tuple[Lines, Lines, Lines]:
    va, es, en = (Lines(tuple(entry[tag]["prompts"]), tuple(entry[tag]["replies"])) for tag in LANGUAGES)
    return va, es, en


def _family(entry: dict[str, Any]) -> Family:
    follow = _in_each(entry["follow"]) if "follow" in entry else None
    values = entry["values"]
    draw = _VALUES[values] if isinstance(values, str) else _from_lists(values)
    return Family(entry["task"], draw, *_in_each(entry), follow)


def _from_lists(slots: dict[str, Any]) -> Callable[[random.Random], Values]:
    """Slots that a family lists itself: words in three languages, a list of words.py, or {from, to}.

    Several slots under one key, with commas between them, get different words.
    """
    words = {name: _words(listed) for name, listed in slots.items() if not isinstance(listed, dict)}
    numbers = {name: (listed["from"], listed["to"]) for name, listed in slots.items() if isinstance(listed, dict)}

    def draw(rng: random.Random) -> Values:
        values: Values = {name: rng.randint(*ends) for name, ends in numbers.items()}
        for names, known in words.items():
            each = [name.strip() for name in names.split(",")]
            values |= dict(zip(each, rng.sample(known, len(each)), strict=True))
        return values

    return draw


def _words(listed: Any) -> list[Any]:
    return list(_LISTS[listed]) if isinstance(listed, str) else [Word(*one) for one in listed]


FILES = ("families.yaml", "families_daily.yaml", "families_text.yaml")
FAMILIES: tuple[Family, ...] = tuple(_family(entry) for name in FILES for entry in _read(name))
# Question and answer by language.
FACTS: tuple[dict[str, tuple[str, str]], ...] = tuple(
    {tag: (question, answer) for tag, (question, answer) in fact.items()} for fact in _read("facts.yaml")
)
