"""Evaluation: what alignment changed and how the model stands to others, as far as tests allow, then every row."""

from markupsafe import Markup

from acord.card.evidence import Evidence
from acord.card.report.drawing import inline, own_settings
from acord.card.report.grids import tables
from acord.card.report.markup import Section, bullets, code, figure, heading, joined, paragraph, table
from acord.card.report.saying import heads, name_of, number, plain, say
from acord.card.writing.facts import Change, care, standing
from acord.evaluate.compare import Comparison, RowComparison
from acord.evaluate.forest import to_svg
from acord.evaluate.grid import DECIMALS, decimal, interval, tables_of
from acord.visible import visible_line

ABBREVIATED = 12


def evaluation(evidence: Evidence) -> Section:
    """Sentences, the forest plot, all tables."""
    comparison = evidence.comparison
    if comparison is None:
        return Section("evaluation", say("evaluation"), paragraph(say("absent_evaluation")))
    parts = [
        paragraph(say("evaluation_about", title=visible_line(comparison.title), rows=len(comparison.rows))),
        _models(evidence, comparison),
        *_effect(comparison),
        *_others(comparison),
        *_care(comparison),
        heading(say("forest")),
        _forest(comparison),
        heading(say("rows")),
        tables(tables_of(comparison), "evaluation"),
    ]
    return Section("evaluation", say("evaluation"), joined(parts))


def _models(evidence: Evidence, comparison: Comparison) -> Markup:
    parts = {comparison.after: say("model_after"), comparison.before: say("model_before")}
    rows = [
        (
            visible_line(one.name),
            parts.get(one.name, say("model_other")) if one.verified else say("model_imported"),
            "–" if one.sha256 is None else code(one.sha256[:ABBREVIATED]),
            plain(one.settings.get("precision", "–")),
            plain(one.settings.get("engine", "–")),
            plain(one.settings.get("seed", "–")),
            plain(one.settings.get("versions", {}).get("lm_eval", "–")),
        )
        for one in comparison.models
    ]
    limit = evidence.recipe.evaluate.limit if evidence.recipe.evaluate is not None else None
    limited = paragraph(say("evaluation_limit", limit=limit), "warning") if limit else Markup("")
    return joined([limited, table(say("models"), heads("models_heads"), rows)])


def _effect(comparison: Comparison) -> list[Markup]:
    if comparison.before is None or comparison.after is None:
        return [paragraph(say("effect_missing"), "warning")]
    found = standing(comparison, comparison.after, comparison.before)
    counts = {key: len(getattr(found, key)) for key in found._fields}
    lines = [_changes("effect_better", found.better), _changes("effect_worse", found.worse)]
    nothing = say("effect_nothing") if not found.better and not found.worse else ""
    return [
        heading(say("effect")),
        paragraph(say("effect_counts", **counts, tests=comparison.tests)),
        bullets([*lines, nothing]),
    ]


def _changes(key: str, changes: tuple[Change, ...]) -> str:
    if not changes:
        return ""
    return say(key, rows="; ".join(_change(one) for one in changes))


def _change(change: Change) -> str:
    decision, form = change.contrast.decision, f"+.{DECIMALS}f"
    if decision is None:
        return _row(change.row)
    difference = decision.difference
    return f"{_row(change.row)} {decimal(difference.value, form)} {interval(difference.low, difference.high, form)}"


def _row(row: RowComparison) -> str:
    return f"{visible_line(row.row.label)} ({name_of(row.row.language)}, {visible_line(row.row.metric)})"


def _others(comparison: Comparison) -> list[Markup]:
    rows = []
    for other in comparison.others():
        if other == comparison.before:
            continue
        found = standing(comparison, comparison.focus, other)
        rows.append((visible_line(other), *(number(len(part)) for part in found)))
    if not rows:
        return []
    caption = say("others_caption", model=visible_line(comparison.focus))
    return [heading(say("others")), table(caption, heads("others_heads"), rows, numbers=range(1, 5))]


def _care(comparison: Comparison) -> list[Markup]:
    found = care(comparison, comparison.focus)
    lines = [
        say(f"care_{key}", n=len(rows), rows="; ".join(map(_row, rows)), model=visible_line(comparison.focus))
        for key in found._fields
        if (rows := getattr(found, key))
    ]
    return [heading(say("care")), bullets(lines) if lines else paragraph(say("care_nothing"))]


def _forest(comparison: Comparison) -> Markup:
    with own_settings("forest"):
        svg = to_svg(comparison).decode()
    if not svg:
        return paragraph(say("forest_nothing"))
    others = ", ".join(map(visible_line, comparison.others()))
    focus = visible_line(comparison.focus)
    return figure(inline(svg, say("forest_alt", focus=focus, others=others)), say("forest_caption", focus=focus))
