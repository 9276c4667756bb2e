"""How far observers agree beyond chance: Krippendorff's alpha and Cohen's kappa, with intervals.

K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), sections C and D: any number of observers, missing
values, nominal, ordinal and interval data. J. Cohen (1960 and 1968): kappa and weighted kappa of two observers.
Shapes: U units, C categories, R resamples, N items, G clusters of items. Nothing here returns a NaN.
"""

from collections.abc import Hashable, Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

REPEATS = 2_000
SEED = 0
CONFIDENCE = 0.95
# Multiplicities of units held at once: 32 MB of them.
BLOCK = 4_000_000

Floats = NDArray[np.float64]
Metric = Literal["nominal", "ordinal", "interval"]
Weights = Literal["nominal", "linear", "quadratic"]
Value = str | int | float


class Agreement(NamedTuple):
    """alpha: 1 for full agreement, 0 for what chance gives, below 0 for less.

    low, high: its 95% bootstrap interval over units. units, answers: that could be compared.
    """

    alpha: float
    low: float
    high: float
    units: int
    answers: int


class Kappa(NamedTuple):
    """kappa: 1 for full agreement, 0 for what chance gives. low, high: its 95% interval.

    n: items that both observers judged, in so many clusters. same: share of items with equal values.
    """

    kappa: float
    low: float
    high: float
    n: int
    clusters: int
    same: float


