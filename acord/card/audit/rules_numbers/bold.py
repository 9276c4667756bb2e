"""Bold marks the best of a row: is it the best, is it the only one, is it there?"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from acord.card.audit.document import Card
from acord.card.audit.findings import Finding
from acord.card.audit.measures import Measure, Score, value
from acord.card.audit.names import Better

# A card may say that bold means more than "best": then a row without it, or with two, is no slip.
OTHER_MEANING = re.compile(
    r"\b(signific\w*|distinguish\w*|confidence|standard error|within (the )?noise|top[- ](two|2|three|3)|overlap\w*)\b",
    re.IGNORECASE,
)
BOLD_WORD = re.compile(r"\b(bold\w*|negret\w*|negrit\w*)\b", re.IGNORECASE)
MOST_ROWS = 0.5


def check_bold(card: Card, measures: tuple[Measure, ...]) -> Iterator[Finding]:
    """bold-wrong, bold-double, bold-missing."""
    loose = _says_otherwise(card)
    for table_measures in by_table(measures):
        better_of_table = _better_by_use(table_measures)
        marked = [one for one in table_measures if _bold(one)]
        for one in table_measures:
            if len(one.numbers) < 2:
                continue
            better = one.better or better_of_table
            if _bold(one):
                yield from _of_marked(one, better or "higher", certain=better is not None, loose=loose)
            elif not loose and len(marked) >= 2 and len(marked) > MOST_ROWS * len(table_measures):
                yield from _unmarked(one, better or "higher")


def by_table(measures: tuple[Measure, ...]) -> list[list[Measure]]:
    """The measures of each table."""
    tables: dict[int, list[Measure]] = {}
    for one in measures:
        tables.setdefault(one.table.number, []).append(one)
    return list(tables.values())


def _says_otherwise(card: Card) -> bool:
    sentences = (s for p in card.paragraphs for s in re.split(r"(?<=[.!?])\s|\n\n", p.text))
    return any(BOLD_WORD.search(sentence) and OTHER_MEANING.search(sentence) for sentence in sentences)


def _bold(one: Measure) -> list[Score]:
    return [score for score in one.numbers if score.cell.bold and not score.highlighted]


def _better_by_use(measures: Iterable[Measure]) -> Better | None:
    """Which way bold goes in rows whose metric says nothing: the table's own habit, where there is one."""
    habit: Counter[Better] = Counter()
    for one in measures:
        bold = _bold(one)
        figures = [value(score) for score in one.numbers]
        if one.better is None and bold and len(set(figures)) > 1:
            shown = {value(score) for score in bold}
            habit["higher"] += max(figures) in shown
            habit["lower"] += min(figures) in shown
    high, low = habit["higher"], habit["lower"]
    if high + low < 2 or high == low:
        return None
    return "higher" if high > low else "lower"


def _best(one: Measure, better: Better) -> list[Score]:
    figures = [value(score) for score in one.numbers]
    best = max(figures) if better == "higher" else min(figures)
    return [score for score in one.numbers if value(score) == best]


def _of_marked(one: Measure, better: Better, *, certain: bool, loose: bool) -> Iterator[Finding]:
    bold, best = _bold(one), _best(one, better)
    figures = _figures(one, better)
    line = bold[0].cell.line
    if len({value(score) for score in bold}) > 1 and not loose:
        shown = " and ".join(f"{score.cell.text} ({score.model})" for score in bold)
        worse = next(score for score in bold if value(score) != value(best[0]))
        yield Finding(
            "error", "bold-double", worse.cell.line if one.row is None else line, one.place(),
            f"{shown} are bold and differ; the best is {best[0].cell.text} ({best[0].model}).", figures,
        )  # fmt: skip
    if not any(score in best for score in bold):
        yield Finding(
            "error" if certain else "warning", "bold-wrong", line, bold[0].place,
            f"{bold[0].cell.text} ({bold[0].model}) is bold and {best[0].cell.text} ({best[0].model}) is better.",
            figures,
        )  # fmt: skip
    elif not loose and any(score not in bold and not score.highlighted for score in best):
        left = next(score for score in best if score not in bold)
        yield Finding(
            "warning", "bold-missing", left.cell.line, left.place,
            f"{left.cell.text} ({left.model}) equals the best and is not bold.", figures,
        )  # fmt: skip


def _unmarked(one: Measure, better: Better) -> Iterator[Finding]:
    best = _best(one, better)
    if len(best) == len(one.numbers) or any(score.highlighted for score in best):
        return
    yield Finding(
        "warning", "bold-missing", best[0].cell.line, one.place(),
        f"No score is bold, unlike in the table's other rows; the best is {best[0].cell.text} ({best[0].model}).",
        _figures(one, better),
    )  # fmt: skip


def _figures(one: Measure, better: Better) -> dict[str, object]:
    return {
        "scores": {score.model: value(score) for score in one.numbers},
        "bold": [score.model for score in _bold(one)],
        "better": better,
    }
