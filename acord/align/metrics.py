"""What a set of scored pairs says about the policy, overall and by language."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from acord.align.encoded import EncodedPair
from acord.align.reference import ReplyLogProbabilities


class ScoredPair(NamedTuple):
    """A pair with its log-probabilities under the policy and under the reference."""

    pair: EncodedPair
    policy: ReplyLogProbabilities
    reference: ReplyLogProbabilities


def preference_metrics(scored: Sequence[ScoredPair], beta: float) -> dict[str, Any]:
    """Figures over the pairs.

    accuracy: share whose implicit reward prefers the chosen reply, a tie counting half (so exactly 0.5 where policy
    and reference are one). margin: mean of beta times (chosen shift - rejected shift). chosen_shift, rejected_shift:
    mean change of the reply's log-probability from the reference, in nats. likelier: share whose chosen reply has the
    higher log-probability a token under the policy.
    """
    chosen = np.array([s.policy.chosen - s.reference.chosen for s in scored])
    rejected = np.array([s.policy.rejected - s.reference.rejected for s in scored])
    per_token = np.array(
        [s.policy.chosen / len(s.pair.chosen_ids) - s.policy.rejected / len(s.pair.rejected_ids) for s in scored]
    )
    return {
        "pairs": len(scored),
        "accuracy": _share_positive(chosen - rejected),
        "margin": float(np.mean(beta * (chosen - rejected))),
        "chosen_shift": float(np.mean(chosen)),
        "rejected_shift": float(np.mean(rejected)),
        "likelier": _share_positive(per_token),
    }


def metrics_by_language(scored: Sequence[ScoredPair], beta: float) -> dict[str, dict[str, Any]]:
    """preference_metrics of each language's pairs, languages in alphabetical order."""
    languages = sorted({s.pair.language for s in scored})
    return {tag: preference_metrics([s for s in scored if s.pair.language == tag], beta) for tag in languages}


def _share_positive(differences: np.ndarray) -> float:
    return float(np.mean(np.where(differences == 0, 0.5, differences > 0)))
