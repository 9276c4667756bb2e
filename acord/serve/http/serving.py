"""The server's life: an address, uvicorn on it, and an end that lets running replies finish."""

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Protocol

import uvicorn

from acord.errors import InputError
from acord.serve.http.connection import connection
from acord.serve.http.front import Front
from acord.serve.http.served import Served
from acord.serve.protocol import State

# Seconds that connections without a request have, once every reply is out.
CLOSING = 2
KEEP_ALIVE = 15
HEADERS_BYTES = 64 << 10
BACKLOG = 512
# Seconds between two looks at the engines.
LOOKING = 0.5
# And at whether uvicorn has begun.
STARTING = 0.005


class _Server(uvicorn.Server):
    """uvicorn's server ends at the first signal, before requests have: this hook is for who knows better."""

    def __init__(self, config: uvicorn.Config, on_signal: Callable[[], object]) -> None:
        super().__init__(config)
        self._on_signal = on_signal

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  as signal has it
        self._on_signal()


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to an address. Raises InputError where it cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise InputError(
            f"no such address: {error.strerror}", where=f"--host {host}", fix="Give one of this machine's addresses."
        ) from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise InputError(
            f"the address cannot be taken: {error.strerror}",
            where=f"--host {host} --port {port}",
            fix="Give another --port; 0 takes any that is free.",
        ) from None
    return listener


def address_of(listener: socket.socket) -> str:
    """As a URL."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Told(Protocol):
    """Of an engine whose state has changed, and of the server's own end. lines: why it is so."""

    def engine(self, name: str, state: State, lines: Sequence[str]) -> None: ...

    def ending(self) -> None: ...


def serve(app: Front, listener: socket.socket, served: Served, told: Told, listening: Callable[[], object]) -> None:
    """Until SIGINT or SIGTERM: then running replies may finish within the limit; a second signal ends them at once.

    listening: called once requests are taken and a signal ends the server in that way.
    """
    limits, traffic = served.limits, served.traffic
    config = uvicorn.Config(
        app,
        http=connection(limits.read_timeout),
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # nothing here depends on who asks
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=CLOSING,
        h11_max_incomplete_event_size=HEADERS_BYTES,
    )
    # What it has to say is in a line a request, or in a traceback of Front's.
    for name in ("uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    ending: list[asyncio.Task[None]] = []

    async def end() -> None:
        await traffic.end(limits.shutdown_timeout)
        server.should_exit = True

    def begin_to_end() -> None:
        if ending:
            traffic.cut()
            server.should_exit = server.force_exit = True
        else:
            told.ending()
            ending.append(loop.create_task(end()))

    async def announce() -> None:
        while not server.started:
            await asyncio.sleep(STARTING)
        listening()

    async def run() -> None:
        beside = [loop.create_task(work) for work in (announce(), _watch(served, told))]
        try:
            await server.serve(sockets=[listener])
        finally:
            for task in beside:
                task.cancel()

    server = _Server(config, lambda: loop.call_soon_threadsafe(begin_to_end))
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(run())


async def _watch(served: Served, told: Told) -> None:
    """Tell of every change of an engine's state, for whoever reads the log."""
    models = [model for model in (served.model, served.other) if model is not None]
    known: list[State] = ["loading"] * len(models)
    while True:
        for place, model in enumerate(models):
            state = model.engine.state()
            if state != known[place]:
                known[place] = state
                told.engine(model.name, state, model.facts().reasons if state == "ready" else [model.engine.why()])
        await asyncio.sleep(LOOKING)
