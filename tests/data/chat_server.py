"""A stand-in for a server of OpenAI's chat protocol, on the loopback address, that a test tells what to answer."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from acord.recipe import Endpoint


class Reply(NamedTuple):
    """status and headers as sent; body is sent as it is."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


class Server:
    """What was asked, and how to reach it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str | None] = []

    def endpoint(self, **more: Any) -> Endpoint:
        """The endpoint as a recipe would state it."""
        return Endpoint.model_validate({"url": self.url, "model": "m", "concurrency": 2, "timeout_seconds": 5, **more})


def completion(text: Any, finish: str = "stop") -> Reply:
    """A chat completion that says `text`."""
    body = {"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": finish}]}
    return Reply(200, json.dumps(body).encode())


def last_message(body: dict[str, Any]) -> str:
    """What the user said last."""
    return str(body["messages"][-1]["content"])


@contextmanager
def serving(answer: Callable[[dict[str, Any], int], Reply]) -> Iterator[Server]:
    """Serve until the block ends. answer: from a request's body and how many came before it."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                number = len(server.bodies)
                server.bodies.append(body)
                server.keys.append(self.headers.get("Authorization"))
            reply = answer(body, number) if self.path == "/v1/chat/completions" else Reply(404, b"no such path")
            try:
                self.send_response(reply.status)
                for name, value in reply.headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)
            except OSError:  # the client did not wait
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server = Server(f"http://127.0.0.1:{http.server_port}/v1")
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
