"""The picture of the held-out pairs: accuracy with its interval, likelier replies before and after, and the changes."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from acord.card.report.drawing import GROUND, INK, SERIES, picture, rows, short
from acord.card.report.saying import name_of, number, percent, say
from acord.card.writing.alignment import accuracy_interval

BAR, HEAD = 0.45, 1.3
BEFORE, AFTER, REJECTED = SERIES[1], SERIES[0], SERIES[1]
OfLanguages = Mapping[str, Mapping[str, Any]]


def held_out_picture(before: OfLanguages, after: OfLanguages, languages: Sequence[str]) -> Markup:
    """Three panels side by side, one row a language; nothing without a language."""
    if not languages:
        return Markup("")

    def draw(figure: Any) -> None:
        panels = figure.subplots(1, 3)
        _draw_accuracy(panels[0], after, languages)
        _draw_likelier(panels[1], before, after, languages)
        _draw_changes(panels[2], after, languages)

    shown = "; ".join(f"{name_of(one)} {percent(after[one]['accuracy'])}" for one in languages)
    likelier = "; ".join(
        say("from_to", name=name_of(one), first=percent(before[one]["likelier"]), last=percent(after[one]["likelier"]))
        for one in languages
    )
    return picture("held-out", HEAD + BAR * len(languages), draw, say("held_alt", accuracy=shown, likelier=likelier))


def _draw_accuracy(axis: Any, after: OfLanguages, languages: Sequence[str]) -> None:
    rows(axis, say("accuracy"), [short(name_of(one)) for one in languages])
    for place, one in enumerate(languages):
        low, high = accuracy_interval(after[one]["accuracy"], after[one]["pairs"])
        axis.plot([low, high], [place, place], color=AFTER, linewidth=1.6)
        axis.plot([after[one]["accuracy"]], [place], color=AFTER, marker="o", markersize=6)
    axis.axvline(0.5, color=INK, linewidth=0.8, zorder=1)
    axis.set_xlim(0, 1)
    _shares(axis)


def _draw_likelier(axis: Any, before: OfLanguages, after: OfLanguages, languages: Sequence[str]) -> None:
    rows(axis, say("likelier"), [""] * len(languages))
    for place, one in enumerate(languages):
        ends = before[one]["likelier"], after[one]["likelier"]
        axis.plot(ends, [place, place], color=AFTER, linewidth=1.2)
        first = place == 0
        axis.plot([ends[0]], [place], color=AFTER, marker="o", markerfacecolor=GROUND, markersize=6, linestyle="none",
                  label=say("before") if first else None)  # fmt: skip
        axis.plot([ends[1]], [place], color=AFTER, marker="o", markersize=6, linestyle="none",
                  label=say("after") if first else None)  # fmt: skip
    axis.set_xlim(0, 1)
    _shares(axis)
    _legend(axis)


def _draw_changes(axis: Any, after: OfLanguages, languages: Sequence[str]) -> None:
    rows(axis, say("changes"), [""] * len(languages))
    for shift, key, colour in ((-0.18, "chosen_shift", AFTER), (0.18, "rejected_shift", REJECTED)):
        places = [place + shift for place in range(len(languages))]
        axis.barh(places, [after[one][key] for one in languages], height=0.34, color=colour, label=say(f"{key}_short"))
    axis.axvline(0.0, color=INK, linewidth=0.8)
    axis.xaxis.set_major_formatter(lambda value, _: number(round(value, 12), "g"))
    _legend(axis)


def _shares(axis: Any) -> None:
    axis.set_xticks([0, 0.5, 1])
    axis.xaxis.set_major_formatter(lambda value, _: say("percent", value=number(100 * value, ".0f")))


def _legend(axis: Any) -> None:
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=2, frameon=False, fontsize=8)
