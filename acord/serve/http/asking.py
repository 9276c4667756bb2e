"""What the routes share that take a body: how it is read, what the OpenAPI document says of it, the whole reply."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request
from pydantic import BaseModel
from starlette.datastructures import Headers

from acord.serve.http.answers import errors
from acord.serve.http.errors import ApiError
from acord.serve.http.exchange import Exchange
from acord.serve.http.reading import Asked, read
from acord.serve.http.served import exchange_of
from acord.serve.protocol import Piece

# Longer bodies are read in another thread.
AT_ONCE = 64 << 10
REF = "#/components/schemas/"


def body_of(shape: type[Asked]) -> Callable[[Request], Awaitable[Asked]]:
    """FastAPI's dependency for a body of that shape. Raises ApiError: 415 for no JSON, 400 for what is wrong in it."""

    async def dependency(request: Request) -> Asked:
        media = Headers(scope=request.scope).get("content-type", "").partition(";")[0].strip().lower()
        if media != "application/json":
            # Pages of other sites may send forms and plain text without asking.
            raise ApiError(
                415, "the body should be JSON. Send the header Content-Type: application/json.", code="invalid_type"
            )
        body = (await exchange_of(request)).body
        return read(body, shape) if len(body) < AT_ONCE else await asyncio.to_thread(read, body, shape)

    return dependency


def documented(
    asked: type[BaseModel],
    answered: type[BaseModel] | None,
    *,
    status: int = 200,
    streams: bool = False,
    more: tuple[int, ...] = (),
) -> dict[str, Any]:
    """Arguments of a route for the OpenAPI document. more: statuses that it may fail with beside the usual ones."""
    content: dict[str, Any] = {}
    if answered is not None:
        content["application/json"] = {"schema": {"$ref": REF + answered.__name__}}
    if streams:
        # Of each event, as tools read it.
        data = {"type": "string", "description": "A JSON object, an error at last where one came; then [DONE]."}
        event = {"type": "object", "properties": {"data": data}, "required": ["data"]}
        content["text/event-stream"] = {"schema": event}
    statuses = (404, 415, 504, *more) if streams else (415, *more)
    body = {"required": True, "content": {"application/json": {"schema": {"$ref": REF + asked.__name__}}}}
    return {
        "status_code": status,
        "response_model": None,
        "responses": {**errors(*statuses), status: {"description": "Done.", "content": content}},
        "openapi_extra": {"requestBody": body},
    }


async def whole(exchange: Exchange) -> Piece:
    """The one reply of a request, when it has ended. Raises what `Exchange.pieces` does."""
    said = [piece async for _, piece in exchange.pieces()]
    ids = tuple(number for piece in said for number in piece.ids)
    return Piece("".join(piece.text for piece in said), ids, said[-1].finish)
