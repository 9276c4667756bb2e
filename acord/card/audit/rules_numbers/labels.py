"""Labels: do a row's columns agree, and does each row have a name of its own?"""

import re
from collections.abc import Iterator

from acord.card.audit.document import Card
from acord.card.audit.findings import Finding
from acord.card.audit.measures import Measure
from acord.card.audit.names import PAIR, language_of, languages_in, pair_of, plain
from acord.card.audit.rules_numbers.bold import by_table
from acord.card.audit.tables import Row

GENERATED = ("exact_match", "bleu", "chrf", "ter", "rouge", "comet", "bertscore")
CLASSIFICATION = re.compile(r"\bclassificati\w+|\bclassificaci\w+|\bmultiple[- ]choice\b", re.IGNORECASE)


def check_labels(card: Card, measures: tuple[Measure, ...]) -> Iterator[Finding]:
    """label-contradicts and label-repeated."""
    del card
    for one_table in by_table(measures):
        for one in one_table:
            yield from _contradiction(one)
        yield from _kinds(one_table)
        yield from _pairs_repeated(one_table)
        yield from _rows_repeated(one_table)


def _tag(row: Row, one: Measure) -> str:
    """The text of the row's language column."""
    columns = zip(one.table.columns, row.cells, strict=True)
    return next((cell.text for column, cell in columns if column.kind == "language"), "")


def _contradiction(one: Measure) -> Iterator[Finding]:
    if one.row is None:
        return
    tag = _tag(one.row, one)
    named, stated = pair_of(one.label), pair_of(tag)
    if named and stated and named != stated:
        yield Finding(
            "warning", "label-contradicts", one.line, one.place(),
            f'The row is called "{one.label}" and its language column says "{tag}".',
            {"label": "-".join(named), "language": "-".join(stated)},
        )  # fmt: skip
        return
    language = language_of(tag)
    if language is None:
        return
    of_label = languages_in(one.label, tags=True)
    if not named and len(of_label) == 1 and not _alike(of_label[0], language):
        yield _other_language(one, tag, f'its name is "{one.label}"', of_label[0], language)
        return
    # The nearest heading that names a language; a translation or a comparison names two.
    for heading in reversed(one.table.path[1:]):
        found = languages_in(heading, tags=False)
        if len(found) == 1 and not named and not _alike(found[0], language):
            yield _other_language(one, tag, f'it stands under "{heading}"', found[0], language)
        if found:
            return


def _alike(first: str, second: str) -> bool:
    """Valencian and Catalan are one language with two names; data sets keep the other's."""
    return first == second or {first, second} == {"va", "ca"}


def _other_language(one: Measure, tag: str, other: str, named: str, stated: str) -> Finding:
    return Finding(
        "warning", "label-contradicts", one.line, one.place(),
        f'The language column says "{tag}" and {other}.', {"label": named, "language": stated},
    )  # fmt: skip


def _kinds(measures: list[Measure]) -> Iterator[Finding]:
    """Scores of generated text in a table that is headed classification."""
    heading = measures[0].table.heading
    if not CLASSIFICATION.search(heading):
        return
    odd = [one for one in measures if one.metric in GENERATED]
    if odd:
        shown = ", ".join(dict.fromkeys(f"{one.label} ({one.written})" for one in odd))
        yield Finding(
            "note", "label-contradicts", odd[0].line, odd[0].table.place(),
            f'Under "{heading}" stand scores of generated text: {shown}.', {"rows": [one.line for one in odd]},
        )  # fmt: skip


def _pairs_repeated(measures: list[Measure]) -> Iterator[Finding]:
    """Rows of one task and metric whose names give different directions and whose language column gives one."""
    seen: dict[tuple[str, str | None, str], Measure] = {}
    for one in measures:
        tag = _tag(one.row, one) if one.row is not None else ""
        if pair_of(tag) is None or pair_of(one.label) is None:
            continue
        key = (PAIR.sub("", plain(one.label)), one.metric or one.written, plain(tag))
        first = seen.setdefault(key, one)
        if pair_of(first.label) != pair_of(one.label):
            yield Finding(
                "warning", "label-repeated", one.line, one.place(),
                f'"{tag}" stands for two rows: "{first.label}" (line {first.line}) and "{one.label}" '
                f"(line {one.line}).", {"label": tag, "lines": [first.line, one.line]},
            )  # fmt: skip


def _rows_repeated(measures: list[Measure]) -> Iterator[Finding]:
    """Two rows (columns, where rows are models) that nothing tells apart."""
    seen: dict[tuple[str, ...], Measure] = {}
    for one in measures:
        if one.average:
            continue
        labels = tuple(plain(t) for t in one.row.labels.values()) if one.row is not None else (plain(one.label),)
        if not any(labels):
            continue
        first = seen.setdefault(labels, one)
        if first is not one:
            same = [s.cell.text for s in first.scores] == [s.cell.text for s in one.scores]
            yield Finding(
                "warning", "label-repeated", one.line, one.place(),
                f'"{one.label}" names two {"rows" if one.row is not None else "columns"}, '
                f"{'with the same' if same else 'with different'} scores; the first is in line {first.line}.",
                {"lines": [first.line, one.line], "same": same},
            )  # fmt: skip
