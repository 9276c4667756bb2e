import math

import numpy as np
import pytest

from acord.evaluate.resampling import mean_sample
from acord.evaluate.statistics import (
    Difference,
    ScaledRow,
    difference_over_rows,
    estimate,
    mean_over_rows,
    normalised,
)


def binary(n, share, seed):
    return (np.random.default_rng(seed).random(n) < share).astype(float)


class TestMeanOverRows:
    ROWS = (
        ScaledRow("xnli", mean_sample(binary(900, 0.5, 1)), 1 / 3, 1.0),
        ScaledRow("copa", mean_sample(binary(200, 0.7, 2)), 0.5, 1.0),
        ScaledRow("errors", mean_sample(40 * np.random.default_rng(3).random(300)), 100.0, 0.0),
    )

    def test_normalised(self):
        assert normalised(0.75, 0.5, 1.0) == 0.5
        assert normalised(40.0, 100.0, 0.0) == 0.6
        assert normalised(0.25, 0.5, 1.0) == -0.5
        for wrong in [(0.5, 1.0, 1.0), (math.nan, 0.0, 1.0), (0.5, 0.0, math.inf)]:
            with pytest.raises(ValueError, match="cannot be placed"):
                normalised(*wrong)

    def test_error_is_that_of_independent_rows(self):
        found = mean_over_rows(self.ROWS, repeats=20_000)
        parts = [estimate(row.sample).stderr / abs(row.best - row.chance) for row in self.ROWS]
        stderr = math.sqrt(sum(part**2 for part in parts)) / 3
        value = np.mean([normalised(row.sample.value, row.chance, row.best) for row in self.ROWS])
        assert found.value == pytest.approx(value, rel=1e-12)
        assert found.stderr == pytest.approx(stderr, rel=0.03)
        assert (found.low, found.high) == pytest.approx((value - 1.96 * stderr, value + 1.96 * stderr), rel=0.03)
        assert (found.n, found.clusters) == (1400, 1400)

    def test_rows_of_one_task_share_their_items(self):
        one, twice = mean_over_rows(self.ROWS[:1]), mean_over_rows([self.ROWS[0]] * 2)
        assert twice == pytest.approx(one)
        apart = mean_over_rows([self.ROWS[0], self.ROWS[0]._replace(task="other")])
        assert apart.stderr == pytest.approx(one.stderr / math.sqrt(2), rel=0.05)
        with pytest.raises(ValueError, match="different items"):
            mean_over_rows([self.ROWS[0], self.ROWS[1]._replace(task="xnli")])

    def test_difference_is_paired(self):
        # The second model has 30 more of the 900 right, none of the first's wrong.
        better_N = self.ROWS[0].sample.totals_GK[:, 0].copy()
        better_N[np.flatnonzero(better_N == 0)[:30]] = 1
        better = [self.ROWS[0]._replace(sample=mean_sample(better_N)), *self.ROWS[1:]]
        found = difference_over_rows(better, self.ROWS)
        scale = 1.5 / 3
        assert found.value == pytest.approx(scale * 30 / 900, rel=1e-9)
        share = 30 / 900
        assert found.stderr == pytest.approx(scale * math.sqrt(share * (1 - share) / 899), rel=0.03)
        assert found.p_value < 1e-5
        assert found.n == 1400
        assert difference_over_rows(self.ROWS, self.ROWS) == Difference(0, 0, 0, 0, 1.0, "bootstrap", 1400, None)

    def test_different_rows(self):
        with pytest.raises(ValueError, match="different rows"):
            difference_over_rows(self.ROWS, self.ROWS[:2])
        with pytest.raises(ValueError, match="at least one row"):
            mean_over_rows([])
        with pytest.raises(ValueError, match="cannot be placed"):
            mean_over_rows([self.ROWS[0]._replace(chance=1.0)])

    @pytest.mark.slow
    def test_coverage(self):
        """4,000 trials of two small rows and one clustered: the standard error of .95 is .0034."""
        rng = np.random.default_rng(31)
        cluster_N = [str(i // 5) for i in range(150)]
        hits = 0
        for trial in range(4_000):
            rows = [
                ScaledRow("a", mean_sample((rng.random(71) < 0.6).astype(float)), 0.5, 1.0),
                ScaledRow("b", mean_sample(rng.normal(0.3, 0.2, size=90)), 0.0, 1.0),
                ScaledRow("c", mean_sample(np.repeat(rng.normal(size=30), 5) + 60, cluster_N), 100.0, 0.0),
            ]
            found = mean_over_rows(rows, repeats=1_000, seed=trial)
            hits += found.low <= (0.2 + 0.3 + 0.4) / 3 <= found.high
        assert 0.94 <= hits / 4_000 <= 0.96
