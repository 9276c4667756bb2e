"""What figures of whole numbers can be at all: standard deviations by their mean, means and shares by their items.

A table of ratings, or of answers right and wrong, holds more than its author meant to tell: n whole scores with a
given mean have a least and a greatest standard deviation, and not every rounded mean has n whole scores behind it
(Brown and Heathers 2017, The GRIM Test). Figures that fail here were not computed as the table says.

All is exact: a figure is the decimal that is written, never the nearest binary number.
"""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor, sqrt
from typing import Literal, NamedTuple

How = Literal["rounded", "truncated"]

# Figures given with no number of decimals are computed ones, right but for the last digits of a float.
COMPUTED = 9


class Bounds(NamedTuple):
    """Least and greatest standard deviation, in the unit of the scores."""

    least: float
    greatest: float


class _Range(NamedTuple):
    """Everything from low to high, both within."""

    low: Fraction
    high: Fraction


def sd_bounds(
    mean: float | Decimal, n: int | None = None, low: int = 1, high: int = 5, *, decimals: int | None = None
) -> Bounds | None:
    """Sample standard deviations (divisor n - 1) that n whole scores from low to high with this mean can have.

    decimals: to which the mean was rounded, so that it stands for all means within half a unit; None: not rounded. n:
    at least 2; None where it is not known: the bounds then hold for every n, least as for very many scores and
    greatest as for two. None where no such scores exist. Raises ValueError for fewer than two scores, for an empty
    scale, and for a mean that is no number.
    """
    half = Fraction(1, 2) / 10 ** (COMPUTED if decimals is None else decimals)
    exact = _exact(mean)
    return _bounds(_Range(exact - half, exact + half), n, low, high)


def is_possible(
    mean: float | Decimal, sd: float | Decimal, n: int | None = None, decimals: int = 3, *, low: int = 1, high: int = 5
) -> bool:
    """Whether whole scores from low to high can have this mean and standard deviation, as a table has them.

    It is told in doubt: either figure may be rounded or truncated to its decimals, the divisor may be n or n - 1.
    Raises ValueError as sd_bounds does.
    """
    written_mean, written_sd = (_written(figure, decimals) for figure in (mean, sd))
    bounds = _bounds(written_mean, n, low, high)
    if bounds is None:
        return False
    # The divisor n makes a deviation smaller; for an unknown n the least one has it in either case.
    smaller = 1.0 if n is None else sqrt((n - 1) / n)
    return bounds.least * smaller <= float(written_sd.high) and float(written_sd.low) <= bounds.greatest


def is_reachable(value: float | Decimal, n: int, decimals: int) -> How | None:
    """Whether the mean of n whole numbers, such as a share of n items, can be written as value with so many decimals.

    rounded: it can by rounding half up or half to even; truncated: only by cutting the decimals off; None: it cannot.
    A percentage is given as a share, with two more decimals. Raises ValueError for n below 1, and for a value with more
    decimals than stated.
    """
    if totals(value, n, decimals):
        return "rounded"
    return "truncated" if totals(value, n, decimals, how="truncated") else None


def totals(value: float | Decimal, n: int, decimals: int, how: How = "rounded") -> tuple[int, ...]:
    """The sums of n whole numbers, such as counts of right answers, whose mean is written as value.

    Raises as is_reachable does.
    """
    if n < 1:
        raise ValueError(f"a mean is of at least one item, not of {n}")
    exact = _exact(value)
    unit = Fraction(1, 10**decimals)
    if (exact / unit).denominator != 1:
        raise ValueError(f"{value} has more than {decimals} decimals")
    candidates = range(ceil((exact - unit) * n), floor((exact + unit) * n) + 1)
    return tuple(total for total in candidates if exact in _ways(Fraction(total, n), decimals, how))


