"""Words of the grammar in three languages, with their articles, and what one family of exchanges is."""

import random
from collections.abc import Callable
from typing import NamedTuple

LANGUAGES = ("va", "es", "en")


class Word(NamedTuple):
    """One thing in three languages, as it stands in the middle of a sentence."""

    va: str
    es: str
    en: str


Values = dict[str, Word | int | str]


class Lines(NamedTuple):
    """Prompts (any may be drawn) and the replies to any of them, with slots in braces."""

    prompts: tuple[str, ...]
    replies: tuple[str, ...]


class Family(NamedTuple):
    """Exchanges of one kind. values: what fills the slots, drawn anew each time. {Slot}: its first letter a capital.

    follow: a second turn that asks for what the first one told, where the family has one.
    """

    task: str
    values: Callable[[random.Random], Values]
    va: Lines
    es: Lines
    en: Lines
    follow: tuple[Lines, Lines, Lines] | None = None


OFFICES = (
    Word("l'ajuntament", "el ayuntamiento", "the town hall"),
    Word("l'oficina de correus", "la oficina de correos", "the post office"),
    Word("la biblioteca", "la biblioteca", "the library"),
    Word("el centre de salut", "el centro de salud", "the health centre"),
    Word("l'oficina de turisme", "la oficina de turismo", "the tourist office"),
    Word("el jutjat", "el juzgado", "the court"),
    Word("l'oficina d'ocupació", "la oficina de empleo", "the employment office"),
    Word("el registre civil", "el registro civil", "the civil registry"),
    Word("el museu", "el museo", "the museum"),
    Word("el mercat", "el mercado", "the market"),
    Word("la piscina", "la piscina", "the swimming pool"),
    Word("el poliesportiu", "el polideportivo", "the sports centre"),
    Word("la farmàcia", "la farmacia", "the pharmacy"),
    Word("l'escola d'idiomes", "la escuela de idiomas", "the language school"),
    Word("la comissaria", "la comisaría", "the police station"),
    Word("l'arxiu", "el archivo", "the archive"),
)
SERVICES = (
    Word("urbanisme", "urbanismo", "planning"),
    Word("el padró", "el padrón", "the register of residents"),
    Word("tresoreria", "tesorería", "the treasury"),
    Word("cultura", "cultura", "culture"),
    Word("educació", "educación", "education"),
    Word("l'atenció social", "la atención social", "social care"),
    Word("l'arquitecta", "la arquitecta", "the architect"),
    Word("el registre", "el registro", "the records desk"),
)
DAYS = (
    Word("dilluns", "lunes", "Monday"),
    Word("dimarts", "martes", "Tuesday"),
    Word("dimecres", "miércoles", "Wednesday"),
    Word("dijous", "jueves", "Thursday"),
    Word("divendres", "viernes", "Friday"),
    Word("dissabte", "sábado", "Saturday"),
    Word("diumenge", "domingo", "Sunday"),
)
MONTHS = (
    Word("gener", "enero", "January"),
    Word("febrer", "febrero", "February"),
    Word("març", "marzo", "March"),
    Word("abril", "abril", "April"),
    Word("maig", "mayo", "May"),
    Word("juny", "junio", "June"),
    Word("juliol", "julio", "July"),
    Word("agost", "agosto", "August"),
    Word("setembre", "septiembre", "September"),
    Word("octubre", "octubre", "October"),
    Word("novembre", "noviembre", "November"),
    Word("desembre", "diciembre", "December"),
)
PAPERS = (
    Word("el certificat", "el certificado", "the certificate"),
    Word("la llicència", "la licencia", "the licence"),
    Word("el passaport", "el pasaporte", "the passport"),
    Word("el carnet", "el carné", "the card"),
    Word("la beca", "la beca", "the grant"),
    Word("la inscripció", "la inscripción", "the registration"),
    Word("el permís", "el permiso", "the permit"),
    Word("la matrícula", "la matrícula", "the enrolment"),
)
TOWNS = ("Xàtiva", "Morella", "Alcoi", "Gandia", "Dénia", "Sagunt", "Elx", "Castelló", "València", "Alacant", "Requena")
GOODS = (
    Word("el pa", "el pan", "the bread"),
    Word("el formatge", "el queso", "the cheese"),
    Word("la llet", "la leche", "the milk"),
    Word("l'oli", "el aceite", "the oil"),
    Word("l'arròs", "el arroz", "the rice"),
    Word("la fruita", "la fruta", "the fruit"),
    Word("el peix", "el pescado", "the fish"),
    Word("el llibre", "el libro", "the book"),
    Word("la camisa", "la camisa", "the shirt"),
    Word("el dinar", "la comida", "the lunch"),
)
THINGS = (
    Word("taronges", "naranjas", "oranges"),
    Word("pomes", "manzanas", "apples"),
    Word("cadires", "sillas", "chairs"),
    Word("entrades", "entradas", "tickets"),
    Word("llibretes", "libretas", "notebooks"),
    Word("galetes", "galletas", "biscuits"),
    Word("fotos", "fotos", "photos"),
    Word("pàgines", "páginas", "pages"),
)
