"""The in-process engine in a process of its own: what kills it takes the replies under way, and nothing else.

A token on its way here passes a socket and two threads and waits for none of them by sleeping.
"""

import json
import socket
import sys
import time
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, NamedTuple

from acord.serve.child import Child, Command, start
from acord.serve.desk import Desk
from acord.serve.lives import End, Lives, Patience, ended
from acord.serve.protocol import Ask, Finish, Load, Piece, ReplyFailed, Spoken, State
from acord.serve.worker import ALIVE, AUTO

# Asks that may wait for a slot.
WAITING = 64
# How long a process may take to end when asked to.
ENDING = 5.0
# Loading tells more seldom that it goes on: libraries read a file of weights in one long call.
LOADING = 10


def supervised(
    model: str | Path, *, slots: int | None = None, waiting: int = WAITING, patience: Patience | None = None
) -> "Supervised":
    """An engine for a model's folder or hub name, loading when this returns. slots: replies side by side, None: by the
    machine. waiting: asks beyond those that are queued; one more raises TooManyWaiting."""

    def command(number: int) -> list[str]:
        # -P: the folder where one stands is no place to import from.
        place = [sys.executable, "-P", "-m", "acord.serve.worker", str(number)]
        return [*place, str(model), AUTO if slots is None else str(slots)]

    return Supervised(command, waiting=waiting, patience=patience or Patience())


class _Worker(NamedTuple):
    """A worker process, and what waits to be written to it (None ends the writing)."""

    child: Child
    out: SimpleQueue[bytes | None]


class Supervised:
    """An `Engine` over a worker process, which is started again when it ends by itself.

    longest: tokens that a prompt and its reply may be together, None where nothing limits them or the model has not
    been loaded yet. reasons: lines on what was chosen for it.
    """

    def __init__(self, command: Command, *, waiting: int, patience: Patience) -> None:
        """command: starts a worker that speaks over the descriptor of the number given."""
        self._command = command
        self._patience = patience
        self._worker: _Worker | None = None
        self._was_ready = False
        self.longest: int | None = None
        self.reasons: list[str] = []
        self._desk = Desk(waiting, lambda number: self._send(_line({"cancel": number})))
        self._lives = Lives(self._live, self._desk, patience)
        self._lives.start()

    def state(self) -> State:
        return self._desk.state()

    def why(self) -> str:
        return self._desk.why()

    def load(self) -> Load:
        return self._desk.load()

    def process_id(self) -> int | None:
        """Of the worker; None while there is none."""
        worker = self._worker
        return None if worker is None else worker.child.process.pid

    def ask(self, ask: Ask) -> Spoken:
        """The ask is on its way when this returns: no answer is waited for."""
        fields = _line(vars(ask))
        return self._desk.begin(lambda number: self._send(b'{"ask":[%d,%b]}' % (number, fields)))

    def close(self) -> None:
        self._lives.closing.set()
        self._send(_line({"close": True}))
        self._lives.close(ENDING)
        worker = self._worker
        if worker is not None:
            worker.child.end()
            self._lives.close(ENDING)

    def _send(self, line: bytes) -> None:
        """To the process there is: one that has ended has lost its replies anyway. Never waits for it to read."""
        worker = self._worker
        if worker is not None:
            worker.out.put(line + b"\n")

    def _live(self) -> End:
        child = start(self._command)
        out: SimpleQueue[bytes | None] = SimpleQueue()
        Thread(target=_write, args=(child.link.dup(), out, self._patience.silent), daemon=True).start()
        self._worker = _Worker(child, out)
        if self._lives.closing.is_set():
            child.end()
        try:
            return self._read(child)
        finally:
            self._worker = None
            out.put(None)
            child.end()
            child.link.close()

    def _read(self, child: Child) -> End:
        """All that the process says, until it has ended."""
        child.link.settimeout(ALIVE)
        heard = time.monotonic()
        rest = b""
        while True:
            try:
                read = child.link.recv(1 << 16)
            except TimeoutError:
                silent = time.monotonic() - heard
                if child.process.poll() is None and silent < self._silence():
                    continue
                if child.process.poll() is None:
                    child.end()
                    return End(f"the engine gave no sign of life for {silent:.0f} s and was ended")
                read = b""  # it ended, and something that it started holds the socket
            except OSError:
                read = b""  # it was killed with something unread
            if not read:
                code = child.code(ALIVE)
                return End(ended(code), code > 0 and not self._was_ready)
            heard = time.monotonic()
            *lines, rest = (rest + read).split(b"\n")
            for line in lines:
                end = self._hear(json.loads(line))
                if end is not None:
                    return end

    def _silence(self) -> float:
        """Seconds without a sign of life that are too many."""
        return self._patience.silent * (1 if self._desk.state() == "ready" else LOADING)

    def _hear(self, message: dict[str, Any]) -> End | None:
        ((kind, content),) = message.items()
        if kind == "said":
            for number, *said in content:
                self._desk.put(number, _piece(*said) if len(said) > 1 else ReplyFailed(*said))
        elif kind == "ready":
            self._was_ready = True
            self.longest, self.reasons = content["longest"], content["reasons"]
            self._desk.ready(content["slots"])
        elif kind == "failed":
            why, hopeless = content
            return End(why, hopeless or not self._was_ready)
        return None


def _piece(text: str, ids: list[int], finish: Finish | None, cached: int) -> Piece:
    return Piece(text, tuple(ids), finish, cached)


def _line(message: Any) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()


def _write(link: socket.socket, out: SimpleQueue[bytes | None], seconds: float) -> None:
    """Apart from whoever asks, who would wait where a process does not read."""
    with link:
        link.settimeout(seconds)
        while (line := out.get()) is not None:
            try:
                link.sendall(line)
            except OSError:
                return  # the reading thread notices as well, and knows more
