"""What the model is not, or not known to be: from the figures, and in its owners' words."""

from collections.abc import Iterable

from acord.card.evidence import Evidence
from acord.card.writing.data import origin_shown
from acord.card.writing.facts import FEW_ITEMS, SAFETY, VARIETY, care, changes_shown, rows_shown, standing
from acord.card.writing.judging import validated
from acord.card.writing.markdown import blocks, bullets, md
from acord.card.writing.names import is_bundled, is_random
from acord.card.writing.wording import Wording
from acord.evaluate.compare import Comparison
from acord.recipe.card import words_in

HUMAN = "human"


def limitations(evidence: Evidence, words: Wording) -> str:
    """The section."""
    own = evidence.recipe.card.limitations if evidence.recipe.card else []
    lines = [words.say("lim_wrong")]
    lines += [words.say("lim_own", text=md(words_in(one, words.language.tag))) for one in own]
    if is_random(evidence.recipe):
        lines.append(words.say("lim_random"))
    lines += _of_evaluation(evidence.comparison, evidence.model_name, words)
    lines += _of_data(evidence, words)
    if evidence.trust is not None and validated(evidence.trust)[1]:
        lines.append(words.say("lim_judge", languages=words.names(validated(evidence.trust)[1])))
    return blocks(f"## {words.say('h_limitations')}", bullets(lines))


def _of_evaluation(comparison: Comparison | None, model: str, words: Wording) -> Iterable[str]:
    metrics = {row.row.metric for row in comparison.rows} if comparison else set()
    if comparison is None:
        yield words.say("lim_no_evaluation")
    if not metrics & set(SAFETY):
        yield words.say("lim_no_safety")
    if not metrics & set(VARIETY):
        yield words.say("lim_no_variety")
    if comparison is None:
        return
    if comparison.before is not None and comparison.after is not None:
        worse = standing(comparison, comparison.after, comparison.before).worse
        if worse:
            yield words.say("lim_losses", rows=changes_shown(worse, words))
    found = care(comparison, model)
    if found.degenerate:
        yield words.say("lim_degenerate", rows=rows_shown(found.degenerate, words))
    if found.small:
        yield words.say("lim_small", rows=len(comparison.rows), n=len(found.small), least=FEW_ITEMS)
    unverified = [md(one.name) for one in comparison.models if not one.verified]
    if unverified:
        yield words.say("lim_unverified", models=words.listing(unverified))


def _of_data(evidence: Evidence, words: Wording) -> Iterable[str]:
    counts = evidence.counts
    if counts.by_split.get("held_out"):
        yield words.say("lim_held_out")
    samples = sum(counts.by_source.get(one.name, 0) for one in evidence.recipe.data.sources if is_bundled(one))
    if samples:
        yield words.say("lim_samples", n=samples)
    others = {origin: n for origin, n in counts.by_origin.items() if origin != HUMAN}
    # Where all pairs are samples, none is a preference of people.
    if others and samples < counts.total:
        named = ", ".join(f"{origin_shown(origin, words)}: {words.number(n)}" for origin, n in others.items())
        yield words.say("lim_not_human", share=sum(others.values()) / counts.total, origins=named)
    if counts.total and evidence.recipe.data.decontaminate is None:
        yield words.say("lim_contaminated")
