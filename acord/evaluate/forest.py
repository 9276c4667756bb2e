"""A forest plot: every row's difference with its interval, by language, as a picture that numbers alone do not give."""

import io
from collections.abc import Sequence
from typing import Any, NamedTuple

from acord.evaluate.compare import Comparison, Line
from acord.evaluate.grid import language_name
from acord.languages import text

ROW_HEIGHT, HEAD_HEIGHT, WIDTH = 0.28, 1.1, 9.0
DOTS_AN_INCH = 150
DISTINCT, INDISTINCT = "#0b5394", "#8a8a8a"


class _Bar(NamedTuple):
    """One row's interval: value, low and high as shares of the metric's range, positive where `first` is better."""

    language: str
    label: str
    value: float
    low: float
    high: float
    distinct: bool


def draw_forest(comparison: Comparison) -> dict[str, bytes]:
    """The plot as PNG and SVG by suffix, the same bytes for the same figures; empty where nothing was tested.

    Of the aligned model minus the one before; without such a pair, of the last model minus the first.
    """
    first, second = _sides(comparison)
    bars = [bar for line in comparison.lines if (bar := _bar(line, first, second)) is not None]
    if not bars:
        return {}
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    languages = list(dict.fromkeys(bar.language for bar in bars))
    groups = [[bar for bar in bars if bar.language == language] for language in languages]
    height = sum(len(group) * ROW_HEIGHT + HEAD_HEIGHT for group in groups) + HEAD_HEIGHT
    with matplotlib.rc_context({"svg.hashsalt": "acord", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(
            len(groups), 1, squeeze=False, sharex=True, height_ratios=[len(group) + 1 for group in groups]
        )[:, 0]
        for axis, language, group in zip(axes, languages, groups, strict=True):
            _draw(axis, language_name(language), group)
        axes[-1].set_xlabel(text("forest_axis", first=first, second=second))
        figure.suptitle(text("forest_title", first=first, second=second, suite=comparison.title))
        return {"png": _saved(figure, "png"), "svg": _saved(figure, "svg")}


def _sides(comparison: Comparison) -> tuple[str, str]:
    if comparison.before is not None and comparison.after is not None:
        return comparison.after, comparison.before
    return comparison.models[-1].name, comparison.models[0].name


def _bar(line: Line, first: str, second: str) -> _Bar | None:
    decided = line.difference(first, second)
    if decided is None:
        return None
    row = line.row
    difference = decided.difference
    # Metrics of 0 to 100 and of 0 to 1 on one axis, and better always to the right.
    scale = (100.0 if row.best == 100.0 or row.better == "lower" else 1.0) * (1 if row.better == "higher" else -1)
    low, high = sorted((difference.low / scale, difference.high / scale))
    label = f"{row.label} ({row.metric})"
    return _Bar(row.language, label, difference.value / scale, low, high, decided.distinct)


def _draw(axis: Any, title: str, bars: Sequence[_Bar]) -> None:
    for place, bar in enumerate(bars):
        colour = DISTINCT if bar.distinct else INDISTINCT
        axis.plot([bar.low, bar.high], [place, place], color=colour, linewidth=1.6)
        axis.plot([bar.value], [place], marker="s" if bar.distinct else "o", color=colour, markersize=5)
    axis.axvline(0.0, color="black", linewidth=0.8)
    axis.set_yticks(range(len(bars)), [bar.label for bar in bars])
    axis.set_ylim(len(bars) - 0.5, -0.5)
    axis.set_title(title, loc="left", fontweight="bold")
    axis.spines[["top", "right", "left"]].set_visible(False)
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="x", color="#e0e0e0")
    axis.set_axisbelow(True)


def _saved(figure: Any, kind: str) -> bytes:
    out = io.BytesIO()
    undated = {"Date": None} if kind == "svg" else {"Software": None}
    figure.savefig(out, format=kind, dpi=DOTS_AN_INCH, metadata=undated)
    return out.getvalue()
