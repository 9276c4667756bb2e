"""What a model scores that never looks at the items, and whether a model's answers are any different from that."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

from acord.evaluate.metrics import confusion_sample, mcc
from acord.evaluate.results import Item

# A model that gives one answer this often hardly looks at the items, unless the right answers are as one-sided.
NEARLY_ALL = 0.95


# Metrics of choices that are the share of items answered rightly.
ACCURACIES = ("acc", "acc_norm", "acc_bytes", "acc_mutual_info")


class Baseline(NamedTuple):
    """What an answer that never looks at the item scores: always this label, or a guess where label is None."""

    accuracy: float
    label: str | None


def constant_baseline(gold_N: Sequence[str], choices_N: Sequence[int | None] | None = None) -> Baseline:
    """Accuracy of always answering the most frequent right answer (the first of equals).

    Where the right choice always stands in one place (the order of the data set then says nothing that a model could
    see), a guess among the item's choices stands for it. Raises ValueError for no items, and where that guess is
    needed and the number of choices is not known.
    """
    if not gold_N:
        raise ValueError("a baseline needs at least one item")
    (label, count), *others = Counter(gold_N).most_common()
    if others:
        return Baseline(count / len(gold_N), label)
    known = [choices for choices in choices_N or () if choices]
    if len(known) != len(gold_N):
        raise ValueError(f"every right answer is {label!r} and the numbers of choices are not known")
    return Baseline(float(np.mean([1 / choices for choices in known])), None)


def is_degenerate(predicted_N: Sequence[str], gold_N: Sequence[str] | None = None) -> bool:
    """Whether a model's answers show no sign of looking at the items.

    They are (nearly) all one class, and the right answers are not; or they score no more than the constant baseline
    while Matthews' coefficient is within chance of 0: below 1.96 / sqrt(N), as N times its square is chi-squared for
    two classes. Where all right answers are one class nothing can be told, and it is False. Raises ValueError for no
    items and for sides of different length.
    """
    if not predicted_N:
        raise ValueError("no answers to judge")
    ((label, count),) = Counter(predicted_N).most_common(1)
    nearly_all = count >= NEARLY_ALL * len(predicted_N)
    if gold_N is None:
        return nearly_all
    if len(gold_N) != len(predicted_N):
        raise ValueError(f"{len(predicted_N)} answers to {len(gold_N)} items")
    if len(set(gold_N)) == 1:
        return False
    if nearly_all and list(gold_N).count(label) < NEARLY_ALL * len(gold_N):
        return True
    right = np.mean([predicted == gold for predicted, gold in zip(predicted_N, gold_N, strict=True)])
    coefficient = confusion_sample(gold_N, predicted_N, mcc).value
    return bool(
        right <= constant_baseline(gold_N).accuracy and coefficient < stats.norm.ppf(0.975) / np.sqrt(len(gold_N))
    )


def baseline_of(metric: str, items: Sequence[Item]) -> float | None:
    """What a constant answer scores on a row of choices, in the metric's unit; None for rows that have no such answer.

    Accuracies: constant_baseline; mcc: 0. Raises ValueError for no items.
    """
    if not items:
        raise ValueError("a baseline needs at least one item")
    if metric == "mcc":
        return 0.0
    gold = [item.gold for item in items if item.gold is not None]
    if metric not in ACCURACIES or len(gold) < len(items) or any(item.choices is None for item in items):
        return None
    return constant_baseline(gold, [item.choices for item in items]).accuracy


def is_degenerate_row(items: Sequence[Item]) -> bool:
    """is_degenerate of a row's answers, choices or texts; False where the answers were not kept.

    Texts are held against each other alone, as are choices whose right ones are told in other terms than the choice.
    Raises ValueError for no items.
    """
    if not items:
        raise ValueError("no answers to judge")
    predicted = [item.prediction for item in items if item.prediction is not None]
    gold = [item.gold for item in items if item.gold is not None]
    if len(predicted) < len(items):
        return False
    of_choices = all(item.choices is not None for item in items) and len(gold) == len(items)
    comparable = of_choices and set(gold) <= {str(index) for index in range(max(item.choices or 0 for item in items))}
    return is_degenerate(predicted, gold if comparable else None)
