"""The picture of the training: loss and learning rate, and a curve a language of each figure."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from acord.card.report.drawing import GRID, LINES, SERIES, SOFT, frame, picture, short
from acord.card.report.saying import name_of, number, say

ROW = 2.3
Points = tuple[Sequence[int], Sequence[float]]
# Where nothing was learnt: half of the pairs, no change.
NOTHING = {"accuracy": 0.5, "margin": 0.0, "chosen_shift": 0.0, "rejected_shift": 0.0}
# What is in the same unit has the same scale, so that the two can be held against each other.
SHARED = ("chosen_shift", "rejected_shift")


def training_picture(
    loss: Points,
    rate: Points,
    curves: Mapping[str, Mapping[str, Points]],
    alt: str,
) -> Markup:
    """Two panels a row. loss, rate: by step. curves: by figure and language."""
    lines = 1 + -(-len(curves) // 2)

    def draw(figure: Any) -> None:
        panels = list(figure.subplots(lines, 2, squeeze=False).flat)
        _draw_single(panels[0], say("loss"), loss)
        _draw_single(panels[1], say("learning_rate"), rate)
        for panel, (key, of_languages) in zip(panels[2:], curves.items(), strict=False):
            _draw_languages(panel, key, of_languages)
        drawn = dict(zip(curves, panels[2:], strict=False))
        shared = [drawn[key] for key in SHARED if key in drawn]
        limits = [limit for panel in shared for limit in panel.get_ylim()]
        for panel in shared:
            panel.set_ylim(min(limits), max(limits))
        for panel in panels[2 + len(curves) :]:
            panel.set_axis_off()
        handles, labels = panels[2].get_legend_handles_labels() if curves else ([], [])
        figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)

    return picture("training", ROW * lines + 0.4, draw, alt)


def _draw_single(axis: Any, title: str, points: Points) -> None:
    frame(axis, title)
    axis.plot(*points, color=SOFT, linewidth=1.4)
    _ticks(axis, "learning_rate" if title == say("learning_rate") else "loss")


def _draw_languages(axis: Any, key: str, curves: Mapping[str, Points]) -> None:
    frame(axis, say(key))
    for place, (language, points) in enumerate(curves.items()):
        axis.plot(
            *points,
            color=SERIES[place % len(SERIES)],
            linestyle=LINES[place % len(LINES)],
            linewidth=1.5,
            label=short(name_of(language)),
        )
    if key in NOTHING:
        axis.axhline(NOTHING[key], color=SOFT, linewidth=0.8, zorder=1)
    _ticks(axis, key)


def _ticks(axis: Any, key: str) -> None:
    axis.set_xlabel(say("step"), fontsize=8)
    axis.set_xlim(left=0)
    axis.xaxis.get_major_locator().set_params(integer=True)
    axis.xaxis.set_major_formatter(lambda value, _: number(round(value)))
    axis.spines[["left", "bottom"]].set_color(GRID)
    if key == "accuracy":
        axis.yaxis.set_major_formatter(lambda value, _: say("percent", value=number(100 * value, ".0f")))
    else:
        axis.yaxis.set_major_formatter(lambda value, _: number(round(value, 12), "g"))
