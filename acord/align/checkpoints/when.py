"""When a checkpoint is written: after which steps, after how many minutes, and at which signals."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from types import FrameType

# A run that began or was saved less than this ago needs no checkpoint at its end: it is soon trained again.
WORTH_SAVING_SECONDS = 60.0


class Call(IntEnum):
    """What is to be done after a step. Of several processes' calls the largest counts."""

    GO_ON = 0
    SAVE = 1
    STOP = 2
    FAILED = 3


@dataclass
class Signals:
    """The signals that came: stop is SIGTERM, save is SIGUSR1."""

    stop: bool = False
    save: bool = False


@contextmanager
def signals_noted() -> Iterator[Signals]:
    """Note SIGTERM and SIGUSR1 instead of ending at them; as before when the block ends.

    Only a process's main thread is told of signals: in another one nothing is noted.
    """
    noted = Signals()

    def note(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  the signature of a handler
        if number == signal.SIGTERM:
            noted.stop = True
        else:
            noted.save = True

    if threading.current_thread() is not threading.main_thread():
        yield noted
        return
    before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGUSR1)}
    try:
        yield noted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass
class Schedule:
    """Says after each step what is due.

    every: steps between checkpoints. minutes: between them, None for no limit. wanted: steps that must have one. total:
    steps of the run. now: seconds on a clock that only goes forward, whatever is done to the machine's date.
    """

    every: int
    minutes: float | None
    wanted: frozenset[int]
    total: int
    now: Callable[[], float] = time.monotonic
    _saved: float = field(init=False)
    _waiting: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._saved = self.now()

    def after(self, step: int, signals: Signals, *, idle: bool) -> Call:
        """The call after that many steps. idle: whether the checkpoint before is on the disk.

        One that is not is waited for only where this step or a person wants a checkpoint; otherwise the next step that
        finds the disk idle has it.
        """
        if signals.stop:
            return Call.STOP
        if signals.save or step in self.wanted:
            return Call.SAVE
        age = self.now() - self._saved
        if step == self.total:
            return Call.SAVE if self.minutes is not None and age > WORTH_SAVING_SECONDS else Call.GO_ON
        overdue = self.minutes is not None and age >= self.minutes * 60
        self._waiting = self._waiting or overdue or step % self.every == 0
        return Call.SAVE if self._waiting and idle else Call.GO_ON

    def saved(self, signals: Signals) -> None:
        """A checkpoint was begun."""
        self._saved, self._waiting, signals.save = self.now(), False, False
