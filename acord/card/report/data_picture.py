"""The picture of the pairs: by language and source, and rows that were dropped, by reason."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from acord.card.counting import PairCounts
from acord.card.report.drawing import SERIES, SOFT, picture, rows, short, stacked
from acord.card.report.saying import in_order, name_of, number, say
from acord.languages.reasons import reason_text

# More bars than this say no more.
REASONS = 12
BAR, PANEL = 0.32, 1.0


def data_picture(counts: PairCounts) -> Markup:
    """Two panels of bars."""
    languages, reasons = in_order(counts.by_language), _reasons(counts)
    heights = [PANEL + BAR * len(languages), PANEL + BAR * len(reasons) if reasons else 0]

    def draw(figure: Any) -> None:
        panels = figure.subplots(1 + bool(reasons), 1, squeeze=False, height_ratios=[one for one in heights if one])
        _draw_pairs(panels[0, 0], counts, languages)
        if reasons:
            _draw_reasons(panels[1, 0], reasons)

    shown = "; ".join(f"{name_of(one)}: {number(counts.by_language[one])}" for one in languages)
    return picture("data", sum(heights), draw, say("data_alt", languages=shown))


def _reasons(counts: PairCounts) -> list[tuple[str, int]]:
    """Over all sources, the most frequent first; the rarest are one bar where there are many."""
    added: Counter[str] = Counter()
    for reasons in counts.dropped.values():
        added.update(reasons)
    ordered = sorted(added.items(), key=lambda one: (-one[1], one[0]))
    shown = [(reason_text(reason), n) for reason, n in ordered[:REASONS]]
    rest = sum(n for _, n in ordered[REASONS:])
    return [*shown, (say("dropped_rest"), rest)] if rest else shown


def _draw_pairs(axis: Any, counts: PairCounts, languages: Sequence[str]) -> None:
    rows(axis, say("data_picture_pairs"), [short(name_of(one)) for one in languages])
    series = [
        (short(source), [counts.by_source_and_language.get((source, one), 0) for one in languages])
        for source in counts.by_source
    ]
    totals = stacked(axis, series, SERIES)
    for place, total in enumerate(totals):
        _beside(axis, place, total)
    _counted(axis, max(totals))
    axis.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)


def _draw_reasons(axis: Any, reasons: Sequence[tuple[str, int]]) -> None:
    rows(axis, say("data_picture_dropped"), [short(label) for label, _ in reasons])
    axis.barh(range(len(reasons)), [n for _, n in reasons], height=0.7, color=SOFT)
    for place, (_, n) in enumerate(reasons):
        _beside(axis, place, n)
    _counted(axis, max(n for _, n in reasons))


def _counted(axis: Any, most: int) -> None:
    # Room for the number beside the longest bar.
    axis.set_xlim(0, 1.12 * most)
    axis.xaxis.get_major_locator().set_params(integer=True)
    axis.xaxis.set_major_formatter(lambda value, _: number(round(value)))


def _beside(axis: Any, place: int, count: int) -> None:
    axis.annotate(number(count), (count, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8)
