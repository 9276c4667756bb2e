"""Comparisons against figures worked by hand."""

import math
from dataclasses import replace

import pytest

from acord.errors import InputError
from acord.evaluate.compare import compare
from tests.evaluate.comparing import items, results, right, row, suite

COPA, WNLI = row("copa"), row("wnli", "es")
FEW = 500  # resamples: enough where no figure of them is asserted


def compared(models, *rows, **options):
    return compare(models, suite(*rows), repeats=FEW, **options)


def marks(comparison, index=0):
    return [cell.mark for cell in comparison.rows[index].cells]


def test_a_difference_its_test_and_what_could_be_found(tmp_path):
    a, b = (results(name, {COPA: right(count, 100)}, tmp_path) for name, count in (("a", 60), ("b", 40)))
    found = compared([a, b], COPA).rows[0]
    decision = found.contrast("a", "b").decision
    assert decision.difference.value == pytest.approx(0.2)
    assert decision.difference.test == "mcnemar"
    # 20 items that a alone has right: both tails of 20 fair coins.
    assert decision.difference.p_value == pytest.approx(2 * 0.5**20)
    stderr = math.sqrt(0.2 * 0.8 * 100 / 99) / 10
    assert decision.difference.stderr == pytest.approx(stderr)
    assert found.detectable == pytest.approx((1.959964 + 0.841621) * stderr, rel=1e-5)
    turned = found.contrast("b", "a").decision.difference
    assert (turned.value, turned.low, turned.high) == pytest.approx(
        (-0.2, -decision.difference.high, -decision.difference.low)
    )
    assert found.baseline == 0.5


def test_holm_is_over_rows_and_pairs(tmp_path):
    # COPA: 10 of 100 items differ, all one way, p = 2 / 2^10 = .00195. WNLI: 6 do, p = 2 / 2^6 = .03125.
    counts = {"a": (60, 56), "b": (50, 50)}
    models = [results(name, {COPA: right(x, 100), WNLI: right(y, 100)}, tmp_path) for name, (x, y) in counts.items()]
    comparison = compared(models, COPA, WNLI)
    copa, wnli = (one.contrasts[0].decision for one in comparison.rows)
    assert comparison.tests == 2
    assert copa.adjusted_p == pytest.approx(2 * 2 / 2**10)
    assert wnli.adjusted_p == pytest.approx(2 / 2**6)
    third = results("c", {COPA: right(50, 100), WNLI: right(50, 100)}, tmp_path)
    wider = compared([*models, third], COPA, WNLI)
    assert wider.tests == 6
    # Two tests of .00195 and four of .03125 or 1: the third smallest is multiplied by 4, and no longer stands.
    assert wider.rows[1].contrast("a", "b").decision.adjusted_p == pytest.approx(4 * 2 / 2**6)
    assert marks(comparison, 1) == ["best", "none"]
    assert marks(wider, 1) == ["undecided", "undecided", "undecided"]


def test_marks(tmp_path):
    def of(*counts):
        models = [results(f"m{i}", {COPA: right(count, 200)}, tmp_path) for i, count in enumerate(counts)]
        comparison = compared(models, COPA)
        return marks(comparison), comparison.rows[0].beaten

    assert of(150, 100) == (["best", "none"], True)
    assert of(102, 100) == (["undecided", "undecided"], False)
    assert of(150, 149, 100) == (["undecided", "undecided", "none"], False)
    assert of(150, 150, 100) == (["tied", "tied", "none"], True)
    assert of(150, 150) == (["tied", "tied"], False)
    assert of(150) == (["none"], False)


def test_lower_is_better(tmp_path):
    errors = row("errors", better="lower", best=0.0, chance=1.0)
    models = [results("a", {errors: right(150, 200)}, tmp_path), results("b", {errors: right(100, 200)}, tmp_path)]
    assert marks(compared(models, errors)) == ["none", "best"]


