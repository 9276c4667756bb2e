"""Markdown as a card is made of: text of others that means nothing but itself, tables, lists, links, code."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from acord.evaluate.grid import Tables
from acord.evaluate.rendering import markdown_of
from acord.visible import visible, visible_line

# Every sign that begins something in Markdown, in HTML, or in the mathematics of the hub's pages.
_SIGNS = re.compile(r"([\\`*_\[\]<>|#~$&!{}])")
# What makes a list, a rule or a heading where a line begins with it.
_OPENINGS = re.compile(r"^(?:([-+=])|(\d+)([.)]))(?=\s|$|[-=])")
_URL_SAFE = "/:?#@!$&'*+,;=%~-._"


def md(value: object) -> str:
    """Text of others on one line: it means nothing but itself, also in a table or at the beginning of a line."""
    line = _SIGNS.sub(r"\\\1", visible_line(" ".join(str(value).split())))
    return _OPENINGS.sub(lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}", line)


def md_lines(value: str) -> str:
    """Text of others in one cell of a table, its line breaks kept."""
    return "<br>".join(md(line) for line in visible(value).splitlines() if line.strip())


def md_paragraphs(value: str) -> str:
    """Text of others as paragraphs; empty lines part them."""
    return "\n\n".join(md(part) for part in re.split(r"\n\s*\n", value.strip()) if part.strip())


def link(label: str, url: str) -> str:
    """A link. label: Markdown. url: as given by others; what could end it is percent-encoded."""
    return f"[{label}]({quote(visible_line(url), safe=_URL_SAFE)})"


def code(value: object) -> str:
    """A value as it stands in a file: in backticks, more of them than it holds in a row."""
    # A bar would end the cell of a table even in code, and a backslash before it goes there.
    line = visible_line(" ".join(str(value).split())).replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}" if line else ""


def fenced(content: str, language: str = "") -> str:
    """A block of code. No line of it can end the block."""
    longest = max((len(run) for run in re.findall("`+", content)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{visible(content).strip(chr(10))}\n{fence}"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], numbers: Iterable[int] = ()) -> str:
    """A table. All cells are Markdown. numbers: the columns that are set to the right."""
    right = set(numbers)
    rules = ["---:" if column in right else "---" for column in range(len(headings))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (headings, rules, *rows))


def bullets(lines: Iterable[str]) -> str:
    """A list of lines of Markdown; nothing where there are none."""
    return "\n".join(f"- {line}" for line in lines if line)


def blocks(*parts: str | None) -> str:
    """Parts one below the other; empty ones are left out."""
    return "\n\n".join(part for part in parts if part)


def tables(content: Tables, level: int) -> str:
    """Tables of figures as Acord writes them elsewhere, without their title, under headings of a level."""
    _, below = markdown_of(content).split("\n\n", 1)
    # Signs of others are escaped there, so that only headings begin with one.
    return re.sub(r"^## ", f"{'#' * level} ", below, flags=re.MULTILINE).strip()


def slug(heading: str) -> str:
    """The anchor of a heading, as GitHub and the hub make it: letters and digits, hyphens for spaces."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def digest_shown(sha256: str) -> str:
    """The beginning of a hash, enough to tell files apart by eye."""
    return code(sha256[:12])
