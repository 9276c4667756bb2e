"""Replies of a vLLM server: asked for over HTTP with token ids, as many at once as there are, in one thread."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from threading import Thread
from typing import Any, NamedTuple

import httpx2

from acord.chat import ChatFormat
from acord.serve.desk import Desk
from acord.serve.protocol import Ask, EngineGone, Finish, Piece, ReplyFailed
from acord.serve.streaming import Streaming

# Seconds in which whoever watches a server notices that it ended.
WATCHED = 1.0


NOTHING = Piece("", ())


class Server(NamedTuple):
    """Where to ask. name: under which the model is served."""

    url: str
    key: str
    name: str


class Replies:
    """Hands the pieces to the desk. Methods may be called from any thread."""

    def __init__(self, desk: Desk, chat: ChatFormat) -> None:
        """chat: makes text of ids, and knows the tokens that end any reply."""
        self._desk = desk
        self._chat = chat
        self._server = Server("", "", "")
        self._client: httpx2.AsyncClient | None = None
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="acord vllm", daemon=True)
        self._thread.start()

    def connect(self, server: Server) -> None:
        """Ask this server from now on."""
        asyncio.run_coroutine_threadsafe(self._connect(server), self._loop).result()

    async def _connect(self, server: Server) -> None:
        old, self._server = self._client, server
        self._client = httpx2.AsyncClient(
            base_url=server.url,
            headers={"Authorization": f"Bearer {server.key}"},
            # A reply may wait for its turn as long as it likes: whether the server lives is looked at elsewhere.
            timeout=httpx2.Timeout(None, connect=10.0),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=16),
            trust_env=False,  # no proxy stands between this machine and itself
        )
        if old is not None:
            await old.aclose()

    def begin(self, number: int, ask: Ask) -> None:
        self._loop.call_soon_threadsafe(self._begin, number, ask)

    def _begin(self, number: int, ask: Ask) -> None:
        task = self._loop.create_task(self._speak(number, ask))
        self._tasks[number] = task
        task.add_done_callback(lambda done: self._done(number, done))

    def cancel(self, number: int) -> None:
        """The connection is closed, on which vLLM gives the reply's place to another."""
        with suppress(RuntimeError):  # the loop is closed, and every reply has ended
            self._loop.call_soon_threadsafe(self._cancel, number)

    def _cancel(self, number: int) -> None:
        if (task := self._tasks.get(number)) is not None:
            task.cancel()

    def close(self) -> None:
        """Replies under way are cancelled."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    def _done(self, number: int, task: asyncio.Task[None]) -> None:
        """A reply that did not come to its own end needs another. None is heard of one that did."""
        self._tasks.pop(number, None)
        if task.cancelled():
            self._desk.put(number, NOTHING._replace(finish="cancelled"))  # before it was asked for
        elif isinstance(error := task.exception(), EngineGone):
            self._desk.put(number, error)
        elif error is not None:
            self._desk.put(number, EngineGone(f"the reply broke off: {type(error).__name__}: {error}".rstrip(": ")))

    async def _speak(self, number: int, ask: Ask) -> None:
        try:
            await self._say(number, ask)
        except httpx2.TransportError:
            # As a rule the server has ended. Whoever watches it can say how, and ends all its replies.
            await asyncio.sleep(WATCHED)
            raise

    async def _say(self, number: int, ask: Ask) -> None:
        if self._client is None:
            raise EngineGone("the engine is not there")
        reply = _Reply(Streaming(self._chat, ask.stop))
        try:
            self._desk.put(number, await self._last(self._client, number, ask, reply))
        except asyncio.CancelledError:
            self._desk.put(number, reply.end("cancelled"))
            raise

    async def _last(self, client: httpx2.AsyncClient, number: int, ask: Ask, reply: "_Reply") -> Piece:
        """The last piece, when all before it are with the desk."""
        body = _body(ask, self._server.name, self._chat.stop_ids)
        last: Piece | None = None
        async with client.stream("POST", "/v1/completions", json=body) as response:
            if response.status_code != httpx2.codes.OK:
                raise ReplyFailed(f"vLLM refuses the request: {_message(await response.aread())}")
            async for event in _events(response.aiter_lines()):
                if last is not None:
                    return last._replace(cached=_cached(event))
                said = _said(event, ask)
                piece = reply.add(said.ids)
                if reply.stopped:
                    return reply.end("stop", piece)  # with which the connection is closed: vLLM would go on
                if said.finish is not None:
                    last = reply.end(said.finish, piece)
                elif said.ids:
                    self._desk.put(number, piece)
        if last is None:
            raise ReplyFailed("vLLM broke the reply off")
        return last


class _Reply:
    """Pieces of the ids of one reply."""

    def __init__(self, text: Streaming) -> None:
        self._text = text

    @property
    def stopped(self) -> bool:
        return self._text.stopped

    def add(self, ids: Sequence[int]) -> Piece:
        """As many of them as are before the end of a stop string."""
        told = ""
        for count, number in enumerate(ids, 1):
            told += self._text.push(number)
            if self._text.stopped:
                return Piece(told, tuple(ids[:count]))
        return Piece(told, tuple(ids))

    def end(self, finish: Finish, last: Piece = NOTHING) -> Piece:
        """The last piece, with what was held back of the text."""
        return last._replace(text=last.text + self._text.finish(), finish=finish)


class _Said(NamedTuple):
    ids: list[int]
    finish: Finish | None


def _body(ask: Ask, name: str, stop_ids: Sequence[int]) -> dict[str, Any]:
    """What vLLM is asked: every setting by name, so that none of its own defaults enters."""
    return {
        "model": name,
        "prompt": list(ask.ids),
        "add_special_tokens": False,
        "max_tokens": ask.max_new_tokens,
        "temperature": ask.temperature,
        "top_p": ask.top_p,
        "top_k": ask.top_k or -1,
        "repetition_penalty": ask.repetition_penalty,
        "seed": ask.seed,
        "stop_token_ids": list(stop_ids),
        # Else vLLM also stops at what it finds in the model's own settings.
        "ignore_eos": True,
        "skip_special_tokens": False,
        "return_token_ids": True,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[dict[str, Any]]:
    async for line in lines:
        if not line.startswith("data:"):
            continue
        data = line.removeprefix("data:").strip()
        if data == "[DONE]":
            return
        yield json.loads(data)


def _said(event: dict[str, Any], ask: Ask) -> _Said:
    """The ids of one event, if it has any. Raises ReplyFailed for what is no part of a reply."""
    if "error" in event:
        raise ReplyFailed(f"vLLM broke the reply off: {_message(json.dumps(event).encode())}")
    if not event.get("choices"):
        return _Said([], None)
    (choice,) = event["choices"]
    read = choice.get("prompt_token_ids")
    if read is not None and tuple(read) != ask.ids:
        raise ReplyFailed("vLLM read another prompt than it was given")
    finish = choice.get("finish_reason")
    if finish not in {None, "stop", "length"}:
        raise ReplyFailed(f"vLLM broke the reply off: {finish}")
    return _Said(choice.get("token_ids") or [], finish)


def _cached(event: dict[str, Any]) -> int:
    details = (event.get("usage") or {}).get("prompt_tokens_details") or {}
    return int(details.get("cached_tokens") or 0)


def _message(content: bytes) -> str:
    """What an error in OpenAI's shape says, in one line."""
    try:
        error = json.loads(content)["error"]
        told = str(error["message"] if isinstance(error, dict) else error)
    except (ValueError, KeyError, TypeError):
        told = content.decode(errors="replace")
    return " ".join(told.split())[:300]
