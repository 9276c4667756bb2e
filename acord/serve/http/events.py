"""Server-sent events: one JSON object each, in the form that EventSource and OpenAI's clients read."""

import json
import sys
import traceback
from collections.abc import AsyncIterator, Mapping
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from acord.serve.http.errors import ApiError, failed
from acord.serve.http.exchange import ClientGone

DONE = b"data: [DONE]\n\n"
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def event(content: Mapping[str, Any]) -> bytes:
    """JSON holds no line break, so one line of data holds it."""
    return f"data: {_encode(content)}\n\n".encode()


class EventStream(Response):
    """Sends events as they come, then `[DONE]`. What fails on the way is an event too, the last before it."""

    media_type = "text/event-stream"

    def __init__(self, first: bytes, events: AsyncIterator[bytes]) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers(HEADERS)
        self._first = first
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  as ASGI has it
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self._first, "more_body": True})
        last = DONE
        try:
            async for one in self._events:
                await send({"type": "http.response.body", "body": one, "more_body": True})
        except ClientGone:
            scope["state"]["exchange"].gone = True
            return
        except ApiError as error:
            last = event(error.body()) + DONE
        except Exception:
            traceback.print_exc(file=sys.stderr)
            last = event(failed().body()) + DONE
        await send({"type": "http.response.body", "body": last, "more_body": False})


async def stream(events: AsyncIterator[bytes]) -> EventStream:
    """A stream whose first events have come. Raises what stands in their place: the answer is then no stream."""
    return EventStream(await anext(events), events)
