"""The next token of each of several sequences: the likeliest, or drawn from draws that are the sequence's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from acord.generate.replies import Request, draw_seed

# A draw almost always falls among so many of the likeliest tokens; only where it does not are all of them sorted.
LIKELIEST = 256


class Growing(Protocol):
    """A reply so far, as far as the choice of its next token goes. ids: only ever added to."""

    @property
    def request(self) -> Request: ...
    @property
    def ids(self) -> list[int]: ...


@dataclass
class _Seen:
    """Tokens that a sequence has had. mask_V: which. counted: ids of the reply that are in it."""

    mask_V: Tensor
    counted: int


class Draws:
    """Chooses each sequence's next token, each from draws of its own."""

    def __init__(self, model: Any) -> None:
        """model: whose own repetition penalty holds where a request names none, as it does in `generate`."""
        self._penalty = float(getattr(model.generation_config, "repetition_penalty", None) or 1.0)
        self._source: WeakKeyDictionary[Growing, torch.Generator] = WeakKeyDictionary()
        self._seen: WeakKeyDictionary[Growing, _Seen] = WeakKeyDictionary()

    @torch.inference_mode()
    def choose(self, replies: Sequence[Growing | None], logits_RV: Tensor) -> list[int]:
        """A token for each row; what an idle row gets means nothing."""
        logits_RV = logits_RV.float()
        if all(reply is not None and self._is_plain(reply) for reply in replies):
            likeliest: list[int] = logits_RV.argmax(-1).tolist()
            return likeliest
        if any(reply is not None and self._penalty_of(reply) != 1.0 for reply in replies):
            logits_RV = torch.stack([self._penalised(*pair) for pair in zip(replies, logits_RV, strict=True)])
        drawing = {row: reply for row, reply in enumerate(replies) if reply and reply.request.temperature > 0}
        greedy = len(drawing) < len(replies)
        chosen: list[int] = logits_RV.argmax(-1).tolist() if greedy else [0] * len(replies)
        if drawing:
            drawn = self._draw(list(drawing.values()), logits_RV[list(drawing)] if greedy else logits_RV)
            for row, token in zip(drawing, drawn, strict=True):
                chosen[row] = token
        return chosen

    def _is_plain(self, reply: Growing) -> bool:
        return reply.request.temperature == 0 and self._penalty_of(reply) == 1.0

    def _penalty_of(self, reply: Growing) -> float:
        asked = reply.request.repetition_penalty
        return self._penalty if asked is None else asked

    def _penalised(self, reply: Growing | None, logits_V: Tensor) -> Tensor:
        """Logits of tokens that were there before, lowered (arXiv 1909.05858, section 4.1)."""
        penalty = 1.0 if reply is None else self._penalty_of(reply)
        if reply is None or penalty == 1.0:
            return logits_V
        seen = self._seen.get(reply)
        if seen is None:
            mask_V = torch.zeros_like(logits_V, dtype=torch.bool)
            mask_V[torch.tensor(reply.request.ids, device=logits_V.device)] = True
            seen = self._seen[reply] = _Seen(mask_V, 0)
        if seen.counted < len(reply.ids):
            seen.mask_V[torch.tensor(reply.ids[seen.counted :], device=logits_V.device)] = True
            seen.counted = len(reply.ids)
        lowered_V = torch.where(logits_V < 0, logits_V * penalty, logits_V / penalty)
        return torch.where(seen.mask_V, lowered_V, logits_V)

    def _draw(self, replies: Sequence[Growing], logits_RV: Tensor) -> list[int]:
        """Of the likeliest tokens that reach top_p together (arXiv 1904.09751), by one uniform number each."""
        temperature_R1 = torch.tensor(
            [[reply.request.temperature] for reply in replies], dtype=torch.float64, device=logits_RV.device
        )
        likely_RV = (logits_RV.double() / temperature_R1).softmax(-1)
        size = likely_RV.shape[-1]
        count = min(size, max(LIKELIEST, *(2 * reply.request.top_k for reply in replies)))
        value_RK, token_RK = (top.cpu() for top in likely_RV.topk(count))
        chosen = []
        for row, reply in enumerate(replies):
            uniform = self._uniform(reply)
            # Equal ones stand in the order of their ids, as in a stable sort of all.
            token_K, order_K = token_RK[row].sort()
            value_K, again_K = value_RK[row][order_K].sort(descending=True, stable=True)
            place = _place(value_K, reply.request, uniform, whole=count == size)
            if place is None:
                value_V, token_V = likely_RV[row].cpu().sort(descending=True, stable=True)
                place = _place(value_V, reply.request, uniform, whole=True)
                chosen.append(int(token_V[place or 0]))
            else:
                chosen.append(int(token_K[again_K[place]]))
        return chosen

    def _uniform(self, reply: Growing) -> float:
        source = self._source.get(reply)
        if source is None:
            source = self._source[reply] = torch.Generator().manual_seed(draw_seed(reply.request))
        return float(torch.rand((), generator=source, dtype=torch.float64))


def _place(value_K: Tensor, request: Request, uniform: float, *, whole: bool) -> int | None:
    """Where a draw falls among probabilities in falling order. None where they are not `whole` and it may fall beyond.

    The last of those that are not the whole may equal the first that is missing: neither is certain to be next.
    """
    top_p = 1.0 if request.top_p is None else request.top_p
    certain = len(value_K) if whole else int((value_K > value_K[-1]).sum())
    total_K = value_K.cumsum(-1)
    # All tokens together have probability 1, however few of them are here; top_p is of what top_k leaves.
    kept = min(request.top_k or len(value_K), len(value_K))
    reach = float(total_K[kept - 1]) if request.top_k or whole else 1.0
    if top_p < 1:
        kept = max(1, int((total_K[:kept] - value_K[:kept] < top_p * reach).sum()))
        if kept == len(value_K) and not whole:
            return None
        reach = float(total_K[kept - 1])
    place = int(torch.searchsorted(total_K, uniform * reach, right=True))
    if place >= certain and not whole:
        return None
    return min(place, kept - 1)
