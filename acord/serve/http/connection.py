"""A connection that does not wait for ever: for headers that trickle in, or for a client that takes nothing."""

import asyncio
import json
from functools import partial
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from acord.serve.http.errors import ApiError

NOT_HTTP = ApiError(400, "this is no valid HTTP/1.1 request.", code="invalid_http")
SLOW = ApiError(408, "the headers of the request did not come in time.", code="request_timeout")


class Connection(H11Protocol):
    """uvicorn's protocol, which takes a class, with the two clocks that it lacks. seconds: of both."""

    def __init__(self, seconds: float, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._seconds = seconds
        self._headers: asyncio.TimerHandle | None = None
        self._taking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._headers = self.loop.call_later(self._seconds, self._end, SLOW)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # A request whose headers are whole is past this state; between two requests uvicorn's own clock runs.
        if self.conn.their_state is not h11.IDLE:
            if self._headers is not None:
                self._headers.cancel()
                self._headers = None
        elif self._headers is None and not self.transport.is_closing():
            self._headers = self.loop.call_later(self._seconds, self._end, SLOW)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._taking = self.loop.call_later(self._seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  the answer has the shape of all others
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            self.transport.close()
        else:
            self._end(NOT_HTTP)

    def _end(self, error: ApiError) -> None:
        body = json.dumps(error.body()).encode()
        head = f"HTTP/1.1 {error.status} \r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        self.transport.write(f"{head}connection: close\r\n\r\n".encode() + body)
        self.transport.close()

    def _stop(self) -> None:
        for timer in (self._headers, self._taking):
            if timer is not None:
                timer.cancel()
        self._headers = self._taking = None


def connection(seconds: float) -> Any:
    """What uvicorn makes its connections with."""
    return partial(Connection, seconds)
