"""Resampling of items, or of whole clusters of items, by sums: a metric of a resample is a function of what its items
add up to, so that thousands of resamples are one product of matrices.

Shapes: N items, G clusters, U kinds of clusters, K sums that a metric needs, R resamples, M samples that are
resampled together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]

CONFIDENCE = 0.95

# Enough that a decision at .05 over a suite of 53 rows rests on counted resamples; the tail beyond is continued.
REPEATS = 10_000

# Fewer resamples than this beyond zero are too few to count: their share has a relative error of a third.
COUNTED_TAIL = 10

# Decimals kept of a figure beside its scale: far more than any figure is shown with, far less than rounding spoils.
ROUNDING = 12

# Clusters with the same sums need no telling apart: how often each kind is drawn is one multinomial draw, which is
# quicker where a kind has at least so many clusters (right and wrong answers of two models: four kinds).
KINDS = 4

# Multiplicities held at once: 32 MB of them.
BLOCK = 4_000_000


@dataclass(frozen=True)
class Sample:
    """What a metric needs of the items of one model on one row.

    totals_GK: sums over the items of each cluster. items_G: items of each cluster. score: sums_RK -> the metric of
    each resample, shape R, in the metric's own unit.
    """

    totals_GK: Floats
    items_G: NDArray[np.int64]
    score: Callable[[Floats], Floats]

    @property
    def n(self) -> int:
        return int(self.items_G.sum())

    @property
    def clusters(self) -> int:
        return len(self.items_G)

    @property
    def value(self) -> float:
        """The metric of all items, once each."""
        return float(self.score(self.totals_GK.sum(axis=0, keepdims=True))[0])


class Spread(NamedTuple):
    """How the replicates R of a statistic stand for its sampling distribution.

    Replicates of G clusters vary too little by the factor sqrt((G - 1) / G), and a normal curve of them is too short
    in the tails, for which Hesterberg (2015), What Teachers Should Know About the Bootstrap, widens the
    percentiles: alpha' / 2 = Phi(-sqrt(G / (G - 1)) t). degrees: of freedom of t. narrowness: sqrt(G / (G - 1)), or 1
    where the replicates have been widened already.
    """

    replicates_R: Floats
    degrees: float
    narrowness: float


def checked_scores(score_N: Sequence[float] | Floats) -> Floats:
    """The scores as an array of N. Raises ValueError where there are none, or one is not a finite number."""
    array_N = np.asarray(score_N, dtype=np.float64)
    if array_N.ndim != 1 or array_N.size == 0:
        raise ValueError(f"scores of items are needed, in one dimension; their shape is {array_N.shape}")
    missing = np.flatnonzero(~np.isfinite(array_N))
    if missing.size:
        raise ValueError(f"item {missing[0]} has no finite score ({array_N[missing[0]]}); {missing.size} in all")
    return array_N


def cluster_codes(cluster_N: Sequence[str | None] | None, n: int) -> NDArray[np.int64]:
    """Number of each item's cluster, by first appearance; an item without one (None) is a cluster of its own.

    Raises ValueError where there is not one cluster for each of the n items.
    """
    if cluster_N is None:
        return np.arange(n)
    if len(cluster_N) != n:
        raise ValueError(f"{n} items but clusters of {len(cluster_N)}")
    codes: dict[tuple[str, int], int] = {}
    return np.array(
        [codes.setdefault(("item", i) if name is None else (name, -1), len(codes)) for i, name in enumerate(cluster_N)]
    )


def sample_of_sums(
    sums_NK: Floats, score: Callable[[Floats], Floats], cluster_N: Sequence[str | None] | None = None
) -> Sample:
    """A sample of a metric that is a function of the items' summed statistics.

    Raises ValueError for no items and for sums that are not finite.
    """
    if len(sums_NK) == 0:
        raise ValueError("a sample needs at least one item")
    if not np.isfinite(sums_NK).all():
        raise ValueError("an item has no finite value")
    code_N = cluster_codes(cluster_N, len(sums_NK))
    totals_GK = np.zeros((int(code_N.max()) + 1, sums_NK.shape[1]))
    np.add.at(totals_GK, code_N, sums_NK)
    return Sample(totals_GK, np.bincount(code_N), score)


def mean_sample(score_N: Sequence[float] | Floats, cluster_N: Sequence[str | None] | None = None) -> Sample:
    """A sample of the mean score of items. Raises ValueError for no items and for scores that are not finite."""
    array_N = checked_scores(score_N)
    return sample_of_sums(np.column_stack([array_N, np.ones_like(array_N)]), mean_of_items, cluster_N)


def mean_of_items(sums_RK: Floats) -> Floats:
    """Sum of scores over number of items."""
    return np.asarray(sums_RK[:, 0] / sums_RK[:, 1])


def is_mean(sample: Sample) -> bool:
    """Whether the sample's metric is the mean of its items' scores."""
    return sample.score is mean_of_items


def replicates(samples: Sequence[Sample], *, repeats: int, seed: int | Sequence[int]) -> Floats:
    """Values of each sample on the same resamples of clusters, drawn with replacement; values_MR.

    Raises ValueError where the samples are not of the same items, have fewer than two clusters, or where a resample
    has no finite value.
    """
    first = samples[0]
    if any(not np.array_equal(first.items_G, other.items_G) for other in samples[1:]):
        sizes = ", ".join(f"{sample.n} in {sample.clusters} clusters" for sample in samples)
        raise ValueError(f"the sides were scored on different items ({sizes})")
    if first.clusters < 2:
        raise ValueError("one item, or one cluster of items, says nothing of its own spread: two are needed")
    totals_GK = np.hstack([sample.totals_GK for sample in samples])
    bounds = np.cumsum([sample.totals_GK.shape[1] for sample in samples])[:-1]
    parts = np.split(_resampled_sums(totals_GK, repeats, seed), bounds, axis=1)
    values_MR = np.stack([sample.score(part_RK) for sample, part_RK in zip(samples, parts, strict=True)])
    if not np.isfinite(values_MR).all():
        raise ValueError("a resample of the items has no finite value: the metric is not defined on it")
    return values_MR


def _resampled_sums(totals_GK: Floats, repeats: int, seed: int | Sequence[int]) -> Floats:
    """Sums over the clusters of each resample, sums_RK."""
    generator = np.random.default_rng(seed)
    kinds_UK, first_U, clusters_U = np.unique(totals_GK, axis=0, return_index=True, return_counts=True)
    # In the order of the items, so that the draws are the same whichever model is named first.
    order_U = np.argsort(first_U)
    kinds_UK, clusters_U = kinds_UK[order_U], clusters_U[order_U]
    few = KINDS * len(kinds_UK) <= len(totals_GK)
    rows = max(1, BLOCK // (len(kinds_UK) if few else len(totals_GK)))
    blocks = [min(rows, repeats - start) for start in range(0, repeats, rows)]
    if few:
        share_U = clusters_U / len(totals_GK)
        return np.concatenate([generator.multinomial(len(totals_GK), share_U, size) @ kinds_UK for size in blocks])
    return np.concatenate([_multiplicity(generator, size, len(totals_GK)) @ totals_GK for size in blocks])


def _multiplicity(generator: np.random.Generator, size: int, clusters: int) -> Floats:
    """How often each cluster is drawn in each of so many resamples."""
    drawn_RG = generator.integers(clusters, size=(size, clusters))
    drawn_RG += np.arange(size)[:, None] * clusters
    return np.bincount(drawn_RG.ravel(), minlength=size * clusters).reshape(size, clusters).astype(np.float64)


def settled(values: Floats, scale: float) -> Floats:
    """Values without the rounding of sums, which is some 1e-16 of the scale: what is equal in theory becomes equal."""
    return np.round(values / scale, ROUNDING) * scale if scale > 0 else np.zeros_like(values)


def spread_of(replicates_R: Floats, clusters: int, scale: float) -> Spread:
    """The spread of a statistic whose replicates drew that many clusters; scale: the largest figure it was made of."""
    return Spread(settled(replicates_R, scale), clusters - 1, float(np.sqrt(clusters / (clusters - 1))))


def widened(values_R: Floats, clusters: int) -> Floats:
    """Replicates of that many clusters, spread about their mean by the narrowness that resampling leaves them with."""
    mean = values_R.mean()
    return np.asarray(mean + (values_R - mean) * np.sqrt(clusters / (clusters - 1)))


def standard_error(spread: Spread) -> float:
    """Standard deviation of the replicates, widened for their narrowness."""
    return _deviation(spread.replicates_R) * spread.narrowness


def percentile_interval(spread: Spread) -> tuple[float, float]:
    """Ends of the 95 % expanded percentile interval (see Spread)."""
    tail = stats.norm.cdf(spread.narrowness * stats.t.ppf((1 - CONFIDENCE) / 2, spread.degrees))
    low, high = np.quantile(spread.replicates_R, [tail, 1 - tail])
    return float(low), float(high)


def two_sided_p(spread: Spread) -> float:
    """The level at which the expanded percentile interval would just reach zero (the interval inverted).

    Counts are of resamples plus one (Davison and Hinkley 1997, chapter 4), so never 0. Where fewer than
    COUNTED_TAIL resamples lie beyond zero, the tail is that of a normal curve of the replicates: without it no row
    could be decided in a suite of thousands of comparisons, whatever its difference.
    """
    values_R = spread.replicates_R
    beyond = int(min(np.count_nonzero(values_R <= 0), np.count_nonzero(values_R >= 0)))
    deviation = _deviation(values_R)
    tail = (beyond + 1) / (len(values_R) + 1)
    if beyond < COUNTED_TAIL and deviation > 0:
        tail = min((COUNTED_TAIL + 1) / (len(values_R) + 1), float(stats.norm.cdf(-abs(values_R.mean()) / deviation)))
    if tail >= 0.5:
        return 1.0
    return float(2 * stats.t.cdf(stats.norm.ppf(tail) / spread.narrowness, spread.degrees))


def _deviation(values_R: Floats) -> float:
    """Exactly 0 where all are equal, which the standard deviation is not where their mean is rounded."""
    return float(np.std(values_R, ddof=1)) if np.ptp(values_R) > 0 else 0.0
