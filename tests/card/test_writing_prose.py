"""Prose of a card: it says what the figures support, the way in which they are good, and nothing else."""

from dataclasses import replace
from typing import Any

import pytest

from acord.card.evidence import Evidence
from acord.card.spoken import spoken
from acord.card.writing import render_card
from acord.card.writing.alignment import alignment
from acord.card.writing.environment import environment
from acord.card.writing.evaluation import evaluation
from acord.card.writing.facts import care, standing
from acord.card.writing.judging import judging
from acord.card.writing.limitations import limitations
from acord.card.writing.provider import compute_of, provider
from acord.card.writing.wording import wording
from acord.evaluate.compare import Comparison, Contrast, RowComparison
from tests.card.changes import changed, changed_contrast, with_card, with_manifest, with_recipe

ENGLISH = wording("en")


@pytest.fixture(scope="module")
def comparison(evidence: Evidence) -> Comparison:
    assert evidence.comparison is not None
    return evidence.comparison


def with_rows(evidence: Evidence, comparison: Comparison, *rows: RowComparison) -> Evidence:
    return replace(evidence, comparison=replace(comparison, rows=rows))


def test_wins_and_losses_are_told_the_way_in_which_a_metric_is_good(comparison: Comparison) -> None:
    row = comparison.rows[0]
    rows = (
        changed(row, 0.1, distinct=True),
        changed(row, -0.1, distinct=True),
        changed(row, -0.1, distinct=True, better="lower"),
        changed(row, 0.3, distinct=False),
        replace(row, contrasts=(Contrast("tiny-base", "tiny", None, "no_items"),)),
        replace(row, contrasts=()),
    )
    found = standing(replace(comparison, rows=rows), "tiny", "tiny-base")
    assert [one.row for one in found.better] == [rows[0], rows[2]]
    assert [one.row for one in found.worse] == [rows[1]]
    assert (found.level, found.untested) == ((rows[3],), (rows[4],))
    turned = standing(replace(comparison, rows=rows), "tiny-base", "tiny")
    assert [one.row for one in turned.better] == [rows[1]]


def test_prose_claims_what_stands_and_nothing_else(evidence: Evidence, comparison: Comparison) -> None:
    row = comparison.rows[0]

    def told(*rows: RowComparison) -> str:
        found = with_rows(evidence, replace(comparison, means=()), *rows)
        return evaluation(found, ENGLISH) + limitations(found, ENGLISH)

    label = f"{row.row.label} (English, {row.row.metric})".replace("_", r"\_")
    gain, loss = changed(row, 0.1, distinct=True), changed(row, -0.1, distinct=True)
    level = changed(row, 0.1, distinct=False)
    both = told(gain, loss, level)
    assert "tiny is better than tiny-base: 1. Worse: 1. Not distinguishable: 1. Not tested: 0." in both
    assert rf"- Better: {label} +0.100 \[+0.080, +0.120\]." in both
    assert rf"- Worse: {label} -0.100 \[-0.120, -0.080\]." in both
    assert f"- After alignment it is worse than before on: {label} -0.100" in both
    assert "claims neither" not in both
    assert "- Worse" not in told(gain)
    assert "worse than before" not in told(gain, level)
    none = told(level)
    assert "No difference stands, so this card claims neither a gain nor a loss" in none
    assert "- Better" not in none
    without = replace(evidence, comparison=replace(comparison, before=None, after=None))
    assert "There is no column before alignment" in evaluation(without, ENGLISH)


def test_rows_to_be_read_with_care(evidence: Evidence, comparison: Comparison) -> None:
    row = comparison.rows[0]
    place = [one.name for one in comparison.models].index("tiny")

    def of(baseline: float | None = None, better: str = "higher", **cell: Any) -> RowComparison:
        cells = [
            replace(one, **({"n": 200, "degenerate": False} | cell)) if at == place else one
            for at, one in enumerate(row.cells)
        ]
        suite_row = row.row.model_copy(update={"better": better})
        return replace(row, row=suite_row, cells=tuple(cells), baseline=baseline)

    level, above = of(0.5, value=0.5), of(0.5, value=0.6)
    degenerate, missing = of(0.5, value=0.5, degenerate=True), of(value=None, missing="not_measured")
    lower, small = of(0.5, "lower", value=0.4), of(value=0.4, n=99)
    found = care(replace(comparison, rows=(level, above, degenerate, missing, lower, small)), "tiny")
    assert found == ((degenerate,), (level,), (missing,), (small,))
    said = evaluation(with_rows(evidence, replace(comparison, means=()), above), ENGLISH)
    assert "- None: every row has a value and 100 items or more" in said
    # What holds of another model's figures in a row is no limitation of this one.
    limits = limitations(with_rows(evidence, comparison, above), ENGLISH)
    assert "do not depend on the items" not in limits
    assert "fewer than" not in limits
    assert "do not depend on the items on: Numbers" in limitations(with_rows(evidence, comparison, degenerate), ENGLISH)


def test_a_judge_that_is_not_validated_leads_to_no_conclusion(evidence: Evidence) -> None:
    said = judging(evidence, ENGLISH)
    assert "**Not validated** in Valencian: only 12 pairs of answers" in said
    assert "; no human labels in Valencian." in said
    assert "this card concludes nothing from them" in said
    assert "Answers judged: 48. With each" in said
    assert "What the scores say" not in said
    assert "is rated" not in said
    assert "- The judge's scores are not validated in English and Valencian." in limitations(evidence, ENGLISH)
    assert "cap etiqueta" not in said
    with spoken("va"):
        assert "no hi ha etiquetes humanes en valencià" in judging(evidence, wording("va"))


