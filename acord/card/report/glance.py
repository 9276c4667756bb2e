"""The beginning of the page: what this run is in one sentence, and its main figures."""

from markupsafe import Markup

from acord.card.evidence import Evidence
from acord.card.report.markup import joined, paragraph
from acord.card.report.saying import number, percent, say
from acord.card.writing.alignment import accuracy_interval
from acord.card.writing.facts import standing
from acord.card.writing.wording import wording
from acord.evaluate.grid import interval
from acord.languages import interface_language
from acord.visible import visible_line


def lead(evidence: Evidence) -> Markup:
    """What was aligned, with how many pairs, in which languages."""
    recipe, counts = evidence.recipe, evidence.counts
    base = visible_line(recipe.model.base)
    if not counts.total:
        return paragraph(say("lead_alone", base=base), "lead")
    languages = wording(interface_language().tag).names(counts.by_language)
    key = "lead_sft" if recipe.align.method == "sft" else "lead"
    return paragraph(say(key, base=base, pairs=counts.by_split.get("train", 0), languages=languages), "lead")


def glance(evidence: Evidence) -> Markup:
    """Four figures, each with what it says; one that is not known says so."""
    facts = [_pairs(evidence), _held_out(evidence), _effect(evidence), _judge(evidence)]
    items = joined(
        Markup('<div><dt>{}</dt><dd class="large">{}</dd><dd class="note">{}</dd></div>').format(*fact)
        for fact in facts
    )
    return Markup('<dl class="glance">\n{}\n</dl>').format(items)


def _pairs(evidence: Evidence) -> tuple[str, str, str]:
    splits = evidence.counts.by_split
    if not splits:
        return say("glance_pairs"), "–", say("absent_pairs")
    held_out = splits.get("held_out", 0)
    return say("glance_pairs"), number(splits.get("train", 0)), say("glance_pairs_note", held_out=held_out)


def _held_out(evidence: Evidence) -> tuple[str, str, str]:
    after = evidence.figures("align").get("held_out", {}).get("after", {})
    if "accuracy" not in after:
        return say("glance_held"), "–", say("absent_held")
    low, high = accuracy_interval(after["accuracy"], after["pairs"])
    note = say("glance_held_note", pairs=after["pairs"], interval=interval(100 * low, 100 * high, ".1f"))
    return say("glance_held"), percent(after["accuracy"]), note


def _effect(evidence: Evidence) -> tuple[str, str, str]:
    comparison = evidence.comparison
    if comparison is None:
        return say("glance_effect"), "–", say("absent_evaluation")
    if comparison.before is None or comparison.after is None:
        return say("glance_effect"), "–", say("effect_missing")
    found = standing(comparison, comparison.after, comparison.before)
    shown = f"{len(found.better)} / {len(found.worse)} / {len(found.level)}"
    return say("glance_effect"), shown, say("glance_effect_note", untested=len(found.untested), tests=comparison.tests)


def _judge(evidence: Evidence) -> tuple[str, str, str]:
    trust = evidence.trust
    if trust is None:
        return say("glance_judge"), "–", say("absent_judge")
    validated = [one for one in trust.languages if trust.validated(one)]
    shown = say("glance_judge_of", n=len(validated), of=len(trust.languages))
    return say("glance_judge"), shown, say("glance_judge_note")
