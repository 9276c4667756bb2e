import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lm_eval.api import metrics as harness
from sacrebleu.metrics import BLEU, CHRF, TER
from sacrebleu.significance import PairedTest

from acord.evaluate.metrics import check_same_items, difference_of, estimate_of, metric_of, sample_of
from acord.evaluate.resampling import mean_sample, replicates
from acord.evaluate.results import Item
from acord.evaluate.statistics import bootstrap_estimate, mcnemar_exact, mean_estimate, paired_bootstrap_of

TRANSLATION = {"bleu": harness.bleu, "ter": harness.ter, "chrf": harness.chrf, "chrf++": harness.chrfpp}

TEXT = st.text(st.sampled_from("aàeéilmnst  .,'’-·0"), max_size=40)
PAIR = st.tuples(TEXT, TEXT).map(list)
SEVERAL = st.tuples(st.lists(TEXT, min_size=1, max_size=3), TEXT).map(list)


def raws(values):
    return [json.dumps(value, ensure_ascii=False) for value in values]


def item(number, raw, **fields):
    return Item(
        **{
            "item": number,
            "document": f"{number:064x}",
            "cluster": None,
            "score": raw if isinstance(raw, float) else None,
            "raw": json.dumps(raw),
            "prediction": None,
            "gold": None,
            "choices": None,
        }
        | fields
    )


def corpus(sentences, changed, seed):
    """Pairs of a reference and a prediction in which that share of words is another."""
    words = ["".join(np.random.default_rng(index).choice(list("abcdefghilmnop"), size=5)) for index in range(300)]
    of_references, of_changes = np.random.default_rng(0), np.random.default_rng(seed)
    pairs = []
    for _ in range(sentences):
        reference = of_references.zipf(1.4, size=of_references.integers(6, 16)) % 300
        other = of_changes.random(len(reference)) < changed
        prediction = np.where(other, of_changes.integers(300, size=len(reference)), reference)
        pairs.append([" ".join(words[i] for i in side) + "." for side in (reference, prediction)])
    return pairs


