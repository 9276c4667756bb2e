"""One request: the replies that it has under way, read in the event loop, and what they cost.

An engine tells of its pieces in a thread of its own. They wait in a queue of the event loop; who reads late gets
several as one. Whatever ends a request early (its client has left, its time is up, the server ends) goes through the
same queue, so there is one place where a reply can end.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import NamedTuple

from starlette.types import Receive

from acord.serve.http.errors import ApiError, busy, late, shutting_down, unavailable
from acord.serve.protocol import Ask, Engine, EngineGone, Piece, ReplyFailed, Spoken, TooManyWaiting


class ClientGone(Exception):
    """Whoever asked has closed the connection."""


class Said(NamedTuple):
    """A piece of one of a request's replies. side: which, in the order in which they were begun."""

    side: int
    piece: Piece


Ended = EngineGone | ApiError | ClientGone


@dataclass
class Exchange:
    """receive: of the connection. body: of the request, read already. timeout: seconds from the start to the end of
    the last reply. busy_for: what a client that finds no place is told, seconds.

    prompt_tokens, cached_tokens, reply_tokens: of all replies so far. first: when the first piece came, as
    `time.perf_counter` has it. gone: whether the client left before the end.
    """

    receive: Receive
    timeout: float
    busy_for: int = 1
    body: bytes = b""
    began: float = field(default_factory=time.perf_counter)
    first: float | None = None
    gone: bool = False
    prompt_tokens: int = 0
    cached_tokens: int = 0
    reply_tokens: int = 0
    _spoken: list[Spoken] = field(default_factory=list)
    _open: int = 0
    _heard: asyncio.Queue[Said | Ended] = field(default_factory=asyncio.Queue)
    _watch: asyncio.Task[None] | None = None
    _clock: asyncio.TimerHandle | None = None

    def begin(self, engine: Engine, ask: Ask) -> None:
        """Ask for a reply. Raises ApiError: 429 where there is no place, 503 where the engine is not ready."""
        loop, side = asyncio.get_running_loop(), len(self._spoken)
        try:
            spoken = engine.ask(ask)
        except TooManyWaiting:
            raise busy(self.busy_for) from None
        except EngineGone as gone:
            raise unavailable(str(gone)) from None
        self._spoken.append(spoken)
        self._open += 1
        self.prompt_tokens += len(ask.ids)
        if self._watch is None:
            self._watch = asyncio.create_task(self._until_gone())
            # One clock for the whole request: a timeout around each piece would cost as much as sending it.
            left = self.timeout - (time.perf_counter() - self.began)
            self._clock = loop.call_later(left, self.cut, late(self.timeout))

        def tell(piece: Piece | EngineGone) -> None:
            item = piece if isinstance(piece, EngineGone) else Said(side, piece)
            loop.call_soon_threadsafe(self._heard.put_nowait, item)

        spoken.listen(tell)

    async def pieces(self) -> AsyncIterator[Said]:
        """Until every reply has ended. Raises ApiError where one does not end as it should, and ClientGone."""
        while self._open:
            said, ended = self._together(await self._heard.get())
            for one in said:
                self._count(one.piece)
                yield one
            if ended is not None:
                raise _told(ended)

    def cut(self, why: ApiError | ClientGone) -> None:
        """End the request, from the event loop: whoever reads its pieces gets `why` raised."""
        self._heard.put_nowait(why)
        self._cancel()

    def close(self) -> None:
        """The request is over: what is still under way is of use to nobody. Twice is once."""
        if self._watch is not None:
            self._watch.cancel()
        if self._clock is not None:
            self._clock.cancel()
        if self._open:
            self._cancel()

    def _together(self, item: Said | Ended) -> tuple[list[Said], Ended | None]:
        """All that has come: one piece for each run of pieces of one side, and what ended it before its time."""
        said: list[Said] = []
        while isinstance(item, Said):
            if said and said[-1].side == item.side:
                said[-1] = Said(item.side, _joined(said[-1].piece, item.piece))
            else:
                said.append(item)
            if self._heard.empty():
                return said, None
            item = self._heard.get_nowait()
        return said, item

    def _count(self, piece: Piece) -> None:
        if self.first is None:
            self.first = time.perf_counter()
        self.reply_tokens += len(piece.ids)
        self.cached_tokens += piece.cached
        if piece.finish == "cancelled":
            raise shutting_down()  # nobody here has cancelled: the engine was closed
        if piece.finish is not None:
            self._open -= 1

    def _cancel(self) -> None:
        for spoken in self._spoken:
            spoken.cancel()

    async def _until_gone(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass
        if self._open:
            self.cut(ClientGone())


def _joined(one: Piece, other: Piece) -> Piece:
    return Piece(one.text + other.text, one.ids + other.ids, other.finish, max(one.cached, other.cached))


def _told(ended: Ended) -> ApiError | ClientGone:
    if isinstance(ended, ReplyFailed):
        return unavailable(str(ended), "reply_failed")
    return unavailable(str(ended)) if isinstance(ended, EngineGone) else ended
