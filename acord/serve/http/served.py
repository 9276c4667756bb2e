"""What is served: a model behind its engine, how it is asked, and all that the routes share."""

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Request

from acord.chat import ChatFormat, Refused
from acord.serve.defaults import Defaults
from acord.serve.http.errors import ApiError
from acord.serve.http.exchange import Exchange
from acord.serve.http.figures import Figures
from acord.serve.http.limits import Limits
from acord.serve.http.reading import clipped
from acord.serve.http.shapes import Drawn
from acord.serve.http.traffic import Traffic
from acord.serve.protocol import Ask, Engine

# Shorter texts are encoded at once: another thread would take longer to begin.
AT_ONCE = 20_000
# Characters that cost as much as the template around one message.
A_MESSAGE = 100


class Facts(NamedTuple):
    """longest: tokens of a prompt and its reply that memory holds. reasons: lines on what was chosen and why."""

    longest: int | None = None
    reasons: Sequence[str] = ()


@dataclass(frozen=True)
class ServedModel:
    """name: as clients know it. lead: ids that its tokenizer puts before a plain text. known_ids: token ids below it
    may be sent. facts: what the engine tells of itself when it is ready."""

    name: str
    engine: Engine
    chat: ChatFormat
    defaults: Defaults
    lead: tuple[int, ...]
    known_ids: int
    facts: Callable[[], Facts] = Facts

    def longest(self) -> int | None:
        """Tokens of a prompt and its reply, by the model and by the memory that there is; None where nothing limits."""
        known = [one for one in (self.defaults.longest, self.facts().longest) if one is not None]
        return min(known, default=None)

    async def encode(self, messages: Sequence[Mapping[str, str]]) -> tuple[int, ...]:
        """Ids of a conversation, as in training. Raises ApiError (400)."""
        try:
            if sum(len(message["content"]) + A_MESSAGE for message in messages) < AT_ONCE:
                return self.chat.encode_prompt(messages).ids
            return (await asyncio.to_thread(self.chat.encode_prompt, messages)).ids
        except Refused as refused:
            why = clipped(str(refused), 200)
            raise ApiError(
                400, f"the conversation cannot be encoded: {why}.", param="messages", code="cannot_be_encoded"
            ) from None

    async def encode_text(self, prompt: str) -> tuple[int, ...]:
        """Ids of a plain text; what looks like a control token in it stays text."""
        if len(prompt) < AT_ONCE:
            return (*self.lead, *self.chat.sealed.encode([prompt])[0])
        return (*self.lead, *(await asyncio.to_thread(self.chat.sealed.encode, [prompt]))[0])


@dataclass(frozen=True)
class Served:
    """other: whom the model is compared with, itself where there is none."""

    model: ServedModel
    limits: Limits
    figures: Figures
    traffic: Traffic
    key_needed: bool
    other: ServedModel | None = None
    created: int = field(default_factory=lambda: int(time.time()))

    def check_model(self, name: str | None) -> None:
        """Raises ApiError (404) for the name of another model: a request cannot choose what is loaded."""
        if name is not None and name != self.model.name:
            raise ApiError(
                404,
                f"there is no such model here. Ask for {self.model.name}, or leave model out.",
                param="model",
                code="model_not_found",
            )


# These are coroutines so that they run where they are called: FastAPI gives plain functions to other threads.
async def served_of(request: Request) -> Served:
    served = request.app.state.served
    assert isinstance(served, Served)  # noqa: S101  set where the application is built
    return served


async def exchange_of(request: Request) -> Exchange:
    exchange = request.scope["state"]["exchange"]
    assert isinstance(exchange, Exchange)  # noqa: S101  set by Front
    return exchange


TheServed = Annotated[Served, Depends(served_of)]
TheExchange = Annotated[Exchange, Depends(exchange_of)]


def ask_of(
    model: ServedModel,
    limits: Limits,
    ids: tuple[int, ...],
    asked: Drawn,
    *,
    wanted: int | None,
    param: str,
    stops: tuple[str, ...] = (),
) -> Ask:
    """The request for an engine. wanted: tokens of the reply, None for the model's default. param: where the prompt
    stood. Raises ApiError (400) where prompt and reply do not fit, with the limit and what to do."""
    longest = model.longest()
    room = limits.max_tokens if longest is None else min(limits.max_tokens, longest - len(ids))
    if room < 1:
        raise ApiError(
            400,
            f"the model reads {longest} tokens, its reply included, and the prompt has {len(ids)}. Shorten it.",
            param=param,
            code="context_length_exceeded",
        )
    if wanted is not None and wanted > room:
        raise ApiError(
            400,
            f"{wanted} tokens are asked for, and {room} at most can be given. Ask for fewer, or shorten the prompt.",
            param="max_tokens",
            code="context_length_exceeded",
        )
    return model.defaults.ask(
        ids,
        max_new_tokens=min(model.defaults.max_new_tokens, room) if wanted is None else wanted,
        stop=stops,
        temperature=asked.temperature,
        top_p=asked.top_p,
        top_k=None if asked.top_k is None else max(asked.top_k, 0),
        # An engine draws with what fits 63 bits, the same for the same number.
        seed=secrets.randbits(63) if asked.seed is None else asked.seed % 2**63,
    )


def lead_of(tokenizer: Any) -> tuple[int, ...]:
    """The special tokens that a tokenizer puts before a text: usually BOS or nothing."""
    bare = tokenizer("a", add_special_tokens=False).input_ids
    full = tokenizer("a").input_ids
    places = (place for place in range(len(full)) if full[place : place + len(bare)] == bare)
    return tuple(full[: next(places, 0)])
