"""An engine whose model runs in this process, in a thread of its own."""

import traceback
from collections import deque
from contextlib import AbstractContextManager
from threading import Condition, Thread, current_thread
from typing import Protocol

from acord.chat import ChatFormat
from acord.serve.protocol import Ask, EngineGone, Load, ReplyFailed, State, TooManyWaiting
from acord.serve.reply import Reply
from acord.serve.stream import Stream


class Way(Protocol):
    """How replies are made, called by one thread alone. slots: how many at once."""

    @property
    def slots(self) -> int: ...

    def running(self) -> AbstractContextManager[None]:
        """Replies can be made within it."""
        ...

    def begin(self, reply: Reply) -> None:
        """Take on one more; there are fewer than slots."""
        ...

    def turn(self) -> None:
        """Bring what was begun forward by a step. Replies that are cancelled are ended."""
        ...


class InProcess:
    """The `Engine` over a way of making replies."""

    def __init__(self, way: Way, chat: ChatFormat, *, longest: int | None = None, waiting: int | None = None) -> None:
        """longest: tokens that a prompt and its reply may be together. waiting: replies that may wait, None for all."""
        self._chat = chat
        self._longest = longest
        self._slots = way.slots
        self._most_waiting = waiting
        self._state: State = "ready"
        self._why = ""
        self._waiting: deque[Reply] = deque()
        self._going: list[Reply] = []
        self._changed = Condition()
        self._thread = Thread(target=self._work, args=(way,), name="acord-engine", daemon=True)
        self._thread.start()

    def state(self) -> State:
        return self._state

    def why(self) -> str:
        return self._why

    def load(self) -> Load:
        with self._changed:
            return Load(self._running(), len(self._waiting), self._slots)

    def _running(self) -> int:
        """Those whose last piece is out have left, also before the thread has taken note."""
        return sum(not reply.over for reply in self._going)

    def ask(self, ask: Ask) -> Stream:
        """As Engine.ask. A prompt that is longer than memory holds ends in ReplyFailed. Raises ValueError for none."""
        if not ask.ids:
            raise ValueError("a prompt has no tokens")
        reply = Reply(ask, self._chat, self._longest, self._cancel)
        with self._changed:
            if self._state != "ready":
                raise EngineGone(self._why)
            if self._longest is not None and len(ask.ids) >= self._longest:
                reply.fail(ReplyFailed(f"the prompt has {len(ask.ids)} tokens, and {self._longest} fit with a reply"))
                return reply.stream
            under_way = self._running() + len(self._waiting)
            if self._most_waiting is not None and under_way >= self._slots + self._most_waiting:
                raise TooManyWaiting(f"{self._most_waiting} replies are waiting already")
            self._waiting.append(reply)
            self._changed.notify()
        return reply.stream

    def close(self) -> None:
        with self._changed:
            if self._state == "ready":
                self._state, self._why = "closed", "the engine was closed"
            self._changed.notify()
            for reply in self._going:
                reply.cancelled = True
        if current_thread() is not self._thread:
            self._thread.join()

    def _cancel(self, reply: Reply) -> None:
        with self._changed:
            reply.cancelled = True
            waited = reply in self._waiting
            if waited:
                self._waiting.remove(reply)
        if waited:  # the engine's thread never hears of it
            reply.end()

    def _work(self, way: Way) -> None:
        why: EngineGone | None = None
        try:
            with way.running():
                while self._admit(way):
                    way.turn()
                    with self._changed:
                        self._going = [reply for reply in self._going if not reply.over]
        except BaseException as error:
            traceback.print_exc()
            lines = str(error).strip().splitlines() or [""]
            why = EngineGone(f"the engine ended: {type(error).__name__}: {lines[0]}".rstrip(": "))
        for reply in self._left(why):
            if why is None:
                reply.end()
            else:
                reply.fail(why)

    def _admit(self, way: Way) -> bool:
        """Wait for something to do, and begin what there is a slot for; whether to go on."""
        with self._changed:
            while self._state == "ready" and not self._going and not self._waiting:
                self._changed.wait()
            while self._waiting and len(self._going) < self._slots:
                reply = self._waiting.popleft()
                self._going.append(reply)
                way.begin(reply)
            return self._state == "ready"

    def _left(self, why: EngineGone | None) -> list[Reply]:
        """The replies that were under way when the thread ended."""
        with self._changed:
            if why is not None:
                self._state, self._why = "dead", str(why)
            left = [reply for reply in (*self._going, *self._waiting) if not reply.over]
            self._going = []
            self._waiting.clear()
            return left
