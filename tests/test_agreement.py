"""Alpha and kappa against published worked examples, other definitions of the same, and scikit-learn."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from acord.agreement import Kappa, Metric, Weights, _kappas, cohen_kappa, krippendorff_alpha, weighted_kappa

# K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), A to D: observers in rows, * missing.
BINARY = ["0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0"]
LETTERS = ["a a b b d c c c e d d a", "b a b b b c c c e d d d"]
FOUR_OBSERVERS = [
    "1 2 3 3 2 1 4 1 2 * * *",
    "1 2 3 3 2 2 4 1 2 5 * 3",
    "* 3 3 3 2 3 4 2 2 5 1 *",
    "1 2 3 3 2 4 4 1 2 5 1 *",
]
# N. Boyd et al. (1982), 85 xeromammograms by two radiologists, as in Stata's manual, [R] kappa.
XEROMAMMOGRAMS = [[21, 12, 0, 0], [4, 17, 1, 0], [3, 9, 15, 2], [0, 0, 0, 1]]
# J. Fleiss, J. Cohen and B. Everitt (1969), table 1: 200 diagnoses by two psychiatrists.
DIAGNOSES = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]

LEVELS = (1, 2, 3, 4, 5)
ratings = st.lists(st.tuples(st.sampled_from(LEVELS), st.sampled_from(LEVELS)), min_size=1, max_size=30)


def units(rows: Sequence[str]) -> list[list[str]]:
    return [[value for value in unit if value != "*"] for unit in zip(*(row.split() for row in rows), strict=True)]


def sides(table: Sequence[Sequence[int]]) -> tuple[list[int], list[int]]:
    pairs = [(i, j) for i, row in enumerate(table) for j, count in enumerate(row) for _ in range(count)]
    return [i for i, _ in pairs], [j for _, j in pairs]


@pytest.mark.parametrize(
    ("rows", "metric", "published", "compared"),
    [
        (BINARY, "nominal", 0.095, (10, 20)),
        (LETTERS, "nominal", 0.692, (12, 24)),
        (FOUR_OBSERVERS, "nominal", 0.743, (11, 40)),
        (FOUR_OBSERVERS, "ordinal", 0.815, (11, 40)),
        (FOUR_OBSERVERS, "interval", 0.849, (11, 40)),
    ],
)
def test_alpha_is_what_was_published(
    rows: list[str], metric: Metric, published: float, compared: tuple[int, int]
) -> None:
    values = units(rows) if metric == "nominal" else [[int(one) for one in unit] for unit in units(rows)]
    result = krippendorff_alpha(values, metric)
    assert result is not None
    assert round(result.alpha, 3) == published
    assert (result.units, result.answers) == compared
    assert result.low <= result.alpha <= result.high
    assert krippendorff_alpha(values, metric) == result


def test_the_interval_of_alpha_narrows_with_more_units() -> None:
    few, many = krippendorff_alpha(units(BINARY)), krippendorff_alpha(units(BINARY) * 40)
    assert few is not None
    assert many is not None
    assert many.high - many.low < (few.high - few.low) / 4
    assert many.low < 0.095 < many.high


@pytest.mark.parametrize("metric", ["nominal", "ordinal", "interval"])
@pytest.mark.parametrize("values", [[], [[1], [2]], [[1, 1], [1, 1]], [[1, 1], [2]]])
def test_without_two_values_that_differ_nothing_can_be_said(values: list[list[int]], metric: Metric) -> None:
    assert krippendorff_alpha(values, metric) is None


@given(
    st.lists(st.lists(st.sampled_from((1, 2, 4, 9)), max_size=4), max_size=6),
    st.sampled_from(["nominal", "ordinal", "interval"]),
)
def test_alpha_is_its_definition_by_pairs(values: list[list[int]], metric: Metric) -> None:
    """1 less observed over expected disagreement, by adding up the distance of every ordered pair of values."""
    compared = [unit for unit in values if len(unit) > 1]
    everything = [value for unit in compared for value in unit]
    result = krippendorff_alpha(values, metric)
    if len({*everything}) < 2:
        assert result is None
        return

    def distance(a: int, b: int) -> float:
        if metric == "nominal":
            return float(a != b)
        if metric == "interval":
            return float((a - b) ** 2)
        low, high = sorted((a, b))
        between = sum(low <= value <= high for value in everything)
        return float((between - (everything.count(low) + everything.count(high)) / 2) ** 2) if a != b else 0.0

    observed = sum(
        sum(distance(a, b) for i, a in enumerate(unit) for j, b in enumerate(unit) if i != j) / (len(unit) - 1)
        for unit in compared
    ) / len(everything)
    pairs = [distance(a, b) for i, a in enumerate(everything) for j, b in enumerate(everything) if i != j]
    assert result is not None
    assert result.alpha == pytest.approx(1 - observed / (sum(pairs) / len(pairs)))
    assert np.isfinite(result).all()


@pytest.mark.parametrize(
    ("table", "weights", "published"),
    [
        (XEROMAMMOGRAMS, "nominal", 0.4728),
        (XEROMAMMOGRAMS, "linear", 0.5684),
        (DIAGNOSES, "nominal", 0.4915),
    ],
)
def test_kappa_is_what_was_published(table: list[list[int]], weights: Weights, published: float) -> None:
    result = weighted_kappa(*sides(table), range(len(table)), weights)
    assert result is not None
    assert round(result.kappa, 4) == published
    assert result.low < result.kappa < result.high
    assert result.same == pytest.approx(np.trace(table) / np.sum(table))
    if weights == "nominal":
        assert cohen_kappa(*sides(table), range(len(table))) == result


def test_weighted_kappa_is_what_cohen_published() -> None:
    """J. Cohen (1968), table 1: his own weights of disagreement, on the proportions of the 200 diagnoses."""
    weights = np.array([[0, 1, 3], [1, 0, 6], [3, 6, 0]], dtype=float)
    assert _kappas(np.array([DIAGNOSES], dtype=float), weights).round(3).tolist() == [0.348]


@given(ratings)
def test_quadratic_kappa_is_the_concordance_of_the_numbers(pairs: list[tuple[int, int]]) -> None:
    """J. Fleiss and J. Cohen (1973): it is the intraclass correlation, with the observers' means held against them."""
    a, b = np.array(pairs).T
    scale = a.var() + b.var() + (a.mean() - b.mean()) ** 2
    result = weighted_kappa(a.tolist(), b.tolist(), LEVELS)
    if scale == 0:
        assert result is None
        return
    assert result is not None
    assert result.kappa == pytest.approx(2 * ((a - a.mean()) * (b - b.mean())).mean() / scale)


