"""Replies one after the other through the model's own `generate`: for models that cannot be read from slots."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from acord.generate.draws import Draws
from acord.generate.fitness import turns_by_length
from acord.serve.kept import common
from acord.serve.memory import failing_alone
from acord.serve.reply import Reply


class OneByOne:
    """A model that makes one reply at a time. Called by one thread."""

    slots = 1

    def __init__(self, model: Any, stop_ids: Sequence[int], padding: int) -> None:
        """padding: the id that `generate` fills with."""
        self._model = model
        self._stop_ids = list(stop_ids)
        self._padding = padding
        self._keeps = _can_keep(model)
        self._draws = Draws(model)
        self._begun: list[Reply] = []
        self._cache: DynamicCache | None = None
        self._held: list[int] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        """Nothing is to be made ready."""
        yield

    def begin(self, reply: Reply) -> None:
        """Take it on: it is the only one."""
        self._begun.append(reply)

    def turn(self) -> None:
        """The whole reply, or what is made of it until it is cancelled."""
        reply = self._begun.pop()
        if not reply.cancelled:
            with failing_alone(reply):
                self._generate(reply)
        if not reply.over:
            reply.end()

    @torch.inference_mode()
    def _generate(self, reply: Reply) -> None:
        prompt_BT = torch.tensor([reply.request.ids], device=self._model.device)
        cache = self._kept(reply)

        def chosen(_ids_BT: Tensor, logits_BV: Tensor) -> Tensor:
            """All but the token that was drawn is ruled out, so that draws are those of any other engine."""
            (token,) = self._draws.choose([reply], logits_BV)
            return torch.full_like(logits_BV, float("-inf")).index_fill_(
                1, torch.tensor([token]).to(logits_BV.device), 0
            )

        def ended(ids_BT: Tensor, _scores: Any, **_: Any) -> Tensor:
            return torch.tensor([reply.push(int(ids_BT[0, -1])) or reply.cancelled], device=ids_BT.device)

        self._model.generate(
            prompt_BT,
            attention_mask=torch.ones_like(prompt_BT),
            max_new_tokens=reply.limit,
            eos_token_id=self._stop_ids,
            pad_token_id=self._padding,
            do_sample=False,
            temperature=None,
            top_p=None,
            top_k=None,
            repetition_penalty=1.0,
            logits_processor=[chosen],
            stopping_criteria=[ended],
            **({} if cache is None else {"past_key_values": cache}),
        )
        self._cache, self._held = cache, [*reply.request.ids, *reply.ids[:-1]]

    def _kept(self, reply: Reply) -> DynamicCache | None:
        """Keys and values of the prompt's beginning, where the last reply left them; an empty cache otherwise."""
        if not self._keeps:
            return None
        cache, self._cache = self._cache, None  # not to be had again if this reply fails
        shared = common(self._held, list(reply.request.ids[:-1]))
        if cache is None or not shared:
            return DynamicCache(config=self._model.config)
        for layer in cache.layers:
            layer.keys, layer.values = layer.keys[..., :shared, :], layer.values[..., :shared, :]
        reply.cached = shared
        return cache


def _can_keep(model: Any) -> bool:
    """Whether keys and values of the first tokens serve any prompt that begins with them: plain ones, of all tokens."""
    if turns_by_length(model) or getattr(model, "_is_stateful", False):
        return False
    layers = DynamicCache(config=model.config).layers
    return bool(layers) and all(type(layer) is DynamicLayer for layer in layers)
