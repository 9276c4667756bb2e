"""A stand-in judge on the loopback address: OpenAI's chat protocol, misbehaving on command.

    with JudgeServer(answer=lambda messages: 4) as server:
        ...  # JudgeModel(endpoint=server.url, model="judge")
    server.requests, server.by_key

What `answer` returns of a request's messages is a score from 1 to 5, a choice (`FIRST`, `SECOND`, `TIE`), a text that
is sent as it is, or a Reply. The model's name, or `script`, says how a request goes wrong: names of BEHAVIOURS joined
by `-then-`, one a request in the order in which they come, the last for all that follow ("429-then-500-then-ok").

As a process: `python -m tests.judge.judge_server [SCRIPT]` prints its address; GET /requests gives the counts.
"""

import json
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

Messages = Sequence[Mapping[str, str]]
SLOW_SECONDS = 0.5
HANG_SECONDS = 30.0
BROKEN_JSON = b'{"choices": [{"message": {"content": "'
HALF_A_CHARACTER = b'{"choices": [{"message": {"content": "{\\"reason\\": \\"\\ud800\\", \\"score\\": 2}"}}]}'
NOWHERE = "http://127.0.0.1:9/v1/chat/completions"


@dataclass(frozen=True)
class Reply:
    """What is sent: a chat completion that says `text`, or where `body` is given, that.

    usage: counted by words where True. cut: the connection ends before the body does. seconds: waited before.
    """

    text: str | None = None
    finish: str = "stop"
    refusal: str | None = None
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    usage: bool | dict[str, Any] = True
    fingerprint: str | None = None
    cut: bool = False
    trickle: bool = False
    seconds: float = 0.0


class Request(NamedTuple):
    """What came: the Idempotency-Key, the Authorization header, the body, the behaviour that it met."""

    key: str
    authorization: str | None
    body: dict[str, Any]
    behaviour: str


Said = int | str | Reply
Answering = Callable[[Messages], Said]


def score(number: int, reason: str = "so it is") -> str:
    """The text of a well-formed rating."""
    return json.dumps({"reason": reason, "score": number})


def choice(which: str, reason: str = "so it is") -> str:
    """The text of a well-formed verdict: which is 1, 2 or tie."""
    return json.dumps({"reason": reason, "choice": which})


FIRST, SECOND, TIE = choice("1"), choice("2"), choice("tie")


def _error(status: int, text: str = "no", **headers: str) -> Reply:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Reply(status=status, body=json.dumps({"error": {"message": text}}).encode(), headers=named)


def _soon() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=1), usegmt=True)


def _echo(said: Reply, body: Mapping[str, Any]) -> Reply:
    del said
    return Reply("\n".join(message["content"] for message in body["messages"]) + '\nThe score: {"score": 5}, 5/5.')


def _no_format(said: Reply, body: Mapping[str, Any], status: int = 400) -> Reply:
    return _error(status, "response_format is not supported") if "response_format" in body else said


# From what the judge would have said, and the request's body, to what is sent.
BEHAVIOURS: dict[str, Callable[[Reply, Mapping[str, Any]], Reply]] = {
    "ok": lambda said, _: said,
    "429": lambda *_: _error(429, Retry_After="0"),
    "429-for-1-s": lambda *_: _error(429, Retry_After="1"),
    "429-by-date": lambda *_: _error(429, Retry_After=_soon()),
    "429-for-an-hour": lambda *_: _error(429, Retry_After="3600"),
    "500": lambda *_: _error(500),
    "503": lambda *_: Reply(status=503, body=b""),
    "slow": lambda said, _: replace(said, seconds=SLOW_SECONDS),
    "hangs": lambda said, _: replace(said, seconds=HANG_SECONDS),
    "trickle": lambda said, _: replace(said, trickle=True),
    "cut": lambda said, _: replace(said, cut=True),
    "no-json": lambda *_: Reply(body=BROKEN_JSON),
    "no-choices": lambda *_: Reply(body=b'{"choices": []}'),
    "deep": lambda *_: Reply(body=b"[" * 200_000),
    "no-text": lambda *_: Reply(body=b"\xff\xfe\x00"),
    "parts": lambda *_: Reply(body=b'{"choices": [{"message": {"content": [1]}}]}'),
    "out-of-range": lambda *_: Reply(score(7)),
    "echo": _echo,
    "prose": lambda *_: Reply("I would give it a 4 out of 5."),
    "empty": lambda *_: Reply(""),
    "nothing": lambda *_: Reply(None),
    "refusal": lambda *_: Reply(None, refusal="I cannot help with that."),
    "filtered": lambda *_: Reply("", finish="content_filter"),
    "length": lambda *_: Reply('{"reason": "it goes on and', finish="length"),
    "surrogate": lambda *_: Reply(body=HALF_A_CHARACTER),
    "no-usage": lambda said, _: replace(said, usage=False),
    "odd-usage": lambda said, _: replace(said, usage={"prompt_tokens": -5, "completion_tokens": 10**30}),
    "new-fingerprint": lambda said, _: replace(said, fingerprint="fp_new"),
    "refuses-format": _no_format,
    "refuses-format-422": lambda said, body: _no_format(said, body, 422),
    "400": lambda *_: _error(400, "the prompt is too long"),
    "401": lambda *_: _error(401),
    "403": lambda *_: _error(403),
    "404": lambda *_: _error(404),
    "413": lambda *_: _error(413),
    "redirect": lambda *_: Reply(status=307, headers=(("Location", NOWHERE),), body=b""),
}  # fmt: skip


