"""Pairs that were kept from training, before and after: whether what was learnt holds beyond the training pairs."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from acord.card.evidence import Evidence
from acord.card.report.held_out_picture import held_out_picture
from acord.card.report.markup import Section, bullets, figure, joined, paragraph, table
from acord.card.report.saying import heads, in_order, name_of, number, percent, say
from acord.card.writing.alignment import accuracy_interval
from acord.evaluate.grid import interval
from acord.visible import visible_line

LEGEND = ("accuracy", "likelier", "margin", "shift", "longer")
Figures = Mapping[str, Any]


def held_out(evidence: Evidence) -> Section:
    """By language and by source."""
    measured = evidence.figures("align").get("held_out")
    if not measured:
        return Section("held-out", say("held"), paragraph(say("absent_held")))
    before, after = measured["before"], measured["after"]
    if "accuracy" not in after:
        return Section("held-out", say("held"), _likelihood(before, after))
    languages = [one for one in in_order(after["languages"]) if "accuracy" in after["languages"][one]]
    sources = [one for one in after["sources"] if "accuracy" in after["sources"][one]]
    picture = held_out_picture(before["languages"], after["languages"], languages)
    rows = [_row(name_of(one), before["languages"][one], after["languages"][one]) for one in languages]
    rows.append(_row(say("all"), before, after))
    of_sources = [_row(visible_line(one), before["sources"][one], after["sources"][one]) for one in sources]
    headings = heads("held_heads")
    parts = [
        paragraph(say("held_about", pairs=after["pairs"])),
        figure(picture, say("held_picture")),
        table(say("held_languages"), [say("language"), *headings], rows, numbers=range(1, 11)),
        table(say("held_sources"), [say("source"), *headings], of_sources, numbers=range(1, 11)),
        bullets((say(f"held_legend_{one}") for one in LEGEND), "note"),
    ]
    return Section("held-out", say("held"), joined(parts))


def _row(name: str, before: Figures, after: Figures) -> tuple[str, ...]:
    low, high = accuracy_interval(after["accuracy"], after["pairs"])
    return (
        name,
        number(after["pairs"]),
        percent(after["accuracy"]),
        interval(100 * low, 100 * high, ".1f"),
        percent(before["likelier"]),
        percent(after["likelier"]),
        number(after["margin"], "+.3f"),
        number(after["chosen_shift"], "+.2f"),
        number(after["rejected_shift"], "+.2f"),
        percent(after["longer"]),
        percent(after["chosen_longer"]),
    )


def _likelihood(before: Figures, after: Figures) -> Markup:
    """After supervised training there is no rejected reply to hold against the preferred one."""
    rows = [
        (name_of(one), number(after["languages"][one]["pairs"]), number(before["languages"][one]["nll"], ".3f"),
         number(after["languages"][one]["nll"], ".3f"))
        for one in in_order(after["languages"])
    ]  # fmt: skip
    rows.append((say("all"), number(after["pairs"]), number(before["nll"], ".3f"), number(after["nll"], ".3f")))
    return joined(
        [
            paragraph(say("held_about", pairs=after["pairs"])),
            table(say("held_languages"), heads("held_sft_heads"), rows, numbers=range(1, 4)),
        ]
    )
