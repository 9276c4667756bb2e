"""The next token of each of several sequences: the likeliest, or drawn from draws that are the sequence's own."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from acord.generate.replies import Reply, draw_seed


class Draws:
    """Chooses each sequence's next token, each from draws of its own."""

    def __init__(self, model: Any) -> None:
        """model: whose own repetition penalty holds, as it does in `generate`."""
        self._penalty = float(getattr(model.generation_config, "repetition_penalty", None) or 1.0)
        self._source: dict[int, torch.Generator] = {}

    @torch.inference_mode()
    def choose(self, replies: Sequence[Reply | None], logits_RV: Tensor) -> list[int]:
        """A token for each row; what an idle row gets means nothing."""
        logits_RV = logits_RV.float()
        if self._penalty != 1.0:
            logits_RV = torch.stack([self._penalised(*pair) for pair in zip(replies, logits_RV, strict=True)])
        chosen: list[int] = logits_RV.argmax(-1).tolist()
        for row, reply in enumerate(replies):
            if reply is not None and reply.request.temperature > 0:
                chosen[row] = self._draw(reply, logits_RV[row])
        return chosen

    def _penalised(self, reply: Reply | None, logits_V: Tensor) -> Tensor:
        """Logits of tokens that were there before, lowered (arXiv 1909.05858, section 4.1)."""
        if reply is None:
            return logits_V
        seen = torch.tensor(sorted({*reply.request.ids, *reply.ids}), device=logits_V.device)
        value = logits_V[seen]
        return logits_V.index_copy(0, seen, torch.where(value < 0, value * self._penalty, value / self._penalty))

    def _draw(self, reply: Reply, logits_V: Tensor) -> int:
        """Of the likeliest tokens that reach top_p together (arXiv 1904.09751), by one uniform number."""
        if id(reply) not in self._source:
            self._source[id(reply)] = torch.Generator().manual_seed(draw_seed(reply.request))
        uniform = float(torch.rand((), generator=self._source[id(reply)], dtype=torch.float64))
        likely_V, token_V = (
            (logits_V.double() / reply.request.temperature).softmax(-1).sort(descending=True, stable=True)
        )
        total_V = likely_V.cumsum(-1)
        top_p = 1.0 if reply.request.top_p is None else reply.request.top_p
        kept = max(1, int((total_V - likely_V < top_p).sum()))
        place = int(torch.searchsorted(total_V[:kept], uniform * total_V[kept - 1], right=True))
        return int(token_V[min(place, kept - 1)])
