import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from acord.evaluate.metrics import confusion_sample, mcc
from acord.evaluate.resampling import mean_sample, replicates
from acord.evaluate.statistics import (
    Difference,
    Paired,
    bootstrap_estimate,
    compare_suite,
    decide,
    estimate,
    holm,
    items_needed,
    mcnemar_exact,
    mean_estimate,
    paired_bootstrap,
    paired_bootstrap_of,
    paired_difference,
    smallest_detectable,
)


def binary(n, share, seed):
    return (np.random.default_rng(seed).random(n) < share).astype(float)


def difference(p_value):
    return Difference(0.1, 0.05, 0.0, 0.2, p_value, "bootstrap", 100, 0.14)


class TestMeanEstimate:
    def test_one_item_a_cluster_is_the_standard_error_of_the_mean(self):
        score_N = [0.0, 1.0, 1.0, 0.5, 0.25]
        found = mean_estimate(score_N)
        assert found.value == 0.55
        assert found.stderr == pytest.approx(stats.sem(score_N), rel=1e-12)
        low, high = stats.t.interval(0.95, 4, loc=0.55, scale=stats.sem(score_N))
        assert (found.low, found.high) == pytest.approx((low, high), rel=1e-12)
        assert (found.n, found.clusters) == (5, 5)

    def test_clustered_error_is_the_double_sum_within_clusters(self):
        rng = np.random.default_rng(1)
        cluster_N = [f"passage {number}" for number in rng.integers(9, size=60)]
        score_N = rng.random(60)
        deviation_N = score_N - score_N.mean()
        together = sum(
            deviation_N[i] * deviation_N[j] for i, j in product(range(60), repeat=2) if cluster_N[i] == cluster_N[j]
        )
        found = mean_estimate(score_N, cluster_N)
        assert found.stderr == pytest.approx(math.sqrt(9 / 8 * together) / 60, rel=1e-12)
        assert found.clusters == 9

    def test_copies_of_an_item_in_its_cluster_add_nothing(self):
        score_N = binary(40, 0.6, seed=2)
        once, copied = mean_estimate(score_N), mean_estimate(np.repeat(score_N, 7), [str(i // 7) for i in range(280)])
        assert copied[:4] == pytest.approx(once[:4], rel=1e-12)
        assert mean_estimate(np.repeat(score_N, 7)).stderr < once.stderr / 2.5

    def test_an_item_without_a_cluster_is_its_own(self):
        score_N = [0.0, 1.0, 1.0, 1.0]
        assert mean_estimate(score_N, ["a", "a", None, None]).clusters == 3
        assert mean_estimate(score_N, [None] * 4) == mean_estimate(score_N)

    def test_equal_scores_have_no_error(self):
        assert mean_estimate([1.0, 1.0, 1.0])[:4] == (1.0, 0.0, 1.0, 1.0)
        assert mean_estimate([0.1] * 30, [str(i // 4) for i in range(30)]).stderr == 0

    @pytest.mark.parametrize(
        ("score_N", "cluster_N", "says"),
        [
            ([], None, "scores of items are needed"),
            ([1.0], None, "one item, or one cluster"),
            ([1.0, 0.0], ["a", "a"], "one item, or one cluster"),
            ([1.0, math.nan, math.inf], None, "item 1 has no finite score"),
            ([[1.0], [0.0]], None, "in one dimension"),
            ([1.0, 0.0], ["a"], "2 items but clusters of 1"),
        ],
    )
    def test_what_is_not_defined_is_refused(self, score_N, cluster_N, says):
        with pytest.raises(ValueError, match=says):
            mean_estimate(score_N, cluster_N)


class TestBootstrap:
    def test_of_a_mean_agrees_with_the_formula(self):
        rng = np.random.default_rng(3)
        cluster_N = [str(number) for number in rng.integers(80, size=400)]
        score_N = rng.random(400)
        formula, resampled = (
            mean_estimate(score_N, cluster_N),
            bootstrap_estimate(mean_sample(score_N, cluster_N), repeats=20_000),
        )
        # The error of a standard deviation over R normal draws is 1 / sqrt(2 R) of it: 0.5 %.
        assert resampled.stderr == pytest.approx(formula.stderr, rel=0.03)
        assert (resampled.low, resampled.high) == pytest.approx((formula.low, formula.high), abs=0.1 * formula.stderr)
        assert resampled.value == formula.value

    def test_same_seed_same_figures(self):
        a_N, b_N = binary(300, 0.6, 4), binary(300, 0.5, 5)
        assert paired_bootstrap(a_N, b_N, seed=7) == paired_bootstrap(a_N, b_N, seed=7)
        assert paired_bootstrap(a_N, b_N, seed=7) != paired_bootstrap(a_N, b_N, seed=8)

    def test_the_other_way_round_is_the_negative(self):
        a_N, b_N = binary(300, 0.6, 4), binary(300, 0.5, 5)
        one, other = paired_bootstrap(a_N, b_N), paired_bootstrap(b_N, a_N)
        assert (other.value, other.low, other.high) == pytest.approx((-one.value, -one.high, -one.low), abs=1e-12)
        assert (other.p_value, other.stderr) == pytest.approx((one.p_value, one.stderr))

    @pytest.mark.parametrize("shift", [0.02, 0.04, 0.05, 0.06, 0.09])
    def test_p_value_is_that_of_the_t_test_on_differences(self, shift):
        rng = np.random.default_rng(6)
        noise_N = rng.normal(size=200)
        a_N = (noise_N - noise_N.mean()) / noise_N.std(ddof=1) * 0.4 + shift
        expected = stats.ttest_1samp(a_N, 0).pvalue
        found = paired_bootstrap(a_N, np.zeros(200), repeats=40_000).p_value
        assert found == pytest.approx(expected, rel=0.15, abs=2e-4)

    def test_p_value_below_what_resamples_can_count_follows_the_tail(self):
        rng = np.random.default_rng(6)
        found = paired_bootstrap(rng.normal(0.5, 1, size=400), np.zeros(400), repeats=2_000).p_value
        assert 0 < found < 1e-10

    def test_interval_and_p_value_tell_the_same(self):
        rng = np.random.default_rng(8)
        for _ in range(60):
            a_N, b_N = rng.random(50) + 0.08, rng.random(50)
            found = paired_bootstrap(a_N, b_N, repeats=2_000)
            if abs(found.p_value - 0.05) > 0.005:
                assert (found.p_value < 0.05) == (not found.low <= 0 <= found.high)

    def test_identical_answers_differ_in_nothing(self):
        a_N = binary(50, 0.5, 1)
        assert paired_bootstrap(a_N, a_N) == Difference(0.0, 0.0, 0.0, 0.0, 1.0, "bootstrap", 50, None)

    def test_a_constant_difference_of_few_items_is_no_certainty(self):
        assert paired_bootstrap([0.9, 0.9], [0.1, 0.1]).p_value > 0.1
        assert paired_bootstrap([0.9] * 100, [0.1] * 100).p_value < 1e-3
        assert paired_bootstrap([0.9] * 100, [0.1] * 100).detectable is None

    def test_clusters_widen_what_is_alike_within_them(self):
        a_N, b_N = np.repeat(binary(30, 0.7, 2), 10), np.repeat(binary(30, 0.5, 3), 10)
        cluster_N = [str(i // 10) for i in range(300)]
        apart, together = paired_bootstrap(a_N, b_N), paired_bootstrap(a_N, b_N, cluster_N)
        assert together.stderr == pytest.approx(apart.stderr * math.sqrt(10), rel=0.03)
        assert together.p_value > apart.p_value
        assert together.detectable == pytest.approx(2.8016 * together.stderr, rel=1e-4)

    def test_different_items_are_refused(self):
        with pytest.raises(ValueError, match=r"different items \(3 in 3 clusters, 4 in 4 clusters\)"):
            paired_bootstrap([1, 0, 1], [1, 0, 1, 1])
        with pytest.raises(ValueError, match="different items"):
            paired_bootstrap_of(mean_sample([1, 0, 1], ["a", "a", "b"]), mean_sample([1, 0, 1]))

    @pytest.mark.parametrize("decimals", [0, 9])
    def test_blocks_do_not_change_the_draws(self, monkeypatch, decimals):
        sample = mean_sample(np.round(np.random.default_rng(1).random(97), decimals))
        whole = replicates([sample], repeats=500, seed=3)
        monkeypatch.setattr("acord.evaluate.resampling.BLOCK", 97 * 7)
        assert np.allclose(replicates([sample], repeats=500, seed=3), whole, rtol=1e-14, atol=0)

    def test_draws_by_kind_are_distributed_as_draws_of_clusters(self, monkeypatch):
        samples = [mean_sample(binary(40, 0.6, 1)), mean_sample(binary(40, 0.5, 2))]
        by_kind = np.subtract(*replicates(samples, repeats=20_000, seed=3))
        monkeypatch.setattr("acord.evaluate.resampling.KINDS", 41)
        by_cluster = np.subtract(*replicates(samples, repeats=20_000, seed=4))
        assert not np.array_equal(by_kind, by_cluster)
        points = np.round(np.unique(by_cluster), 9)
        shares = [[np.mean(np.round(one, 9) <= point) for point in points] for one in (by_kind, by_cluster)]
        # Kolmogorov-Smirnov: at 20,000 draws a side, .0195 is passed once in a thousand.
        assert np.abs(np.subtract(*shares)).max() < 0.0195


@pytest.mark.slow
class TestCoverage:
    """8,000 trials: the standard error of a share of .95 is .0024, so .94 and .96 lie four of them away."""

    TRIALS = 8_000

    def covered(self, draw):
        rng = np.random.default_rng(11)
        hits = below = 0
        for trial in range(self.TRIALS):
            a_N, b_N, cluster_N, truth = draw(rng)
            found = paired_bootstrap(a_N, b_N, cluster_N, repeats=1_000, seed=trial)
            hits += found.low <= truth <= found.high
            below += found.p_value <= 0.05
        return hits / self.TRIALS, below / self.TRIALS

    def test_of_right_and_wrong_answers(self):
        def draw(rng):
            ability_N = rng.normal(size=250)
            a_N = ability_N + rng.normal(size=250) > 0.0
            b_N = ability_N + rng.normal(size=250) > 0.3
            return a_N.astype(float), b_N.astype(float), None, 0.5 - stats.norm.sf(0.3 / math.sqrt(2))

        coverage, _ = self.covered(draw)
        assert 0.94 <= coverage <= 0.96

    def test_of_clusters_and_no_difference(self):
        cluster_N = [str(number) for number in np.repeat(np.arange(40), np.tile([3, 7], 20))]
        sizes = np.tile([3, 7], 20)

        def draw(rng):
            a_N = np.repeat(rng.normal(size=40), sizes) + rng.normal(size=200)
            b_N = np.repeat(rng.normal(size=40), sizes) + rng.normal(size=200)
            return a_N, b_N, cluster_N, 0.0

        coverage, rejected = self.covered(draw)
        assert 0.94 <= coverage <= 0.96
        assert 0.04 <= rejected <= 0.06


class TestMcNemar:
    @pytest.mark.parametrize("seed", range(5))
    def test_is_the_binomial_test_of_discordant_items(self, seed):
        a_N, b_N = binary(71, 0.6, seed), binary(71, 0.45, seed + 50)
        only_a, only_b = int(((a_N == 1) & (b_N == 0)).sum()), int(((a_N == 0) & (b_N == 1)).sum())
        found = mcnemar_exact(a_N, b_N)
        assert (found.only_a, found.only_b) == (only_a, only_b)
        assert found.p_value == pytest.approx(stats.binomtest(only_b, only_a + only_b, 0.5).pvalue, rel=1e-12)
        smaller, all_of_them = min(only_a, only_b), only_a + only_b
        tail = sum(math.comb(all_of_them, k) for k in range(smaller + 1)) / 2**all_of_them
        assert found.p_value == pytest.approx(min(1.0, 2 * tail), rel=1e-12)

    def test_by_hand(self):
        # 6 against none: two of 2^6 outcomes are as extreme.
        assert mcnemar_exact([1] * 6 + [1, 0], [0] * 6 + [1, 0]) == (6, 0, pytest.approx(2 / 64))
        assert mcnemar_exact([1, 0], [1, 0]) == (0, 0, 1.0)

    def test_other_scores_are_refused(self):
        with pytest.raises(ValueError, match="scores of 0 and 1"):
            mcnemar_exact([0.5, 1], [1, 1])
        with pytest.raises(ValueError, match="different items"):
            mcnemar_exact([0, 1], [1])

    def test_is_taken_where_answers_are_right_or_wrong_and_independent(self):
        a_N, b_N = binary(120, 0.6, 1), binary(120, 0.5, 2)
        plain = paired_difference(mean_sample(a_N), mean_sample(b_N))
        assert plain.test == "mcnemar"
        assert plain.p_value == mcnemar_exact(a_N, b_N).p_value
        cluster_N = [str(i // 4) for i in range(120)]
        assert paired_difference(mean_sample(a_N, cluster_N), mean_sample(b_N, cluster_N)).test == "bootstrap"
        assert paired_difference(mean_sample(a_N / 2), mean_sample(b_N)).test == "bootstrap"


class TestHolm:
    def test_worked_by_hand(self):
        # Sorted .005 .01 .03 .04 times 4 3 2 1 is .02 .03 .06 .04; no step may go down, so the last is .06 too.
        assert holm([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
        assert holm([0.5, 0.9]).tolist() == [1.0, 1.0]
        assert holm([]).tolist() == []

    @given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
    def test_rejects_what_the_stepwise_rule_rejects(self, p_M):
        adjusted_M = holm(p_M)
        order = sorted(range(len(p_M)), key=lambda i: p_M[i])
        assert (adjusted_M >= np.minimum(p_M, 1)).all()
        assert (np.diff(adjusted_M[order]) >= 0).all()
        for alpha in (0.01, 0.05, 0.2):
            standing = 0
            while standing < len(order) and p_M[order[standing]] * (len(order) - standing) <= alpha:
                standing += 1
            assert (adjusted_M <= alpha).sum() == standing

    @pytest.mark.parametrize("p_M", [[0.1, math.nan], [-0.1], [1.1]])
    def test_no_p_value(self, p_M):
        with pytest.raises(ValueError, match="between 0 and 1"):
            holm(p_M)

    def test_family_of_differences(self):
        decisions = decide(
            {"a": difference(0.01), "b": difference(0.04), "c": difference(0.03), "d": difference(0.005)}
        )
        assert [name for name, one in decisions.items() if one.distinct] == ["a", "d"]
        assert decisions["b"].adjusted_p == pytest.approx(0.06)

    @pytest.mark.slow
    def test_suite_of_equal_models_keeps_its_level(self):
        """With no difference anywhere, a suite of 20 rows names one in at most 5 % of suites (12 % without Holm)."""
        rng = np.random.default_rng(21)
        wrong = 0
        for _ in range(100):
            pairs = {
                row: Paired(mean_sample(rng.normal(size=60)), mean_sample(rng.normal(size=60))) for row in range(20)
            }
            wrong += any(one.distinct for one in compare_suite(pairs, repeats=400).values())
        assert wrong <= 12  # 3 standard errors above 5 of 100

    def test_suite_names_the_row_at_fault(self):
        pairs = {"xnli_va": Paired(mean_sample([1, 0]), mean_sample([1, 0, 1]))}
        with pytest.raises(ValueError, match="xnli_va: the sides were scored on different items"):
            compare_suite(pairs)


class TestDetectable:
    def test_published_figure(self):
        """3 points at a power of .8 need about 2,930 paired items: accuracy .5, paired error .82 of the unpaired."""
        deviation = 0.82 * math.sqrt(2 * 0.5 * 0.5)
        assert deviation == pytest.approx(0.5798, abs=1e-4)
        assert items_needed(0.03, deviation) == pytest.approx(2930, abs=5)
        assert smallest_detectable(deviation / math.sqrt(2930)) == pytest.approx(0.03, abs=2e-5)
        assert smallest_detectable(deviation / math.sqrt(71)) > 0.19  # WNLI

    @given(st.floats(1e-6, 10), st.floats(0.5, 0.99), st.floats(0.001, 0.2))
    def test_is_found_with_that_power(self, stderr, power, alpha):
        shift = smallest_detectable(stderr, power, alpha) / stderr
        assert stats.norm.sf(stats.norm.isf(alpha / 2) - shift) == pytest.approx(power, rel=1e-6)

    @pytest.mark.parametrize("stderr", [0.0, -1.0, math.nan, math.inf])
    def test_no_standard_error(self, stderr):
        with pytest.raises(ValueError, match="positive number"):
            smallest_detectable(stderr)

    def test_no_power(self):
        with pytest.raises(ValueError, match="between 0 and 1"):
            smallest_detectable(0.1, power=1.0)
        with pytest.raises(ValueError, match="are positive"):
            items_needed(0.0, 0.5)


def test_mcc_has_an_error_by_resampling():
    gold_N = binary(400, 0.5, 1).astype(int).tolist()
    flipped_N = [1 - gold if flip else gold for gold, flip in zip(gold_N, binary(400, 0.25, 2), strict=True)]
    found = estimate(confusion_sample(gold_N, flipped_N, mcc))
    # Balanced classes: the coefficient is 2 accuracy - 1, so its error is about twice that of the accuracy.
    accuracy = mean_estimate([float(a == b) for a, b in zip(gold_N, flipped_N, strict=True)])
    assert found.value == pytest.approx(2 * accuracy.value - 1, abs=0.01)
    assert found.stderr == pytest.approx(2 * accuracy.stderr, rel=0.05)
