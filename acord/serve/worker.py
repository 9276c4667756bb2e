"""The engine's own process: `python -m acord.serve.worker FD MODEL SLOTS`, started by `acord.serve.supervised`.

It talks over the socket FD in JSON lines, one object with one key each. In: `ask` [number, fields of Ask], `cancel`
number, `close` true. Out: `ready` {slots, longest, reasons}; `said` with all that was said since the last line, each
[number, text, ids, finish, cached] or, of a reply that will not be finished, [number, why]; `alive` true each second;
`failed` [why, whether it would fail so again] before this process ends by itself.

Standard output stays free for what libraries write there. When the socket ends, so does the process, whatever it is at.
"""

import json
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, NamedTuple, NoReturn

from acord.errors import AcordError, InputError
from acord.serve.protocol import Ask, Engine, EngineGone, Piece, ReplyFailed, Spoken, TooManyWaiting

ALIVE = 1.0
AUTO = "auto"


class Opened(NamedTuple):
    """An engine that is ready. longest: tokens that a prompt and its reply may be together, None without a limit.
    reasons: lines on what was chosen for it."""

    engine: Engine
    longest: int | None
    reasons: list[str]


def main() -> None:
    """FD: of the socket. MODEL: folder or name. SLOTS: replies side by side, or `auto`."""
    number, model, slots = sys.argv[1:]

    def opened() -> Opened:
        from acord.serve.engine import open_engine

        loaded = open_engine(model, slots=None if slots == AUTO else int(slots))
        return Opened(loaded.engine, loaded.defaults.longest, loaded.reasons)

    serve(int(number), opened)


def serve(number: int, opened: Callable[[], Opened]) -> NoReturn:
    """Open an engine and answer over the socket of that number until it ends."""
    os.set_inheritable(number, False)  # a child of a library would keep it open after this process
    _Worker(socket.socket(fileno=number)).run(opened)


class _Worker:
    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._out: SimpleQueue[dict[str, Any] | list[Any] | int] = SimpleQueue()
        self._engine: Engine | None = None
        self._spoken: dict[int, Spoken] = {}

    def run(self, opened: Callable[[], Opened]) -> NoReturn:
        for work in (self._read, self._write, self._live):
            Thread(target=self._work, args=(work,), daemon=True).start()
        try:
            engine, longest, reasons = opened()
        except AcordError as error:
            self._fail(str(error), hopeless=isinstance(error, InputError))
        except Exception as error:
            traceback.print_exc()
            lines = str(error).strip().splitlines() or [""]
            self._fail(f"the model could not be loaded: {type(error).__name__}: {lines[0]}", hopeless=False)
        else:
            self._engine = engine
            self._out.put({"ready": {"slots": engine.load().slots, "longest": longest, "reasons": reasons}})
        while True:
            signal.pause()

    def _work(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(70)

    def _fail(self, line: str, *, hopeless: bool) -> None:
        self._out.put({"failed": [line, hopeless]})
        self._out.put(1)

    def _read(self) -> None:
        """What is asked. os._exit: nothing of the libraries may hold up an end."""
        with self._link.makefile("rb") as lines:
            for line in lines:
                ((kind, content),) = json.loads(line).items()
                if kind == "ask":
                    self._ask(*content)
                elif kind == "cancel":
                    if (spoken := self._spoken.get(content)) is not None:
                        spoken.cancel()
                elif kind == "close":
                    if self._engine is not None:
                        self._engine.close()
                    self._out.put(0)
        os._exit(0)

    def _ask(self, number: int, fields: dict[str, Any]) -> None:
        ask = Ask(**{**fields, "ids": tuple(fields["ids"]), "stop": tuple(fields["stop"])})
        if self._engine is None:
            raise RuntimeError("an ask came before the engine was ready")
        try:
            spoken = self._engine.ask(ask)
        except (ValueError, TooManyWaiting) as error:
            self._out.put([number, str(error)])
            return
        except EngineGone as error:
            self._fail(str(error), hopeless=False)
            return
        self._spoken[number] = spoken

        def tell(piece: Piece | EngineGone) -> None:
            if isinstance(piece, Piece):
                self._out.put([number, *piece])
            elif isinstance(piece, ReplyFailed):
                self._out.put([number, str(piece)])
            else:
                self._fail(str(piece), hopeless=False)
            if not isinstance(piece, Piece) or piece.finish is not None:
                self._spoken.pop(number, None)

        spoken.listen(tell)

    def _write(self) -> None:
        """A line for all that is there: the pieces of one step of the engine travel together."""
        while True:
            said: list[Any] = []
            message = self._out.get()
            while isinstance(message, list):
                said.append(message)
                try:
                    message = self._out.get_nowait()
                except Empty:
                    break
            try:
                if said:
                    self._send({"said": said})
                if isinstance(message, dict):
                    self._send(message)
            except OSError:
                os._exit(0)  # nobody reads any more
            if isinstance(message, int):
                os._exit(message)

    def _send(self, message: dict[str, Any]) -> None:
        self._link.sendall(json.dumps(message, separators=(",", ":")).encode() + b"\n")

    def _live(self) -> None:
        """A sign of life each second, while the model is being loaded as well."""
        while True:
            time.sleep(ALIVE)
            engine = self._engine
            if engine is not None and engine.state() == "dead":
                self._fail(engine.why(), hopeless=False)
            self._out.put({"alive": True})


if __name__ == "__main__":
    main()