class TestTranslationMetrics:
    @pytest.mark.parametrize("metric", TRANSLATION)
    def test_real_sentences(self, metric):
        pairs = [
            ["El Consell ha aprovat hui el decret.", "El Consell aprovà hui el decret."],
            ["Estes ajudes són per a pimes.", "Aquestes ajudes són per a les pimes."],
            ["Vine demà!", "Vine demà!"],
            ["L'oficina obri a les 9.30 h.", ""],
        ]
        found = metric_of(metric, raws(pairs))
        assert found == pytest.approx(TRANSLATION[metric](pairs), rel=1e-12)
        assert 10 < found < 90

    @pytest.mark.parametrize("metric", TRANSLATION)
    @given(pairs=st.one_of(st.lists(PAIR, min_size=1, max_size=6), st.lists(SEVERAL, min_size=1, max_size=6)))
    @settings(max_examples=60, deadline=None)
    def test_equals_the_harness_on_any_text(self, metric, pairs):
        assert metric_of(metric, raws(pairs)) == pytest.approx(TRANSLATION[metric](pairs), rel=1e-9, abs=1e-9)

    @pytest.mark.parametrize(("metric", "measure"), [("bleu", BLEU()), ("ter", TER()), ("chrf", CHRF())])
    def test_resamples_are_what_sacrebleu_scores(self, metric, measure):
        pairs = corpus(30, 0.4, seed=1)
        drawn = np.random.default_rng(2).integers(30, size=(20, 30))
        sample = sample_of(metric, raws(pairs))
        resampled = sample.score(np.array([sample.totals_GK[rows].sum(axis=0) for rows in drawn]))
        for rows, value in zip(drawn, resampled, strict=True):
            references, predictions = zip(*[pairs[row] for row in rows], strict=True)
            assert value == pytest.approx(measure.corpus_score(predictions, [references]).score, rel=1e-9)

    def test_extremes(self):
        same = raws([["un dos tres quatre", "un dos tres quatre"]])
        assert [metric_of(metric, same) for metric in ("bleu", "ter", "chrf")] == pytest.approx([100, 0, 100])
        none = raws([["un dos tres quatre", "xyz"]])
        assert [metric_of(metric, none) for metric in ("bleu", "ter", "chrf")] == pytest.approx([0, 100, 0])
        assert metric_of("ter", raws([["", "una paraula"]])) == 100
        assert metric_of("ter", raws([["", ""]])) == 0

    @pytest.mark.parametrize(("metric", "measure"), [("bleu", BLEU()), ("ter", TER()), ("chrf", CHRF())])
    @pytest.mark.parametrize("changed", [0.31, 0.34])
    def test_paired_test_of_sacrebleu(self, metric, measure, changed):
        """Its statistic computed on our resamples gives its p-value and intervals, within the noise of 1,000 draws."""
        first, second = corpus(150, 0.3, seed=1), corpus(150, changed, seed=2)
        references, a = zip(*first, strict=True)
        b = [prediction for _, prediction in second]
        test = PairedTest([("a", a), ("b", b)], {metric: measure}, [references], test_type="bs", n_samples=1_000)
        (theirs_a, theirs_b) = next(value for name, value in test()[1].items() if name != "System")
        samples = [sample_of(metric, raws(first)), sample_of(metric, raws(second))]
        assert [one.value for one in samples] == pytest.approx([theirs_a.score, theirs_b.score], rel=1e-9)

        values_MR = replicates(samples, repeats=4_000, seed=5)
        gaps_R = np.abs(values_MR[0] - values_MR[1])
        beyond = np.mean(gaps_R - gaps_R.mean() > abs(samples[0].value - samples[1].value))
        noise = math.sqrt(beyond * (1 - beyond) * (1 / 1_000 + 1 / 4_000))
        assert theirs_b.p_value == pytest.approx(beyond, abs=4 * noise + 2 / 1_000)
        for theirs, ours in zip((theirs_a, theirs_b), samples, strict=True):
            estimate = bootstrap_estimate(ours)
            assert theirs.mean == pytest.approx(estimate.value, abs=estimate.stderr / 4)
            assert theirs.ci == pytest.approx((estimate.high - estimate.low) / 2, rel=0.1)

    def test_randomisation_test_of_sacrebleu(self):
        first, second = corpus(200, 0.3, seed=1), corpus(200, 0.335, seed=4)
        references, a = zip(*first, strict=True)
        b = [prediction for _, prediction in second]
        test = PairedTest([("a", a), ("b", b)], {"chrf": CHRF()}, [references], test_type="ar", n_samples=2_000)
        (_, theirs) = next(value for name, value in test()[1].items() if name != "System")
        ours = paired_bootstrap_of(sample_of("chrf", raws(first)), sample_of("chrf", raws(second)))
        assert 0.01 < theirs.p_value < 0.5
        assert ours.p_value == pytest.approx(theirs.p_value, abs=0.03)

    def test_no_reference(self):
        with pytest.raises(ValueError, match="no reference"):
            metric_of("bleu", raws([["un", "un"], [[], "dos"]]))


class TestClassMetrics:
    @given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)).map(list), min_size=2, max_size=40))
    @settings(deadline=None)
    @pytest.mark.filterwarnings("ignore:A single label was found:UserWarning")
    def test_mcc_equals_the_harness(self, pairs):
        assert metric_of("mcc", raws(pairs)) == pytest.approx(harness.matthews_corrcoef(pairs), abs=1e-12)

    @given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)).map(list), min_size=2, max_size=40))
    @settings(deadline=None)
    @pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
    def test_f1_of_classes_equals_the_harness(self, pairs):
        assert metric_of("f1", raws(pairs)) == pytest.approx(harness.f1_score(pairs), abs=1e-12)

    def test_constant_predictions_have_no_correlation(self):
        assert metric_of("mcc", raws([[0, 1], [1, 1], [1, 1]])) == 0.0

    def test_f1_of_three_classes_is_refused(self):
        with pytest.raises(ValueError, match="classes 0 and 1"):
            metric_of("f1", raws([[0, 2], [1, 1]]))


