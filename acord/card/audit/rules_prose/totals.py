"""Sums that their parts do not give: in equations, in sentences that list parts, in tables with a total."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from acord.card.audit.document import Card
from acord.card.audit.findings import Finding, Severity
from acord.card.audit.measures import Measure
from acord.card.audit.names import words_of
from acord.card.audit.rules_prose.sentences import Sentence, sentences_of
from acord.card.audit.tables import Row, Table

# Counts of two digits or more, thousands parted by commas or spaces or not at all. A point parts thousands only where
# it does so twice (1.234.567): 2.787 is a score.
_COUNT = r"\d{1,3}(?:,\d{3})+|\d{1,3}(?:\.\d{3}){2,}|\d{1,3}(?:[\u00a0\u202f ]\d{3})+|\d{2,12}"
COUNT = re.compile(rf"(?<![\w.,/$€-])(?:{_COUNT})(?![\w%/-]|[.,]\d| ?%)")
EQUATION = re.compile(
    rf"(?<![\d.,])(?P<left>(?:{_COUNT})(?: \+ (?:{_COUNT}))*) = (?P<right>(?:{_COUNT})(?: \+ (?:{_COUNT}))*)(?![.,]?\d)"
)
_ALL = r"total\w*|in all|altogether|overall|sum|en total|en conjunt|en conjunto|suma\w*"
ALL_BEFORE = re.compile(rf"\b(?:{_ALL})\b[^.;:()\d]{{0,40}}$", re.IGNORECASE)
ALL_AFTER = re.compile(rf"^(?:[ -]\w+){{0,4}} (?:{_ALL})\b", re.IGNORECASE)
# "The 300 pairs are 100 Catalan, ...": what follows is all of it.
IS_ALL = re.compile(
    r"(?:\b(?:are|is|were|comprises?|comprising|consists? of|composed of|made up of|split into|divided into|namely"
    r"|són|son|repartits en|repartidos en)|:|\()\s*(?:the )?$",
    re.IGNORECASE,
)
NEXT = re.compile(r"^[^.;:()?!\d]{0,80}?(?:,|\band\b|\bplus\b|\+|\bi\b|\by\b|\be\b)[^.;:()?!\d,]{0,20}$", re.IGNORECASE)
# Words of parts that need not make the whole, and of figures that are none of its parts.
PARTIAL = re.compile(
    r"\b(?:includ\w*|such as|of which|among|about|around|approximately|roughly|over|more than|less than|at least"
    r"|at most|nearly|almost|up to|removed|dropped|filtered|held[- ]out|incl\w+|aproximad\w+|més de|más de|unos|unes"
    r"|unas|each|per|epochs?|steps?)\b|[~≈<>]",
    re.IGNORECASE,
)
TOTAL_LABEL = re.compile(r"^\W*(?:grand )?(?:total|sum|in all|altogether|suma)\b", re.IGNORECASE)
LEAST_PARTS = 2
MOST_PARTS = 40
# Parts further off the whole than this have others beside them, or the whole is of something else.
NEAR = 0.2


class Part(NamedTuple):
    """A count in a sentence."""

    value: int
    start: int
    end: int


def wrong_totals(card: Card, measures: tuple[Measure, ...]) -> list[Finding]:
    """Findings of the rule total-wrong."""
    del measures
    found = [finding for sentence in sentences_of(card) for finding in _of_sentence(sentence)]
    for table in card.tables:
        if not any(column.kind in ("model", "measure") for column in table.columns):  # averages are another rule's
            found += [*_of_columns(table), *_of_properties(table)]
    return found


def _of_sentence(sentence: Sentence) -> Iterator[Finding]:
    for match in EQUATION.finditer(sentence.text):
        left, right = ([_integer(one) for one in match[side].split("+")] for side in ("left", "right"))
        if len(left) + len(right) > LEAST_PARTS and sum(left) != sum(right):
            total, parts = (left[0], right) if len(left) == 1 else (sum(right), left)
            yield _in_prose("error", sentence, total, parts)
            return
    counts = [Part(_integer(one.group()), one.start(), one.end()) for one in COUNT.finditer(sentence.text)]
    if not LEAST_PARTS < len(counts) <= MOST_PARTS or PARTIAL.search(sentence.text):
        return
    whole = _whole(sentence.text, counts)
    parts_of = [one for one in counts if one is not whole]
    if whole is None or not _is_list(sentence.text, parts_of, whole):
        return
    values = [one.value for one in parts_of]
    off = abs(sum(values) - whole.value)
    if off:
        near = off <= NEAR * max(whole.value, sum(values))
        yield _in_prose("error" if near else "warning", sentence, whole.value, values)


def _whole(text: str, counts: Sequence[Part]) -> Part | None:
    """The count that the words give as the whole of the others: the first or the last."""
    first, last = counts[0], counts[-1]
    if ALL_AFTER.search(text[last.end :]) or ALL_BEFORE.search(text[counts[-2].end : last.start]):
        return last
    if ALL_BEFORE.search(text[: first.start]) or ALL_AFTER.search(text[first.end : counts[1].start]):
        return first
    return first if IS_ALL.search(text[first.end : counts[1].start]) else None


def _is_list(text: str, parts: Sequence[Part], whole: Part) -> bool:
    """Whether the parts follow each other as a list does, the whole not among them."""
    return all(
        not before.end <= whole.start < after.start and NEXT.search(text[before.end : after.start])
        for before, after in pairwise(parts)
    )


def _of_columns(table: Table) -> Iterator[Finding]:
    """A last row named total, under columns of counts."""
    named = [row for row in table.rows if TOTAL_LABEL.match(row.cells[0].text)]
    if len(named) != 1 or named[0] is not table.rows[-1] or len(words_of(named[0].cells[0].text)) > LEAST_PARTS:
        return
    total, above = named[0], table.rows[:-1]
    for place, column in enumerate(table.columns):
        said, values = _count(total, place), [_count(row, place) for row in above]
        parts = [value for value in values if value is not None]
        if said is None or len(parts) < LEAST_PARTS or len(parts) < len(values) or sum(parts) == said:
            continue
        what = f"The total is given as {said:,} and the {len(parts)} rows above it add to {sum(parts):,}."
        yield _in_table(table, total, place, what, said, parts, column.name)


def _of_properties(table: Table) -> Iterator[Finding]:
    """`Total samples | 12` among `English samples | 7` and others that end with the same noun."""
    if len(table.columns) != LEAST_PARTS:
        return
    for row in [row for row in table.rows if TOTAL_LABEL.match(row.cells[0].text)][:MOST_PARTS]:
        noun = words_of(row.cells[0].text)[1:]
        others = [one for one in table.rows if one is not row and words_of(one.cells[0].text)[-len(noun) :] == noun]
        parts = [value for one in others if (value := _count(one, 1)) is not None]
        said = _count(row, 1)
        if not noun or said is None or len(parts) < LEAST_PARTS or sum(parts) == said:
            continue
        of = f"the {len(parts)} rows of {' '.join(noun)}"
        what = f'"{row.cells[0].text}" is given as {said:,} and {of} add to {sum(parts):,}.'
        yield _in_table(table, row, 1, what, said, parts, row.cells[0].text)


def _count(row: Row, place: int) -> int | None:
    cell = row.cells[place]
    if cell.value is None or cell.decimals or cell.percent or cell.value < 0 or cell.second is not None:
        return None
    return int(cell.value)


def _integer(written: str) -> int:
    return int("".join(sign for sign in written if sign.isdecimal()))


def _in_prose(severity: Severity, sentence: Sentence, total: int, parts: Sequence[int]) -> Finding:
    added = " + ".join(f"{one:,}" for one in parts)
    what = f"The whole is given as {total:,} and its parts add to {sum(parts):,} ({added})."
    place = f'under "{sentence.section.heading}"' if sentence.section.heading else "before the first heading"
    figures = {"total": total, "sum": sum(parts), "parts": list(parts)}
    return Finding(severity, "total-wrong", sentence.line, place, what, figures)


def _in_table(table: Table, row: Row, place: int, what: str, total: int, parts: Sequence[int], of: str) -> Finding:
    figures = {"total": total, "sum": sum(parts), "parts": list(parts), "of": of}
    return Finding("error", "total-wrong", row.line, table.place(row, place), what, figures)
