"""A forest plot: the differences between one model and the others with their intervals, by language.

On one scale for all metrics: points between chance (0) and a perfect score (100), so that better is to the right also
where lower is better. A row that cannot be placed there (see language_means) is left out.
"""

import io
import textwrap
from collections.abc import Sequence
from typing import Any, NamedTuple

from acord.evaluate.compare import Comparison, RowComparison
from acord.evaluate.grid import language_name
from acord.evaluate.language_means import LanguageMean, chance_of
from acord.languages import interface_language, text

WIDTH, SERIES_HEIGHT, GAP, HEAD_HEIGHT, FRAME_HEIGHT = 9.0, 0.16, 0.12, 0.45, 1.9
DOTS_AN_INCH = 150
FULL = 100.0

# Okabe and Ito's palette, told apart also by those who do not see all colours; the shapes help the rest.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
SHAPES = ("o", "s", "^", "D", "v", "P", "X")


class Bar(NamedTuple):
    """One interval, in points. stands: after Holm; None for means, which are not tested."""

    value: float
    low: float
    high: float
    stands: bool | None


class Place(NamedTuple):
    """One row of the plot: a bar for each of the other models, None where there is no difference."""

    label: str
    bars: tuple[Bar | None, ...]


class Panel(NamedTuple):
    """One language."""

    title: str
    places: tuple[Place, ...]


def panels_of(comparison: Comparison) -> tuple[Panel, ...]:
    """What is drawn: differences of the model in focus from each other one, by language, each with its mean last."""
    panels = []
    for mean in comparison.means:
        rows = [row for row in comparison.rows if row.row.language == mean.language]
        places = [_place(comparison, row) for row in rows] + [_mean_place(comparison, mean)]
        drawn = tuple(place for place in places if any(bar is not None for bar in place.bars))
        if drawn:
            panels.append(Panel(language_name(mean.language), drawn))
    return tuple(panels)


def to_png(comparison: Comparison) -> bytes:
    """The plot as PNG; empty where nothing could be tested."""
    return _drawn(comparison, "png", {"Software": None})


def to_svg(comparison: Comparison) -> bytes:
    """The plot as SVG, its letters as outlines; empty where nothing could be tested."""
    return _drawn(comparison, "svg", {"Date": None, "Title": _title(comparison)})


def _place(comparison: Comparison, compared: RowComparison) -> Place:
    row = compared.row
    chance = chance_of(row)
    bars: list[Bar | None] = []
    for other in comparison.others():
        contrast = compared.contrast(comparison.focus, other)
        if contrast is None or contrast.decision is None or chance is None:
            bars.append(None)
            continue
        found, scale = contrast.decision.difference, FULL / (row.best - chance)
        low, high = sorted((found.low * scale, found.high * scale))
        bars.append(Bar(found.value * scale, low, high, contrast.decision.distinct))
    return Place(f"{row.label} ({row.metric})", tuple(bars))


def _mean_place(comparison: Comparison, mean: LanguageMean) -> Place:
    found = [mean.differences.get(other) for other in comparison.others()]
    bars = [None if one is None else Bar(one.value * FULL, one.low * FULL, one.high * FULL, None) for one in found]
    return Place(text("forest_mean"), tuple(bars))


def _title(comparison: Comparison) -> str:
    return text("forest_title", focus=comparison.focus, suite=comparison.title)


def _drawn(comparison: Comparison, kind: str, metadata: dict[str, str | None]) -> bytes:
    panels = panels_of(comparison)
    if not panels:
        return b""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    series = len(comparison.others())
    step = SERIES_HEIGHT * series + GAP
    heights = [HEAD_HEIGHT + step * len(panel.places) for panel in panels]
    out = io.BytesIO()
    # No text of the data is read as a formula: parse_math is off.
    with matplotlib.rc_context({"svg.hashsalt": "acord", "font.size": 9, "text.parse_math": False}):
        figure = Figure(figsize=(WIDTH, sum(heights) + FRAME_HEIGHT), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(len(panels), 1, squeeze=False, sharex=True, height_ratios=heights)[:, 0]
        for axis, panel in zip(axes, panels, strict=True):
            _draw_panel(axis, panel, series)
        axes[-1].set_xlabel(_wrapped(text("forest_axis", focus=comparison.focus)))
        figure.suptitle(_wrapped(_title(comparison)), fontweight="bold", fontsize=11)
        figure.legend(handles=_handles(comparison), loc="outside lower center", ncols=2, frameon=False)
        figure.savefig(out, format=kind, dpi=DOTS_AN_INCH, metadata=metadata)
    return out.getvalue()


def _draw_panel(axis: Any, panel: Panel, series: int) -> None:
    for index, place in enumerate(panel.places):
        for number, bar in enumerate(place.bars):
            if bar is not None:
                height = index + (number - (series - 1) / 2) * 0.8 / max(series, 2)
                _draw_bar(axis, bar, height, COLOURS[number % len(COLOURS)], SHAPES[number % len(SHAPES)])
    axis.axvline(0.0, color="black", linewidth=0.8, zorder=1)
    axis.set_yticks(range(len(panel.places)), [place.label for place in panel.places])
    axis.set_ylim(len(panel.places) - 0.4, -0.6)
    axis.set_title(panel.title, loc="left", fontweight="bold", fontsize=10)
    axis.spines[["top", "right", "left"]].set_visible(False)
    axis.tick_params(axis="y", length=0)
    axis.tick_params(axis="x", labelbottom=True)
    axis.xaxis.set_major_formatter(lambda value, _: _points(value))
    axis.grid(axis="x", color="#dddddd", linewidth=0.6)
    axis.set_axisbelow(True)


def _points(value: float) -> str:
    return "0" if value == 0 else f"{value:+g}".replace(".", interface_language().decimal)


def _draw_bar(axis: Any, bar: Bar, height: float, colour: str, shape: str) -> None:
    of_mean = bar.stands is None
    axis.plot([bar.low, bar.high], [height, height], color=colour, linewidth=2.4 if of_mean else 1.3, zorder=2)
    # A mean is a diamond as wide as its marker, in the middle of a thick line; it is not tested, so never filled.
    axis.plot(
        [bar.value],
        [height],
        marker="d" if of_mean else shape,
        markersize=7 if of_mean else 5,
        markeredgecolor=colour,
        markerfacecolor=colour if bar.stands else "white",
        linestyle="none",
        zorder=3,
    )


def _handles(comparison: Comparison) -> list[Any]:
    from matplotlib.lines import Line2D

    handles = [
        Line2D(
            [], [], color=COLOURS[i % len(COLOURS)], marker=SHAPES[i % len(SHAPES)], markerfacecolor="white", label=one
        )
        for i, one in enumerate(_labels(comparison))
    ]
    filled = Line2D([], [], color="#444444", marker="o", linestyle="none", label=text("forest_stands"))
    return [*handles, filled]


def _labels(comparison: Comparison) -> Sequence[str]:
    effect = comparison.before if comparison.focus == comparison.after else None
    return [text("forest_effect", before=one) if one == effect else one for one in comparison.others()]


def _wrapped(line: str, width: int = 100) -> str:
    return "\n".join(textwrap.wrap(line, width))