class TestOtherMetrics:
    @pytest.mark.parametrize("metric", ["acc", "exact_match", "f1", "bleu_acc", "acc_norm"])
    def test_numbers_are_averaged(self, metric):
        values = [1.0, 0.0, True, 0.5]
        assert metric_of(metric, raws(values)) == harness.mean(values)

    def test_likelihoods(self):
        numbers = [-3.2, -11.5, -0.7]
        assert metric_of("perplexity", raws(numbers)) == pytest.approx(harness.perplexity(numbers), rel=1e-12)
        pairs = [[-30.5, 12], [-7.25, 3]]
        for metric in ("word_perplexity", "byte_perplexity"):
            assert metric_of(metric, raws(pairs)) == pytest.approx(harness.weighted_perplexity(pairs), rel=1e-12)
        assert metric_of("bits_per_byte", raws(pairs)) == pytest.approx(harness.bits_per_byte(pairs), rel=1e-12)

    def test_rouge1_is_the_mean_that_the_harness_draws_at_random(self):
        from rouge_score.rouge_scorer import RougeScorer
        from rouge_score.scoring import BootstrapAggregator

        pairs = corpus(60, 0.5, seed=3)
        aggregator = BootstrapAggregator()
        for reference, prediction in pairs:
            aggregator.add_scores(RougeScorer(["rouge1"]).score(reference, prediction))
        found = bootstrap_estimate(sample_of("rouge1", raws(pairs)))
        # The median of 1,000 draws has an error of 1.25 / sqrt(1000) standard errors.
        assert aggregator.aggregate()["rouge1"].mid.fmeasure == pytest.approx(found.value, abs=0.16 * found.stderr)
        assert metric_of("rouge1", raws([["the cat sat", "the cat"]])) == pytest.approx(0.8)
        assert metric_of("rouge1", raws([[["a dog", "the cat"], "the cat"]])) == 1.0

    @pytest.mark.parametrize(
        ("metric", "values", "says"),
        [
            ("acc", [], "acc of no items"),
            ("acc", [1.0, math.nan], "item 1 has no finite score"),
            ("acc", [1.0, None], "not known here"),
            ("brier_score", [[0, [0.2, 0.8]]], "brier_score is not known here"),
            ("perplexity", [-1.0, -math.inf], "no finite value"),
        ],
    )
    def test_what_is_not_defined_is_refused(self, metric, values, says):
        with pytest.raises(ValueError, match=says):
            metric_of(metric, raws(values))


class TestItems:
    def test_mean_has_the_clustered_error(self):
        scores = [1.0, 0.0, 1.0, 1.0, 0.0, 0.0]
        items = [item(number, score, cluster=f"p{number // 2}") for number, score in enumerate(scores)]
        assert estimate_of("acc", items) == mean_estimate(scores, [one.cluster for one in items])

    def test_corpus_metric_has_a_resampled_error(self):
        items = [item(number, pair) for number, pair in enumerate(corpus(80, 0.3, seed=1))]
        found = estimate_of("bleu", items, seed=3)
        assert found == bootstrap_estimate(sample_of("bleu", [one.raw for one in items]), seed=3)
        assert found.low < found.value < found.high

    def test_nothing_can_be_said(self):
        assert estimate_of("acc", [item(0, 1.0)]) is None
        assert estimate_of("acc", [item(0, 1.0, cluster="p"), item(1, 0.0, cluster="p")]) is None
        assert estimate_of("brier_score", [item(0, [0, [0.5, 0.5]]), item(1, [1, [0.5, 0.5]])]) is None
        with pytest.raises(ValueError, match="no items"):
            estimate_of("acc", [])

    def test_difference(self):
        a, b = [1.0, 1.0, 1.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
        found = difference_of("acc", *([item(*one) for one in enumerate(side)] for side in (a, b)))
        assert found.value == 0.5
        assert (found.test, found.p_value) == ("mcnemar", mcnemar_exact(a, b).p_value)

    def test_different_documents_are_refused(self):
        a = [item(0, 1.0), item(1, 0.0)]
        with pytest.raises(ValueError, match=r"different items \(2 and 1\)"):
            difference_of("acc", a, a[:1])
        with pytest.raises(ValueError, match="item 1 and item 1 differ"):
            check_same_items(a, [a[0], item(1, 0.0, document="other")])
        with pytest.raises(ValueError, match="item 0 and item 1 differ"):
            check_same_items(a, a[::-1])


def test_mean_of_many_items_is_exact():
    score_N = np.random.default_rng(0).random(20_000)
    assert mean_sample(score_N).value == pytest.approx(math.fsum(score_N) / 20_000, rel=1e-14)


def test_bias_is_the_distance_from_even() -> None:
    assert metric_of("bias", ["1", "1", "1", "0"]) == 0.5
    assert metric_of("bias", ["1", "0"]) == 0.0
    assert metric_of("bias", ["0.0", "0.0"]) == 1.0
