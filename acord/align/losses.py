"""Preference losses, each with its paper and equation. P pairs; log-probabilities are sums over a reply's tokens."""

from typing import NamedTuple

import torch
from torch import Tensor


class PairLogProbabilities(NamedTuple):
    """log p of the chosen and rejected replies under the policy and under the reference, each of shape (P,)."""

    chosen_P: Tensor
    rejected_P: Tensor
    reference_chosen_P: Tensor
    reference_rejected_P: Tensor

    def margin_P(self) -> Tensor:
        """The implicit reward margin over beta: how much the policy moved towards the chosen reply."""
        return (self.chosen_P - self.reference_chosen_P) - (self.rejected_P - self.reference_rejected_P)


def dpo_loss_P(logp: PairLogProbabilities, beta: float) -> Tensor:
    """-log sigmoid(beta * margin), by pair. Rafailov et al. 2023 (arXiv 2305.18290), equation 7."""
    return -torch.nn.functional.logsigmoid(beta * logp.margin_P())
