"""The model card that the project measures itself by: what is wrong in it is found by rules that know nothing of it."""

from pathlib import Path

import pytest

from acord.card.audit.audit import audit
from acord.card.audit.findings import Audit, Finding

CARD = Path(__file__).parents[3] / "shared" / "reference" / "aitana_2b_si_instruct_aligned.model_card.md"
pytestmark = pytest.mark.skipif(not CARD.is_file(), reason="the reference card lies beside a full checkout only")

S = "Aitana-2B-S-Instruct-Aligned (v0.1)"
SALAMANDRA = "Salamandra-2B-Instruct"


@pytest.fixture(scope="module")
def found() -> Audit:
    return audit(CARD.read_text(encoding="utf-8"), CARD.name)


def at(found: Audit, rule: str, line: int) -> list[Finding]:
    return [one for one in found.findings if one.rule == rule and one.line == line]


def test_errors_are_the_double_bold_and_the_impossible_deviations_and_nothing_else(found: Audit) -> None:
    errors = [(one.rule, one.line) for one in found.findings if one.severity == "error"]
    assert sorted(errors) == [("bold-double", 239)] + [("sd-impossible", 237)] * 3


def test_the_overall_deviation_is_the_mean_of_deviations(found: Audit) -> None:
    assert [one.line for one in found.of("sd-mean-of-sds")] == [242]


def test_the_headline_is_held_against_wins_and_losses_on_all_benchmark_rows(found: Audit) -> None:
    headline = next(one for one in at(found, "claim-against-table", 244) if "standings" in one.figures)
    assert headline.severity == "warning"
    assert headline.figures["rows"] == 53
    standing = headline.figures["standings"][S]
    assert (standing["wins"], standing["losses"], standing["ties"]) == (25, 26, 2)
    assert "25 wins, 26 losses, 2 ties" in headline.what


def test_tighter_deviations_are_four_of_six_and_three_of_six(found: Audit) -> None:
    claim = next(one for one in at(found, "claim-against-table", 244) if "spreads" in one.figures)
    spreads = claim.figures["spreads"]
    assert (spreads[S]["wins"], spreads[S]["rows"]) == (4, 6)
    assert (spreads[SALAMANDRA]["wins"], spreads[SALAMANDRA]["rows"]) == (3, 6)


def test_nothing_shows_that_capabilities_were_maintained(found: Audit) -> None:
    (claim,) = at(found, "claim-against-table", 52)
    assert claim.figures["column_before"] is None
    before = [one for one in found.of("evidence-missing") if one.figures["missing"] == "before"]
    assert [one.figures["base_model"] for one in before] == ["gplsi/Aitana-2B-SI-Instruct"]


def test_one_count_in_two_roundings_and_one_that_was_cut_off(found: Audit) -> None:
    assert [one.line for one in found.of("same-count")] == [169]
    assert [one.line for one in found.of("only-by-truncation")] == [169, 192]
    assert "257/900" in at(found, "only-by-truncation", 192)[0].what


def test_degenerate_rows(found: Audit) -> None:
    assert [one.line for one in found.of("complements")] == [169]
    assert {170, 197} <= {one.line for one in found.of("constant-predictor")}


def test_decimals_labels_and_the_link(found: Audit) -> None:
    assert {183, 200} <= {one.line for one in found.of("decimals-differ")}
    assert {one.line for one in (*found.of("label-contradicts"), *found.of("label-repeated"))} >= {147, 148}
    assert [(one.line, one.figures["leads_to"]) for one in found.of("link-other-model")] == [
        (46, "gplsi/Aitana-2B-S-Instruct")
    ]


def test_missing_evidence(found: Audit) -> None:
    missing = {one.figures["missing"]: one.line for one in found.of("evidence-missing")}
    of_benchmarks = {"n", "error", "shots", "template", "harness_version", "before"}
    assert set(missing) == of_benchmarks | {"judge_model", "judge_prompt", "judge_n", "source"}
    assert missing["source"] == 83


def test_what_holds_is_not_reported(found: Audit) -> None:
    """146,180 is the sum of its parts, WNLI in Spanish is a tie rightly in bold, the average is the average."""
    assert not found.of("total-wrong")
    assert not found.of("bold-wrong")
    assert not found.of("bold-missing")
    assert not found.of("average-wrong")
