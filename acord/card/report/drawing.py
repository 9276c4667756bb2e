"""From matplotlib to a picture inside the page: the page's colours and fonts, and the same bytes each time.

Colours become variables of the style, so that one picture serves light, dark and paper. Texts stay text.
"""

import io
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from markupsafe import Markup

from acord.evaluate.forest import COLOURS
from acord.visible import visible, visible_line

WIDTH, PAD = 9.0, 0.1
INK, GROUND, GRID, SOFT = "#000000", "#ffffff", "#dddddd", "#444444"
# The last of the forest's colours is black.
SERIES = COLOURS[:-1]
LINES: Sequence[Any] = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 1.5, 1, 1.5)))
HATCHES = ("", "///", "...", "xxx")
LONGEST_LABEL = 48

VARIABLES = {
    INK: "var(--ink)",
    GROUND: "var(--ground)",
    GRID: "var(--grid)",
    SOFT: "var(--soft)",
    **{colour.lower(): f"var(--series-{place})" for place, colour in enumerate(SERIES, start=1)},
}
_TAG = re.compile(r"<[^<>]*>")
_COLOUR = re.compile(r"#[0-9a-f]{6}\b")
_NUMBER = re.compile(r"-?\d+\.\d+")
_ID = re.compile(r' id="([^"]*)"')
_USED = re.compile(r'(?:href="#|url\(#)([^")]+)')
_FONT = re.compile(r"'DejaVu Sans'[^;\"]*")


def picture(name: str, height: float, draw: Callable[[Any], None], alt: str) -> Markup:
    """An SVG that `draw` draws into a figure of WIDTH by `height` inches.

    name: no other picture of the page has it. alt: what it shows, for those who do not see it.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    out = io.StringIO()
    with own_settings(name):
        drawn = Figure(figsize=(WIDTH, height), layout=ConstrainedLayoutEngine(w_pad=PAD, h_pad=PAD))
        FigureCanvasAgg(drawn)
        draw(drawn)
        drawn.savefig(out, format="svg", metadata={"Date": None})
    return inline(out.getvalue(), alt)


def stacked(
    axis: Any, series: Iterable[tuple[str, Sequence[int]]], colours: Sequence[str], hatches: Sequence[str] = HATCHES
) -> list[int]:
    """Horizontal bars, the parts of each row behind one another; what the rows add up to.

    series: of each part its label and its length in every row. Parts beyond the colours differ by their hatching.
    """
    totals: list[int] = []
    for place, (label, widths) in enumerate(series):
        totals = totals or [0] * len(widths)
        axis.barh(
            range(len(widths)),
            widths,
            left=totals,
            height=0.7,
            color=colours[place % len(colours)],
            hatch=hatches[place // len(colours) % len(hatches)],
            edgecolor=GROUND,
            label=label,
        )
        totals = [before + width for before, width in zip(totals, widths, strict=True)]
    return totals


@contextmanager
def own_settings(name: str) -> Iterator[None]:
    """matplotlib as it comes, whatever the user's settings. name: from which the ids of a picture are made."""
    import matplotlib

    with matplotlib.rc_context(), warnings.catch_warnings():
        # A sign that matplotlib's font lacks is drawn by the reader's own.
        warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)
        matplotlib.rcdefaults()
        # No text of the data is read as a formula: parse_math is off.
        matplotlib.rcParams.update(
            {"svg.fonttype": "none", "svg.hashsalt": name, "font.size": 9, "text.parse_math": False}
        )
        yield


def inline(svg: str, alt: str) -> Markup:
    """An SVG of matplotlib's as a part of the page."""
    body = re.sub(
        r"<(metadata|title)>.*?</\1>|<style.*?</style>", "", visible(svg[svg.index("<svg") :]), flags=re.DOTALL
    )
    used = set(_USED.findall(body))
    body = _TAG.sub(lambda found: _tag(found.group(), used), body)
    size = re.match(r'<svg[^>]*viewBox="0 0 ([\d.]+) ([\d.]+)"', body)
    if size is None:
        raise ValueError("this is no SVG of matplotlib's")
    start = Markup('<svg class="picture" role="img" aria-label="{0}" viewBox="0 0 {1} {2}" width="{1}" height="{2}">')
    content = body[body.index(">") + 1 :]
    # What stands in tags and texts was escaped by matplotlib.
    return start.format(alt, size[1], size[2]) + Markup(re.sub(r"\n\s*", "\n", content).strip())  # noqa: S704


def _tag(tag: str, used: set[str]) -> str:
    """Without ids that nothing refers to, which repeat from picture to picture; coordinates to a hundredth point."""
    tag = _ID.sub(lambda found: found.group() if found[1] in used else "", tag)
    tag = _COLOUR.sub(lambda found: VARIABLES.get(found.group(), found.group()), tag)
    tag = _FONT.sub("var(--sans)", tag)
    # A scale is no coordinate: rounded, it would be nothing.
    return tag if "scale(" in tag else _NUMBER.sub(lambda found: f"{float(found.group()):.2f}", tag)


def frame(axis: Any, title: str) -> None:
    """A panel without a box."""
    axis.set_title(title, loc="left", fontweight="bold", fontsize=10)
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(color=GRID, linewidth=0.6)
    axis.set_axisbelow(True)


def rows(axis: Any, title: str, labels: Sequence[str]) -> None:
    """A panel with one row a label, the first at the top."""
    frame(axis, title)
    axis.spines["left"].set_visible(False)
    axis.grid(visible=False, axis="y")
    axis.set_yticks(range(len(labels)), labels)
    axis.set_ylim(max(len(labels), 1) - 0.4, -0.6)
    axis.tick_params(axis="y", length=0)


def short(label: str) -> str:
    """A label that leaves room for the picture."""
    line = visible_line(label)
    return line if len(line) <= LONGEST_LABEL else f"{line[: LONGEST_LABEL - 1]}…"
