"""POST /acord/compare: two replies to one conversation, in an order that is drawn and not told."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends
from starlette.responses import Response

from acord.feedback.record import name_beside_itself
from acord.serve.defaults import SECOND_TEMPERATURE
from acord.serve.http.asking import body_of, documented
from acord.serve.http.comparisons import Comparison
from acord.serve.http.events import event, stream
from acord.serve.http.exchange import Exchange
from acord.serve.http.opinions import Opinions, TheOpinions
from acord.serve.http.served import Served, ServedModel, TheExchange, TheServed, ask_of
from acord.serve.http.shapes import CompareRequest
from acord.serve.protocol import Ask

router = APIRouter()


class Candidate(NamedTuple):
    """Who answers, under which name, and what they are asked."""

    name: str
    model: ServedModel
    ask: Ask


@router.post("/acord/compare", **documented(CompareRequest, None, streams=True))
async def compare(
    asked: Annotated[CompareRequest, Depends(body_of(CompareRequest))],
    served: TheServed,
    exchange: TheExchange,
    opinions: TheOpinions,
) -> Response:
    """Events {"side", "delta"} and {"side", "finish"} of sides 1 and 2, then {"id"} to choose with."""
    messages = tuple(message.as_text() for message in asked.messages)
    annotator = await opinions.annotator(asked.annotator, asked.prompt_id, messages)
    candidates = await _candidates(served, asked, messages)
    if secrets.randbelow(2):
        candidates.reverse()
    for candidate in candidates:
        exchange.begin(candidate.model.engine, candidate.ask)
    first, second = (candidate.name for candidate in candidates)
    blind = Comparison(messages, ("", ""), (first, second), annotator, asked.prompt_id)
    return await stream(_events(exchange, blind, opinions))


async def _candidates(served: Served, asked: CompareRequest, messages: tuple[dict[str, str], ...]) -> list[Candidate]:
    """The model, then whom it is compared with."""

    async def candidate(model: ServedModel, name: str) -> Candidate:
        ids = await model.encode(messages)
        return Candidate(
            name, model, ask_of(model, served.limits, ids, asked, wanted=asked.max_tokens, param="messages")
        )

    one = await candidate(served.model, served.model.name)
    second = name_beside_itself(one.name)
    if served.other is None:
        warm = asked if one.ask.temperature else asked.model_copy(update={"temperature": SECOND_TEMPERATURE})
        again = ask_of(served.model, served.limits, one.ask.ids, warm, wanted=asked.max_tokens, param="messages")
        return [one, Candidate(second, served.model, replace(again, seed=(again.seed + 1) % 2**63))]
    return [one, await candidate(served.other, second if served.other.name == one.name else served.other.name)]


async def _events(exchange: Exchange, blind: Comparison, opinions: Opinions) -> AsyncIterator[bytes]:
    replies = ["", ""]
    async for side, piece in exchange.pieces():
        replies[side] += piece.text
        if piece.text:
            yield event({"side": side + 1, "delta": piece.text})
        if piece.finish is not None:
            yield event({"side": side + 1, "finish": piece.finish})
    yield event({"id": opinions.comparisons.add(replace(blind, replies=(replies[0], replies[1])))})
