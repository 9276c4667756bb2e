"""Keys and values of several sequences at once, each in a slot of its own, and a model that reads them.

Evaluation's passes have one of two shapes: a block of one prompt, always from a multiple of the block's length, or one
token of every slot, idle ones included. Matrix products of one shape give a row the same result whatever stands in the
others, so what a sequence gets does not depend on its neighbours, and a block that two prompts share can be copied.
Serving's passes are as small as what is going on: fast, and equal up to rounding.
"""

import inspect
import math
import mmap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from transformers import AttentionInterface

NAME = "acord_slots"
# Sums over keys are taken in vectors of at most so many: a longer neighbour then adds zeros alone.
STEP = 64
# A child process shall not share keys and values; Windows has no such flags and no such children.
_PRIVATE: dict[str, int] = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}


class Slots:
    """key_RHTD and value_RHTD of every layer: R slots, T tokens each. They grow when a sequence does."""

    def __init__(self, slots: int, longest: int | None = None) -> None:
        """longest: tokens that a slot will ever hold, where that is known: a CPU then has room for them from the start.

        There, memory is taken when it is first written to; on a GPU slots grow, and no further than that.
        """
        self.count = slots
        self.longest = longest
        self.capacity = 0
        self.of_layer: dict[int, tuple[Tensor, Tensor]] = {}

    def reserve(self, tokens: int) -> None:
        """Room for so many tokens in every slot; what is there stays, also where memory ends half-way."""
        if tokens <= self.capacity:
            return
        roomy = self.capacity * 5 // 4
        capacity = _rounded(max(tokens, roomy if self.longest is None else min(roomy, self.longest)))
        for layer in self.of_layer:  # one layer at a time: the old and the new of all would be twice the memory
            key, value = self.of_layer[layer]
            self.of_layer[layer] = (self._longer(key, capacity), self._longer(value, capacity))
        self.capacity = capacity

    def _longer(self, old_RHTD: Tensor, capacity: int) -> Tensor:
        slots, heads, held, width = old_RHTD.shape
        if held >= capacity:
            return old_RHTD
        new_RHTD = old_RHTD.new_zeros(slots, heads, capacity, width)  # zeros: masked, but 0 x NaN would not be 0
        new_RHTD[:, :, :held] = old_RHTD
        return new_RHTD

    def layer(self, number: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """The layer's keys and values, made at its first pass in the shape that it uses."""
        if number not in self.of_layer:
            if self.longest is not None and key.device.type == "cpu":
                self.capacity = max(self.capacity, _rounded(self.longest + 1))
            self.of_layer[number] = (self._like(key), self._like(value))
        return self.of_layer[number]

    def _like(self, tokens_BHTD: Tensor) -> Tensor:
        shape = (self.count, tokens_BHTD.shape[1], self.capacity, tokens_BHTD.shape[3])
        if self.longest is not None and tokens_BHTD.device.type == "cpu":
            return _untouched(shape, tokens_BHTD.dtype)
        return tokens_BHTD.new_zeros(shape)

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


class Run(NamedTuple):
    """Neighbouring slots of a pass, attended together. rows: of the pass. slots: as many. span: keys that are read.

    mask: whether some keys up to the span are hidden from some row; a mask costs time.
    """

    rows: slice
    slots: slice
    span: int
    mask: bool


class Pass:
    """What one pass of the model writes and reads: one run of tokens in one slot, or one token in each of several."""

    def __init__(
        self,
        slots: Slots,
        slot_B: Tensor,
        position_BT: Tensor,
        runs: Sequence[Run],
        windows: Mapping[int, int | None],
        *,
        block: tuple[int, int] | None = None,
    ) -> None:
        """slot_B, position_BT: where new keys and values go. block: the slot and the first position of a single run."""
        self.slots, self.slot_B, self.position_BT, self.runs = slots, slot_B, position_BT, runs
        self.windows, self.block = windows, block
        self._masks: dict[tuple[int, int | None, int, torch.dtype], Tensor] = {}

    def attend(self, layer: int, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        """query (B, H, T, d), key and value (B, H_kv, T, d) -> (B, H, T, d)."""
        keys_RHTD, values_RHTD = self.slots.layer(layer, key, value)
        if self.block is None:
            position_B = self.position_BT[:, 0]
            keys_RHTD[self.slot_B, :, position_B] = key[:, :, 0]
            values_RHTD[self.slot_B, :, position_B] = value[:, :, 0]
        else:
            slot, start = self.block
            end = start + key.shape[2]
            keys_RHTD[slot, :, start:end] = key[0]
            values_RHTD[slot, :, start:end] = value[0]
        if len(self.runs) == 1:
            return self._mix(0, layer, query, keys_RHTD, values_RHTD, scale)
        return torch.cat(
            [
                self._mix(number, layer, query[run.rows], keys_RHTD, values_RHTD, scale)
                for number, run in enumerate(self.runs)
            ]
        )

    def _mix(
        self, number: int, layer: int, query: Tensor, keys_RHTD: Tensor, values_RHTD: Tensor, scale: float
    ) -> Tensor:
        """query: of the run alone -> as it is."""
        run, window = self.runs[number], self.windows.get(layer)
        first = 0 if run.mask or window is None else max(0, run.span - window)
        keys = keys_RHTD[run.slots, :, first : run.span]
        values = values_RHTD[run.slots, :, first : run.span]
        batch, heads, length, width = query.shape
        group = heads // keys.shape[1]
        # Query heads that share a key head are more queries of that head: no key is repeated.
        folded = query if group == 1 else query.reshape(batch, keys.shape[1], group * length, width)
        mask = self._mask(number, window, group, query.dtype) if run.mask else None
        mixed = nn.functional.scaled_dot_product_attention(folded, keys, values, attn_mask=mask, scale=scale)
        return mixed if group == 1 else mixed.reshape(batch, heads, length, -1)

    def _mask(self, number: int, window: int | None, group: int, dtype: torch.dtype) -> Tensor:
        """Additive, (B, 1, group * T, span); made once for all layers that need the same."""
        found = self._masks.get((number, window, group, dtype))
        if found is None:
            run = self.runs[number]
            # A row that looks back from beyond the span would see nothing, and softmax of nothing is NaN: it is idle.
            position_BT = self.position_BT[run.rows].clamp(max=run.span - 1)
            back_BTS = position_BT[:, None, :, None] - torch.arange(run.span, device=position_BT.device)
            hidden = back_BTS < 0 if window is None else (back_BTS < 0) | (back_BTS >= window)
            mask = torch.zeros(hidden.shape, dtype=dtype, device=hidden.device).masked_fill_(hidden, float("-inf"))
            found = self._masks[number, window, group, dtype] = mask.repeat(1, 1, group, 1)
        return found


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
    """A causal model of transformers that reads and writes slots. Called within `attention` alone.

    `read` and `step` know what the slots hold and keep to fixed shapes. `read_block` and `step_of` leave that to their
    caller, and torch.inference_mode too; their passes are as small as what they are asked for.
    """

    def __init__(
        self, model: Any, slots: int, *, block: int, longest: int | None = None, head: nn.Module | None = None
    ) -> None:
        """block: tokens of a prompt that are read in one pass. longest: as in Slots.

        head: makes logits of hidden states, where that is all that the model does after its layers; it saves a little.
        """
        self.model = model
        self._head = head
        self.block = block
        self.slots = Slots(slots, longest)
        self._device: torch.device = next(model.parameters()).device
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
            self._run(slot, start, ids[start : start + self.block], logits=False)
        self._held[slot] = tuple(ids[:last])
        return self._run(slot, last, ids[last:], logits=True)

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

    def read_block(self, slot: int, start: int, ids: Sequence[int], *, logits: bool) -> Tensor:
        """Tokens of a sequence into its slot, from position start on -> logits_V after the last, or nothing."""
        self.slots.reserve(start + len(ids))
        return self._run(slot, start, ids, logits=logits)

    def _run(self, slot: int, start: int, ids: Sequence[int], *, logits: bool) -> Tensor:
        end = start + len(ids)
        position_BT = torch.arange(start, end, device=self._device)[None]
        slot_B = torch.tensor([slot], device=self._device)
        run = Run(slice(0, 1), slice(slot, slot + 1), end, True)
        one = Pass(self.slots, slot_B, position_BT, [run], self._windows, block=(slot, start))
        token_BT = torch.tensor([list(ids)], device=self._device)
        if not logits:
            self.model.base_model(input_ids=token_BT, position_ids=position_BT, use_cache=False, slots=one)
            return token_BT.new_empty(0)
        return self._logits(token_BT, one)[0]

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
        run = Run(slice(None), slice(None), min(_rounded(longest), self.slots.capacity), True)
        return self._logits(token_BT, Pass(self.slots, slot_B, position_BT, [run], self._windows))

    def step_of(self, slots: Sequence[int], tokens: Sequence[int], lengths: Sequence[int]) -> Tensor:
        """One more token in each of these slots and in no other -> logits_BV, in their order.

        slots: ascending. lengths: tokens that each has before this one.
        """
        self.slots.reserve(max(lengths) + 1)
        token_BT = torch.tensor(tokens, device=self._device)[:, None]
        position_BT = torch.tensor(lengths, device=self._device)[:, None]
        block = (slots[0], lengths[0]) if len(slots) == 1 else None
        slot_B = position_BT[:, 0] if block else torch.tensor(slots, device=self._device)  # not read beside a block
        one = Pass(self.slots, slot_B, position_BT, _neighbours(slots, lengths), self._windows, block=block)
        return self._logits(token_BT, one)

    def _logits(self, token_BT: Tensor, one: Pass) -> Tensor:
        """logits_BV after the last token of each row."""
        inputs = {"input_ids": token_BT, "position_ids": one.position_BT, "use_cache": False, "slots": one}
        if self._head is not None:
            last_BTV: Tensor = self._head(self.model.base_model(**inputs)[0][:, -1:])
        else:
            last_BTV = self.model(**inputs, **({"logits_to_keep": 1} if self._last_only else {})).logits
        return last_BTV[:, -1]


def _neighbours(slots: Sequence[int], lengths: Sequence[int]) -> list[Run]:
    """Slots, ascending, in runs without a gap; views of the cache then hold what is attended and nothing else."""
    starts = [place for place in range(len(slots)) if place == 0 or slots[place] != slots[place - 1] + 1]
    runs = []
    for start, end in zip(starts, [*starts[1:], len(slots)], strict=True):
        longest, shortest = max(lengths[start:end]), min(lengths[start:end])
        runs.append(Run(slice(start, end), slice(slots[start], slots[end - 1] + 1), longest + 1, longest != shortest))
    return runs


def windows_of(config: Any) -> dict[int, int | None]:
    """Tokens that each layer looks back, itself included; None where it sees all."""
    kinds = getattr(config, "layer_types", None)
    window = getattr(config, "sliding_window", None)
    if kinds is None:
        return dict.fromkeys(range(config.num_hidden_layers), window)
    return {layer: window if kind == "sliding_attention" else None for layer, kind in enumerate(kinds)}


def _untouched(shape: Sequence[int], dtype: torch.dtype) -> Tensor:
    """Zeros in main memory that take none before they are written to."""
    size = math.prod(shape) * dtype.itemsize
    return torch.frombuffer(mmap.mmap(-1, size, **_PRIVATE), dtype=dtype).view(*shape)


def _rounded(tokens: int) -> int:
    return -(-tokens // STEP) * STEP
