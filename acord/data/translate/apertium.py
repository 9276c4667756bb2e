"""Apertium as long-lived processes that are fed a stream, one pipe of programs a core.

The format of the stream: signs that mean something to Apertium take a backslash; every segment ends in a full stop of
ours, its serial number in a superblank, and NUL, at which every program hands on what it has. The full stop is not for
show: without it Apertium keeps back the end of a segment, and loses it. What comes back must carry the same number.
"""

import os
import re
import select
import subprocess
import time
import unicodedata
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType

from acord.data.translate.mask import Masked
from acord.data.translate.programs import Mode
from acord.data.translate.result import CHECK, LOST, Untranslated

HANG_SECONDS = 60.0
CHUNK = 256
RENEW_CHARACTERS = 2_000_000  # the programs grow by some 56 MB a million characters: they are started afresh
_READ = 1 << 16
_ESCAPED = re.compile(r"[\\^$@/{}<>\[\]]")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_END = re.compile(r"(?P<stop> \.)?\[(?P<serial>\d+)\]\Z")


class _Broken(Exception):
    """The pipe ended, hung, or answered out of step."""


class Pipe:
    """One pipe of programs, started when it is first needed, and again after it broke.

    A segment that was in a pipe that broke is sent once more, alone; if that breaks the pipe too, it is given up.
    """

    def __init__(self, commands: Sequence[Sequence[str]], hang_seconds: float = HANG_SECONDS) -> None:
        self._commands = commands
        self._hang_seconds = hang_seconds
        self._processes: list[subprocess.Popen[bytes]] = []
        self._serial = 0
        self._sent = 0
        self.starts = 0

    def translate(self, texts: Sequence[str]) -> list[str | Untranslated]:
        """Translations in order; each text must hold no NUL and no lone surrogate."""
        answers: list[str | Untranslated] = []
        try:
            self._exchange(texts, answers)
        except _Broken:
            for text in texts[len(answers) :]:
                answers.append(self._alone(text))
        return answers

    def _alone(self, text: str) -> str | Untranslated:
        answer: list[str | Untranslated] = []
        try:
            self._exchange([text], answer)
        except _Broken as reason:
            return Untranslated(LOST, f"Apertium {reason} on this segment, twice")
        return answer[0]

    def _exchange(self, texts: Sequence[str], answers: list[str | Untranslated]) -> None:
        """Send all, append what comes back. Raises _Broken, with the pipe closed, where not all came back."""
        if self._sent > RENEW_CHARACTERS:
            self.close()
        if not self._processes:
            self._start()
        self._sent += sum(map(len, texts))
        first = self._serial
        self._serial += len(texts)
        payload = "".join(
            f"{_ESCAPED.sub(_with_backslash, text)} .[{serial}]\0" for serial, text in enumerate(texts, start=first)
        ).encode()
        try:
            for serial, answer in enumerate(self._stream(payload, len(texts)), start=first):
                answers.append(_read_answer(answer, serial))  # one by one: what came before a break is kept
        except BaseException:
            self.close()
            raise

    def _stream(self, payload: bytes, count: int) -> Iterator[str]:
        source, sink = self._processes[0].stdin, self._processes[-1].stdout
        if source is None or sink is None:
            raise _Broken("has no pipe")
        poll = select.poll()
        poll.register(sink, select.POLLIN)
        poll.register(source, select.POLLOUT)
        waiting = memoryview(payload)
        rest = b""
        last = time.monotonic()
        while count > 0:
            ready = dict(poll.poll(1_000))
            if source.fileno() in ready and waiting:
                waiting = waiting[self._write(source.fileno(), waiting) :]
                if not waiting:
                    poll.unregister(source)
            if sink.fileno() in ready:
                *whole, rest = (rest + self._read(sink.fileno())).split(b"\0")
                yield from (answer.decode("utf-8", "replace") for answer in whole)
                count -= len(whole)
                last = time.monotonic()
            elif time.monotonic() - last > self._hang_seconds:
                raise _Broken("hung")

    @staticmethod
    def _write(descriptor: int, waiting: memoryview) -> int:
        try:
            return os.write(descriptor, waiting[:_READ])
        except BlockingIOError:
            return 0
        except OSError:
            raise _Broken("ended") from None

    @staticmethod
    def _read(descriptor: int) -> bytes:
        read = os.read(descriptor, _READ)
        if not read:
            raise _Broken("ended")
        return read

    def _start(self) -> None:
        self.starts += 1
        self._sent = 0
        upstream = None
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        try:
            for command in self._commands:
                process = subprocess.Popen(  # noqa: S603  programs that the mode names, no shell
                    command,
                    stdin=subprocess.PIPE if upstream is None else upstream,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env=environment,
                    bufsize=0,
                    start_new_session=True,  # Ctrl-C is for us: the pipe ends when its input does
                )
                if upstream is not None:
                    upstream.close()
                upstream = process.stdout
                self._processes.append(process)
        except BaseException:
            self.close()
            raise
        os.set_blocking(self._processes[0].stdin.fileno(), False)  # type: ignore[union-attr]  # it is a pipe

    def close(self) -> None:
        """End the processes."""
        for process in self._processes:
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()
        for process in self._processes:
            process.kill()
            process.wait()
        self._processes = []


def _with_backslash(match: re.Match[str]) -> str:
    return "\\" + match.group()


def _read_answer(answer: str, serial: int) -> str | Untranslated:
    end = _END.search(answer)
    if end is None or int(end["serial"]) != serial:
        raise _Broken("answered out of step")
    if not end["stop"]:
        return Untranslated(CHECK, "Apertium swallowed the end of the segment")
    return _ESCAPE.sub(r"\1", answer[: end.start()])


class Apertium:
    """`processes` pipes of one mode. A context manager; its results do not depend on the number of pipes."""

    reads_markdown = False

    def __init__(self, mode: Mode, *, processes: int = 1, hang_seconds: float = HANG_SECONDS) -> None:
        self._pipes = [Pipe(mode.commands, hang_seconds) for _ in range(processes)]

    @staticmethod
    def key(segment: Masked) -> str:
        """What decides a segment's translation."""
        return segment.text

    def translate(self, segments: Sequence[Masked]) -> list[str | Untranslated]:
        """Masked translations, in order."""
        # Its dictionaries know letters with their accents, not letters and accents apart.
        texts = [unicodedata.normalize("NFC", segment.text) for segment in segments]
        chunks = [texts[start : start + CHUNK] for start in range(0, len(texts), CHUNK)]
        if len(self._pipes) == 1 or len(chunks) == 1:
            return [answer for chunk in chunks for answer in self._pipes[0].translate(chunk)]
        free: SimpleQueue[Pipe] = SimpleQueue()
        for pipe in self._pipes:
            free.put(pipe)

        def run(chunk: list[str]) -> list[str | Untranslated]:
            pipe = free.get()
            try:
                return pipe.translate(chunk)
            finally:
                free.put(pipe)

        with ThreadPoolExecutor(len(self._pipes)) as pool:
            return [answer for answers in pool.map(run, chunks) for answer in answers]

    def close(self) -> None:
        """End every process."""
        for pipe in self._pipes:
            pipe.close()

    def __enter__(self) -> "Apertium":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
