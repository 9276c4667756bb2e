"""vLLM as an engine: its own server as a managed process on this machine, asked with token ids and nothing else.

What it says comes back as token ids and becomes text here, as with every other engine; its stop strings and its reading
of the model's generation settings are left out, so that a reply ends where it would elsewhere. Options and fields are
those of vLLM from 0.10.2 (`return_token_ids`) to 0.30.

Tested against a server process that speaks this part of vLLM's protocol, and is started, watched, killed and started
again in the same way. Not yet against vLLM itself, which wants a GPU.
"""

import re
import secrets
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, NamedTuple

import httpx2

from acord.chat import ChatFormat
from acord.errors import InputError
from acord.serve.child import Child, start
from acord.serve.desk import Desk
from acord.serve.lives import End, Lives, Patience, ended
from acord.serve.protocol import Ask, Load, Spoken, State
from acord.serve.vllm_replies import Replies, Server

# Replies side by side: vLLM's own default differs between machines and is not told.
SLOTS = 64
WAITING = 64
# Seconds between two looks at /health: while the model is being loaded, and then.
STARTING, RUNNING = 0.1, 1.0
# Seconds that one look may take, and a first start with all its compiling.
LOOK = 5.0
LONGEST_START = 3600.0
# Seconds that the server has to end when it is asked to.
ENDING = 15.0
# Neutral defaults instead of the model's, since every request says all that matters; and little talk.
PLAIN = (
    *("--generation-config", "vllm", "--enable-prefix-caching"),
    *("--disable-log-stats", "--disable-uvicorn-access-log", "--uvicorn-log-level", "warning"),
)


class Place(NamedTuple):
    """Where a server is to listen on 127.0.0.1, under which name its model is served, and to how many at once."""

    port: int
    name: str
    slots: int


Command = Callable[[Place], Sequence[str]]


def vllm_command(model: Path) -> Command:
    """The command line for a model's folder. Raises InputError where vLLM is not installed."""
    program = vllm_program("engine: vllm", "use transformers")

    def command(place: Place) -> list[str]:
        return [
            *(program, "serve", str(model), "--host", "127.0.0.1", "--port", str(place.port)),
            *("--served-model-name", place.name, "--max-num-seqs", str(place.slots)),
            "--enable-prompt-tokens-details",
            *PLAIN,
        ]

    return command


class Vllm:
    """An `Engine` over a vLLM server, which is started again when it ends by itself."""

    def __init__(
        self,
        command: Command,
        chat: ChatFormat,
        *,
        slots: int = SLOTS,
        waiting: int = WAITING,
        patience: Patience | None = None,
    ) -> None:
        """Loading when this returns. chat: the model's own. slots, waiting: replies made and queued at once."""
        self._command = command
        self._slots = slots
        self._patience = patience or Patience()
        self._guard: Child | None = None
        self._was_ready = False
        self._desk = Desk(waiting, lambda number: self._replies.cancel(number))
        self._replies = Replies(self._desk, chat)
        self._lives = Lives(self._live, self._desk, self._patience)
        self._lives.start()

    def state(self) -> State:
        return self._desk.state()

    def why(self) -> str:
        return self._desk.why()

    def load(self) -> Load:
        return self._desk.load()

    def process_id(self) -> int | None:
        """Of the guard that runs vLLM; None while there is none."""
        guard = self._guard
        return None if guard is None else guard.process.pid

    def ask(self, ask: Ask) -> Spoken:
        return self._desk.begin(lambda number: self._replies.begin(number, ask))

    def close(self) -> None:
        if self._lives.closing.is_set():
            return
        self._lives.closing.set()
        self._desk.gone("closed", "the engine is closed")
        self._replies.close()
        guard = self._guard
        if guard is not None:
            _ask_to_end(guard)
            self._lives.close(ENDING)
            guard.end()
        self._lives.close(ENDING)

    def _live(self) -> End:
        place = Place(free_port(), f"acord-{secrets.token_hex(4)}", self._slots)
        server = Server(f"http://127.0.0.1:{place.port}", secrets.token_urlsafe(32), place.name)
        environment = environment_of(server.key)

        def guarded(number: int) -> list[str]:
            return [sys.executable, "-P", "-m", "acord.serve.guard", str(number), *self._command(place)]

        with tempfile.TemporaryFile() as log:
            guard = start(guarded, output=log, environment=environment)
            self._guard = guard
            if self._lives.closing.is_set():
                guard.end()
            try:
                end = self._watch(guard, server)
            finally:
                self._guard = None
                guard.end()
                guard.link.close()
            return end if self._was_ready else end._replace(why=with_last_line(end.why, log))

    def _watch(self, guard: Child, server: Server) -> End:
        """Look after the server until it ends or is of no use any more."""
        began = heard = time.monotonic()
        with httpx2.Client(base_url=server.url, timeout=min(LOOK, self._patience.silent), trust_env=False) as client:
            while True:
                ready = self._desk.state() == "ready"
                guard.link.settimeout(RUNNING if ready else STARTING)
                try:
                    code = guard.link.recv(16)
                except TimeoutError:
                    pass
                else:
                    return self._ended(guard, code)
                now = time.monotonic()
                found = healthy(client)
                if found:
                    heard = time.monotonic()
                    if not ready and not self._lives.closing.is_set():
                        self._replies.connect(server)
                        self._was_ready = True
                        self._desk.ready(self._slots)
                elif ready and found is False:
                    return End("vllm says that its engine has ended")
                elif ready and now - heard > self._patience.silent:
                    return End(f"vllm gave no sign of life for {now - heard:.0f} s and was ended")
                elif not ready and now - began > LONGEST_START:
                    return End(f"vllm was not ready within {LONGEST_START:g} s and was ended")

    def _ended(self, guard: Child, told: bytes) -> End:
        code = int(told) if told else guard.end()
        return End(ended(code, "vllm"), code > 0 and not self._was_ready)


def vllm_program(where: str, otherwise: str) -> str:
    """vLLM's own program. where, otherwise: for the InputError that is raised where it is not installed."""
    beside = Path(sys.executable).with_name("vllm")
    program = str(beside) if beside.exists() else shutil.which("vllm")
    if program is None:
        raise InputError("vllm is not installed", where=where, fix=f"pip install vllm, or {otherwise}.")
    return program


def environment_of(key: str) -> dict[str, str]:
    """The key is in the environment: a command line is for all users of a machine to see."""
    return {"VLLM_API_KEY": key, "VLLM_NO_USAGE_STATS": "1"}


def _ask_to_end(guard: Child) -> None:
    try:
        guard.link.send(b"e")
    except OSError:
        return  # it has ended


def healthy(client: httpx2.Client) -> bool | None:
    """None where there is no answer, yet or for now."""
    try:
        return client.get("/health").status_code == httpx2.codes.OK
    except httpx2.TransportError:
        return None


def free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


def with_last_line(why: str, log: IO[bytes]) -> str:
    """What a server that never was ready said last, as a rule its mistake."""
    log.seek(max(0, log.seek(0, 2) - 4096))
    plain = re.sub(r"\x1b\[[0-9;]*m", "", log.read().decode(errors="replace"))
    lines = [" ".join(line.split()) for line in plain.splitlines() if line.strip()]
    return f"{why}: {lines[-1][:300]}" if lines else why
