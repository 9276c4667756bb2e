"""Generation by a transformers model: many sequences side by side, none of which waits for another.

Every sequence has a slot in a shared cache (acord.generate.slots). When it ends, its text is handed over and the next
prompt takes its slot, while the others go on.

transformers' own continuous batching was tried beside it (docs/log.md): no faster on a CPU, it draws all samples from
one stream, so that a reply would depend on what else is being generated, and it knows no stop strings.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from acord.console import say
from acord.generate.draws import Draws
from acord.generate.fitness import bytes_per_token, free_bytes, longest_of, why_not_in_slots
from acord.generate.replies import Done, Generator, Reply, Request, draw_seed
from acord.generate.slots import SlotModel

# Sequences side by side: on a CPU 8 and 16 were equally fast and 32 slower; a GPU takes more to be busy.
SLOTS = {"cpu": 16, "cuda": 64}
# Tokens of a prompt that are read in one pass, and the unit in which prompts share what they have in common.
BLOCK = {"cpu": 64, "cuda": 256}
# Of the free memory, for keys and values; the rest is for what a pass computes.
MEMORY_SHARE = 0.5


def transformers_generator(
    model: Any, tokenizer: Any, stop_ids: Sequence[int], padding: int, *, slots: int | None = None
) -> Generator:
    """The fastest exact way for this model, on the device where it is: in slots, or one request after the other.

    stop_ids: tokens that end any reply. padding: the id that `generate` fills with. slots: sequences side by side, by
    the device where None.
    """
    device = next(model.parameters()).device.type
    count = slots or SLOTS.get(device, SLOTS["cpu"])
    reason = why_not_in_slots(model)
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
        self._bytes_per_token = bytes_per_token(model)

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
        free = free_bytes(next(self.model.parameters()).device)
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
            choice = {"do_sample": True, "temperature": request.temperature, "top_p": top_p, "top_k": request.top_k}
        if request.repetition_penalty is not None:
            choice["repetition_penalty"] = request.repetition_penalty
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
