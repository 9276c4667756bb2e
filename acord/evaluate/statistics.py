"""What the scores of a row's items allow to be said: errors, differences, tests, means over rows.

Figures stand in their metric's own unit. Nothing here returns a NaN: what is not defined raises ValueError.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import Literal, NamedTuple, TypeVar

import numpy as np
from scipy import stats

from acord.evaluate.resampling import (
    CONFIDENCE,
    REPEATS,
    Floats,
    Sample,
    Spread,
    is_mean,
    mean_sample,
    percentile_interval,
    replicates,
    settled,
    spread_of,
    standard_error,
    two_sided_p,
    widened,
)

POWER = 0.8
ALPHA = 0.05

Key = TypeVar("Key", bound=Hashable)
Clusters = Sequence[str | None] | None


class Estimate(NamedTuple):
    """A figure with its standard error and 95 % interval, all in the metric's unit; n items in so many clusters."""

    value: float
    stderr: float
    low: float
    high: float
    n: int
    clusters: int


class Difference(NamedTuple):
    """First model minus second on the same n items, in the metric's unit, with its 95 % interval.

    p_value: two-sided, of no difference, by the test named. detectable: the smallest true difference that these items
    would show with a power of .8 at .05; None where the items' differences do not vary, so nothing is known of it.
    """

    value: float
    stderr: float
    low: float
    high: float
    p_value: float
    test: Literal["bootstrap", "mcnemar"]
    n: int
    detectable: float | None


class McNemar(NamedTuple):
    """Items that only the first, only the second model has right; the exact two-sided p-value."""

    only_a: int
    only_b: int
    p_value: float


class Decision(NamedTuple):
    """A difference among others. adjusted_p: after Holm over all of them. distinct: whether it stands at alpha."""

    difference: Difference
    adjusted_p: float
    distinct: bool


class Paired(NamedTuple):
    """Two models on the same items of one row."""

    a: Sample
    b: Sample


class ScaledRow(NamedTuple):
    """A row's items for a mean over rows. task: rows of one task share items. chance, best: in the metric's unit."""

    task: str
    sample: Sample
    chance: float
    best: float


def mean_estimate(score_N: Sequence[float] | Floats, cluster_N: Clusters = None) -> Estimate:
    """Mean of the items' scores, with an error that is clustered where items share a cluster, e.g. a passage.

    stderr = sqrt(G / (G - 1) * sum over the G clusters of (sum of a cluster's deviations from the mean)^2) / N:
    Liang and Zeger (1986), as in Miller (2024), Adding Error Bars to Evals, with the factor for few clusters of Cameron
    and Miller (2015). With one item a cluster it is the sample standard deviation over sqrt(N), as lm-eval reports it.
    The interval is that of t with G - 1 degrees of freedom. Raises ValueError for scores that are not finite, and for
    fewer than two clusters.
    """
    return _mean_estimate(mean_sample(score_N, cluster_N))


def bootstrap_estimate(sample: Sample, *, repeats: int = REPEATS, seed: int = 0) -> Estimate:
    """A corpus metric with standard error and expanded percentile interval, by resampling items or their clusters.

    Raises ValueError for fewer than two clusters.
    """
    (values_R,) = replicates([sample], repeats=repeats, seed=seed)
    spread = spread_of(values_R, sample.clusters, float(np.abs(values_R).max()))
    low, high = percentile_interval(spread)
    return Estimate(sample.value, standard_error(spread), low, high, sample.n, sample.clusters)


def estimate(sample: Sample, *, repeats: int = REPEATS, seed: int = 0) -> Estimate:
    """mean_estimate where the metric is a mean of items' scores, else bootstrap_estimate; raises as they do."""
    return _mean_estimate(sample) if is_mean(sample) else bootstrap_estimate(sample, repeats=repeats, seed=seed)


def paired_bootstrap(
    a_N: Sequence[float] | Floats,
    b_N: Sequence[float] | Floats,
    cluster_N: Clusters = None,
    *,
    repeats: int = REPEATS,
    seed: int = 0,
) -> Difference:
    """Difference of two mean scores over the same items; see paired_bootstrap_of."""
    return paired_bootstrap_of(mean_sample(a_N, cluster_N), mean_sample(b_N, cluster_N), repeats=repeats, seed=seed)


def paired_bootstrap_of(a: Sample, b: Sample, *, repeats: int = REPEATS, seed: int = 0) -> Difference:
    """Difference of a metric between two models, both on the same resamples of items or their clusters (Koehn 2004).

    The interval is the expanded percentile one, the p-value its inversion. stderr of a difference of means is the
    clustered one of the items' differences (see mean_estimate), else that of the resamples. Raises ValueError where
    the samples differ in items, or have fewer than two clusters.
    """
    a_R, b_R = replicates([a, b], repeats=repeats, seed=seed)
    spread = spread_of(a_R - b_R, a.clusters, float(np.abs([a_R, b_R]).max()))
    stderr = _error_of_mean(_item_differences(a, b)) if is_mean(a) and is_mean(b) else standard_error(spread)
    return _difference(a.value - b.value, spread, stderr, a.n)


