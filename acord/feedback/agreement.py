"""How far annotators agree: Krippendorff's alpha for categories, with answers missing, and its interval.

K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section C: nominal data, any number of observers,
missing values. Shapes: U units, C categories, R resamples.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from acord.feedback.record import TIE, Preference, name_beside_itself

REPEATS = 2_000
SEED = 0
Floats = NDArray[np.float64]


class Agreement(NamedTuple):
    """alpha: 1 for full agreement, 0 for what chance gives, below 0 for less.

    low, high: its 95% bootstrap interval over units. units, answers: that could be compared.
    """

    alpha: float
    low: float
    high: float
    units: int
    answers: int


def krippendorff_alpha(units: Iterable[Sequence[str]]) -> Agreement | None:
    """Alpha of categories. units: of each, the values that observers gave, missing ones left out.

    None where no unit has two values, or all values are the same: nothing can be compared with what chance would give.
    The interval resamples units, since answers to one unit depend on each other; resamples without variation are left
    out.
    """
    compared = [list(values) for values in units if len(values) > 1]
    categories = sorted({value for values in compared for value in values})
    if len(categories) < 2:
        return None
    counts_UC = np.array([[values.count(one) for one in categories] for values in compared], dtype=np.float64)
    once_U = np.ones((1, len(compared)))
    times_RU = np.random.default_rng(SEED).multinomial(
        len(compared), np.full(len(compared), 1 / len(compared)), size=REPEATS
    )
    alpha = float(_alpha(counts_UC, once_U)[0])
    low, high = np.nanpercentile(_alpha(counts_UC, times_RU.astype(np.float64)), [2.5, 97.5])
    return Agreement(alpha, float(low), float(high), len(compared), int(counts_UC.sum()))


def agreement_of(preferences: Iterable[Preference]) -> Agreement | None:
    """How far annotators of one session agree. Answers outside of sessions, or of nobody in particular, do not count.

    A unit is a prompt and the two models that answered it; its values say which model was preferred, so that the order
    shown plays no part. Where a model was compared with itself there is no such model: the two replies then take the
    place of the models, and only people who were shown the same two are compared. Of several answers of one annotator
    to a unit the last counts.
    """
    units: dict[tuple[str, ...], dict[str, str]] = {}
    for one in preferences:
        if one.annotator is None or one.prompt_id is None:
            continue
        named = one.replies if _is_itself(one.models) else one.models
        value = TIE if one.choice == TIE else f"is {named[int(one.choice) - 1]}"
        units.setdefault((one.prompt_id, *sorted(named)), {})[one.annotator] = value
    return krippendorff_alpha(list(values.values()) for values in units.values())


def _is_itself(models: tuple[str, str]) -> bool:
    first, second = sorted(models, key=len)
    return second in (first, name_beside_itself(first))


def _alpha(counts_UC: Floats, times_RU: Floats) -> Floats:
    """Alpha of every resample, shape R; nan where its values do not vary. times_RU: how often each unit is in it."""
    values_U = counts_UC.sum(axis=1)
    # Observed: ordered pairs of unlike values within a unit, over its values less one; expected: of all values.
    unlike_U = (values_U**2 - (counts_UC**2).sum(axis=1)) / (values_U - 1)
    totals_RC = times_RU @ counts_UC
    n_R = totals_RC.sum(axis=1)
    expected_R = (n_R**2 - (totals_RC**2).sum(axis=1)) / (n_R - 1)
    expected_R[expected_R == 0] = np.nan
    result: Floats = 1 - (times_RU @ unlike_U) / expected_R
    return result
