"""Correct cards and cards with one planted error, for the audit to be measured on.

`correct_card(seed)` draws a card where every figure follows from counts and sums. `planted_card(kind, seed)` changes
one thing of such a card, and says which rules may find it and where.
"""

import random
from collections.abc import Callable
from math import floor
from statistics import fmean
from typing import NamedTuple

from tests.card.cards import TASKS, Content, Row, Scores, Text, average_of, draw_card, mark_best, outcome, show
from tests.card.rendering import render

Lines = Callable[[], frozenset[int]]


class Change(NamedTuple):
    """What was planted: the rules of which one must find it, and the lines, known only when the card is written."""

    rules: frozenset[str]
    lines: Lines


class Planted(NamedTuple):
    text: str
    kind: str
    rules: frozenset[str]
    lines: frozenset[int]
    seed: int


def correct_card(seed: int) -> str:
    return render(draw_card(seed), seed)


def planted_card(kind: str, seed: int) -> Planted:
    """A card with one error of that kind; seeds whose card has no room for it are passed over."""
    for attempt in range(400):
        number = seed + 100_000 * attempt
        content = draw_card(number)
        change = KINDS[kind](content, random.Random(number))
        if change is None:
            continue
        text = render(content, number)
        lines = change.lines()
        if lines:
            return Planted(text, kind, change.rules, lines, number)
    raise AssertionError(f"no card has room for {kind}")


def _at(table: Scores, row: Row, *columns: int) -> Lines:
    """The row's line; in a table whose rows are models, the lines of the models changed."""

    def lines() -> frozenset[int]:
        if row.line:
            return frozenset({row.line})
        return frozenset(table.model_lines[column] for column in columns)

    return lines


def _either(*places: Lines) -> Lines:
    return lambda: frozenset().union(*(place() for place in places))


def _printed(row: Row) -> Lines:
    """The row's line; none in a table whose rows are models, where its label is not printed."""
    return lambda: frozenset({row.line} - {0})


def _text(*texts: Text) -> Lines:
    return lambda: frozenset(text.line for text in texts)


def _rows(content: Content, draw: random.Random, kinds: tuple[str, ...]) -> list[tuple[Scores, Row]]:
    found = [(table, row) for table in content.tables if table.kind in kinds for row in table.rows if not row.summary]
    draw.shuffle(found)
    return found


ALL = ("benchmarks", "generation", "judge")


def _bold_wrong(content: Content, draw: random.Random) -> Change | None:
    for table, row in _rows(content, draw, ALL):
        best, others = _bold(row)
        if len(best) == 1 and others:
            other = draw.choice(others)
            row.cells[best[0]].bold, row.cells[other].bold = False, True
            return Change(frozenset({"bold-wrong"}), _at(table, row, best[0], other))
    return None


def _bold(row: Row) -> tuple[list[int], list[int]]:
    best = [at for at, cell in enumerate(row.cells) if cell.bold]
    others = [at for at, cell in enumerate(row.cells) if cell.text and not cell.bold]
    return best, others


def _bold_double(content: Content, draw: random.Random) -> Change | None:
    for table, row in _rows(content, draw, ALL):
        best, others = _bold(row)
        if len(best) == 1 and others:
            other = draw.choice(others)
            row.cells[other].bold = True
            return Change(frozenset({"bold-double"}), _at(table, row, best[0], other))
    return None


def _bold_missing(content: Content, draw: random.Random) -> Change | None:
    for table, row in _rows(content, draw, ALL):
        best, others = _bold(row)
        if best and others and len(table.rows) >= 3:
            for cell in row.cells:
                cell.bold = False
            return Change(frozenset({"bold-missing"}), _at(table, row, *best))
    return None


def _decimals(content: Content, draw: random.Random) -> Change | None:
    for table, row in _rows(content, draw, ("benchmarks", "generation")):
        at = draw.randrange(len(row.cells))
        if not row.cells[at].text:
            continue
        row.cells[at].text += draw.choice(("03", "14", "8", "27"))
        mark_best(row, table.bold)
        return Change(frozenset({"decimals-differ"}), _at(table, row, at))
    return None


def _reachable(row: Row, table: Scores) -> tuple[set[str], set[str]]:
    """What the row's items can give: by rounding, and by cutting off."""
    assert row.items is not None
    scale, d = (100 if table.per_cent else 1), row.decimals
    exact = [scale * count / row.items for count in range(row.items + 1)]
    return {f"{v:.{d}f}" for v in exact}, {f"{floor(v * 10**d + 1e-9) / 10**d:.{d}f}" for v in exact}


def _counted(content: Content, draw: random.Random) -> list[tuple[Scores, Row]]:
    """Accuracy rows whose items a reader knows wherever the card gives no column for them."""
    rows = _rows(content, draw, ("benchmarks",))
    return [
        (t, r)
        for t, r in rows
        if r.name in TASKS and r.items is not None and r.metric != "mcc" and all(c.text for c in r.cells)
    ]


