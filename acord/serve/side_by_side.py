"""Replies side by side: prompts are read block by block, between the steps of those that are speaking."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from acord.generate.draws import Draws
from acord.generate.fitness import plain_head
from acord.generate.slots import SlotModel
from acord.serve.kept import Kept, Seat
from acord.serve.memory import failing_alone
from acord.serve.reply import Reply

# Where nobody is speaking, nobody waits for a pass to end, and longer ones are up to a fifth faster.
UNDISTURBED = 4


class SideBySide:
    """A model that reads from slots. Called by one thread. slots: replies that it can make at once."""

    def __init__(self, model: Any, slots: int, block: int, longest: int | None) -> None:
        """block: tokens of a prompt that are read between two steps. longest: tokens of a prompt and its reply."""
        self.slots = slots
        self._model = SlotModel(model, slots, block=block, longest=longest, head=plain_head(model))
        self._kept = Kept(slots, self._model.slots.copy)
        self._block = block
        self._draws = Draws(model)
        self._reading: list[Reply] = []
        self._speaking: list[Reply] = []
        self._seat: dict[Reply, Seat] = {}
        self._turns = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Replies can be made within it."""
        with self._model.attention():
            yield

    def begin(self, reply: Reply) -> None:
        """Take on one more; there are fewer than slots."""
        self._reading.append(reply)

    @torch.inference_mode()
    def turn(self) -> None:
        """One block of one prompt, and one token of every reply whose prompt is read."""
        self._turns += 1
        for reply in [reply for reply in (*self._reading, *self._speaking) if reply.cancelled]:
            reply.end()
            self._leave(reply)
        if self._reading:
            reply = self._next()
            with failing_alone(reply):
                self._read(reply)
            if reply.over:
                self._leave(reply)
        if self._speaking:
            with failing_alone(max(self._speaking, key=self._length)):
                self._step()
            for reply in [reply for reply in self._speaking if reply.over]:
                self._leave(reply)

    def _next(self) -> Reply:
        """The first to come and the one that has least to read, in turns: neither waits for long."""
        if self._turns % 2:
            return self._reading[0]
        return min(self._reading, key=self._unread)

    def _unread(self, reply: Reply) -> int:
        return len(reply.request.ids) - self._length(reply)

    def _length(self, reply: Reply) -> int:
        return self._kept.length(self._seat[reply].slot) if reply in self._seat else 0

    def _read(self, reply: Reply) -> None:
        ids = reply.request.ids
        seat = self._seat.get(reply)
        if seat is None:
            seat = self._seat[reply] = self._kept.take(ids)
            reply.cached = seat.cached
            self._model.slots.reserve(len(ids) + 1)
        start = self._kept.length(seat.slot)
        block = ids[start : start + self._block * (1 if self._speaking else UNDISTURBED)]
        last = start + len(block) == len(ids)
        logits_V = self._model.read_block(seat.slot, start, block, logits=last)
        self._kept.add(seat.slot, block)
        if last:
            self._reading.remove(reply)
            self._speaking.append(reply)
            reply.push(self._draws.choose([reply], logits_V[None])[0])

    def _step(self) -> None:
        speaking = [reply for reply in self._speaking if not reply.over]
        speaking.sort(key=lambda reply: self._seat[reply].slot)
        if not speaking:
            return
        slots = [self._seat[reply].slot for reply in speaking]
        tokens = [reply.ids[-1] for reply in speaking]
        logits_BV = self._model.step_of(slots, tokens, [self._kept.length(slot) for slot in slots])
        for slot, token in zip(slots, tokens, strict=True):
            self._kept.add(slot, [token])
        for reply, token in zip(speaking, self._draws.choose(speaking, logits_BV), strict=True):
            reply.push(token)

    def _leave(self, reply: Reply) -> None:
        for replies in (self._reading, self._speaking):
            if reply in replies:
                replies.remove(reply)
        seat = self._seat.pop(reply, None)
        if seat is not None:
            self._kept.free(seat.slot)