def test_a_validated_judge_is_believed_where_a_difference_stands(evidence: Evidence) -> None:
    assert evidence.trust is not None
    gates = [gate._replace(passed=True, reason=None) for gate in evidence.trust.gates if gate.language == "en"]
    others = [gate for gate in evidence.trust.gates if gate.language != "en"]
    half = replace(evidence, trust=replace(evidence.trust, gates=(*gates, *others)))
    said = judging(half, ENGLISH)
    assert "Validated in English: every check of the judge passes there." in said
    assert "- English: tiny and tiny-base cannot be told apart overall, +0.417" in said
    assert "Valencian: tiny" not in said
    scores = half.scores
    assert scores is not None
    table = scores.table

    def told(value: float) -> str:
        contrast = changed_contrast(value, distinct=True)
        contrasts = dict.fromkeys(table.contrasts, (contrast,))
        return judging(replace(half, scores=replace(scores, table=replace(table, contrasts=contrasts))), ENGLISH)

    assert r"- English: tiny is rated higher than tiny-base overall, by +0.500 \[+0.480, +0.520\]." in told(0.5)
    assert r"- English: tiny is rated lower than tiny-base overall, by -0.500 \[-0.520, -0.480\]." in told(-0.5)


def test_compute_and_its_share_of_the_base_models(evidence: Evidence) -> None:
    parameters = evidence.figures("base")["parameters"]
    tokens = evidence.figures("align")["tokens_distinct"]
    found = compute_of(evidence)
    assert found is not None
    # Two epochs: the reference reads what one of them holds.
    assert found.operations == parameters * (6 * tokens + 2 * round(tokens / 2))

    def told(base: float) -> str:
        return provider(with_card(evidence, base_flops=base), ENGLISH)

    assert "so the modification is 50.00% of it. That is more than the third" in told(2 * found.operations)
    assert "so the modification is 25.00% of it. That is less than the third" in told(4 * found.operations)
    assert "so the modification is less than 0.01% of it." in told(1e22)
    assert "The base model's training took 1.00 × 10^22 operations" in told(1e22)


def test_time_is_that_of_the_manifests(evidence: Evidence) -> None:
    only = replace(evidence, manifests={"align": evidence.manifests["align"]})
    machine = {"accelerator": "H100 | 80 GB", "cores": 16, "memory_bytes": 128e9, "system": "Linux"}
    hours = {"started": "2026-01-01T23:00:00+00:00", "finished": "2026-01-02T01:30:00+00:00"}
    said = environment(with_manifest(only, "align", machine=machine, **hours), ENGLISH)
    assert r"| `align` | H100 \| 80 GB | 2.50 h | 2.50 | 40.00 |" in said
    assert "| Total |  | 2.50 h | 2.50 | 40.00 |" in said
    alone = environment(with_manifest(only, "align", machine={"processor": "EPYC", "cores": 2}, **hours), ENGLISH)
    assert "| `align` | EPYC, cores: 2 | 2.50 h | 0 | 5.00 |" in alone


def test_held_out_pairs_are_told_as_far_as_their_interval_goes(evidence: Evidence) -> None:
    figures = evidence.figures("align")

    def of(pairs: int, accuracy: float, shift: float) -> dict[str, Any]:
        return {**figures["held_out"]["after"], "pairs": pairs, "accuracy": accuracy, "chosen_shift": shift}

    languages = {"en": of(100, 0.9, 1.5), "es": of(10, 0.6, -0.5), "va": of(100, 0.1, -2.0)}
    after = {**of(210, 0.5, 0.1), "languages": languages}
    before = {**figures["held_out"]["before"], "languages": languages}
    changed = {**figures, "held_out": {"before": before, "after": after}}
    said = alignment(with_manifest(evidence, "align", figures=changed), ENGLISH)
    # scipy.stats.binomtest(90, 100).proportion_ci(method="exact") is (0.8238, 0.9510).
    assert "| English | 100 | 90.0% | 82.4%–95.1% |" in said
    assert "Accuracy is above 50% in English: " in said
    assert "In Spanish it cannot be told from 50%." in said
    assert "Accuracy is below 50% in Valencian: " in said
    assert "became likelier in English." in said
    assert "became less likely in Spanish and Valencian: " in said


def test_samples_are_no_preferences_of_people_whatever_their_format_stands_for(evidence: Evidence) -> None:
    counts = replace(evidence.counts, total=30, by_origin={"human": 25, "model": 5})
    own = replace(evidence, counts=counts)
    assert "16.7% of the pairs are not, or not known to be, preferences of people (a model: 5)." in limitations(
        own, ENGLISH
    )
    assert "Samples" not in limitations(own, ENGLISH)
    sources = evidence.recipe.model_dump(mode="json", by_alias=True)["data"]["sources"]
    all_samples = [{**one, "path": f"bundled:{one['path']}"} for one in sources]
    said = limitations(with_recipe(own, {"data.sources": all_samples}), ENGLISH)
    assert "Samples that come with Acord are 30 of the pairs: nobody compared their replies" in said
    assert "preferences of people" not in said


def test_means_are_those_of_the_comparison(evidence: Evidence, comparison: Comparison) -> None:
    lines = render_card(evidence, "en").split("### Means by language")[1].split("###")[0].splitlines()
    for mean in comparison.means:
        name = ENGLISH.title(mean.language)
        [line] = [one for one in lines if one.startswith(f"| {name} | {len(mean.rows)}")]
        shown = [cell.split(" ")[0] for cell in line.strip("| ").split(" | ")[2:]]
        effect = mean.differences["tiny-base"].value
        assert shown == [*(f"{cell.value:.3f}" for cell in mean.cells if cell is not None), f"{effect:+.3f}"]