def test_documents_are_matched_by_hash_in_any_order(tmp_path):
    straight = items(right(30, 60))
    turned = [replace(one, item=59 - one.item) for one in reversed(straight)]
    a, b = results("a", {COPA: straight}, tmp_path), results("b", {COPA: turned}, tmp_path)
    decision = compared([a, b], COPA).rows[0].contrasts[0].decision
    assert (decision.difference.value, decision.difference.p_value, decision.difference.n) == (0.0, 1.0, 60)


def test_documents_that_one_alone_answered_are_left_out_and_counted(tmp_path):
    a = results("a", {COPA: items(right(40, 50))}, tmp_path)
    b = results("b", {COPA: items([0] * 30, start=40)}, tmp_path)
    contrast = compared([a, b], COPA).rows[0].contrasts[0]
    # a has the items 0 to 49, b 40 to 69: ten shared, which a has all wrong, and so has b.
    assert (contrast.left_out, contrast.decision.difference.n) == (60, 10)
    assert contrast.decision.difference.value == 0.0


def test_a_document_that_stands_twice(tmp_path):
    twice = [replace(one, document="same") for one in items([1, 0, 1, 0])]
    a, b = results("a", {COPA: twice}, tmp_path), results("b", {COPA: twice}, tmp_path)
    assert compared([a, b], COPA).rows[0].contrasts[0].decision.difference.n == 4


def test_clusters_of_one_side_hold_for_both(tmp_path):
    scores = [1, 1, 0, 0, 1, 0]
    known = [replace(one, cluster=f"passage {one.item // 2}") for one in items(scores)]
    a, b = results("a", {COPA: known}, tmp_path), results("b", {COPA: items([0] * 6)}, tmp_path)
    difference = compared([a, b], COPA).rows[0].contrasts[0].decision.difference
    assert difference.test == "bootstrap"  # McNemar's test needs independent items
    # Sums of clusters 2, 0, 1 about a mean of 1: sqrt(3 / 2 * 2) / 6.
    assert difference.stderr == pytest.approx(math.sqrt(3 / 2 * 2) / 6)


@pytest.mark.parametrize(
    ("made", "untested"),
    [([], "no_items"), (items([1, 0], documents="other"), "no_shared_items"), (items([1]), "too_few_items")],
)
def test_what_cannot_be_tested_says_why(tmp_path, made, untested):
    a = results("a", {COPA: right(3, 4)}, tmp_path)
    b = results("b", {COPA: made or items([0, 0])}, tmp_path)
    if not made:
        b = replace(b, rows=(replace(b.rows[0], items=None, items_sha256=None),))
    found = compared([a, b], COPA).rows[0]
    assert found.contrasts[0].untested == untested
    assert sorted(cell.mark for cell in found.cells) == ["none", "untested"]


def test_rows_without_a_value_and_rows_measured_otherwise(tmp_path):
    a = results("a", {COPA: [], WNLI: right(1, 2)}, tmp_path)
    b = results("b", {COPA: right(1, 2)}, tmp_path)
    five = row("wnli", "es", shots=5)
    rows = compared([a, b], COPA, five).rows
    assert [cell.missing for cell in rows[0].cells] == ["unavailable", None]
    assert rows[0].cells[0].reason == "the data are not here"
    assert [cell.missing for cell in rows[1].cells] == ["measured_otherwise", "not_measured"]
    assert rows[1].cells[0].reason == "wnli acc,none, 0-shot"


def test_the_effect_of_alignment(tmp_path):
    names = {"demo-base": 100, "demo": 150, "other": 120}
    models = [results(name, {COPA: right(count, 200)}, tmp_path) for name, count in names.items()]
    comparison = compared(models, COPA, before="demo-base")
    assert (comparison.after, comparison.focus, comparison.others()) == ("demo", "demo", ("demo-base", "other"))
    assert comparison.effect(comparison.rows[0]).decision.difference.value == pytest.approx(0.25)
    assert compared(models, COPA, before="demo").after == "other"
    assert compared(models, COPA, before="demo", after="demo-base").after == "demo-base"
    assert compared(models, COPA).effect(comparison.rows[0]) is None


