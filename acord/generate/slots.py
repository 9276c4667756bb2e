"""Keys and values of several sequences at once, each in a slot of its own, and a model that reads them.

Every pass has one of two shapes: a block of one prompt, always from a multiple of the block's length, or one token of
every slot, idle ones included. Matrix products of one shape give a row the same result whatever stands in the others,
so what a sequence gets does not depend on its neighbours, and a block that two prompts share can be copied.
"""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from transformers import AttentionInterface

NAME = "acord_slots"
# Sums over keys are taken in vectors of at most so many: a longer neighbour then adds zeros alone.
STEP = 64


class Slots:
    """key_RHTD and value_RHTD of every layer: R slots, T tokens each. They grow when a sequence does."""

    def __init__(self, slots: int) -> None:
        self.count = slots
        self.capacity = 0
        self.of_layer: dict[int, tuple[Tensor, Tensor]] = {}

    def reserve(self, tokens: int) -> None:
        """Room for so many tokens in every slot; what is there stays."""
        if tokens <= self.capacity:
            return
        self.capacity = _rounded(max(tokens, self.capacity * 5 // 4))
        for layer in self.of_layer:  # one layer at a time: the old and the new of all would be twice the memory
            key, value = self.of_layer[layer]
            self.of_layer[layer] = (self._longer(key), self._longer(value))

    def _longer(self, old_RHTD: Tensor) -> Tensor:
        slots, heads, held, width = old_RHTD.shape
        new_RHTD = old_RHTD.new_zeros(slots, heads, self.capacity, width)  # zeros: masked, but 0 x NaN would not be 0
        new_RHTD[:, :, :held] = old_RHTD
        return new_RHTD

    def layer(self, number: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """The layer's keys and values, made at its first pass in the shape that it uses."""
        if number not in self.of_layer:
            self.of_layer[number] = (self._like(key), self._like(value))
        return self.of_layer[number]

    def _like(self, tokens_BHTD: Tensor) -> Tensor:
        return tokens_BHTD.new_zeros(self.count, tokens_BHTD.shape[1], self.capacity, tokens_BHTD.shape[3])

    def copy(self, source: int, target: int, tokens: int) -> None:
        """The first tokens of one slot into another."""
        for pair in self.of_layer.values():
            for held_RHTD in pair:
                held_RHTD[target, :, :tokens] = held_RHTD[source, :, :tokens]

    def bytes_per_token(self) -> int:
        """Of keys and values of all layers, for one token of one slot."""
        return sum(
            held.shape[1] * held.shape[3] * held.element_size() for pair in self.of_layer.values() for held in pair
        )


class Pass(NamedTuple):
    """What one pass of the model writes and reads.

    slot_B, position_BT: where new keys and values go. block: the slot and first position where they are one run.
    span: keys that are read. mask: additive (B, 1, T, span), by window.
    """

    slots: Slots
    slot_B: Tensor
    position_BT: Tensor
    block: tuple[int, int] | None
    span: int
    windows: Mapping[int, int | None]
    mask: Mapping[int | None, Tensor]

    def attend(self, layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        """query (B, H, T, d), key and value (B, H_kv, T, d) -> (B, H, T, d)."""
        keys_RHTD, values_RHTD = self.slots.layer(layer, key, value)
        if self.block is not None:
            slot, start = self.block
            end = start + key.shape[2]
            keys_RHTD[slot, :, start:end] = key[0]
            values_RHTD[slot, :, start:end] = value[0]
            rows = slice(slot, slot + 1)
        else:
            keys_RHTD[self.slot_B, :, self.position_BT[:, 0]] = key[:, :, 0]
            values_RHTD[self.slot_B, :, self.position_BT[:, 0]] = value[:, :, 0]
            rows = slice(None)
        keys, values = keys_RHTD[rows, :, : self.span], values_RHTD[rows, :, : self.span]
        batch, heads, length, width = query.shape
        group = heads // keys.shape[1]
        # Query heads that share a key head are more queries of that head: no key is repeated.
        folded = query.reshape(batch, keys.shape[1], group * length, width)
        mask = self.mask[self.windows.get(layer)].to(query.dtype).repeat(1, 1, group, 1)
        mixed = nn.functional.scaled_dot_product_attention(folded, keys, values, attn_mask=mask, scale=scale)
        return mixed.reshape(batch, heads, length, -1)


def slot_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    *,
    slots: Pass | None = None,
    sliding_window: int | None = None,
    **unused: Any,
) -> tuple[Tensor, None]:
    """What transformers calls in every layer -> ((B, T, H, d), None).

    Raises RuntimeError for what this attention does not apply: a mask, a soft cap, sinks, dropout, or another window
    than the configuration names.
    """
    layer: Any = module.layer_idx
    if slots is None:
        raise RuntimeError(f"the attention {NAME} was called without its slots")
    foreign = [name for name in ("softcap", "s_aux", "position_bias", "head_mask") if unused.get(name) is not None]
    if attention_mask is not None or unused.get("dropout", 0.0) or foreign:
        raise RuntimeError(f"the attention {NAME} applies no {' and no '.join(['mask', 'dropout', *foreign])}")
    if sliding_window is not None and sliding_window != slots.windows.get(layer):
        raise RuntimeError(f"layer {layer} looks back {sliding_window} tokens, which its configuration does not say")
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    return slots.attend(layer, query, key, value, scale).transpose(1, 2).contiguous(), None


# No mask function is registered beside it: transformers then builds no mask at all; Pass has its own.
AttentionInterface.register(NAME, slot_attention)


class SlotModel:
    """A causal model of transformers that reads and writes slots. Called within `attention` alone."""

    def __init__(self, model: Any, slots: int, *, block: int) -> None:
        """block: tokens of a prompt that are read in one pass."""
        self.model = model
        self.block = block
        self.slots = Slots(slots)
        self._device: torch.device = next(model.parameters()).device
        self._dtype: torch.dtype = next(model.parameters()).dtype
        self._windows = windows_of(model.config.get_text_config())
        self._last_only = "logits_to_keep" in inspect.signature(model.forward).parameters
        # Prompts' whole blocks that a slot holds, though its sequence may be over.
        self._held: list[tuple[int, ...]] = [()] * slots

    @contextmanager
    def attention(self) -> Iterator[None]:
        """Give the model this attention, and the one that it had back at the end."""
        found = self.model.config._attn_implementation
        self.model.set_attn_implementation(NAME)
        try:
            yield
        finally:
            self.model.set_attn_implementation(found)

    @torch.inference_mode()
    def read(self, slot: int, ids: Sequence[int]) -> Tensor:
        """A prompt into a slot -> logits_V after its last token. Blocks that a slot already holds are copied."""
        self.slots.reserve(len(ids) + 1)
        last = (len(ids) - 1) // self.block * self.block
        source, shared = self._best(ids, last)
        if shared and source != slot:
            self.slots.copy(source, slot, shared)
        for start in range(shared, last, self.block):
            self._run(self.model.base_model, slot, start, ids[start : start + self.block])
        self._held[slot] = tuple(ids[:last])
        logits_V: Tensor = self._run(self.model, slot, last, ids[last:], **self._kept())[0, -1]
        return logits_V

    def _best(self, ids: Sequence[int], last: int) -> tuple[int, int]:
        """The slot with the longest run of this prompt's blocks, and the run's length in tokens."""
        best = (0, 0)
        for slot, held in enumerate(self._held):
            shared = 0
            while shared < min(last, len(held)) and held[shared : shared + self.block] == tuple(
                ids[shared : shared + self.block]
            ):
                shared += self.block
            if shared > best[1]:
                best = (slot, shared)
        return best

    def _run(self, run: Any, slot: int, start: int, ids: Sequence[int], **kept: Any) -> Any:
        position_BT = torch.arange(start, start + len(ids), device=self._device)[None]
        slot_B = torch.tensor([slot], device=self._device)
        one = self._pass(slot_B, position_BT, (slot, start), start + len(ids))
        token_BT = torch.tensor([list(ids)], device=self._device)
        result = run(input_ids=token_BT, position_ids=position_BT, use_cache=False, slots=one, **kept)
        return result.logits if run is self.model else None

    @torch.inference_mode()
    def step(self, tokens: Mapping[int, int], lengths: Mapping[int, int]) -> Tensor:
        """One more token in each slot named -> logits_RV. lengths: tokens that the slot has before this one."""
        # An idle slot reads a token behind what it holds, which nobody reads.
        position = [lengths.get(slot, len(held)) for slot, held in enumerate(self._held)]
        longest = max(position[slot] for slot in tokens) + 1
        self.slots.reserve(max(position) + 1)
        token_BT = torch.tensor([[tokens.get(slot, 0)] for slot in range(self.slots.count)], device=self._device)
        position_BT = torch.tensor(position, device=self._device)[:, None]
        slot_B = torch.arange(self.slots.count, device=self._device)
        one = self._pass(slot_B, position_BT, None, min(_rounded(longest), self.slots.capacity))
        result = self.model(input_ids=token_BT, position_ids=position_BT, use_cache=False, slots=one, **self._kept())
        logits_RV: Tensor = result.logits[:, -1]
        return logits_RV

    def _kept(self) -> dict[str, int]:
        return {"logits_to_keep": 1} if self._last_only else {}

    def _pass(self, slot_B: Tensor, position_BT: Tensor, block: tuple[int, int] | None, span: int) -> Pass:
        back_BTS = position_BT[:, None, :, None] - torch.arange(span, device=self._device)
        masks: dict[int | None, Tensor] = {}
        for window in dict.fromkeys([*self._windows.values(), None]):
            hidden = back_BTS < 0 if window is None else (back_BTS < 0) | (back_BTS >= window)
            mask = torch.zeros(hidden.shape, dtype=self._dtype, device=self._device)
            masks[window] = mask.masked_fill_(hidden, float("-inf"))
        return Pass(self.slots, slot_B, position_BT, block, span, self._windows, masks)


def windows_of(config: Any) -> dict[int, int | None]:
    """Tokens that each layer looks back, itself included; None where it sees all."""
    kinds = getattr(config, "layer_types", None)
    window = getattr(config, "sliding_window", None)
    if kinds is None:
        return dict.fromkeys(range(config.num_hidden_layers), window)
    return {layer: window if kind == "sliding_attention" else None for layer, kind in enumerate(kinds)}


def _rounded(tokens: int) -> int:
    return -(-tokens // STEP) * STEP
