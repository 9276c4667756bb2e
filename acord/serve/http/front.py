"""What every request passes before any route: the door, its body, and a line about it when it is over."""

import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from acord.serve.http.bodies import Bodies
from acord.serve.http.door import Door
from acord.serve.http.errors import ApiError, failed, shutting_down
from acord.serve.http.exchange import ClientGone, Exchange
from acord.serve.http.figures import Figures
from acord.serve.http.limits import Limits
from acord.serve.http.traffic import Traffic
from acord.serve.protocol import Engine

# Answered while the server ends, so that whoever watches it sees why.
WATCHED = ("/health", "/metrics")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# nginx's status for it; nobody receives it.
CLIENT_GONE = 499
TOO_SLOW = 408
HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


@dataclass
class _Answer:
    """What goes out. closing: whether the connection ends with it. status: 0 until there is one."""

    send: Send
    status: int = 0
    closing: bool = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            closing = ((b"connection", b"close"),) if self.closing else ()
            message = {**message, "headers": [*message.get("headers", ()), *HEADERS, *closing]}
        await self.send(message)


@dataclass(frozen=True)
class Front:
    """An ASGI application around another. engine: whose slots a client may have to wait for. log: takes a line."""

    app: ASGIApp
    door: Door
    limits: Limits
    bodies: Bodies
    traffic: Traffic
    figures: Figures
    engine: Engine
    log: Callable[[str], None]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = Exchange(receive, self.limits.timeout, self.traffic.retry_after(self.engine.load()))
        scope.setdefault("state", {})["exchange"] = exchange
        answer = _Answer(send)
        self.traffic.enter(exchange)
        try:
            await self._let_in(scope, exchange, answer)
        except ClientGone:
            exchange.gone = True
        except Exception:
            traceback.print_exc(file=sys.stderr)
            if not answer.status:
                await failed().response()(scope, receive, answer)
        finally:
            exchange.close()
            self._account(scope, exchange, answer.status)

    async def _let_in(self, scope: Scope, exchange: Exchange, answer: _Answer) -> None:
        try:
            self.door.check(scope)
            if self.traffic.ending and scope["path"] not in WATCHED:
                raise shutting_down()
            exchange.body = await self.bodies.read(scope, exchange.receive)
        except ApiError as error:
            whole = error.status != TOO_SLOW and await self.bodies.swallow(scope, exchange.receive)
            answer.closing = not whole or self.traffic.ending
            await error.response()(scope, exchange.receive, answer)
            return
        await self.app(scope, exchange.receive, answer)

    def _account(self, scope: Scope, exchange: Exchange, status: int) -> None:
        seconds = time.perf_counter() - exchange.began
        self.traffic.leave(exchange, seconds)
        status = CLIENT_GONE if exchange.gone else status
        # The path as the route has it: what a client writes there may be anything.
        route = getattr(scope.get("route"), "path", "other")
        method = scope["method"] if scope["method"] in METHODS else "other"
        figures = self.figures
        figures.requests.labels(route, str(status)).inc()
        figures.seconds.labels(route).observe(seconds)
        figures.prompt_tokens.inc(exchange.prompt_tokens)
        figures.cached_tokens.inc(exchange.cached_tokens)
        figures.reply_tokens.inc(exchange.reply_tokens)
        if exchange.first is not None:
            figures.first_token.observe(exchange.first - exchange.began)
        tokens = f" {exchange.prompt_tokens}+{exchange.reply_tokens} tokens" if exchange.prompt_tokens else ""
        now = time.strftime("%Y-%m-%d %H:%M:%S")
        self.log(f"{now} {method} {route} {status}{tokens} {seconds * 1000:.0f} ms")
