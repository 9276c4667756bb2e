"""A process of one's own with a socket to it."""

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import IO, NamedTuple

# The argument list of a process that speaks over the descriptor of the number given.
Command = Callable[[int], Sequence[str]]
# Standard error: what a library prints is no result of ours.
ERRORS = 2


class Child(NamedTuple):
    """It leads a process group, in a session of its own: Ctrl-C is for this process, which may let replies finish."""

    process: "subprocess.Popen[bytes]"
    link: socket.socket

    def end(self) -> int:
        """Kill it and all that it started, where anything is left -> its exit code, negative for a signal."""
        if self.process.returncode is None:  # until it is waited for, nobody else can have its number
            with suppress(ProcessLookupError):  # another thread is at it
                os.killpg(self.process.pid, signal.SIGKILL)
        return self.process.wait()

    def code(self, seconds: float) -> int:
        """Its exit code: its socket has ended, so it does within these seconds, or is made to."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return self.end()


def start(command: Command, *, output: int | IO[bytes] = ERRORS, environment: Mapping[str, str] | None = None) -> Child:
    """output: where its standard output goes. environment: beside this process's own. Raises OSError."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(  # noqa: S603  an argument list, no shell
            list(command(theirs.fileno())),
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=ERRORS if isinstance(output, int) else output,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
    return Child(process, ours)
