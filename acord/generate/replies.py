"""What is asked of a generation, and a reply as it grows: where it ends, and its text.

Text is what lm-evaluation-harness's hf backend makes of the same ids: decoded together, special tokens left out, cut
before the first stop string.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

# Decoders treat the first tokens of a text in their own way (a leading space, half a character).
MARGIN = 8


@dataclass(frozen=True)
class Request:
    """One prompt to be continued. ids: of the prompt, not empty. stop: texts that end the reply and are not part of it.

    temperature: 0 takes the likeliest token each time. top_p: draws are from the fewest tokens with that probability.
    top_k: and from so many at most, 0 for all. repetition_penalty: of tokens that were there before, the model's own
    where None. seed: of the draws of this request, which no other request changes.
    """

    ids: tuple[int, ...]
    max_new_tokens: int
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    top_p: float | None = None
    seed: int = 0
    top_k: int = 0
    repetition_penalty: float | None = None


Done = Callable[[int, str], None]


class Generator(Protocol):
    """Answers requests: done(number of the request, its text) as each is finished, in any order."""

    def generate(self, requests: Sequence[Request], done: Done) -> None: ...


def cut(text: str, stop: Sequence[str]) -> str:
    """The text before the first of the stop strings."""
    found = [place for place in (text.find(one) for one in stop if one) if place >= 0]
    return text[: min(found)] if found else text


def draw_seed(request: Request) -> int:
    """Seed of a request's draws: of its own seed and its prompt, or equal seeds would draw alike for every prompt."""
    content = f"{request.seed}\n{','.join(map(str, request.ids))}".encode()
    return int.from_bytes(hashlib.sha256(content).digest()[:7], "big")


class Reply:
    """A reply that grows token by token."""

    def __init__(self, request: Request, tokenizer: Any, stop_ids: Sequence[int], longest: int | None) -> None:
        """stop_ids: tokens that end any reply. longest: tokens that the model reads, its own replies included.

        Raises ValueError for a prompt that is empty or leaves no room for a reply.
        """
        if not request.ids:
            raise ValueError("a prompt has no tokens")
        if longest is not None and len(request.ids) >= longest:
            raise ValueError(f"a prompt has {len(request.ids)} tokens and the model reads {longest}")
        self.request = request
        self.limit = min(request.max_new_tokens, longest - len(request.ids) if longest else request.max_new_tokens)
        self.ids: list[int] = []
        self._tokenizer = tokenizer
        # A stop string that is a control token has no text to look for.
        control = tokenizer.get_added_vocab()
        self._ends = {*stop_ids, *(control[text] for text in request.stop if text in control)}
        self._special = {*tokenizer.all_special_ids}
        self._visible: list[int] = []
        # A token has at least one byte: a stop string spans no more tokens than it has bytes.
        self._reach = max((len(text.encode()) for text in request.stop), default=0) + MARGIN
        self.finished = self.limit < 1

    def push(self, token: int) -> bool:
        """Add a token; whether the reply ends with it."""
        self.ids.append(token)
        if token not in self._special:
            self._visible.append(token)
        self.finished = token in self._ends or len(self.ids) >= self.limit or self._stopped()
        return self.finished

    def _stopped(self) -> bool:
        if not self.request.stop:
            return False
        tail = self._decode(self._visible[-self._reach :])
        return any(text in tail for text in self.request.stop) and self.text() != self._decode(self.ids)

    def text(self) -> str:
        """The reply so far, up to the first stop string."""
        ids = self.ids[:-1] if self.ids and self.ids[-1] in self._ends else self.ids
        return cut(self._decode(ids), self.request.stop)

    def _decode(self, ids: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=True))
