"""Markdown messages in Spanish with all that a translation must keep, and which parts of them are prose.

The prose is made of phrases written for this file. What is kept is known from how a message was made, not from the
masking that is to be measured.
"""

import random
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

PHRASES = (
    "primero abre el archivo", "guarda los cambios", "el servidor no responde", "comprueba la conexión",
    "esta función devuelve una lista", "hoy hace mucho calor", "no te olvides de la contraseña",
    "vale la pena probarlo",
    "los niños juegan en el parque", "el precio incluye los gastos de envío", "escribe el nombre del usuario",
    "la segunda opción es mejor", "voy a explicarlo paso a paso", "sin embargo falta un dato", "según el informe",
    "de el lunes a el viernes", "muchas gracias por tu ayuda", "ten cuidado con el perro",
    "la reunión será mañana",
    "hay que reiniciar el ordenador", "se lo he dicho a mi hermana", "cada uno tiene su opinión", "y no funciona",
    "el agua está fría", "por lo tanto conviene esperar", "tienes que elegir una de ellas",
    "así se arregla el problema",
)  # fmt: skip
WORDS = ("casa", "ordenador", "cambio", "ciudad", "pregunta", "respuesta", "servicio", "valor", "mensaje", "el agua")
NOUNS = (
    "`git commit -m \"los cambios\"`", "`x = y + 1`", "``a ` b``", "$x^2 + y^2 = z^2$", r"\(\alpha + \beta\)",
    "https://ejemplo.es/una/ruta?de=la&y=o", "http://localhost:8080/y", "www.ejemplo.com/casa",
    "ana.perez@ejemplo.es",
    "{nombre}", "{{ y.casa }}", "%s", "%(total)d", "%5.2f", "<nombre>", "[NOMBRE]", "[FECHA DE HOY]",
    "${CASA}", "$HOME",
    "mi_variable", "miFuncion()", "ClaseDeCasa", "os.path.join", "/etc/casa/y.conf", "./y/o/script.sh",
    "C:\\y\\casa.txt",
    "informe.pdf", "src/casa/main.py", "#SomValencia", "@juan_y_ana", "3,5 %", "25 ºC", "--con-cambios", "&nbsp;",
    "<br>", "<!-- y la casa -->", "<kbd>Ctrl</kbd>", "y = 3x + 2", "[^1]", ":casa_roja:", "😀", "👨‍👩‍👧",
    "❤️", "12.345,67 €",
    "0x1F", "f(x, y)", "{\"y\": \"casa\"}", "!", "(12)", "1/2", "~",
)  # fmt: skip
CODE = (
    "```python\ndef casa(y):\n    # suma los dos valores y el resto\n    return y + 1\n```",
    "```\nel perro y la casa\n\n  no se traducen\n```",
    "~~~bash\necho \"hola, y adiós\" > salida.txt\n~~~",
    "$$\n\\sum_{y=1}^{n} y = \\frac{n(n+1)}{2}\n$$",
    "\\[\n\\text{casa} \\to y\n\\]",
    "```json\n{\"nombre\": \"la casa\", \"y\": [1, 2]}\n```",
    "***",
    "---",
    "| | |\n|---|---|",
)  # fmt: skip


class Part(NamedTuple):
    """A run of a message: prose may change within its line, anything else may not."""

    text: str
    is_prose: bool


def kept(text: str) -> Part:
    """Something that must stay."""
    return Part(text, is_prose=False)


def prose(text: str) -> Part:
    """Something to translate."""
    return Part(text, is_prose=True)


def text_of(message: Sequence[Part]) -> str:
    """The message."""
    return "".join(part.text for part in message)


def keeps(message: Sequence[Part], translation: str) -> bool:
    """Whether every part to be kept stands where it was, and every stretch of prose is still there, in its line."""
    places = {0}  # where the translation of the parts so far may end
    for part in message:
        if part.is_prose:
            places = {end for place in places for end in _prose_ends(translation, place)}
        else:
            places = {place + len(part.text) for place in places if translation.startswith(part.text, place)}
    return len(translation) in places