def mcnemar_exact(a_N: Sequence[float] | Floats, b_N: Sequence[float] | Floats) -> McNemar:
    """Exact test of two models' right (1) and wrong (0) answers to the same independent items (McNemar 1947).

    Under no difference, an item that one of them alone has right is as likely either's; p is 1 where there is none.
    Raises ValueError for scores other than 0 and 1, and for sides of different length.
    """
    a, b = mean_sample(a_N), mean_sample(b_N)
    if a.n != b.n:
        raise ValueError(f"the sides were scored on different items ({a.n} and {b.n})")
    if not (_is_binary(a) and _is_binary(b)):
        raise ValueError("McNemar's test needs scores of 0 and 1")
    return _mcnemar(a, b)


def paired_difference(a: Sample, b: Sample, *, repeats: int = REPEATS, seed: int = 0) -> Difference:
    """paired_bootstrap_of, tested by McNemar's exact test where scores are 0 or 1 and no items share a cluster.

    Raises ValueError where the samples differ in items, or have fewer than two clusters.
    """
    difference = paired_bootstrap_of(a, b, repeats=repeats, seed=seed)
    if not (_is_binary(a) and _is_binary(b)):
        return difference
    return difference._replace(p_value=_mcnemar(a, b).p_value, test="mcnemar")


def holm(p_M: Sequence[float] | Floats) -> Floats:
    """p-values adjusted so that a whole family of tests holds at once (Holm 1979), in the order given.

    Raises ValueError for a p-value that is not in 0 to 1.
    """
    array_M = np.asarray(p_M, dtype=np.float64)
    if not ((array_M >= 0) & (array_M <= 1)).all():
        raise ValueError("a p-value lies between 0 and 1")
    order = np.argsort(array_M, kind="stable")
    stepped_M = np.maximum.accumulate(array_M[order] * np.arange(len(array_M), 0, -1))
    adjusted_M = np.empty_like(array_M)
    adjusted_M[order] = np.minimum(stepped_M, 1.0)
    return adjusted_M


def decide(differences: Mapping[Key, Difference], *, alpha: float = ALPHA) -> dict[Key, Decision]:
    """Which of a family of differences stand after Holm at the level alpha; by the keys given."""
    adjusted_M = holm([difference.p_value for difference in differences.values()])
    return {
        key: Decision(difference, float(p_value), bool(p_value <= alpha))
        for (key, difference), p_value in zip(differences.items(), adjusted_M, strict=True)
    }


def compare_suite(pairs: Mapping[Key, Paired], *, repeats: int = REPEATS, seed: int = 0) -> dict[Key, Decision]:
    """Two models on every row of a suite (or every pair of models on every row), decided together by Holm.

    Tests are those of paired_difference. Raises ValueError, naming the row, where it does.
    """
    differences = {}
    for key, pair in pairs.items():
        try:
            differences[key] = paired_difference(pair.a, pair.b, repeats=repeats, seed=seed)
        except ValueError as error:
            raise ValueError(f"{key}: {error}") from error
    return decide(differences)


def smallest_detectable(stderr: float, power: float = POWER, alpha: float = ALPHA) -> float:
    """The true difference that a two-sided test at alpha finds with that power, in the unit of stderr.

    (z of 1 - alpha / 2, plus z of power) times the standard error of the paired difference, as in the power analysis
    of Miller (2024). Raises ValueError for a standard error that is not positive, power or alpha not within 0 to 1.
    """
    if not (np.isfinite(stderr) and stderr > 0):
        raise ValueError(f"a standard error is a positive number, not {stderr}")
    return _standard_errors_needed(power, alpha) * stderr


def items_needed(difference: float, deviation: float, power: float = POWER, alpha: float = ALPHA) -> int:
    """Items that show a true difference with that power; deviation: standard deviation of items' differences.

    The inverse of smallest_detectable. Raises ValueError for a difference or deviation that is not positive.
    """
    if not (difference > 0 and deviation > 0):
        raise ValueError(f"difference and deviation are positive, not {difference} and {deviation}")
    return int(np.ceil((_standard_errors_needed(power, alpha) * deviation / difference) ** 2))


def normalised(value: float, chance: float, best: float) -> float:
    """0 at chance and 1 at a perfect score, below 0 when worse than chance; best below chance when lower is better.

    Raises ValueError where best equals chance or one of the three is not finite.
    """
    if not np.isfinite([value, chance, best]).all() or best == chance:
        raise ValueError(f"{value} cannot be placed between chance {chance} and best {best}")
    return (value - chance) / (best - chance)