@dataclass
class JudgeServer:
    """answer: what a well-behaved judge says. fingerprint: reported with every reply; may be changed while it serves.

    script: behaviours whatever the model's name; where None, the model's name is looked at, and one that is no
    script means `ok`. seconds: of every reply. port: a free one where 0. model: reported in place of the name that was
    asked for.
    """

    answer: Answering = lambda _: 4
    script: str | None = None
    fingerprint: str | None = "fp_1"
    model: str | None = None
    seconds: float = 0.0
    port: int = 0
    requests: list[Request] = field(default_factory=list)
    replied: Counter[str] = field(default_factory=Counter)  # by Idempotency-Key: replies whose every byte was sent
    at_once: int = 0  # the most that were ever under way
    url: str = ""

    def __post_init__(self) -> None:
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self.asked: Counter[str] = Counter()
        self.under_way = 0
        self.connections: list[socket.socket] = []

    @property
    def by_key(self) -> Counter[str]:
        """How many requests came under each Idempotency-Key."""
        return Counter(request.key for request in self.requests)

    def forget(self) -> None:
        """Count from nothing again."""
        with self.lock:
            self.requests.clear()
            self.replied.clear()

    def __enter__(self) -> "JudgeServer":
        self._http = ThreadingHTTPServer(("127.0.0.1", self.port), _handler_of(self))
        self._http.daemon_threads = True
        self._http.block_on_close = False
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
        for connection in self.connections:  # or those that are kept alive would go on being served
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def met(self, key: str, authorization: str | None, body: dict[str, Any]) -> str:
        """Count a request and name the behaviour that it meets."""
        script = self.script if self.script is not None else str(body.get("model"))
        names = script.split("-then-")
        known = all(name in BEHAVIOURS for name in names)
        if self.script is not None and not known:
            raise ValueError(f"no such behaviour: {self.script}")
        with self.lock:
            number = self.asked[script]
            self.asked[script] += 1
            behaviour = names[min(number, len(names) - 1)] if known else "ok"
            self.requests.append(Request(key, authorization, body, behaviour))
            return behaviour

    def reply_to(self, behaviour: str, body: Mapping[str, Any]) -> Reply:
        """What is sent."""
        said = self.answer(body["messages"]) if behaviour != "echo" else ""
        if isinstance(said, int):
            said = score(said)
        return BEHAVIOURS[behaviour](said if isinstance(said, Reply) else Reply(said), body)

    def body_of(self, reply: Reply, asked: Mapping[str, Any]) -> bytes:
        """A chat completion."""
        if reply.body is not None:
            return reply.body
        message = {"role": "assistant", "content": reply.text}
        if reply.refusal is not None:
            message["refusal"] = reply.refusal
        body: dict[str, Any] = {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "model": self.model or asked["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": reply.finish}],
        }
        fingerprint = reply.fingerprint or self.fingerprint
        if fingerprint is not None:
            body["system_fingerprint"] = fingerprint
        if reply.usage is True:
            body["usage"] = {
                "prompt_tokens": sum(len(one["content"].split()) for one in asked["messages"]),
                "completion_tokens": len((reply.text or "").split()),
            }
        elif reply.usage:
            body["usage"] = reply.usage
        return json.dumps(body).encode()


def _handler_of(server: JudgeServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            with server.lock:
                server.connections.append(self.connection)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            key = self.headers.get("Idempotency-Key", "")
            with server.lock:
                server.under_way += 1
                server.at_once = max(server.at_once, server.under_way)
            try:
                if self.path != "/v1/chat/completions":
                    reply = _error(404, "no such path")
                else:
                    behaviour = server.met(key, self.headers.get("Authorization"), body)
                    reply = server.reply_to(behaviour, body)
                server.closing.wait(server.seconds + reply.seconds)
                self._send(reply, server.body_of(reply, body))
                with server.lock:
                    server.replied[key] += 1
            except OSError:  # the client did not wait
                self.close_connection = True
            finally:
                with server.lock:
                    server.under_way -= 1

        def _send(self, reply: Reply, content: bytes) -> None:
            self.send_response(reply.status)
            for name, value in reply.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if reply.cut:
                self.wfile.write(content[: len(content) // 2])
                self.wfile.flush()
                raise BrokenPipeError
            while reply.trickle and len(content) > 1 and not server.closing.wait(0.05):
                self.wfile.write(content[:1])
                content = content[1:]
            self.wfile.write(content)

        def do_GET(self) -> None:
            with server.lock:
                counts = {"requests": len(server.requests), "by_key": server.by_key, "replied": server.replied}
                content = json.dumps(counts).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


if __name__ == "__main__":
    with JudgeServer(script=sys.argv[1] if len(sys.argv) > 1 else None) as running:
        sys.stdout.write(running.url + "\n")
        sys.stdout.flush()
        while True:
            time.sleep(60)
