"""A worker process whose engine says what the test wants: `python scripted_worker.py FD [FILE DEATHS]`.

It says the ask's own ids back, one every `temperature` seconds, each with the time at which it was said. FILE
counts how often loading ended by signal 6, which it does DEATHS times.
"""

import os
import signal
import sys
import time
from pathlib import Path
from threading import Event, Thread

from acord.serve.protocol import Ask, Load, Piece, ReplyFailed, State
from acord.serve.stream import Stream
from acord.serve.worker import Opened, serve

SLOTS = 2
STOPPED = 100_000  # an ask with this id stops the process dead: it goes on to exist and says nothing

FAILED = 100_001


class Scripted:
    def __init__(self) -> None:
        self.running = 0

    def state(self) -> State:
        return "ready"

    def why(self) -> str:
        return ""

    def load(self) -> Load:
        return Load(self.running, 0, SLOTS)

    def ask(self, ask: Ask) -> Stream:
        if not ask.ids:
            raise ValueError("a prompt has no tokens")
        cancelled = Event()
        stream = Stream(cancelled.set)
        Thread(target=self._speak, args=(ask, stream, cancelled), daemon=True).start()
        return stream

    def _speak(self, ask: Ask, stream: Stream, cancelled: Event) -> None:
        if FAILED in ask.ids:
            stream.put(ReplyFailed("there is not enough memory for a reply to 1 tokens"))
            return
        if STOPPED in ask.ids:
            os.kill(os.getpid(), signal.SIGSTOP)
            time.sleep(30)  # the signal comes when it comes
        print("a library's own words")  # noqa: T201  on standard output, where they must do no harm
        for count, number in enumerate(ask.ids, 1):
            if ask.temperature:
                time.sleep(ask.temperature)
            if cancelled.is_set():
                stream.put(Piece("", (), "cancelled"))
                return
            last = count == len(ask.ids)
            stream.put(Piece(f"{time.monotonic_ns()} ", (number,), "length" if last else None, 7 if count == 1 else 0))

    def close(self) -> None:
        pass


def opened() -> Opened:
    if len(sys.argv) > 2:
        deaths, wanted = Path(sys.argv[2]), int(sys.argv[3])
        with deaths.open("a+") as file:
            if file.tell() < wanted:
                file.write("x")
                file.flush()
                os.abort()
    return Opened(Scripted(), 900, ["it is a script"])


if __name__ == "__main__":
    serve(int(sys.argv[1]), opened)