def krippendorff_alpha(
    units: Iterable[Sequence[Value]], metric: Metric = "nominal", *, bounded: bool = False
) -> Agreement | None:
    """Alpha of values. units: of each, the values that observers gave, missing ones left out; numbers for `interval`.

    None where no unit has two values, or all values are the same: nothing can be compared with what chance would give.
    The interval resamples units, since answers to one unit depend on each other; resamples without variation are left
    out. Where all agree no resample differs, and the interval has no width; `bounded` then takes for the lower end what
    full agreement in so many units leaves possible, as weighted_kappa does.
    """
    compared = [list(values) for values in units if len(values) > 1]
    categories = sorted({value for values in compared for value in values})
    if len(categories) < 2:
        return None
    place = {value: at for at, value in enumerate(categories)}
    counts_UC = np.zeros((len(compared), len(categories)))
    for unit, values in enumerate(compared):
        np.add.at(counts_UC[unit], [place[value] for value in values], 1)
    fixed_C = np.array(categories, dtype=np.float64) if metric == "interval" else None
    alpha = float(_alpha(counts_UC, np.ones((1, len(compared))), metric, fixed_C)[0])
    rows = max(1, BLOCK // len(compared))
    generator, share_U = np.random.default_rng(SEED), np.full(len(compared), 1 / len(compared))
    alpha_R = np.concatenate(
        [
            _alpha(counts_UC, generator.multinomial(len(compared), share_U, size).astype(np.float64), metric, fixed_C)
            for size in (min(rows, REPEATS - start) for start in range(0, REPEATS, rows))
        ]
    )
    low, high = np.nanpercentile(alpha_R, [2.5, 97.5])
    if bounded and alpha == 1:
        low = _least_of_full(counts_UC.sum(axis=0), len(compared))
    return Agreement(alpha, float(low), float(high), len(compared), int(counts_UC.sum()))


def _alpha(counts_UC: Floats, times_RU: Floats, metric: Metric, fixed_C: Floats | None) -> Floats:
    """Alpha of every resample, shape R; nan where its values do not vary. times_RU: how often each unit is in it.

    fixed_C: the categories' places on the scale, where they have any.
    """
    values_U = counts_UC.sum(axis=1)
    totals_RC = times_RU @ counts_UC
    n_R = totals_RC.sum(axis=1)
    # Observed: distances of ordered pairs within a unit, over its values less one; expected: of pairs of all values.
    if metric == "nominal":
        unlike_U = (values_U**2 - (counts_UC**2).sum(axis=1)) / (values_U - 1)
        observed_R = times_RU @ unlike_U
        expected_R = (n_R**2 - (totals_RC**2).sum(axis=1)) / (n_R - 1)
    else:
        # Ordinal distances, n_c / 2 + the values between + n_k / 2, are those between the middle ranks of c and k.
        place_RC = np.cumsum(totals_RC, axis=1) - totals_RC / 2 if fixed_C is None else fixed_C[None, :]
        distance_RCC = (place_RC[:, :, None] - place_RC[:, None, :]) ** 2
        pairs_UCC = counts_UC[:, :, None] * counts_UC[:, None, :] / (values_U - 1)[:, None, None]
        pairs_RCC = (times_RU @ pairs_UCC.reshape(len(counts_UC), -1)).reshape(-1, *distance_RCC.shape[1:])
        observed_R = (pairs_RCC * distance_RCC).sum(axis=(1, 2))
        expected_R = (totals_RC[:, :, None] * totals_RC[:, None, :] * distance_RCC).sum(axis=(1, 2)) / (n_R - 1)
    expected_R[expected_R == 0] = np.nan
    result: Floats = 1 - observed_R / expected_R
    return result


def weighted_kappa(
    a_N: Sequence[Hashable],
    b_N: Sequence[Hashable],
    categories: Sequence[Hashable],
    weights: Weights = "quadratic",
    clusters_N: Sequence[Hashable] | None = None,
) -> Kappa | None:
    """Cohen's weighted kappa of two observers of the same N items: 1 less observed over expected disagreement.

    Disagreement grows with the distance of the categories in the order given: with its square, with itself (`linear`),
    or not at all (`nominal`, plain kappa). None where chance alone would give no disagreement: no items, or the same
    single category from both. clusters_N: items of one cluster, e.g. replies to one question, depend on each other.

    The interval: jackknife over clusters, on Fisher's scale (arctanh), t with G - 1 degrees of freedom. Where all
    items agree the jackknife sees no spread; the lower end is then what full agreement in G leaves possible. Where all
    depends on one cluster it is -1 to 1. Raises ValueError for sides of different length and values that are no
    category.
    """
    if len(a_N) != len(b_N):
        raise ValueError(f"the observers judged different items ({len(a_N)} and {len(b_N)})")
    place = {value: at for at, value in enumerate(categories)}
    strange = next((value for value in (*a_N, *b_N) if value not in place), None)
    if strange is not None:
        raise ValueError(f"{strange!r} is none of the categories")
    codes: dict[Hashable, int] = {}
    cluster_N = [codes.setdefault(one, len(codes)) for one in (clusters_N or range(len(a_N)))]
    table_GCC = np.zeros((len(codes), len(categories), len(categories)))
    np.add.at(table_GCC, (cluster_N, [place[one] for one in a_N], [place[one] for one in b_N]), 1.0)
    table_CC = table_GCC.sum(axis=0)
    weight_CC = _weights(len(categories), weights)
    kappa = float(_kappas(table_CC[None], weight_CC)[0])
    if np.isnan(kappa):
        return None
    low, high = _interval(kappa, table_GCC, weight_CC)
    return Kappa(kappa, low, high, len(a_N), len(codes), float(np.trace(table_CC)) / len(a_N))


def cohen_kappa(
    a_N: Sequence[Hashable],
    b_N: Sequence[Hashable],
    categories: Sequence[Hashable],
    clusters_N: Sequence[Hashable] | None = None,
) -> Kappa | None:
    """Cohen's kappa of categories without order; see weighted_kappa."""
    return weighted_kappa(a_N, b_N, categories, "nominal", clusters_N)


def _weights(categories: int, weights: Weights) -> Floats:
    steps_CC = np.abs(np.subtract.outer(np.arange(categories), np.arange(categories)))
    power = {"nominal": 0, "linear": 1, "quadratic": 2}[weights]
    return np.where(steps_CC > 0, steps_CC.astype(np.float64) ** power, 0.0)


def _kappas(table_GCC: Floats, weight_CC: Floats) -> Floats:
    """Kappa of each table, shape G; nan where chance gives no disagreement."""
    rows_GC, columns_GC = table_GCC.sum(axis=2), table_GCC.sum(axis=1)
    n_G = rows_GC.sum(axis=1)
    observed_G = (table_GCC * weight_CC).sum(axis=(1, 2)) * n_G
    expected_G = np.einsum("gc,ck,gk->g", rows_GC, weight_CC, columns_GC)
    return np.asarray(1 - observed_G / np.where(expected_G > 0, expected_G, np.nan), dtype=np.float64)


def _interval(kappa: float, table_GCC: Floats, weight_CC: Floats) -> tuple[float, float]:
    clusters = len(table_GCC)
    table_CC = table_GCC.sum(axis=0)
    without_G = _kappas(table_CC - table_GCC, weight_CC)
    if not np.isfinite(without_G).all():
        return -1.0, 1.0
    if np.trace(table_CC) == table_CC.sum():
        return _least_of_full(table_CC.sum(axis=1), clusters), 1.0
    stderr = np.sqrt((clusters - 1) / clusters * ((without_G - without_G.mean()) ** 2).sum())
    # Kappa is below -1 only where expected disagreement is smaller than half; Fisher's scale ends there.
    inside = min(max(kappa, -1 + 1e-9), 1 - 1e-9)
    half = float(special.stdtrit(clusters - 1, (1 + CONFIDENCE) / 2)) * stderr / (1 - inside**2)
    return float(np.tanh(np.arctanh(inside) - half)), float(np.tanh(np.arctanh(inside) + half))


def _least_of_full(counts_C: Floats, seen: int) -> float:
    """Lower end of agreement where all that was seen so many times agrees.

    Chance would make a share 1 - sum of p_c^2 differ, and none in so many leaves at most 1 - .025^(1/seen) possible
    (Clopper and Pearson 1934): agreement is at least 1 less their quotient.
    """
    share_C = counts_C / counts_C.sum()
    most = 1 - ((1 - CONFIDENCE) / 2) ** (1 / seen)
    return float(max(-1.0, 1 - most / (1 - (share_C**2).sum())))
