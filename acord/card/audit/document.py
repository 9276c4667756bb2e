"""A model card in Markdown, read into sections, paragraphs, links and tables, each with its line.

The reading is markdown-it's (CommonMark and tables); nothing is guessed from the raw text but the metadata's fence.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Literal

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from acord.card.audit.tables import RawCell, RawTable, Table, read_table
from acord.errors import InputError

# Enough for the longest cards, and few enough that hostile text, for which Markdown takes time with the square of its
# length, is read in seconds.
MOST_CHARACTERS = 300_000
MOST_METADATA = 50_000
MOST_BRACKETS = 500  # YAML in brackets takes time with the square of their depth
MOST_HTML = 20_000  # of one block; each unclosed comment is looked for to its end
MOST_LABEL = 80
# A paragraph that is bold throughout serves as a heading below all real ones.
BOLD_HEADING = 7

Kind = Literal["text", "item", "quote", "code", "html"]


@dataclass(frozen=True)
class Link:
    """A link or a picture's address, with the text that a reader sees."""

    text: str
    target: str
    line: int


@dataclass(frozen=True)
class Paragraph:
    """Text without its markup. A line break in the source is a newline in `text`, so that lines can be counted. kind:
    `item` in a list, `quote` in a block quote, `code` in a fence."""

    text: str
    line: int
    kind: Kind = "text"
    links: tuple[Link, ...] = ()


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it up to the next one. path: the headings that it lies under, and its own.

    What stands before the first heading has the heading "" and the level 0.
    """

    heading: str
    level: int
    line: int
    path: tuple[str, ...]
    paragraphs: tuple[Paragraph, ...]
    tables: tuple[Table, ...]
    links: tuple[Link, ...] = ()


@dataclass(frozen=True)
class Card:
    """metadata: the YAML front matter; None where there is none or it cannot be read (`metadata_fault` says why).

    unread: lines of tables in HTML, which are not read.
    """

    metadata: Mapping[str, Any] | None
    metadata_fault: str | None
    sections: tuple[Section, ...]
    unread: tuple[int, ...]
    lines: int

    @property
    def tables(self) -> tuple[Table, ...]:
        """All tables, in the card's order."""
        return tuple(table for section in self.sections for table in section.tables)

    @property
    def paragraphs(self) -> tuple[Paragraph, ...]:
        """All paragraphs, code among them, in the card's order."""
        return tuple(one for section in self.sections for one in section.paragraphs)

    @property
    def links(self) -> tuple[Link, ...]:
        """All links: of headings, paragraphs and table cells."""
        in_text = [link for section in self.sections for link in section.links]
        in_text += [link for paragraph in self.paragraphs for link in paragraph.links]
        cells = [(cell, link) for table in self.tables for cell in table.all_cells for link in cell.links]
        in_cells = [Link(text, target, cell.line) for cell, (text, target) in cells]
        return tuple(sorted((*in_text, *in_cells), key=lambda link: link.line))

    @property
    def title(self) -> str:
        """The first heading, "" where there is none."""
        return next((section.heading for section in self.sections if section.level), "")


def read_card(text: str) -> Card:
    """The card that the Markdown `text` holds. Raises InputError for a text of over 300,000 characters."""
    if len(text) > MOST_CHARACTERS:
        raise InputError(
            f"a card of {len(text):,} characters is longer than {MOST_CHARACTERS:,}", fix="Give one card, in Markdown."
        )
    # Not str.splitlines: it also breaks at U+2028 and others, which are no line ends for Markdown or an editor.
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff").split("\n")
    metadata, fault, length = _metadata(lines)
    body = "\n".join([""] * length + lines[length:])
    reader = _Reader()
    reader.read(MarkdownIt("commonmark").enable("table").parse(body))
    return Card(metadata, fault, tuple(reader.finished()), tuple(reader.unread), len(lines))


