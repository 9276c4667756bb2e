"""Text, taken apart into what is translated and what stands around it, and put together again.

Markers of lists, quotes and headings, bars of tables, rules, blank lines, indents and lines without a letter never
reach a translator. A line that goes on in the next one (no mark at its end, a small letter after it) is one segment
with it.
"""

import re
from typing import NamedTuple

from acord.data.translate.mask import Masked, mask, mask_verbatim, restore
from acord.data.translate.patterns import STANDS_FOR

_PREFIX = re.compile(
    r"[ \t]*(?:>[ \t]?)*[ \t]*"
    r"(?:(?:[-*+•·◦▪–—]|\(?\d{1,3}[.)]|\(?[a-hA-H]\))[ \t]+(?:\[[ xX]\][ \t]+)?)*"
    r"(?:\#{1,6}[ \t]+)?(?:\[\^?[^\[\]\n]{1,80}\]:[ \t]+)?"
)
_BAR = re.compile(r"(?<!\\)\|")
_LETTER = re.compile(r"[^\W\d_]")
_GOES_ON = re.compile(r"[^\W\d_]|[,\d]")
# A run of spaces is entered at its start alone: otherwise a long one would take quadratic time.
_LINE = re.compile(r"(?<![ \t])[ \t]*\n[ \t]*")
_SENTENCE = re.compile(r"(?<=[.!?…:;])[\"'»”)]{0,3}\s+|(?<=[.!?…])[\"'»”)]{1,3}\s+")
_CLAUSE = re.compile(rf"(?<!\s)\s*(?:[,;:—()«»“”\"¿?¡!…]+|\.{{2,}}|(?<!\w)-|-(?!\w)|{STANDS_FOR})+\s*|(?<=\w\w)\.\s+")


class Layout(NamedTuple):
    """Segments and the text around them: gaps[0] segments[0] gaps[1] ... gaps[-1]."""

    gaps: tuple[str, ...]
    segments: tuple[Masked, ...]


def take_apart(text: str) -> Layout:
    """The segments of a text, masked. Raises TooManySpans."""
    verbatim = mask_verbatim(text)
    gaps, segments, gap = [], [], ""
    for before, core in _cores(verbatim.text):
        gap += restore(before, verbatim.spans)
        if not _LETTER.search(core):
            gap += restore(core, verbatim.spans)
            continue
        gaps.append(gap)
        segments.append(mask(core, verbatim.spans))
        gap = ""
    return Layout((*gaps, gap), tuple(segments))


def whole(text: str) -> Layout:
    """The text as one segment, for a translator that reads markdown. Raises TooManySpans."""
    if not _LETTER.search(text):
        return Layout((text,), ())
    verbatim = mask_verbatim(text)
    core = verbatim.text.strip()
    start = verbatim.text.index(core)
    ends = verbatim.text[:start], verbatim.text[start + len(core) :]
    before, after = (restore(end, verbatim.spans) for end in ends)
    return Layout((before, after), (mask(core, verbatim.spans),))


def put_together(layout: Layout, translations: list[str]) -> str:
    """The text with its segments replaced by translations, spans in place."""
    parts = [layout.gaps[0]]
    for segment, translation, gap in zip(layout.segments, translations, layout.gaps[1:], strict=True):
        parts += [restore(translation, segment.spans), gap]
    return "".join(parts)


def shape_of(line: str) -> tuple[str, int]:
    """What must be the same of a line and its translation: its marker, and how many cells it has."""
    prefix = _PREFIX.match(line)
    return (prefix.group() if prefix else ""), len(_BAR.findall(line))


def paragraphs(segment: Masked) -> Layout:
    """A whole text's paragraphs, list items and headings, as `take_apart` would find them."""
    gaps, segments, gap = [], [], ""
    for before, core in _cores(segment.text):
        gap += before
        if _LETTER.search(core):
            gaps.append(gap)
            segments.append(Masked(core, segment.spans))
            gap = ""
        else:
            gap += core
    return Layout((*gaps, gap), tuple(segments))


def lines(segment: Masked) -> Layout:
    """A segment's lines; gaps stay masked, spans are the segment's."""
    return _split(segment, _LINE)


def sentences(segment: Masked) -> Layout:
    """A segment's sentences, as a full stop, a colon and the like end them."""
    return _split(segment, _SENTENCE)


def clauses(segment: Masked) -> Layout:
    """What stands between marks, commas, brackets, quotes."""
    return _split(segment, _CLAUSE)


def _split(segment: Masked, separator: re.Pattern[str]) -> Layout:
    gaps, segments, gap, start = [], [], "", 0
    for match in [*separator.finditer(segment.text), None]:
        piece = segment.text[start : match.start() if match else len(segment.text)]
        if _LETTER.search(piece):
            gaps.append(gap)
            segments.append(Masked(piece, segment.spans))
            gap = ""
        else:
            gap += piece
        if match:
            gap += match.group()
            start = match.end()
    return Layout((*gaps, gap), tuple(segments))


def _without_end(cell: str) -> str:
    """Without the spaces at the end, the closing marks of a heading and the backslash of a forced line break."""
    bare = cell.rstrip()
    closed = bare.rstrip("#")
    if closed != bare and closed.endswith((" ", "\t")):
        bare = closed.rstrip()
    return bare.rstrip("\\").rstrip() if bare.endswith("\\") else bare


def _cores(text: str) -> list[tuple[str, str]]:
    """(What stands before, segment) over the whole text; the last segment is empty."""
    found: list[tuple[str, str]] = []
    before, joinable = "", False
    for number, line in enumerate(text.split("\n")):
        if number:
            before += "\n"
        match = _PREFIX.match(line)
        prefix = match.group() if match else ""
        cells = _BAR.split(line[len(prefix) :])
        for place, cell in enumerate(cells):
            lead = len(cell) - len(cell.lstrip())
            stop = max(lead, len(_without_end(cell)))
            core = cell[lead:stop]
            before += ("|" if place else prefix) + cell[:lead]
            if joinable and before == "\n" and len(cells) == 1 and core and core[0].islower():
                earlier, previous = found.pop()
                found.append((earlier, f"{previous}\n{core}"))
            else:
                found.append((before, core))
            before = cell[stop:]
        joinable = len(cells) == 1 and not before and bool(core) and bool(_GOES_ON.match(core[-1]))
    found.append((before, ""))
    return found