def _set(table: Scores, row: Row, at: int, text: str) -> None:
    """Puts a printed figure into a row, and brings bold and average in line with it."""
    row.cells[at].text, row.values[at] = text, float(text)
    mark_best(row, table.bold)
    for average in table.rows:
        if average.summary and table.kind == "benchmarks":
            average.values = average_of(table.rows)
            show(average, table.bold)


def _grim(content: Content, draw: random.Random) -> Change | None:
    for table, row in _counted(content, draw):
        rounded, cut = _reachable(row, table)
        at, d = draw.randrange(len(row.cells)), row.decimals
        near = [f"{float(row.cells[at].text) + step * 10**-d:.{d}f}" for step in range(-40, 41)]
        wrong = [text for text in near if text not in rounded | cut]
        if wrong:
            _set(table, row, at, draw.choice(wrong))
            return Change(frozenset({"grim"}), _at(table, row, at))
    return None


def _truncated(content: Content, draw: random.Random) -> Change | None:
    for table, row in _counted(content, draw):
        rounded, cut = _reachable(row, table)
        at, d = draw.randrange(len(row.cells)), row.decimals
        near = [f"{float(row.cells[at].text) + step * 10**-d:.{d}f}" for step in range(-40, 41)]
        taken = {cell.text for cell in row.cells}
        above = {f"{float(text) - 10**-d:.{d}f}" for text in taken}
        wrong = [text for text in near if text in cut - rounded - above]
        if wrong:
            _set(table, row, at, draw.choice(wrong))
            return Change(frozenset({"only-by-truncation", "grim"}), _at(table, row, at))
    return None


def _same_count(content: Content, draw: random.Random) -> Change | None:
    for table, row in _counted(content, draw):
        rounded, cut = _reachable(row, table)
        for at, cell in enumerate(row.cells):
            below = f"{float(cell.text) - 10**-row.decimals:.{row.decimals}f}"
            if below in cut - rounded and cell.text not in cut:
                other = draw.choice([other for other in range(len(row.cells)) if other != at])
                _set(table, row, other, below)
                return Change(frozenset({"same-count", "only-by-truncation"}), _at(table, row, other, at))
    return None


def _spread(content: Content, draw: random.Random) -> Change | None:
    for table, row in _rows(content, draw, ("judge",)):
        at = draw.randrange(len(row.cells))
        mean = float(row.cells[at].text)
        part = mean - floor(mean)
        least, most = (part * (1 - part)) ** 0.5, ((mean - 1) * (content.scale - mean)) ** 0.5
        wrong = [f"{most * draw.uniform(1.1, 1.5):.{row.decimals}f}"]
        if least > 0.2:
            wrong.append(f"{least * draw.uniform(0.2, 0.85):.{row.decimals}f}")
        row.cells[at].extra = draw.choice(wrong)
        return Change(frozenset({"sd-impossible"}), _at(table, row, at))
    return None


def _mean_of_spreads(content: Content, _: random.Random) -> Change | None:
    table = content.tables[-1]
    for row in table.rows:
        if row.summary:
            columns = zip(*(other.cells for other in table.rows if not other.summary), strict=True)
            spreads = [fmean(float(cell.extra) for cell in column) for column in columns]
            for cell, spread in zip(row.cells, spreads, strict=True):
                cell.extra = f"{spread:.{row.decimals}f}"
            return Change(frozenset({"sd-mean-of-sds"}), _at(table, row))
    return None


def _wrong_average(content: Content, draw: random.Random) -> Change | None:
    for table in draw.sample(content.tables, len(content.tables)):
        for row in table.rows:
            if row.summary:
                at, unit = draw.randrange(len(row.cells)), 10**-row.decimals
                low = 5 * unit if table.kind == "benchmarks" else 12 * unit
                change = draw.choice((-1, 1)) * draw.uniform(low, low + 60 * unit)
                row.cells[at].text = f"{float(row.cells[at].text) + change:.{row.decimals}f}"
                mark_best(row, table.bold)
                return Change(frozenset({"average-wrong"}), _at(table, row, at))
    return None


def _complements(content: Content, draw: random.Random) -> Change | None:
    for table, row in _rows(content, draw, ("benchmarks",)):
        if row.name == "WNLI" and all(cell.text for cell in row.cells):
            whole = 100 if table.per_cent else 1
            for at, count in enumerate((40, 31)):
                _set(table, row, at, f"{whole * count / 71:.{row.decimals}f}")
            return Change(frozenset({"complements", "constant-predictor"}), _at(table, row, 0, 1))
    return None


def _constant(content: Content, draw: random.Random) -> Change | None:
    for table, row in _rows(content, draw, ("benchmarks",)):
        if row.metric == "mcc":
            at = draw.randrange(len(row.cells))
            accuracy = next(other for other in table.rows if other.name == row.name and other.metric == "acc")
            _set(table, accuracy, at, f"{(70.3125 if table.per_cent else 0.703125):.{row.decimals}f}")
            _set(table, row, at, f"{0:.{row.decimals}f}")
            places = _either(_at(table, row, at), _at(table, accuracy, at))
            return Change(frozenset({"constant-predictor"}), places)
    return None


