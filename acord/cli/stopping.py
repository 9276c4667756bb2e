"""SIGTERM, as schedulers and `kill` send it, ends a verb as Ctrl-C does: in good order, with one line, here code 143.

What is under way is unwound, so that nothing half-written and no program that was started stays behind. Training takes
the signal itself meanwhile (`acord.align.checkpoints`), and so do servers and conversations.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from acord.languages import text

TERMINATED = 128 + signal.SIGTERM
# They end in ways of their own.
OTHERWISE = ("serve", "chat", "feedback")


class Terminated(SystemExit):
    """SIGTERM came. No Exception: nobody else's code may take it for a fault of its own and go on."""


def _terminate(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  the signature of a handler
    # The first is enough: a second would break into the unwinding.
    signal.signal(signal.SIGTERM, _nothing)
    raise Terminated(TERMINATED)


def _nothing(number: int, frame: FrameType | None) -> None:
    """To be told that time is short is of use to training alone, and must not end another stage."""


_masks = threading.local()


def _before_fork() -> None:
    _masks.before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})


def _after_fork() -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, _masks.before)


def _in_forked() -> None:
    if signal.getsignal(signal.SIGTERM) in (_terminate, _nothing):
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _after_fork()


# A helper that is told to end would unwind what its parent has under way; told so before it is ready, it waits.
os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_in_forked)


@contextmanager
def ended_by_sigterm(arguments: Sequence[str]) -> Iterator[None]:
    """Within the block SIGTERM raises Terminated, and SIGUSR1 does nothing; as before when it ends.

    Only a process's main thread is told of signals: in another one this does nothing.
    """
    if threading.current_thread() is not threading.main_thread() or (arguments and arguments[0] in OTHERWISE):
        yield
        return
    handlers = {signal.SIGTERM: _terminate, signal.SIGUSR1: _nothing}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def tell_stopped(line: str | None = None) -> None:
    """That it was stopped, and how to go on; of several processes, one says it."""
    if os.environ.get("RANK", "0") == "0":
        sys.stderr.write(f"acord: {line or text('stopped')}\n")
