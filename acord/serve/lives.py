"""An engine in another process, started again when it ends by itself: a few times, not for ever."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from typing import NamedTuple

from acord.serve.desk import Desk


class End(NamedTuple):
    """How a process ended. why: one line. hopeless: it would end so again, as where its model cannot be loaded."""

    why: str
    hopeless: bool = False


@dataclass(frozen=True)
class Patience:
    """restarts: at most so many within so many seconds (`within`). pause: seconds before each, in which memory that the
    dead process held comes free. silent: seconds without a sign of life after which a process is ended."""

    restarts: int = 3
    within: float = 600.0
    pause: float = 0.5
    silent: float = 60.0


class Lives:
    """Runs one life of the process after the other in a thread of its own, and tells the desk."""

    def __init__(self, live: Callable[[], End], desk: Desk, patience: Patience) -> None:
        """live: starts the process, serves it and returns when it has ended. It tells the desk when it is ready."""
        self._live = live
        self._desk = desk
        self._patience = patience
        self._begun: deque[float] = deque()
        self.closing = Event()
        self._thread = Thread(target=self._run, name="acord engine", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self, seconds: float) -> None:
        """No further life. Waits for the end of this one, which is the caller's to bring about."""
        self.closing.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        try:
            while self._once():
                pass
        except BaseException:
            self._desk.gone("dead", "the engine ended by a mistake in Acord")
            raise

    def _once(self) -> bool:
        """One life; whether there is to be another."""
        try:
            end = self._live()
        except OSError as error:
            end = End(f"the engine cannot be started: {error}")
        if self.closing.is_set():
            self._desk.gone("closed", "the engine is closed")
            return False
        again = 0 if end.hopeless else self._again()
        if not again:
            limit = f"; {self._patience.restarts} restarts in {self._patience.within / 60:g} minutes were of no use"
            self._desk.gone("dead", end.why if end.hopeless else end.why + limit)
            return False
        self._desk.gone("dead", end.why)
        if self.closing.wait(self._patience.pause):
            self._desk.gone("closed", "the engine is closed")
            return False
        self._desk.gone("loading", f"{end.why}; it is being started again ({again} of {self._patience.restarts})")
        return True

    def _again(self) -> int:
        """The number of the restart, or 0 where there were enough."""
        now = time.monotonic()
        while self._begun and now - self._begun[0] > self._patience.within:
            self._begun.popleft()
        if len(self._begun) >= self._patience.restarts:
            return 0
        self._begun.append(now)
        return len(self._begun)


def ended(code: int, name: str = "the engine") -> str:
    """One line on a process that ended. code: as of subprocess, negative for a signal."""
    return f"{name} ended by signal {-code}" if code < 0 else f"{name} ended with exit code {code}"
