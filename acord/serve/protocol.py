"""What every engine does: token ids in, a reply out piece by piece. Chat and the server know nothing else of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

# Why a reply ended: the model ended its turn or a stop string came; the limit of tokens; whoever asked went away.
Finish = Literal["stop", "length", "cancelled"]


@dataclass(frozen=True)
class Ask:
    """One prompt to be continued, with every setting resolved: an engine has no defaults.

    ids: of the prompt, from `acord.chat` or the sealed tokenizer, not empty. max_new_tokens: at least 1; whoever asks
    sees to it that prompt and reply fit what the model reads. stop: texts that end the reply and are not part of it.
    temperature: 0 takes the likeliest token each time. top_p: draws are from the fewest tokens with that probability, 1
    for all. top_k: and from so many at most, 0 for all. repetition_penalty: of tokens that were there before, 1 for
    none. seed: of the draws of this reply alone.
    """

    ids: tuple[int, ...]
    max_new_tokens: int
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    repetition_penalty: float = 1.0
    seed: int = 0


class Piece(NamedTuple):
    """What was said since the last piece. Their texts, joined, are the reply: what `ChatFormat.decode_reply` gives.

    text: may be empty, where the newest tokens are half a character or may begin a stop string. ids: the new tokens,
    the end of turn included. finish: set on the last piece alone. cached: tokens of the prompt that an earlier request
    had computed, on the first piece that knows.
    """

    text: str
    ids: tuple[int, ...]
    finish: Finish | None = None
    cached: int = 0


class EngineGone(Exception):
    """The engine died, or is not up: the reply will not be finished. what: one line for whoever asked."""


class ReplyFailed(EngineGone):
    """This reply alone will not be finished, for want of memory; the engine goes on."""


class TooManyWaiting(Exception):
    """The queue is full. Nothing was begun."""


class Spoken(Protocol):
    """A reply on its way: iterate over its pieces, in any thread. The last one has a `finish`."""

    def __iter__(self) -> Iterator[Piece]:
        """Raises EngineGone in place of the pieces that will not come."""
        ...

    def listen(self, tell: "Tell") -> None:
        """Instead of iterating: be told of each piece, in the engine's own thread, from the first one on; quick."""
        ...

    def cancel(self) -> None:
        """Nobody listens any more: the slot is free within a step. The last piece says `cancelled`. Twice is once."""
        ...


class Tell(Protocol):
    """Takes the next piece, or what stands in place of all that will not come."""

    def __call__(self, piece: Piece | EngineGone) -> None: ...


class Load(NamedTuple):
    """How busy an engine is. slots: replies that can be made side by side."""

    running: int
    waiting: int
    slots: int


State = Literal["loading", "ready", "dead", "closed"]


class Engine(Protocol):
    """A model that answers many at once. Methods may be called from any thread."""

    def state(self) -> State:
        """`dead`: it ended by itself, and `why` says how; an engine that is restarted is `loading` again."""
        ...

    def why(self) -> str:
        """One line on a state other than `ready`, empty otherwise."""
        ...

    def ask(self, ask: Ask) -> Spoken:
        """Begin a reply, or queue it. Raises TooManyWaiting, and EngineGone where the state is not `ready`."""
        ...

    def load(self) -> Load: ...

    def close(self) -> None:
        """Let go of the model; replies on their way end as cancelled. Whoever wants them finished waits first."""
        ...
