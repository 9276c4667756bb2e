"""Pieces of the page. Text that is no Markup is escaped wherever it goes in."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from markupsafe import Markup

from acord.visible import visible_line

# Tables of more columns may be wider than a window, so they scroll by themselves and can be reached by keyboard.
NARROW = 4


@dataclass(frozen=True)
class Section:
    """One part of the page. id: its anchor."""

    id: str
    title: str
    body: Markup


def joined(parts: Iterable[Markup]) -> Markup:
    """Parts one below the other."""
    return Markup("\n").join(part for part in parts if part)


def paragraph(content: str, kind: str = "") -> Markup:
    """kind: a class of the style."""
    return Markup('<p class="{}">{}</p>').format(kind, content) if kind else Markup("<p>{}</p>").format(content)


def bullets(lines: Iterable[str], kind: str = "") -> Markup:
    """A list; nothing where there is nothing in it."""
    items = Markup("").join(Markup("<li>{}</li>").format(line) for line in lines if line)
    return Markup('<ul class="{}">{}</ul>').format(kind, items) if items else Markup("")


def heading(content: str, level: int = 3) -> Markup:
    """A heading within a section."""
    return Markup("<h{0}>{1}</h{0}>").format(level, content)


def link(address: str, content: str) -> Markup:
    """A link to a file beside the page. address: a relative path."""
    return Markup('<a href="{}">{}</a>').format(quote(address), content)


def code(value: str) -> Markup:
    """A value as it stands in a file."""
    return Markup("<code>{}</code>").format(visible_line(value))


def fold(summary: str, body: Markup) -> Markup:
    """What few want to see: closed on a screen, open in print."""
    return Markup("<details><summary>{}</summary>\n{}\n</details>").format(summary, body)


def table(
    caption: str, headings: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Container[int] = ()
) -> Markup:
    """A table whose first column heads its rows. numbers: the columns that are set to the right."""
    kinds = kinds_of(column in numbers for column in range(len(headings)))
    lines = []
    for first, *others in rows:
        cells = Markup("").join(
            Markup("<td{}>{}</td>").format(kind, one) for kind, one in zip(kinds[1:], others, strict=True)
        )
        lines.append(Markup('<tr><th scope="row">{}</th>{}</tr>').format(first, cells))
    whole = table_of(caption, headings, kinds, lines)
    return whole if len(headings) <= NARROW else wide(caption, whole)


def table_of(caption: str, headings: Sequence[str], kinds: Sequence[str], lines: Iterable[Markup]) -> Markup:
    """A table of finished rows. kinds: an attribute for each heading, or nothing."""
    top = Markup("").join(
        Markup('<th scope="col"{}>{}</th>').format(kind, one) for kind, one in zip(kinds, headings, strict=True)
    )
    head = Markup("<caption>{}</caption>\n<thead><tr>{}</tr></thead>").format(caption, top)
    return Markup("<table>\n{}\n<tbody>\n{}\n</tbody>\n</table>").format(head, joined(lines))


def kinds_of(numeric: Iterable[bool]) -> list[str]:
    """The attribute of each column, by whether it holds numbers."""
    return [Markup(' class="number"') if one else "" for one in numeric]


def wide(name: str, body: Markup) -> Markup:
    """What may be wider than the window. name: for those who reach it by keyboard."""
    return Markup('<div class="wide" role="region" tabindex="0" aria-label="{}">\n{}\n</div>').format(name, body)


def figure(picture: Markup, caption: str) -> Markup:
    """A picture with the words below it; nothing where nothing could be drawn."""
    if not picture:
        return Markup("")
    return Markup("<figure>\n{}\n<figcaption>{}</figcaption>\n</figure>").format(wide(caption, picture), caption)
