"""Passes over some slots alone: logits are those of whole sequences, and other slots stay as they are."""

from typing import Any

import pytest
import torch

from acord.generate.fitness import plain_head
from acord.generate.slots import SlotModel
from tests.generate.test_in_transformers import build

IDS = [[3 + (number * 7 + slot * 31) % 400 for number in range(10 + 9 * slot)] for slot in range(4)]


@torch.inference_mode()
def last_logits(model: Any, ids: list[int]) -> torch.Tensor:
    logits_V: torch.Tensor = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1]
    return logits_V


@pytest.mark.parametrize("kind", ["llama", "mistral", "gemma3", "gpt2"])
@pytest.mark.parametrize("longest", [None, 100])
@torch.inference_mode()
def test_logits_are_those_of_whole_sequences_whichever_slots_step(kind: str, longest: int | None) -> None:
    model = build(kind)
    slots = SlotModel(model, 4, block=8, longest=longest, head=plain_head(model))
    expected = build(kind)
    held = [list(ids) for ids in IDS]
    with slots.attention():
        for slot, ids in enumerate(IDS):
            for start in range(0, len(ids), 7):
                logits_V = slots.read_block(slot, start, ids[start : start + 7], logits=start + 7 >= len(ids))
            assert torch.allclose(logits_V, last_logits(expected, ids), atol=1e-4)
        # One alone, all of them, two runs of one, and a run of one before a run of two.
        for turn, stepping in enumerate([[2], [0, 1, 2, 3], [1, 3], [0, 2, 3], [0], [0, 1]]):
            tokens = [50 + 10 * turn + slot for slot in stepping]
            logits_BV = slots.step_of(stepping, tokens, [len(held[slot]) for slot in stepping])
            for row, slot in enumerate(stepping):
                held[slot].append(tokens[row])
                assert torch.allclose(logits_BV[row], last_logits(expected, held[slot]), atol=1e-4)


def test_the_head_is_applied_alone_only_where_nothing_comes_after_it() -> None:
    assert plain_head(build("llama")) is not None
    assert plain_head(build("gemma2")) is None  # its logits are capped


def test_slots_in_main_memory_have_all_their_room_from_the_start_and_take_none() -> None:
    slots = SlotModel(build("llama"), 3, block=8, longest=5_000)
    with slots.attention():
        slots.read(0, [5, 6])
        tensors = [held.data_ptr() for pair in slots.slots.of_layer.values() for held in pair]
        slots.slots.reserve(5_000)
        assert tensors == [held.data_ptr() for pair in slots.slots.of_layer.values() for held in pair]
    assert slots.slots.capacity == 5_056
    assert not any(bool(held[1:].any()) for pair in slots.slots.of_layer.values() for held in pair)


def test_slots_do_not_grow_beyond_what_they_will_hold() -> None:
    slots = SlotModel(build("llama"), 2, block=8).slots
    for tokens, capacity in ((60, 64), (65, 128), (600, 640), (641, 832)):
        slots.reserve(tokens)
        assert slots.capacity == capacity
    slots.longest = 850
    slots.reserve(833)
    assert slots.capacity == 896
