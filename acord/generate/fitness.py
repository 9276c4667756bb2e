"""Whether a model can be read from slots, and what its slots take of the memory."""

from typing import Any

import torch
from torch import nn

from acord.generate.slots import SlotModel
from acord.memory import free_host_bytes
from acord.tree.admission import ROPE_BY_LENGTH, TOLERANCE

# What a model's own generation settings may ask for and only its own `generate` does.
UNAPPLIED = (
    "no_repeat_ngram_size",
    "encoder_no_repeat_ngram_size",
    "min_length",
    "min_new_tokens",
    "bad_words_ids",
    "sequence_bias",
    "suppress_tokens",
    "begin_suppress_tokens",
    "forced_bos_token_id",
    "forced_eos_token_id",
    "exponential_decay_length_penalty",
)


def why_not_in_slots(model: Any) -> str:
    """One line on why this model must be run through its own `generate`; empty where slots give what it gives."""
    return _obstacle(model) or _gate(model)


@torch.inference_mode()
def plain_head(model: Any) -> nn.Module | None:
    """The model's head, where its logits are that of the last hidden states, to the last bit, and nothing else."""
    head, body = model.get_output_embeddings(), model.base_model
    if not isinstance(head, nn.Module) or body is model:
        return None
    ids_BT = torch.tensor([_some_ids(model)], device=next(model.parameters()).device)
    hidden_BTD = body(input_ids=ids_BT, use_cache=False)[0]
    same = torch.equal(model(input_ids=ids_BT, use_cache=False).logits, head(hidden_BTD))
    return head if same else None


def longest_of(model: Any) -> int | None:
    """Tokens that the model reads, where its configuration says so."""
    found = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return None if found is None else int(found)


def turns_by_length(model: Any) -> bool:
    """Whether keys depend on how long the whole sequence is (a rope that is scaled by length)."""
    config = model.config.get_text_config()
    rope = getattr(config, "rope_parameters", None) or getattr(config, "rope_scaling", None) or {}
    kinds = (rope, *(value for value in rope.values() if isinstance(value, dict)))
    return any((kind.get("rope_type") or kind.get("type")) in ROPE_BY_LENGTH for kind in kinds)


def _obstacle(model: Any) -> str:
    """Why this model cannot read from slots, by what it is."""
    config = model.config.get_text_config()
    name = type(model).__name__
    others = sorted({*(getattr(config, "layer_types", None) or [])} - {"full_attention", "sliding_attention"})
    if others or getattr(model, "_is_stateful", False):
        return f"{name} has {' and '.join(others) or 'recurrent'} layers"
    if not getattr(model, "_supports_attention_backend", False):
        return f"{name} takes no attention function from outside"
    if turns_by_length(model):
        return f"{name} turns its positions by the longest sequence of a batch"
    asked = [setting for setting in UNAPPLIED if getattr(model.generation_config, setting, None)]
    if asked:
        return f"the model's own generation settings ask for {asked[0]}"
    return ""


@torch.inference_mode()
def _gate(model: Any) -> str:
    """Two random prompts, three tokens after each: from slots the model must say what it says of whole sequences."""
    ids = _some_ids(model)
    device = next(model.parameters()).device
    prompts = [ids[:13], ids[:8] + ids[20:24]]
    slots = SlotModel(model, 3, block=4)
    try:
        with slots.attention():
            found = [[slots.read(slot, prompt)] for slot, prompt in enumerate(prompts)]
            for turn in range(3):
                after = {slot: len(prompt) + turn for slot, prompt in enumerate(prompts)}
                logits_RV = slots.step({0: ids[turn], 1: ids[turn + 3]}, after)
                for slot in range(2):
                    found[slot].append(logits_RV[slot])
    except (RuntimeError, TypeError, KeyError, ValueError, AttributeError, IndexError) as error:
        return f"{type(model).__name__} does not run from slots ({type(error).__name__})"
    for slot, prompt in enumerate(prompts):
        whole = torch.tensor([[*prompt, *ids[3 * slot : 3 * slot + 3]]], device=device)
        expected = model(input_ids=whole, use_cache=False).logits[0, len(prompt) - 1 :].float()
        worst = float((torch.stack(found[slot]).float() - expected).abs().max())
        tolerance = TOLERANCE.get(next(model.parameters()).dtype, 1e-2) * max(1.0, float(expected.abs().max()))
        if not worst <= tolerance:
            return f"from slots, logits of {type(model).__name__} differ by {worst:.2g}"
    return ""


def _some_ids(model: Any) -> list[int]:
    size = int(model.config.get_text_config().vocab_size)
    found: list[int] = torch.randint(0, size, (24,), generator=torch.Generator().manual_seed(0)).tolist()
    return found


def bytes_per_token(model: Any) -> int:
    """Of keys and values, as a pass over one token uses them."""
    slots = SlotModel(model, 1, block=1)
    with slots.attention():
        slots.read(0, [0])
    return max(1, slots.slots.bytes_per_token())


def free_bytes(device: torch.device) -> int | None:
    """Memory that can be had without taking it from others; None where the system does not say."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return free_host_bytes()
