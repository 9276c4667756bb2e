"""Generation by a transformers model: many sequences side by side, none of which waits for another.

Every sequence has a slot in a shared cache (acord.generate.slots). When it ends, its text is handed over and the next
prompt takes its slot, while the others go on.

transformers' own continuous batching was tried beside it (docs/log.md): no faster on a CPU, it draws all samples from
one stream, so that a reply would depend on what else is being generated, and it knows no stop strings.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from acord.console import say
from acord.generate.draws import Draws
from acord.generate.replies import Done, Generator, Reply, Request, draw_seed
from acord.generate.slots import SlotModel
from acord.tree.admission import ROPE_BY_LENGTH, TOLERANCE

# Sequences side by side: on a CPU 8 and 16 were equally fast and 32 slower; a GPU takes more to be busy.
SLOTS = {"cpu": 16, "cuda": 64}
# Tokens of a prompt that are read in one pass, and the unit in which prompts share what they have in common.
BLOCK = {"cpu": 64, "cuda": 256}
# Of the free memory, for keys and values; the rest is for what a pass computes.
MEMORY_SHARE = 0.5
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


def transformers_generator(
    model: Any, tokenizer: Any, stop_ids: Sequence[int], padding: int, *, slots: int | None = None
) -> Generator:
    """The fastest exact way for this model, on the device where it is: in slots, or one request after the other.

    stop_ids: tokens that end any reply. padding: the id that `generate` fills with. slots: sequences side by side, by
    the device where None.
    """
    device = next(model.parameters()).device.type
    count = slots or SLOTS.get(device, SLOTS["cpu"])
    reason = _obstacle(model) or _gate(model)
    if reason:
        say(f"replies are generated one by one: {reason}")
        return OneByOne(model, tokenizer, tuple(stop_ids), padding)
    return InSlots(model, tokenizer, tuple(stop_ids), count, BLOCK.get(device, BLOCK["cpu"]))


class InSlots:
    """Sequences side by side, each slot filled again when its sequence ends.

    A reply does not depend on the others: neither its draws nor, as far as a matrix product gives a row the same
    result whatever the other rows hold, its last bit.
    """

    def __init__(self, model: Any, tokenizer: Any, stop_ids: tuple[int, ...], slots: int, block: int) -> None:
        self.model, self.tokenizer, self.stop_ids, self.slots, self.block = model, tokenizer, stop_ids, slots, block
        self._bytes_per_token = _bytes_per_token(model)

    def generate(self, requests: Sequence[Request], done: Done) -> None:
        """Raises ValueError for a prompt that is empty or fills what the model reads."""
        longest = longest_of(self.model)
        replies = [Reply(request, self.tokenizer, self.stop_ids, longest) for request in requests]
        if not replies:
            return
        draws = Draws(self.model)
        need = max(len(reply.request.ids) + reply.limit for reply in replies)
        slots = SlotModel(self.model, self._slots_that_fit(need), block=self.block)
        # Prompts with a common beginning stand side by side; the next one is taken from the end.
        waiting = sorted(range(len(replies)), key=lambda number: requests[number].ids, reverse=True)
        in_slot: dict[int, int] = {}

        def push(slot: int, token: int) -> None:
            number = in_slot[slot]
            if replies[number].push(token):
                del in_slot[slot]
                done(number, replies[number].text())

        with slots.attention():
            while waiting or in_slot:
                for slot in range(slots.slots.count):
                    while slot not in in_slot and waiting:
                        number = waiting.pop()
                        if replies[number].finished:
                            done(number, "")
                            continue
                        in_slot[slot] = number
                        logits_V = slots.read(slot, requests[number].ids)
                        push(slot, draws.choose([replies[number]], logits_V[None])[0])
                if in_slot:
                    going = {slot: replies[number] for slot, number in in_slot.items()}
                    lengths = {slot: len(one.request.ids) + len(one.ids) - 1 for slot, one in going.items()}
                    logits_RV = slots.step({slot: one.ids[-1] for slot, one in going.items()}, lengths)
                    chosen = draws.choose([going.get(slot) for slot in range(slots.slots.count)], logits_RV)
                    for slot in going:
                        push(slot, chosen[slot])

    def _slots_that_fit(self, tokens: int) -> int:
        """As many as memory holds at the longest that a sequence may become, at least one."""
        free = _free_bytes(next(self.model.parameters()).device)
        if free is None:
            return self.slots
        return max(1, min(self.slots, int(free * MEMORY_SHARE) // (tokens * self._bytes_per_token)))


class OneByOne:
    """One request after the other through the model's own `generate`."""

    def __init__(self, model: Any, tokenizer: Any, stop_ids: tuple[int, ...], padding: int) -> None:
        self.model, self.tokenizer, self.stop_ids, self.padding = model, tokenizer, stop_ids, padding

    def generate(self, requests: Sequence[Request], done: Done) -> None:
        """Raises ValueError for a prompt that is empty or fills what the model reads."""
        longest = longest_of(self.model)
        replies = [Reply(request, self.tokenizer, self.stop_ids, longest) for request in requests]
        for number, reply in enumerate(replies):
            if not reply.finished:
                self._continue(reply)
            done(number, reply.text())

    def _continue(self, reply: Reply) -> None:
        request = reply.request
        device = next(self.model.parameters()).device
        prompt = torch.tensor([request.ids], device=device)

        def ended(ids_BT: Tensor, _scores: Any, **_: Any) -> Tensor:
            return torch.tensor([reply.push(int(ids_BT[0, -1]))], device=ids_BT.device)

        choice: dict[str, Any] = {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
        if request.temperature > 0:
            top_p = 1.0 if request.top_p is None else request.top_p
            choice = {"do_sample": True, "temperature": request.temperature, "top_p": top_p, "top_k": 0}
        with torch.inference_mode(), torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            torch.manual_seed(draw_seed(request))
            self.model.generate(
                prompt,
                attention_mask=torch.ones_like(prompt),
                max_new_tokens=reply.limit,
                eos_token_id=list(self.stop_ids),
                pad_token_id=self.padding,
                stopping_criteria=[ended],
                **choice,
            )


def longest_of(model: Any) -> int | None:
    """Tokens that the model reads, where its configuration says so."""
    found = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return None if found is None else int(found)


def _obstacle(model: Any) -> str:
    """Why this model cannot read from slots, by what it is."""
    config = model.config.get_text_config()
    name = type(model).__name__
    others = sorted({*(getattr(config, "layer_types", None) or [])} - {"full_attention", "sliding_attention"})
    if others or getattr(model, "_is_stateful", False):
        return f"{name} has {' and '.join(others) or 'recurrent'} layers"
    if not getattr(model, "_supports_attention_backend", False):
        return f"{name} takes no attention function from outside"
    rope = getattr(config, "rope_parameters", None) or getattr(config, "rope_scaling", None) or {}
    for kind in (rope, *(value for value in rope.values() if isinstance(value, dict))):
        if (kind.get("rope_type") or kind.get("type")) in ROPE_BY_LENGTH:
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


def _bytes_per_token(model: Any) -> int:
    """Of keys and values, as a pass over one token uses them."""
    slots = SlotModel(model, 1, block=1)
    with slots.attention():
        slots.read(0, [0])
    return max(1, slots.slots.bytes_per_token())


def _free_bytes(device: torch.device) -> int | None:
    """Memory that can be had without taking it from others; None where the system does not say."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    report = Path("/proc/meminfo")
    if not report.exists():
        return None
    kilobytes = [line.split()[1] for line in report.read_text().splitlines() if line.startswith("MemAvailable:")]
    return int(kilobytes[0]) * 1024 if kilobytes else None