def mean_over_rows(rows: Sequence[ScaledRow], *, repeats: int = REPEATS, seed: int = 0) -> Estimate:
    """Mean over rows of scores normalised between chance and best, each row weighing the same.

    Items (or clusters) are resampled within each task, rows of one task together; each task's replicates are widened
    for their narrowness (see Spread). The interval speaks of other items of these rows, not of other rows. n,
    clusters: over tasks. Raises ValueError for no rows, rows of a task that differ in items, fewer than two
    clusters, and what normalised raises.
    """
    value = _mean_value(rows)
    spread = _mean_replicates(rows, None, repeats, seed)
    low, high = percentile_interval(spread)
    firsts = {row.task: row.sample for row in reversed(rows)}.values()
    items, clusters = sum(one.n for one in firsts), sum(one.clusters for one in firsts)
    return Estimate(value, standard_error(spread), low, high, items, clusters)


def difference_over_rows(
    a_rows: Sequence[ScaledRow], b_rows: Sequence[ScaledRow], *, repeats: int = REPEATS, seed: int = 0
) -> Difference:
    """mean_over_rows of one model minus that of another, over the same rows and the same resamples of their items.

    Raises ValueError where the two do not have the same tasks in the same order, or differ in items.
    """
    if [row.task for row in a_rows] != [row.task for row in b_rows]:
        raise ValueError("the two models have different rows")
    value = _mean_value(a_rows) - _mean_value(b_rows)
    spread = _mean_replicates(a_rows, b_rows, repeats, seed)
    items = sum({row.task: row.sample.n for row in a_rows}.values())
    return _difference(value, spread, standard_error(spread), items)


def _mean_value(rows: Sequence[ScaledRow]) -> float:
    if not rows:
        raise ValueError("a mean over rows needs at least one row")
    return float(np.mean([normalised(row.sample.value, row.chance, row.best) for row in rows]))


def _mean_replicates(rows: Sequence[ScaledRow], minus: Sequence[ScaledRow] | None, repeats: int, seed: int) -> Spread:
    """Replicates of the mean of the rows' normalised scores, less that of minus; widened task by task."""
    total_R = np.zeros(repeats)
    spreads = []
    for index, task in enumerate(dict.fromkeys(row.task for row in rows)):
        signed = [(row, sign) for side, sign in ((rows, 1.0), (minus or (), -1.0)) for row in side if row.task == task]
        values_MR = replicates([row.sample for row, _ in signed], repeats=repeats, seed=(seed, index))
        weights_M = np.array([sign / (row.best - row.chance) for row, sign in signed])
        offset = sum(sign * row.chance / (row.best - row.chance) for row, sign in signed)
        clusters = signed[0][0].sample.clusters
        part_R = settled(widened((weights_M @ values_MR - offset) / len(rows), clusters), 1.0)
        spreads.append((float(np.var(part_R)), clusters - 1))
        total_R += part_R
    variances, degrees = np.array(spreads).T
    # Welch (1947) and Satterthwaite (1946): the degrees of freedom of a sum of variances.
    joint = variances.sum() ** 2 / np.sum(variances**2 / degrees) if variances.any() else degrees.sum()
    return Spread(total_R, float(joint), 1.0)


def _difference(value: float, spread: Spread, stderr: float, n: int) -> Difference:
    low, high = percentile_interval(spread)
    detectable = smallest_detectable(stderr) if stderr > 0 else None
    return Difference(value, stderr, low, high, two_sided_p(spread), "bootstrap", n, detectable)


def _mean_estimate(sample: Sample) -> Estimate:
    stderr = _error_of_mean(sample)
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, sample.clusters - 1)) * stderr
    return Estimate(sample.value, stderr, sample.value - half, sample.value + half, sample.n, sample.clusters)


def _item_differences(a: Sample, b: Sample) -> Sample:
    totals_GK = np.column_stack([a.totals_GK[:, 0] - b.totals_GK[:, 0], a.items_G])
    return Sample(totals_GK, a.items_G, a.score)


def _error_of_mean(sample: Sample) -> float:
    """See mean_estimate."""
    if sample.clusters < 2:
        raise ValueError("one item, or one cluster of items, says nothing of its own spread: two are needed")
    totals_G = sample.totals_GK[:, 0]
    deviation_G = settled(totals_G - sample.items_G * sample.value, float(np.abs(totals_G).max()))
    return float(np.sqrt(sample.clusters / (sample.clusters - 1) * np.sum(deviation_G**2)) / sample.n)


def _is_binary(sample: Sample) -> bool:
    return is_mean(sample) and sample.clusters == sample.n and bool(np.isin(sample.totals_GK[:, 0], (0.0, 1.0)).all())


def _mcnemar(a: Sample, b: Sample) -> McNemar:
    gain_N = a.totals_GK[:, 0] - b.totals_GK[:, 0]
    only_a, only_b = int(np.sum(gain_N > 0)), int(np.sum(gain_N < 0))
    if only_a + only_b == 0:
        return McNemar(0, 0, 1.0)
    return McNemar(only_a, only_b, float(stats.binomtest(only_a, only_a + only_b).pvalue))


def _standard_errors_needed(power: float, alpha: float) -> float:
    if not (0 < power < 1 and 0 < alpha < 1):
        raise ValueError(f"power and alpha lie between 0 and 1, not {power} and {alpha}")
    return float(stats.norm.ppf(1 - alpha / 2) + stats.norm.ppf(power))