def _ways(mean: Fraction, decimals: int, how: How) -> set[Fraction]:
    """What a mean is written as, with ties up (away from zero) and to even, or cut off."""
    scaled = mean * 10**decimals
    toward_zero = abs(scaled).numerator // abs(scaled).denominator
    if how == "truncated":
        sizes = {toward_zero}
    else:
        rest = abs(scaled) - toward_zero
        up = toward_zero + (rest >= Fraction(1, 2))
        sizes = {up, round(abs(scaled))}
    sign = -1 if scaled < 0 else 1
    return {Fraction(sign * size, 10**decimals) for size in sizes}


def _exact(value: float | Decimal) -> Fraction:
    written = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    if not written.is_finite():
        raise ValueError(f"{value} is no number")
    return Fraction(written)


def _written(value: float | Decimal, decimals: int) -> _Range:
    """What a written figure may stand for, rounded or truncated: the ends of either belong to it."""
    unit = Fraction(1, 10**decimals)
    exact = _exact(value)
    return _Range(exact - unit / 2, exact + unit)


def _bounds(mean: _Range, n: int | None, low: int, high: int) -> Bounds | None:
    if low >= high or (n is not None and n < 2):
        raise ValueError(f"a standard deviation needs two scores and a scale, not {n} scores from {low} to {high}")
    within = _Range(max(mean.low, Fraction(low)), min(mean.high, Fraction(high)))
    if within.low > within.high:
        return None
    if n is None:
        return _unsized_bounds(within, low, high)
    first, last = ceil(within.low * n), floor(within.high * n)
    if first > last:
        return None
    least = min(_least_squares(total, n) for total in _least_totals(first, last, n))
    greatest = max(_greatest_squares(total, n, low, high) for total in _greatest_totals(first, last, n, low, high))
    return Bounds(sqrt(least / (n - 1)), sqrt(greatest / (n - 1)))


def _unsized_bounds(mean: _Range, low: int, high: int) -> Bounds:
    """Of a mean m: m falls between two whole scores, at least so far from each; at most all scores are at the ends.

    least: sqrt(f (1 - f)) with f the part of m behind the point, which many scores come as near to as one likes.
    greatest: sqrt((m - low) (high - m)), and n / (n - 1), which is 2 for two scores, beneath the root.
    """
    whole = ceil(mean.low) <= mean.high
    parts = [end - floor(end) for end in mean]
    least = Fraction(0) if whole else min(part * (1 - part) for part in parts)
    middle = min(max(Fraction(low + high, 2), mean.low), mean.high)
    return Bounds(sqrt(least), sqrt(2 * (middle - low) * (high - middle)))


def _least_totals(first: int, last: int, n: int) -> Iterator[int]:
    """The totals among which the least spread is: it is 0 at multiples of n and concave between them."""
    yield from (first, last)
    if -(-first // n) * n <= last:
        yield -(-first // n) * n


def _greatest_totals(first: int, last: int, n: int, low: int, high: int) -> Iterator[int]:
    """The totals among which the greatest spread is: with all scores at the ends but for one, nearest the middle.

    Between two totals with all scores at the ends it is convex, so greatest at one of them, or at the first or last.
    """
    yield from (first, last)
    step = high - low
    middle = min(max(Fraction(n * (low + high), 2), Fraction(first)), Fraction(last))
    at_end = floor((middle - n * low) / step)
    yield from (total for k in (at_end, at_end + 1) if first <= (total := n * low + k * step) <= last)


def _least_squares(total: int, n: int) -> Fraction:
    """Sum of squared deviations where all scores are the two whole numbers about the mean."""
    rest = total % n
    return Fraction(rest * (n - rest), n)


def _greatest_squares(total: int, n: int, low: int, high: int) -> Fraction:
    """The same where all scores are at the ends of the scale, but for one that makes up the total."""
    above = total - n * low
    at_high, rest = divmod(above, high - low)
    return at_high * (high - low) ** 2 + rest**2 - Fraction(above**2, n)
