"""POST /v1/chat/completions."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import JSONResponse, Response

from acord.serve.http.answers import ChatCompletion
from acord.serve.http.asking import body_of, documented, whole
from acord.serve.http.completion import completion, head_of, usage
from acord.serve.http.errors import ApiError
from acord.serve.http.events import event, stream
from acord.serve.http.exchange import Exchange
from acord.serve.http.served import TheExchange, TheServed, ask_of
from acord.serve.http.shapes import ChatRequest, check_stream

router = APIRouter()


@router.post("/v1/chat/completions", **documented(ChatRequest, ChatCompletion, streams=True))
async def chat_completions(
    asked: Annotated[ChatRequest, Depends(body_of(ChatRequest))], served: TheServed, exchange: TheExchange
) -> Response:
    """Answer a conversation, whole or as a stream of events."""
    served.check_model(asked.model)
    check_stream(asked)
    model = served.model
    ids = await model.encode([message.as_text() for message in asked.messages])
    ask = ask_of(model, served.limits, ids, asked, wanted=_wanted(asked), param="messages", stops=asked.stops())
    exchange.begin(model.engine, ask)
    head = head_of("chatcmpl", "chat.completion", model.name)
    if asked.stream:
        return await stream(_chunks(asked, exchange, head | {"object": "chat.completion.chunk"}, ids))
    reply = await whole(exchange)
    said = {"message": {"role": "assistant", "content": reply.text}}
    return JSONResponse(completion(head, said, reply, exchange, ids if asked.return_token_ids else None))


def _wanted(asked: ChatRequest) -> int | None:
    given = {asked.max_tokens, asked.max_completion_tokens} - {None}
    if len(given) > 1:
        raise ApiError(
            400,
            "max_tokens and max_completion_tokens are the same and differ. Give one of them.",
            param="max_tokens",
            code="invalid_value",
        )
    return next(iter(given), None)


async def _chunks(
    asked: ChatRequest, exchange: Exchange, head: dict[str, Any], ids: tuple[int, ...]
) -> AsyncIterator[bytes]:
    """The first one has the role, the last one the reason; with usage, one more."""
    with_usage = bool(asked.stream_options and asked.stream_options.include_usage)
    head = {**head, "usage": None} if with_usage else head

    def chunk(delta: dict[str, str], finish: str | None, token_ids: tuple[int, ...] = ()) -> dict[str, Any]:
        choice: dict[str, Any] = {"index": 0, "delta": delta, "finish_reason": finish}
        if asked.return_token_ids:
            choice["token_ids"] = token_ids
        return {**head, "choices": [choice]}

    first = chunk({"role": "assistant", "content": ""}, None)
    if asked.return_token_ids:
        first["prompt_token_ids"] = ids
    lead = event(first)
    async for _, piece in exchange.pieces():
        # What is half a character has ids and no text yet.
        if piece.text or (asked.return_token_ids and piece.ids):
            yield lead + event(chunk({"content": piece.text}, None, piece.ids))
            lead = b""
        if piece.finish is not None:
            yield lead + event(chunk({}, piece.finish))
        elif lead:
            yield lead
            lead = b""
    if with_usage:
        yield event({**head, "choices": [], "usage": usage(exchange)})
