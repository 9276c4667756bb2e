"""The pairs: how many by language, source and split, whose preferences they are, and what was left out and why."""

from collections.abc import Mapping

from markupsafe import Markup

from acord.card.counting import PairCounts
from acord.card.evidence import Evidence
from acord.card.report.data_picture import data_picture
from acord.card.report.markup import Section, bullets, figure, heading, joined, paragraph, table
from acord.card.report.saying import heads, in_order, name_of, number, percent, say
from acord.card.writing.names import is_bundled
from acord.card.writing.wording import wording
from acord.languages import interface_language
from acord.languages.reasons import reason_text
from acord.visible import visible_line

STEPS = ("translate", "rejected", "variety", "conflict", "personal_data", "central_catalan")


def data(evidence: Evidence) -> Section:
    """The data with their picture."""
    counts = evidence.counts
    if not counts.total:
        return Section("data", say("data"), paragraph(say("absent_pairs")))
    splits, words = counts.by_split, wording(interface_language().tag)
    parts = [
        paragraph(say("data_about", total=counts.total, train=splits.get("train", 0), held=splits.get("held_out", 0))),
        figure(data_picture(counts), say("data_picture")),
        _by_language(counts),
        _by_source(counts),
        _by_origin(counts),
        paragraph(words.say("origin_bundled")) if any(map(is_bundled, evidence.recipe.data.sources)) else Markup(""),
        heading(say("dropped")),
        *_dropped(counts, evidence.figures("pairs")),
    ]
    return Section("data", say("data"), joined(parts))


def _by_language(counts: PairCounts) -> Markup:
    rows = [
        (name_of(one), *(number(counts.by_language_and_split.get((one, split), 0)) for split in ("train", "held_out")),
         number(counts.by_language[one]))
        for one in in_order(counts.by_language)
    ]  # fmt: skip
    return table(say("data_languages"), heads("data_languages_heads"), rows, numbers=range(1, 4))


def _by_source(counts: PairCounts) -> Markup:
    languages = in_order(counts.by_language)
    rows = []
    for source, total in counts.by_source.items():
        licences = {one: n for (of, one), n in counts.by_source_and_licence.items() if of == source}
        rows.append(
            (
                visible_line(source),
                *(number(counts.by_source_and_language.get((source, one), 0)) for one in languages),
                number(total),
                ", ".join(visible_line(one) or say("not_stated") for one in licences),
            )
        )
    headings = [say("source"), *map(name_of, languages), say("all"), say("licence")]
    return table(say("data_sources"), headings, rows, numbers=range(1, len(languages) + 2))


def _by_origin(counts: PairCounts) -> Markup:
    words = wording(interface_language().tag).words
    rows = [
        (
            words.get(f"origin_{one}", visible_line(one)),
            number(n),
            percent(n / counts.total),
            words.get(f"origin_about_{one}", "–"),
        )
        for one, n in counts.by_origin.items()
    ]
    return table(say("data_origins"), heads("data_origins_heads"), rows, numbers=(1, 2))


def _dropped(counts: PairCounts, figures: Mapping[str, object]) -> list[Markup]:
    total = sum(sum(reasons.values()) for reasons in counts.dropped.values())
    parts = []
    if isinstance(figures.get("rows_in"), int):
        parts.append(paragraph(say("dropped_about", rows=int(str(figures["rows_in"])), dropped=total)))
    if not total:
        return [*parts, paragraph(say("dropped_nothing"))]
    rows = [
        (visible_line(source), visible_line(reason_text(reason)), number(n))
        for source, reasons in counts.dropped.items()
        for reason, n in reasons.items()
    ]
    flags = [f"{step_name(step)}: {number(n)}" for step, n in counts.steps.items()]
    marked = [heading(say("steps"), 4), bullets(flags)] if flags else []
    return [*parts, table(say("dropped_caption"), heads("dropped_heads"), rows, numbers=(2,)), *marked]


def step_name(step: str) -> str:
    """What was done to pairs or noted of them, in words; its name in the lineage where there are none."""
    return say(f"step_{step}") if step in STEPS else visible_line(step)