@given(ratings, st.sampled_from(["nominal", "linear", "quadratic"]))
def test_kappa_is_that_of_scikit_learn(pairs: list[tuple[int, int]], weights: Weights) -> None:
    a, b = [one for one, _ in pairs], [one for _, one in pairs]
    result = weighted_kappa(a, b, LEVELS, weights)
    if len({*a, *b}) < 2:
        assert result is None
        return
    assert result is not None
    assert result.kappa == pytest.approx(
        cohen_kappa_score(a, b, labels=LEVELS, weights=None if weights == "nominal" else weights)
    )
    assert np.isfinite(result).all()
    assert -1 <= result.low <= result.high <= 1


def test_copies_of_items_make_nothing_surer() -> None:
    a, b = sides(XEROMAMMOGRAMS)
    once = weighted_kappa(a, b, range(4))
    thrice = weighted_kappa(a * 3, b * 3, range(4), clusters_N=[*range(85)] * 3)
    assert once is not None
    assert thrice is not None
    assert (thrice.n, thrice.clusters) == (255, 85)
    assert (thrice.kappa, thrice.low, thrice.high) == pytest.approx((once.kappa, once.low, once.high))


def test_full_agreement_of_few_leaves_room_for_less() -> None:
    twenty = weighted_kappa([1, 5] * 10, [1, 5] * 10, LEVELS)
    assert twenty is not None
    # None of 20 differed: at most 1 - .025^(1/20) = 16.8% would, and chance alone makes half of them differ.
    assert (twenty.kappa, twenty.high) == (1, 1)
    assert twenty.low == pytest.approx(1 - 0.1684 / 0.5, abs=1e-3)
    alpha = krippendorff_alpha([[1, 1, 1], [5, 5]] * 10, "ordinal", bounded=True)
    assert alpha is not None
    assert (alpha.alpha, alpha.high) == (1, 1)
    assert alpha.low == pytest.approx(1 - 0.1684 / (1 - 0.6**2 - 0.4**2), abs=1e-3)
    unbounded = krippendorff_alpha([[1, 1, 1], [5, 5]] * 10, "ordinal")
    assert unbounded is not None
    assert unbounded.low == 1


def test_what_hangs_on_one_item_is_not_known() -> None:
    assert weighted_kappa([1] * 9 + [5], [1] * 9 + [5], LEVELS) == Kappa(1.0, -1.0, 1.0, 10, 10, 1.0)
    assert weighted_kappa([4] * 9, [4] * 9, LEVELS) is None


def test_the_interval_of_kappa_holds_the_true_value() -> None:
    """95% of 300 samples of 60 pairs, within the 1.3% that chance allows so many; measured: 94 to 97% from 20 up."""
    levels = np.arange(5)
    joint = np.exp(-np.abs(np.subtract.outer(levels, levels)) / 0.8) * np.exp(0.4 * levels)[:, None]
    joint /= joint.sum()
    distance = np.subtract.outer(levels, levels) ** 2
    true = 1 - (joint * distance).sum() / (np.outer(joint.sum(axis=1), joint.sum(axis=0)) * distance).sum()
    generator = np.random.default_rng(5)
    held = 0
    for _ in range(300):
        drawn = generator.choice(25, size=60, p=joint.ravel())
        result = weighted_kappa((drawn // 5).tolist(), (drawn % 5).tolist(), range(5))
        assert result is not None
        held += result.low <= true <= result.high
    assert 0.91 <= held / 300 <= 0.985


def test_sides_that_do_not_match_are_refused() -> None:
    with pytest.raises(ValueError, match="different items"):
        weighted_kappa([1], [1, 2], LEVELS)
    with pytest.raises(ValueError, match="none of the categories"):
        weighted_kappa([1], [6], LEVELS)
