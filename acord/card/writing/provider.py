"""What the EU's AI Act asks of providers of models, as far as a run knows it: content, copyright, compute, use.

Compute is counted as Kaplan et al. (2020, arXiv 2001.08361, section 2.1) do: 2 operations a parameter and token
forward, twice as many backward. The third that makes whoever modifies a model its provider: European Commission,
guidelines on the scope of the obligations for providers of general-purpose AI models, July 2025.
"""

from typing import NamedTuple

from acord.card.evidence import Evidence
from acord.card.writing.description import WEIGHTS
from acord.card.writing.markdown import blocks, bullets, md, slug, table
from acord.card.writing.names import data_set_of, is_bundled, is_local, languages_of, licence_shown
from acord.card.writing.wording import Wording
from acord.recipe import Source

PROVIDER_SHARE = 1 / 3
LEAST_SHOWN = 0.0001


class Compute(NamedTuple):
    """Floating-point operations of an alignment. tokens: read in training. reference: read once by the base model."""

    parameters: int
    tokens: int
    reference: int
    operations: float


def provider(evidence: Evidence, words: Wording) -> str:
    """The section."""
    card = evidence.recipe.card
    return blocks(
        f"## {words.say('h_eu')}",
        words.say("eu_about"),
        f"### {words.say('h_eu_content')}",
        _content(evidence, words),
        f"### {words.say('h_eu_copyright')}",
        words.own(card.copyright_policy if card else None),
        f"### {words.say('h_eu_compute')}",
        _compute(evidence, words),
        f"### {words.say('h_eu_downstream')}",
        bullets(_downstream(evidence, words)),
        f"### {words.say('h_eu_review')}",
        words.own(card.reviewed_by if card else None),
    )


def _content(evidence: Evidence, words: Wording) -> str:
    counts = evidence.counts
    if not counts.total:
        return words.say("data_none")
    about = words.say("eu_content", total=counts.total, languages=words.names(languages_of(evidence)))
    sources = {source.name: source for source in evidence.recipe.data.sources}
    rows = [
        [md(name), words.say(f"eu_kind_{_kind(sources[name])}") if name in sources else "", words.number(n)]
        for name, n in counts.by_source.items()
    ]
    return blocks(about, table(words.heads("eu_content_heads"), rows, numbers=(2,)))


def _kind(source: Source) -> str:
    if source.translate is not None:
        return "translated"
    if is_bundled(source):
        return "bundled"
    public = bool(data_set_of(source)) and not is_local(source)
    if source.rejected_from is not None:
        return "generated" if public else "generated_local"
    return "public" if public else "local"


def compute_of(evidence: Evidence) -> Compute | None:
    """Of the alignment; None where the evidence lacks something that it depends on."""
    parameters = evidence.figures("base").get("parameters")
    tokens = evidence.figures("align").get("tokens_distinct")
    if not parameters or not tokens:
        return None
    # The reference reads the pairs of one epoch; an SFT needs none.
    needs_reference = evidence.recipe.align.method != "sft"
    reference = round(tokens / evidence.recipe.align.epochs) if needs_reference else 0
    return Compute(parameters, tokens, reference, 6.0 * parameters * tokens + 2.0 * parameters * reference)


def _compute(evidence: Evidence, words: Wording) -> str:
    found = compute_of(evidence)
    if found is None:
        return words.say("compute_unknown")
    formula = words.say(
        "compute_formula",
        parameters=found.parameters,
        tokens=found.tokens,
        reference=found.reference,
        flops=scientific(found.operations, words),
    )
    adapter = words.say("compute_adapter") if evidence.recipe.align.adapter is not None else ""
    base = evidence.recipe.card.base_flops if evidence.recipe.card else None
    return blocks(" ".join(part for part in (formula, adapter) if part), _share(found.operations, base, words))


def _share(operations: float, base: float | None, words: Wording) -> str:
    if base is None:
        return words.say("compute_no_base")
    share = operations / base
    tiny = share < LEAST_SHOWN
    shown = words.say("compute_tiny" if tiny else "compute_part", share=LEAST_SHOWN if tiny else share)
    mark = words.say("compute_above" if share > PROVIDER_SHARE else "compute_below")
    return f"{words.say('compute_share', base=scientific(base, words), share=shown)} {mark}"


def scientific(value: float, words: Wording) -> str:
    """`5.62 × 10^12`."""
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{words.number(float(mantissa), '.2f')} × 10^{int(exponent)}"


def _downstream(evidence: Evidence, words: Wording) -> list[str]:
    align, card = evidence.manifests.get("align"), evidence.recipe.card
    lines = [words.say("downstream_input", tokens=evidence.recipe.chat.max_length)]
    weights = [
        file["bytes"]
        for name, file in (align.files if align else {}).items()
        if name.startswith(WEIGHTS) and name.endswith(".safetensors")
    ]
    if weights:
        lines.append(words.say("downstream_files", gigabytes=sum(weights) / 1e9))
    lines.append(words.say("downstream_licence", licence=licence_shown(card.licence if card else None, words)))
    lines.append(
        words.say(
            "downstream_measured",
            evaluation=slug(words.say("h_evaluation")),
            limitations=slug(words.say("h_limitations")),
        )
    )
    return [*lines, words.say("downstream_talk")]
