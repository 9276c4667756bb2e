"""Whether scores, or choices, go with the length of answers: rank correlation within what is alike.

Answers are compared within groups: the answers to one question, or those that people gave the same score. Ranks are of
the group (Spearman), and correlations are pooled over groups. Items are resampled or turned as a whole, since wordings
of an item and answers to it depend on each other. Shapes: S scored answers, I items, R resamples. No NaN comes out.
"""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

REPEATS = 9_999
SEED = 0
# With up to so many items every turn of signs is counted, which makes the test exact.
COUNTED_ITEMS = 13
FEWEST_ITEMS = 3

Floats = NDArray[np.float64]


class Scored(NamedTuple):
    """group: within which it is compared. item: of the suite. source: who answered, or the pair of those who did.

    score, length: of which only the order counts.
    """

    group: Hashable
    item: Hashable
    source: Hashable
    score: float
    length: float


class Correlation(NamedTuple):
    """rho: Spearman's, pooled over groups; low, high: its 95% bootstrap interval over items.

    n: answers in groups that have two scores and two lengths; in so many items. freed: the correlation that is left
    when every source's own average is taken out of ranks, so that a better model that writes more does not count; None
    where nothing is left. p_value: two-sided, of no such correlation, by turning the signs of items (1 where none).
    """

    rho: float
    low: float
    high: float
    n: int
    items: int
    freed: float | None
    p_value: float


def correlation(scored: Sequence[Scored]) -> Correlation | None:
    """Correlation of score and length. None where fewer than FEWEST_ITEMS items allow a comparison."""
    rows = _ranked(scored)
    items = {one: at for at, one in enumerate(dict.fromkeys(row.item for row in rows))}
    if len(items) < FEWEST_ITEMS:
        return None
    item_S = np.array([items[row.item] for row in rows])
    x_S, y_S = np.array([row.length for row in rows]), np.array([row.score for row in rows])
    sums_I3 = _sums(x_S, y_S, item_S, len(items))
    drawn_RI = np.random.default_rng(SEED).multinomial(len(items), np.full(len(items), 1 / len(items)), 2_000)
    rho_R = _rho(drawn_RI @ sums_I3)
    low, high = np.percentile(rho_R, [2.5, 97.5])
    sources = list(dict.fromkeys(row.source for row in rows))
    source_S = np.array([sources.index(row.source) for row in rows])
    freed_I3 = _sums(_centred(x_S, source_S), _centred(y_S, source_S), item_S, len(items))
    total_3 = freed_I3.sum(axis=0)
    left = bool(total_3[1] > 1e-9 and total_3[2] > 1e-9)
    return Correlation(
        float(_rho(sums_I3.sum(axis=0, keepdims=True))[0]),
        float(low),
        float(high),
        len(rows),
        len(items),
        float(_rho(total_3[None])[0]) if left else None,
        _turned_p(freed_I3[:, 0]) if left else 1.0,
    )


def _ranked(scored: Sequence[Scored]) -> list[Scored]:
    """Score and length as ranks about the middle of their group; groups where either does not vary are left out."""
    groups: dict[Hashable, list[Scored]] = {}
    for one in scored:
        groups.setdefault(one.group, []).append(one)
    rows = []
    for members in groups.values():
        if len({one.score for one in members}) < 2 or len({one.length for one in members}) < 2:
            continue
        middle = (len(members) + 1) / 2
        # Divided by their number, so that every answer weighs the same, in large groups and small ones.
        scores = (stats.rankdata([one.score for one in members]) - middle) / len(members)
        lengths = (stats.rankdata([one.length for one in members]) - middle) / len(members)
        rows += [
            one._replace(score=float(score), length=float(length))
            for one, score, length in zip(members, scores, lengths, strict=True)
        ]
    return rows


def _centred(values_S: Floats, source_S: NDArray[np.int64]) -> Floats:
    count = np.maximum(np.bincount(source_S), 1)
    return np.asarray(values_S - (np.bincount(source_S, values_S) / count)[source_S])


def _sums(x_S: Floats, y_S: Floats, item_S: NDArray[np.int64], items: int) -> Floats:
    """By item: sums of xy, xx and yy, shape I x 3."""
    return np.column_stack([np.bincount(item_S, product, items) for product in (x_S * y_S, x_S**2, y_S**2)])


def _rho(sums_R3: Floats) -> Floats:
    """A correlation of each row of sums; 0 where one side does not vary."""
    scale_R = np.sqrt(sums_R3[:, 1] * sums_R3[:, 2])
    return np.asarray(np.divide(sums_R3[:, 0], scale_R, out=np.zeros(len(sums_R3)), where=scale_R > 0))


def _turned_p(value_I: Floats) -> float:
    """Two-sided p of a sum whose terms are as likely negative: every turn of signs where few, else drawn ones."""
    value_I = value_I[value_I != 0]
    if len(value_I) <= COUNTED_ITEMS:
        turns_RI = 1 - 2.0 * (np.arange(2 ** len(value_I))[:, None] >> np.arange(len(value_I)) & 1)
        more = 0
    else:
        turns_RI = np.random.default_rng(SEED).choice([-1.0, 1.0], (REPEATS, len(value_I)))
        more = 1  # what was seen is one of the turns: never a p-value of 0
    reached = np.abs(turns_RI @ value_I) >= abs(value_I.sum()) * (1 - 1e-9)
    return float((np.count_nonzero(reached) + more) / (len(reached) + more))
