"""A pseudo-terminal with `acord chat` in it: what a person types and sees."""

import codecs
import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

ROOT = Path(__file__).parents[3]
INTERRUPT, END = "\x03", "\x04"


class Terminal:
    """A process of its own on a terminal of its own. Keys go through the terminal: Ctrl-C is what sends the signal."""

    def __init__(self, *arguments: str, cwd: Path, **environment: str) -> None:
        self._ours, theirs = pty.openpty()
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG", "ACORD_"))}
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from acord.cli import main; main()", *arguments],
            cwd=cwd,
            env=clean | {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "TERM": "xterm"} | environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        os.close(theirs)
        self._seen = ""
        self._decode = codecs.getincrementaldecoder("utf-8")().decode

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def until(self, awaited: str, patience: float = 60.0) -> str:
        """What is seen up to and with the awaited text; the rest waits for the next call."""
        deadline = time.monotonic() + patience
        while awaited not in self._seen:
            assert time.monotonic() < deadline, f"{awaited!r} is not in {self._seen!r}"
            self._read()
        before, _, self._seen = self._seen.partition(awaited)
        return before + awaited

    def line(self, keys: str) -> str:
        """Type a line, and return what is seen until the next prompt."""
        self.type(keys + "\r")
        self.until("\n")
        return self.until("> \x1b[0m")

    def press_until(self, key: str, awaited: str) -> str:
        """A key, pressed again as a person would: a signal that comes just before readline waits is seen with the
        next key alone."""
        deadline = time.monotonic() + 60.0
        while awaited not in self._seen:
            assert time.monotonic() < deadline, f"{awaited!r} is not in {self._seen!r}"
            self.type(key)
            again = time.monotonic() + 3.0
            while awaited not in self._seen and time.monotonic() < again:
                self._read()
        return self.until(awaited)

    def ended(self, patience: float = 30.0) -> int:
        try:
            return self.process.wait(patience)
        finally:
            self.close()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self._ours >= 0:
            os.close(self._ours)
            self._ours = -1

    def _read(self) -> None:
        if not select.select([self._ours], [], [], 0.2)[0]:
            return
        try:
            self._seen += self._decode(os.read(self._ours, 65536))
        except OSError as error:
            raise AssertionError(f"the process ended after {self._seen!r}") from error


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