def _metadata(lines: Sequence[str]) -> tuple[Mapping[str, Any] | None, str | None, int]:
    """The front matter, what is wrong with it, and how many lines it takes."""
    if not lines or lines[0].rstrip() != "---":
        return None, None, 0
    end = next((index for index, line in enumerate(lines[1:], 1) if line.rstrip() in ("---", "...")), None)
    if end is None:
        return None, "it is opened with --- and never closed", 1
    source = "\n".join(lines[1:end])
    if len(source) > MOST_METADATA:
        return None, f"it is longer than {MOST_METADATA:,} characters", end + 1
    if source.count("[") + source.count("{") > MOST_BRACKETS:
        return None, f"it has more than {MOST_BRACKETS:,} brackets", end + 1
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(source, Loader=yaml.SafeLoader)):
            return None, "it uses YAML aliases", end + 1
        content = yaml.safe_load(source)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return None, " ".join(str(error).split())[:200], end + 1
    if content is None or isinstance(content, dict):
        return content or {}, None, end + 1
    return None, "it is no mapping", end + 1


@dataclass
class _Open:
    """A section that is being read."""

    heading: str
    level: int
    line: int
    path: tuple[str, ...]
    links: tuple[Link, ...] = ()
    paragraphs: list[Paragraph] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


class _Reader:
    """Walks the tokens of one card."""

    def __init__(self) -> None:
        self._sections = [_Open("", 0, 1, ())]
        self._above: list[_Open] = []
        self._count = 0
        self.unread: list[int] = []

    def read(self, tokens: Sequence[Token]) -> None:
        """Take all tokens in."""
        inside: list[str] = []
        place = 0
        while place < len(tokens):
            token = tokens[place]
            if token.type == "table_open":
                end = next(index for index in range(place, len(tokens)) if tokens[index].type == "table_close")
                self._table(tokens[place : end + 1])
                place = end
            elif token.type == "heading_open":
                self._heading(tokens[place + 1], int(token.tag[1:]))
                place += 1
            elif token.type in ("bullet_list_open", "ordered_list_open", "blockquote_open"):
                inside.append("quote" if token.type == "blockquote_open" else "item")
            elif token.type in ("bullet_list_close", "ordered_list_close", "blockquote_close"):
                inside.pop()
            else:
                self._leaf(token, "item" if inside and inside[-1] == "item" else "quote" if inside else "text")
            place += 1

    def finished(self) -> Iterator[Section]:
        """The sections read, without an empty one at the start."""
        for one in self._sections:
            if one.level or one.paragraphs or one.tables:
                yield Section(
                    one.heading, one.level, one.line, one.path, tuple(one.paragraphs), tuple(one.tables), one.links
                )

    def _leaf(self, token: Token, kind: Kind) -> None:
        line = token.map[0] + 1 if token.map else self._sections[-1].line
        paragraphs = self._sections[-1].paragraphs
        if token.type == "inline":
            if kind == "text" and _all_bold(token) and len(token.content) <= MOST_LABEL:
                self._heading(token, BOLD_HEADING)
            else:
                paragraphs.append(Paragraph(_plain(token), line, kind, _links(token)))
        elif token.type in ("fence", "code_block"):
            paragraphs.append(Paragraph(token.content.rstrip("\n"), line + (token.type == "fence"), "code"))
        elif token.type == "html_block":
            html = _read_html(token.content, line)
            self.unread += html.tables
            text = "".join(html.text)
            if text.strip():
                paragraphs.append(Paragraph(text, line, "html", tuple(html.links)))

    def _heading(self, inline: Token, level: int) -> None:
        line = inline.map[0] + 1 if inline.map else 1
        while self._above and self._above[-1].level >= level:
            self._above.pop()
        text = _plain(inline)
        path = (*(one.heading for one in self._above), text)
        section = _Open(text, level, line, path, _links(inline))
        self._sections.append(section)
        self._above.append(section)

    def _table(self, tokens: Sequence[Token]) -> None:
        rows: list[list[RawCell]] = []
        lines: list[int] = []
        for place, token in enumerate(tokens):
            if token.type == "tr_open":
                rows.append([])
                lines.append(token.map[0] + 1 if token.map else 0)
            elif token.type in ("th_open", "td_open"):
                inline = tokens[place + 1]
                links = tuple((link.text, link.target) for link in _links(inline))
                rows[-1].append(RawCell(_plain(inline), _bold(inline), lines[-1], links))
        section = self._sections[-1]
        self._count += 1
        caption = section.paragraphs[-1].text if section.paragraphs else ""
        section.tables.append(read_table(RawTable(self._count, section.path, caption, rows[0], rows[1:])))


