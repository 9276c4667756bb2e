"""Which standard deviations and means whole numbers can have: against all lists of numbers, and a published card."""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from itertools import combinations_with_replacement
from math import isclose
from statistics import fmean, pstdev, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acord.judge.bounds import is_possible, is_reachable, sd_bounds, totals

SCORES = st.lists(st.integers(1, 5), min_size=2, max_size=60)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("decimals", [None, 0, 1])
def test_bounds_are_those_of_all_lists_of_scores(n, decimals):
    of_mean = {}
    for scores in combinations_with_replacement(range(1, 6), n):
        of_mean.setdefault(sum(scores) / n, []).append(stdev(scores))
    for mean in of_mean:
        shown = mean if decimals is None else round(mean, decimals)
        half = 1e-9 if decimals is None else 0.5 * 10**-decimals + 1e-9
        found = [sd for other, sds in of_mean.items() if abs(other - shown) <= half for sd in sds]
        bounds = sd_bounds(shown, n, decimals=decimals)
        assert isclose(bounds.least, min(found), abs_tol=1e-9)
        assert isclose(bounds.greatest, max(found), abs_tol=1e-9)


@given(SCORES)
def test_every_list_of_scores_is_possible(scores):
    mean = fmean(scores)
    bounds, unsized = sd_bounds(mean, len(scores)), sd_bounds(mean)
    assert unsized.least - 1e-9 <= bounds.least <= stdev(scores) + 1e-9
    assert stdev(scores) - 1e-9 <= bounds.greatest <= unsized.greatest + 1e-9
    for rounding in (ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_DOWN):
        for deviation in (stdev(scores), pstdev(scores)):
            shown = [Decimal(one).quantize(Decimal("0.001"), rounding) for one in (mean, deviation)]
            assert is_possible(*shown, len(scores))
            assert is_possible(*map(float, shown))


@pytest.mark.parametrize(("mean", "sd", "least"), [(1.060, 0.124, 0.237), (1.123, 0.249, 0.328), (1.191, 0.349, 0.393)])
def test_the_published_rows_of_maths_are_impossible(mean, sd, least):
    assert round(sd_bounds(mean).least, 3) == least
    assert not is_possible(mean, sd)
    assert not any(is_possible(mean, sd, n) for n in range(2, 1000))
    assert is_possible(mean, least)


def test_what_no_scores_have():
    assert sd_bounds(2.5, 3) is None
    assert sd_bounds(5.2) is None
    assert not is_possible(2.345, 1.0, 10)
    assert not is_possible(3.0, 2.9)
    assert is_possible(3.0, 2.828)
    assert not is_possible(3.0, 2.828, 100)
    with pytest.raises(ValueError, match="needs two scores"):
        sd_bounds(3.0, 1)
    with pytest.raises(ValueError, match="no number"):
        sd_bounds(float("nan"))


def test_figures_of_the_published_card_by_their_items():
    # Belebele es .285 of 900; WNLI ca .436 and .437 of 71, both 31 right answers.
    assert is_reachable(0.285, 900, 3) == "truncated"
    assert totals(0.285, 900, 3, "truncated") == (257,)
    assert is_reachable(0.437, 71, 3) == "rounded"
    assert is_reachable(0.436, 71, 3) == "truncated"
    assert totals(0.437, 71, 3) == totals(0.436, 71, 3, "truncated") == (31,)
    assert is_reachable(0.5, 71, 3) is None


@pytest.mark.parametrize("n", [1, 3, 8, 40, 71])
def test_reachable_is_what_some_count_is_written_as(n):
    unit = Decimal("0.01")
    exact = [Decimal(count) / n for count in range(n + 1)]
    rounded = {one.quantize(unit, how) for one in exact for how in (ROUND_HALF_UP, ROUND_HALF_EVEN)}
    truncated = {one.quantize(unit, ROUND_DOWN) for one in exact}
    for hundredths in range(101):
        value = hundredths * unit
        expected = "rounded" if value in rounded else "truncated" if value in truncated else None
        assert is_reachable(value, n, 2) == is_reachable(float(value), n, 2) == expected


def test_ties_go_up_or_to_even_and_signs_do_not_matter():
    assert is_reachable(0.13, 8, 2) == "rounded"
    assert is_reachable(0.12, 8, 2) == "rounded"
    assert is_reachable(0.37, 8, 2) == "truncated"
    assert is_reachable(-0.37, 8, 2) == "truncated"
    assert totals(-2.5, 2, 1) == (-5,)
    with pytest.raises(ValueError, match="more than 2 decimals"):
        is_reachable(0.125, 8, 2)
    with pytest.raises(ValueError, match="at least one item"):
        is_reachable(0.1, 0, 2)
