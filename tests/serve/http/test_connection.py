"""The two clocks of a connection, over an application that sends for ever."""

import socket
import threading
import time
from contextlib import contextmanager

import pytest
import uvicorn

from acord.serve.http.connection import connection
from acord.serve.http.serving import listen

SECONDS = 0.3


class Endless:
    """Sends as fast as the client takes. ended: when it was told that nobody takes any more."""

    def __init__(self):
        self.ended = threading.Event()

    async def __call__(self, _scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        sent = 0
        while sent < 1 << 30:
            await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
            sent += 65_536
            if sent % (1 << 24) == 0 and (await receive())["type"] == "http.disconnect":
                break
        self.ended.set()


@contextmanager
def running(app):
    with listen("127.0.0.1", 0) as listener:
        config = uvicorn.Config(app, http=connection(SECONDS), ws="none", lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield listener.getsockname()
        finally:
            server.should_exit = server.force_exit = True
            thread.join(10)


def test_a_client_that_takes_nothing_loses_its_connection():
    app = Endless()
    with running(app) as address, socket.create_connection(address) as link:
        link.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        began = time.monotonic()
        assert app.ended.wait(10 * SECONDS)
        assert time.monotonic() - began > SECONDS / 2


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHos"])
def test_headers_that_do_not_come_are_not_waited_for(sent):
    with running(Endless()) as address, socket.create_connection(address, timeout=5) as link:
        link.sendall(sent)
        began = time.monotonic()
        assert link.recv(4_096).startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - began > SECONDS / 2
        while link.recv(4_096):
            pass


def test_a_client_that_takes_slowly_keeps_its_connection():
    with running(Endless()) as address, socket.create_connection(address) as link:
        link.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        end = time.monotonic() + 4 * SECONDS
        while time.monotonic() < end:
            assert link.recv(1 << 18)
            time.sleep(SECONDS / 20)