def _label(content: Content, draw: random.Random) -> Change | None:
    for table, row in _rows(content, draw, ("generation",)):
        others = sorted({other.language for other in table.rows if other.language != row.language})
        row.language = draw.choice(others)
        return Change(frozenset({"label-contradicts", "label-repeated"}), _printed(row))
    return None


def _link(content: Content, draw: random.Random) -> Change | None:
    text = draw.choice(content.links[:2])
    before, after = text.text.rsplit(")", 1)
    name = before.rsplit("/", 1)[1]
    parts = name.split("-")
    changed = draw.choice(
        ("-".join([parts[0], "13B", *parts[2:]]), f"{name}-v3", "-".join(parts[:2]), f"Estornell-{parts[1]}")
    )
    text.text = before.rsplit("/", 1)[0] + "/" + changed + ")" + after
    return Change(frozenset({"link-other-model"}), _text(text))


def _claim(content: Content, draw: random.Random) -> Change | None:
    made: list[str] = []
    for rival in (content.base, *content.others):
        wins, losses, _ = outcome(content, rival)
        if wins <= losses and losses >= 4:
            made += [
                f"{content.ours} shows a notable improvement over {rival}.",
                f"{content.ours} outperforms {rival} across the benchmarks.",
                f"The aligned model consistently surpasses {rival}.",
            ]
    judge = content.tables[-1]
    me = judge.models.index(content.ours)
    for rival in (content.base, *content.others):
        other = judge.models.index(rival)
        rows = [row for row in judge.rows if not row.summary]
        tighter = sum(float(row.cells[me].extra) < float(row.cells[other].extra) for row in rows)
        if tighter <= len(rows) / 2:
            made.append(
                f"The aligned model also shows tighter standard deviations than {rival}, hence steadier answers."
            )
    for row in judge.rows:
        if not row.summary and not row.cells[me].bold:
            made.append(f"Among judged answers {content.ours} is best in {row.name}.")
    if not made:
        return None
    text = Text(draw.choice(made))
    content.claims.append(text)
    return Change(frozenset({"claim-against-table"}), _text(text))


def _miscount(content: Content, draw: random.Random) -> Change | None:
    for text in content.claims:
        if " is better on " in text.text and text.text.startswith("Against"):
            wins, rest = text.text.split(" is better on ")[1].split(" of the ")
            rows = int(rest.split()[0])
            wrong = [n for n in range(rows + 1) if abs(n - int(wins)) >= 2]
            text.text = text.text.replace(f"better on {wins} of", f"better on {draw.choice(wrong)} of")
            return Change(frozenset({"claim-against-table"}), _text(text))
    return None


def _source(content: Content, draw: random.Random) -> Change | None:
    dataset = draw.choice(content.datasets)
    dataset.source = draw.choice(("—", "-", "", "n/a"))
    return Change(frozenset({"evidence-missing"}), lambda: frozenset({dataset.line}))


def _no_base(content: Content, draw: random.Random) -> Change | None:
    if len(content.models) < 3:
        return None
    at = content.models.index(content.base)
    content.claims = [text for text in content.claims if content.base not in text.text.replace(content.ours, "")]
    for table in content.tables:
        table.models = [model for model in table.models if model != content.base]
        for row in table.rows:
            del row.cells[at], row.values[at]
            mark_best(row, table.bold)
    tables = content.tables
    content.links[
        0
    ].text += f" {draw.choice(('It keeps', 'Alignment maintains'))} its strong abilities in four languages."
    lines = _either(lambda: frozenset({tables[0].line}), _text(content.links[0]))
    return Change(frozenset({"evidence-missing", "claim-against-table"}), lines)


def _total(content: Content, draw: random.Random) -> Change | None:
    whole = f"{sum(dataset.pairs for dataset in content.datasets):,}"
    at = draw.choice([at for at, sign in enumerate(whole) if sign != ","])
    digit = draw.choice([d for d in "123456789" if d != whole[at]])
    content.total.text = content.total.text.replace(whole, whole[:at] + digit + whole[at + 1 :])
    return Change(frozenset({"total-wrong"}), _text(content.total))


def _figure(content: Content, draw: random.Random) -> Change | None:
    for text in content.claims:
        if text.text.startswith("Among judged"):
            figure = text.text.split("(")[1].split(")")[0]
            changed = f"{float(figure) + draw.choice((-0.2, -0.09, 0.05, 0.11)):.{len(figure.split('.')[1])}f}"
            text.text = text.text.replace(figure, changed)
            return Change(frozenset({"prose-figure"}), _text(text))
    return None


KINDS: dict[str, Callable[[Content, random.Random], Change | None]] = {
    "bold-wrong": _bold_wrong,
    "bold-double": _bold_double,
    "bold-missing": _bold_missing,
    "decimals": _decimals,
    "grim": _grim,
    "truncated": _truncated,
    "same-count": _same_count,
    "spread": _spread,
    "mean-of-spreads": _mean_of_spreads,
    "average": _wrong_average,
    "complements": _complements,
    "constant": _constant,
    "label": _label,
    "link": _link,
    "claim": _claim,
    "miscount": _miscount,
    "source": _source,
    "no-base": _no_base,
    "total": _total,
    "figure": _figure,
}
