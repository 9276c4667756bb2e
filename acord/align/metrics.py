"""What a set of scored examples says about the policy: overall, by language, by source."""

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from acord.align.encoded import Example
from acord.align.reference import ReplyScores


class Scored(NamedTuple):
    """An example with its replies' log-probabilities under the policy and under the reference."""

    example: Example
    policy: ReplyScores
    reference: ReplyScores


class _Pair(NamedTuple):
    """One reply that is ranked above another: shifts from the reference, log-probabilities a token, lengths."""

    shift_above: float
    shift_below: float
    per_token_above: float
    per_token_below: float
    length_above: int
    length_below: int


def preference_metrics(scored: Sequence[Scored], beta: float) -> dict[str, Any]:
    """Figures over the examples; of rankings, over every pair of replies of which one is ranked above the other.

    accuracy: share of pairs whose implicit reward prefers the better reply, a tie counting half (so exactly 0.5 where
    policy and reference are one). margin: mean of beta times (better reply's shift - other's shift). chosen_shift,
    rejected_shift: mean change of the reply's log-probability from the reference, in nats. likelier: share whose
    better reply has the higher log-probability a token. longer: share whose implicit reward prefers the longer reply,
    to be held against chosen_longer, the share in which people did. nll: mean negative log-likelihood of the best
    reply, in nats a token.
    """
    figures: dict[str, Any] = {"pairs": len(scored), "nll": _nll(scored)}
    pairs = [pair for one in scored for pair in _pairs(one)]
    if not pairs:
        return figures
    shifts = np.array([(pair.shift_above, pair.shift_below) for pair in pairs])
    gain = shifts[:, 0] - shifts[:, 1]
    lengths = np.array([pair.length_above - pair.length_below for pair in pairs])
    return {
        **figures,
        "accuracy": _share_positive(gain),
        "margin": float(np.mean(beta * gain)),
        "chosen_shift": float(np.mean(shifts[:, 0])),
        "rejected_shift": float(np.mean(shifts[:, 1])),
        "likelier": _share_positive(np.array([pair.per_token_above - pair.per_token_below for pair in pairs])),
        "longer": _share_positive(gain * np.sign(lengths)),
        "chosen_longer": _share_positive(lengths),
    }


def metrics_by(key: Callable[[Example], str], scored: Sequence[Scored], beta: float) -> dict[str, dict[str, Any]]:
    """preference_metrics of each language's or source's examples, in alphabetical order."""
    names = sorted({key(one.example) for one in scored})
    return {name: preference_metrics([one for one in scored if key(one.example) == name], beta) for name in names}


def all_metrics(scored: Sequence[Scored], beta: float) -> dict[str, Any]:
    """Overall, by language and by source."""
    return {
        **preference_metrics(scored, beta),
        "languages": metrics_by(lambda example: example.language, scored, beta),
        "sources": metrics_by(lambda example: example.source, scored, beta),
    }


def _pairs(one: Scored) -> list[_Pair]:
    example = one.example
    pairs = []
    for above, below in combinations(range(len(example.replies)), 2):
        if example.ranks[above] == example.ranks[below]:
            continue
        lengths = len(example.replies[above]), len(example.replies[below])
        pairs.append(
            _Pair(
                one.policy[above] - one.reference[above],
                one.policy[below] - one.reference[below],
                one.policy[above] / lengths[0],
                one.policy[below] / lengths[1],
                *lengths,
            )
        )
    return pairs


def _nll(scored: Sequence[Scored]) -> float:
    return float(np.mean([-one.policy[0] / len(one.example.replies[0]) for one in scored]))


def _share_positive(differences: np.ndarray) -> float:
    return float(np.mean(np.where(differences == 0, 0.5, differences > 0)))
