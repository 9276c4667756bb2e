"""What memory holds: how many replies side by side and how long, and what happens to one where it ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch

from acord.serve.protocol import ReplyFailed
from acord.serve.reply import Reply

# Tokens of a conversation that few exceed: rather than have fewer slots, a model that reads more reads that much.
ENOUGH_TOKENS = 8_192
# Of models that do not say how much they read.
UNKNOWN_LONGEST = 32_768


class Room(NamedTuple):
    """slots: replies side by side. longest: tokens of a prompt and its reply."""

    slots: int
    longest: int


def room_for(wanted: Room, tokens: int | None) -> Room:
    """What of it fits where memory holds so many tokens in all, None for no limit; one slot at least."""
    if tokens is None or wanted.slots * wanted.longest <= tokens:
        return wanted
    each = max(1, min(wanted.longest, max(ENOUGH_TOKENS, tokens // wanted.slots)))
    slots = max(1, min(wanted.slots, tokens // each))
    return Room(slots, max(2, min(wanted.longest, tokens // slots)))


@contextmanager
def failing_alone(reply: Reply) -> Iterator[None]:
    """Where memory ends, this reply ends, and the others go on."""
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError | torch.OutOfMemoryError) and "allocate memory" not in str(error):
            raise
        reply.fail(ReplyFailed(f"there is not enough memory for a reply to {len(reply.request.ids)} tokens"))
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
