"""POST /v1/completions: a text goes on, without any template."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import JSONResponse, Response

from acord.serve.http.answers import Completion
from acord.serve.http.asking import body_of, documented, whole
from acord.serve.http.completion import completion, head_of, usage
from acord.serve.http.errors import ApiError
from acord.serve.http.events import event, stream
from acord.serve.http.exchange import Exchange
from acord.serve.http.served import ServedModel, TheExchange, TheServed, ask_of
from acord.serve.http.shapes import CompletionRequest, check_stream

router = APIRouter()


@router.post("/v1/completions", **documented(CompletionRequest, Completion, streams=True))
async def completions(
    asked: Annotated[CompletionRequest, Depends(body_of(CompletionRequest))], served: TheServed, exchange: TheExchange
) -> Response:
    """Continue a text, or the ids of one, whole or as a stream of events. Control tokens in a text stay text."""
    served.check_model(asked.model)
    check_stream(asked)
    model = served.model
    ids = await _ids(model, asked.prompt)
    ask = ask_of(model, served.limits, ids, asked, wanted=asked.max_tokens, param="prompt", stops=asked.stops())
    exchange.begin(model.engine, ask)
    head = head_of("cmpl", "text_completion", model.name)
    if asked.stream:
        return await stream(_chunks(asked, exchange, head, ids))
    reply = await whole(exchange)
    said = {"text": reply.text}
    return JSONResponse(completion(head, said, reply, exchange, ids if asked.return_token_ids else None))


async def _ids(model: ServedModel, prompt: str | list[int]) -> tuple[int, ...]:
    if isinstance(prompt, str):
        ids = await model.encode_text(prompt)
    else:
        ids = tuple(prompt)
        if max(ids) >= model.known_ids:
            raise ApiError(
                400,
                f"prompt holds a token id that the model does not have. Ids go from 0 to {model.known_ids - 1}.",
                param="prompt",
                code="invalid_value",
            )
    if not ids:
        raise ApiError(400, "prompt has no tokens. Give it some text.", param="prompt", code="invalid_value")
    return ids


async def _chunks(
    asked: CompletionRequest, exchange: Exchange, head: dict[str, Any], ids: tuple[int, ...]
) -> AsyncIterator[bytes]:
    with_usage = bool(asked.stream_options and asked.stream_options.include_usage)
    head = {**head, "usage": None} if with_usage else head
    begun = False
    async for _, piece in exchange.pieces():
        choice: dict[str, Any] = {"index": 0, "text": piece.text, "finish_reason": piece.finish}
        chunk = {**head, "choices": [choice]}
        if asked.return_token_ids:
            choice["token_ids"] = piece.ids
            if not begun:
                chunk["prompt_token_ids"] = ids
        if piece.text or piece.finish is not None or asked.return_token_ids or not begun:
            yield event(chunk)
            begun = True
    if with_usage:
        yield event({**head, "choices": [], "usage": usage(exchange)})
