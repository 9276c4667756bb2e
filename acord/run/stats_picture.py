"""One picture of built pairs: how many by language and source, why rows were dropped, how long replies are."""

import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from acord.card.report.drawing import stacked
from acord.data.stats import PairFigures, Stats
from acord.errors import InputError
from acord.languages import LANGUAGES, interface_language, text
from acord.languages import shown as formatted
from acord.languages.reasons import reason_text
from acord.run.option_faults import faults_of
from acord.visible import visible_line
from acord.whole import written_whole

ENDINGS = (".png", ".svg")
WIDTH, BAR_HEIGHT, PANEL_HEIGHT = 9.0, 0.3, 0.9
DOTS_AN_INCH = 150
REASONS = 12
LONGEST_LABEL = 48
# Okabe and Ito's palette, told apart also by those who do not see all colours; hatching tells more sources apart.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#999999")
HATCHES = ("", "//", "..", "xx")
CHOSEN, REJECTED, DROPPED = COLOURS[0], COLOURS[1], "#666666"


def check_ending(picture: Path) -> None:
    """Raises InputError for a file that is neither PNG nor SVG by its name."""
    if picture.suffix.lower() not in ENDINGS:
        raise InputError("the picture is no PNG or SVG", where=str(picture), fix="Give a name in .png or .svg.")


def draw(stats: Stats, name: str, picture: Path) -> None:
    """Draw the figures into a file whose ending says how. name: of the pairs, for the title.

    Whole or not at all. Raises InputError where its folder is not there, MachineError for a fault of the disk.
    """
    content = _drawn(stats, name, picture.suffix.lower().removeprefix("."))
    try:
        with faults_of("--picture", picture), written_whole(picture) as beside:
            beside.write_bytes(content)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise InputError("no file can be written there", where=str(picture), fix="Give a file in a folder.") from None


def _drawn(stats: Stats, name: str, kind: str) -> bytes:
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    dropped = _dropped(stats)
    bars = (max(1, len(stats.by_language)), max(1, len(dropped)), max(1, 2 * len(stats.by_language)))
    heights = [PANEL_HEIGHT + BAR_HEIGHT * count for count in bars]
    metadata: dict[str, Any] = {"Software": None} if kind == "png" else {"Date": None, "Title": name}
    out = io.BytesIO()
    # No text of the data is read as a formula: parse_math is off.
    with matplotlib.rc_context({"svg.hashsalt": "acord", "font.size": 9, "text.parse_math": False}):
        figure = Figure(figsize=(WIDTH, sum(heights) + 0.5), layout="constrained", facecolor="white")
        FigureCanvasAgg(figure)
        pairs, reasons, lengths = figure.subplots(3, 1, height_ratios=heights)
        _draw_pairs(pairs, stats)
        _draw_dropped(reasons, dropped)
        _draw_lengths(lengths, stats.by_language)
        figure.suptitle(visible_line(name), fontweight="bold", fontsize=11)
        figure.savefig(out, format=kind, dpi=DOTS_AN_INCH, metadata=metadata)
    return out.getvalue()


def _draw_pairs(axis: Any, stats: Stats) -> None:
    _frame(axis, "stats_picture_pairs", [_language(one) for one in stats.by_language])
    series = [
        (
            visible_line(str(source)),
            [
                sum(one.pairs for one in stats.pairs if (one.source, one.language) == (source, of.language))
                for of in stats.by_language
            ],
        )
        for source in (one.source for one in stats.by_source)
    ]
    for place, total in enumerate(stacked(axis, series, COLOURS, HATCHES)):
        _write_beside(axis, place, total)
    if stats.by_source:
        axis.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)


def _draw_dropped(axis: Any, dropped: Sequence[tuple[str, int]]) -> None:
    _frame(axis, "stats_picture_dropped", [_short(visible_line(reason_text(reason))) for reason, _ in dropped])
    axis.barh(range(len(dropped)), [count for _, count in dropped], height=0.7, color=DROPPED)
    for place, (_, count) in enumerate(dropped):
        _write_beside(axis, place, count)


def _draw_lengths(axis: Any, languages: Sequence[PairFigures]) -> None:
    """A bar to the median of each kind of reply, and a line from there to the 90th percentile."""
    _frame(axis, "stats_picture_lengths", [_language(one) for one in languages])
    for shift, part, colour in ((-0.19, "chosen", CHOSEN), (0.19, "rejected", REJECTED)):
        spreads = [one.lengths[f"{part}_characters"] for one in languages]
        places = [place + shift for place in range(len(languages))]
        label = text(f"stats_picture_{part}")
        axis.barh(places, [spread.median for spread in spreads], height=0.36, color=colour, label=label)
        axis.hlines(
            places, [one.median for one in spreads], [one.ninetieth for one in spreads], colors=colour, linewidth=1.5
        )
    axis.set_xlabel(text("stats_picture_characters"))
    if languages:
        axis.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)


def _frame(axis: Any, title: str, labels: Sequence[str]) -> None:
    axis.set_title(text(title), loc="left", fontweight="bold", fontsize=10)
    axis.spines[["top", "right", "left"]].set_visible(False)
    axis.set_yticks(range(len(labels)), labels)
    axis.set_ylim(max(len(labels), 1) - 0.5, -0.5)
    axis.tick_params(axis="y", length=0)
    axis.xaxis.set_major_formatter(lambda value, _: _count(round(value)))
    # Room for the number beside the longest bar.
    axis.margins(x=0.1)
    axis.xaxis.get_major_locator().set_params(integer=True)
    axis.grid(axis="x", color="#dddddd", linewidth=0.6)
    axis.set_axisbelow(True)
    if not labels:
        axis.set_xticks([])
        axis.text(0.0, 0.5, text("stats_picture_none"), transform=axis.transAxes, va="center")


def _write_beside(axis: Any, place: int, count: int) -> None:
    axis.annotate(_count(count), (count, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8)


def _dropped(stats: Stats) -> list[tuple[str, int]]:
    """Reasons by count; the least ones are one bar where there are many."""
    counts: Counter[str] = Counter()
    for rows in stats.rows:
        counts.update(rows.dropped_by_reason)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    if len(ordered) <= REASONS:
        return ordered
    rest = sum(count for _, count in ordered[REASONS - 1 :])
    return [*ordered[: REASONS - 1], (text("stats_picture_other"), rest)]


def _language(figures: PairFigures) -> str:
    tag = str(figures.language)
    return LANGUAGES[tag].names[interface_language().tag] if tag in LANGUAGES else _short(visible_line(tag))


def _short(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"


def _count(value: int) -> str:
    return format(formatted(value, interface_language()), ",")