def test_means_between_chance_and_best_by_language(tmp_path):
    half, text_row = row("half", chance=0.5), row("text", chance=None)
    lower = row("lower", better="lower", best=0.0, chance=None)
    scores = {half: right(150, 200), text_row: right(50, 200), lower: right(1, 200), WNLI: right(20, 200)}
    a = results("a", scores, tmp_path)
    b = results("b", {**scores, half: right(100, 200)}, tmp_path)
    va, es = compared([a, b], half, text_row, lower, WNLI).means
    assert (va.language, va.rows, va.left_out) == ("va", ("half", "text"), ("lower",))
    # a: (.75 - .5) / .5 = .5 and .25 / 1; b: 0 and .25.
    assert [cell.value for cell in va.cells] == pytest.approx([0.375, 0.125])
    assert va.cells[0].low < 0.375 < va.cells[0].high
    assert va.differences["a"].value == pytest.approx(-0.25)  # of the last model, which is in focus
    assert es.cells[0].value == pytest.approx(0.1)


def test_a_row_that_one_model_lacks_is_in_no_mean(tmp_path):
    other = row("other")
    a = results("a", {COPA: right(1, 4), other: right(3, 4)}, tmp_path)
    b = results("b", {COPA: right(1, 4), other: []}, tmp_path)
    mean = compared([a, b], COPA, other).means[0]
    assert (mean.rows, mean.left_out) == (("copa",), ("other",))


def test_without_items_a_mean_has_no_interval(tmp_path):
    a = results("a", {COPA: right(1, 4)}, tmp_path)
    without = replace(a.rows[0], items=None, items_sha256=None)
    mean = compared([replace(a, rows=(without,))], COPA).means[0]
    assert mean.cells[0] == (0.25, None, None, None)


def test_a_constant_answer_is_degenerate(tmp_path):
    constant = [replace(one, prediction="0", score=float(one.gold == "0")) for one in items([1] * 40)]
    constant = [replace(one, raw=str(one.score)) for one in constant]
    a, b = results("a", {COPA: constant}, tmp_path), results("b", {COPA: right(35, 40)}, tmp_path)
    assert [cell.degenerate for cell in compared([a, b], COPA).rows[0].cells] == [True, False]


def test_unverified_models_are_marked(tmp_path):
    a = results("a", {COPA: right(1, 4)}, tmp_path, verified=False)
    b = results("b", {COPA: right(1, 4)}, tmp_path)
    assert [model.verified for model in compared([a, b], COPA).models] == [False, True]


def test_what_a_user_can_have_wrong(tmp_path):
    a = results("a", {COPA: right(1, 4)}, tmp_path)
    with pytest.raises(InputError, match="there are no results to compare"):
        compared([], COPA)
    with pytest.raises(InputError, match="a: two models have this name"):
        compared([a, a], COPA)
    with pytest.raises(InputError, match=r"--before: none of the models is named b. They are: a."):
        compared([a], COPA, before="b")
    with pytest.raises(InputError, match="measured on the suite other, not on mine"):
        compared([replace(a, suite="other")], COPA)


def test_the_same_results_give_the_same_comparison(tmp_path):
    models = [results(name, {COPA: right(count, 50)}, tmp_path) for name, count in (("a", 30), ("b", 20))]
    assert compared(models, COPA, seed=3) == compared(models, COPA, seed=3)


def test_results_of_a_row_that_the_suite_no_longer_has(tmp_path):
    a = results("a", {COPA: right(1, 4), WNLI: right(1, 4)}, tmp_path)
    assert [one.row.id for one in compared([a], COPA).rows] == ["copa"]