def _prose_ends(text: str, start: int) -> range:
    """Where a stretch of prose that begins at `start` may end: after its first word's first letter, in its line."""
    line_end = text.find("\n", start)
    line_end = len(text) if line_end < 0 else line_end
    letter = re.compile(r"[^\W_]").search(text, start, line_end)
    return range(letter.end(), line_end + 1) if letter else range(0)


def message(seed: int) -> list[Part]:
    """A message of one to eight blocks, always the same for a seed."""
    draw = random.Random(seed)  # noqa: S311  samples
    parts: list[Part] = []
    for number in range(draw.randint(1, 8)):
        if number:
            parts.append(kept("\n\n" if draw.random() < 0.8 else "\r\n\r\n"))
        parts += draw.choice(BLOCKS)(draw)
    return parts


def _phrase(draw: random.Random) -> Part:
    phrase = draw.choice(PHRASES)
    return prose(phrase.capitalize() if draw.random() < 0.3 else phrase)


def _inline(draw: random.Random) -> list[Part]:
    """A noun, or marked prose."""
    kind = draw.random()
    word = prose(draw.choice(WORDS))
    if kind < 0.6:
        return [kept(draw.choice(NOUNS))]
    if kind < 0.8:
        mark = draw.choice(("**", "*", "_", "__", "***", "~~"))
        return [kept(mark), word, kept(mark)]
    if kind < 0.9:
        title = draw.choice(("", ' "el título"'))
        return [
            kept(draw.choice(("[", "!["))),
            word,
            kept(f"](https://ejemplo.es/la_(casa)/{draw.randint(1, 99)}{title})"),
        ]
    tag = draw.choice(("b", "em", 'span class="y"'))
    return [kept(f"<{tag}>"), word, kept(f"</{tag.split()[0]}>")]


def _sentence(draw: random.Random) -> list[Part]:
    parts = [_phrase(draw)]
    for _ in range(draw.randint(0, 3)):
        parts += [kept(" "), *_inline(draw), kept(draw.choice((" ", ", ", ": "))), _phrase(draw)]
    return [*parts, kept(draw.choice((".", "!", "...", ":", "?", ";", "")))]


def _paragraph(draw: random.Random) -> list[Part]:
    parts = _sentence(draw)
    for _ in range(draw.randint(0, 2)):
        parts += [kept(draw.choice(("\n", "  \n", "\\\n"))), *_sentence(draw)]
    return parts


def _heading(draw: random.Random) -> list[Part]:
    return [kept("#" * draw.randint(1, 6) + " "), *_sentence(draw)]


def _list(draw: random.Random) -> list[Part]:
    marker = draw.choice(("- ", "* ", "+ ", "1. ", "2) ", "- [ ] ", "- [x] ", "a) "))
    parts: list[Part] = []
    for number in range(draw.randint(1, 5)):
        indent = draw.choice(("", "", "  ", "   "))
        parts += [kept(("\n" if number else "") + indent + marker), *_sentence(draw)]
    return parts


def _quote(draw: random.Random) -> list[Part]:
    parts = [kept("> "), *_sentence(draw)]
    for _ in range(draw.randint(0, 2)):
        parts += [kept(draw.choice(("\n> ", "\n>> ", "\n>\n> "))), *_sentence(draw)]
    return parts


def _table(draw: random.Random) -> list[Part]:
    columns, rows = draw.randint(2, 4), draw.randint(1, 4)
    parts: list[Part] = []
    for number in range(rows + 1):
        for _ in range(columns):
            parts.append(kept("| "))
            parts += [_phrase(draw)] if draw.random() < 0.7 or not number else _inline(draw)
            parts.append(kept(" "))
        parts.append(kept("|" if number == rows else "|\n"))
        if not number:
            parts.append(kept("|" + ":---:|" * columns + "\n"))
    return parts


def _block(draw: random.Random) -> list[Part]:
    return [kept(draw.choice(CODE))]


BLOCKS: tuple[Callable[[random.Random], list[Part]], ...] = (
    _paragraph, _paragraph, _heading, _list, _quote, _table, _block,
)  # fmt: skip