def _children(inline: Token) -> list[Token]:
    return inline.children or []


def _plain(inline: Token) -> str:
    """The text that a reader sees, with a newline for each line end."""
    parts = []
    for child in _children(inline):
        if child.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        elif child.type == "html_inline" and child.content.lower().startswith("<br"):
            parts.append(" ")
        elif child.type in ("text", "code_inline", "image"):
            parts.append(child.content)
    return "".join(parts).strip(" ")


def _bold(inline: Token) -> bool:
    """Whether any digit, or any text where there is none, is bold."""
    depth, bold, plain = 0, "", ""
    for child in _children(inline):
        opened = child.type == "strong_open" or (child.type == "html_inline" and child.content.lower() in BOLD_TAGS)
        closed = child.type == "strong_close" or (child.type == "html_inline" and child.content.lower() in BOLD_ENDS)
        depth += opened - closed
        if child.type in ("text", "code_inline"):
            bold, plain = (bold + child.content, plain) if depth > 0 else (bold, plain + child.content)
    if any(character.isdigit() for character in bold + plain):
        return any(character.isdigit() for character in bold)
    return bool(bold.strip())


BOLD_TAGS = ("<b>", "<strong>")
BOLD_ENDS = ("</b>", "</strong>")


def _all_bold(inline: Token) -> bool:
    """Whether the whole of a paragraph stands in one pair of marks."""
    children = [child for child in _children(inline) if child.type != "text" or child.content.strip(" :")]
    depths = 0
    for place, child in enumerate(children):
        depths += (child.type == "strong_open") - (child.type == "strong_close")
        if not depths and place < len(children) - 1:
            return False
    return len(children) > 2 and children[0].type == "strong_open"


def _links(inline: Token) -> tuple[Link, ...]:
    """Links of one block, each with its own line."""
    found: list[Link] = []
    line = inline.map[0] + 1 if inline.map else 0
    opened: tuple[str, int] | None = None
    text = ""
    for child in _children(inline):
        if child.type in ("softbreak", "hardbreak"):
            line += 1
        elif child.type == "link_open":
            opened, text = (str(child.attrGet("href") or ""), line), ""
        elif child.type == "link_close" and opened is not None:
            found.append(Link(text.strip(), *opened))
            opened = None
        elif child.type in ("text", "code_inline", "image"):
            text += child.content
    return tuple(found)


def _read_html(content: str, line: int) -> "_Html":
    html = _Html(line)
    try:
        html.feed(content[:MOST_HTML])
        html.close()
    except AssertionError:
        pass  # the parser's own, at a declaration that it does not know; what stood before it is kept
    return html


class _Html(HTMLParser):
    """Text and links of an HTML block, and the lines of tables in it."""

    def __init__(self, line: int) -> None:
        super().__init__(convert_charrefs=True)
        self._first = line
        self._href: tuple[str, int] | None = None
        self._words = ""
        self._silent = 0
        self.text: list[str] = []
        self.links: list[Link] = []
        self.tables: list[int] = []

    def _line(self) -> int:
        return self._first + self.getpos()[0] - 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append(self._line())
        elif tag in ("script", "style"):
            self._silent += 1
        elif tag == "a":
            self._href, self._words = (dict(attrs).get("href") or "", self._line()), ""

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._silent = max(0, self._silent - 1)
        elif tag == "a" and self._href is not None:
            self.links.append(Link(self._words.strip(), *self._href))
            self._href = None

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.text.append(data)
            self._words += data
