"""A request's body, within limits of size and time, whether or not it says beforehand how long it is."""

import asyncio
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import Receive, Scope

from acord.serve.http.errors import ApiError, busy
from acord.serve.http.exchange import ClientGone
from acord.serve.http.limits import BODIES, Limits

# What is taken from a client whose request is refused, so that it reads the answer and not a broken connection.
SWALLOWED = 16 << 20


@dataclass
class Bodies:
    """Reads them. reading: how many at this moment."""

    limits: Limits
    reading: int = 0

    async def read(self, scope: Scope, receive: Receive) -> bytes:
        """All of it. Raises ApiError: 413, 408, 429 where too many are being read; ClientGone."""
        length = _length(scope)
        if length == 0:
            return b""
        if length is not None and length > self.limits.body_bytes:
            raise self._too_large()
        if self.reading >= BODIES:
            raise busy(1)
        self.reading += 1
        try:
            async with asyncio.timeout(self.limits.read_timeout):
                return await self._whole(receive)
        except TimeoutError:
            raise ApiError(
                408,
                f"the body did not come within {self.limits.read_timeout:g} s. Send it faster.",
                code="request_timeout",
            ) from None
        finally:
            self.reading -= 1

    async def swallow(self, scope: Scope, receive: Receive) -> bool:
        """Let the body of a refused request pass, within bounds -> whether all of it has come."""
        length = _length(scope)
        if length == 0:
            return True
        if "expect" in Headers(scope=scope) or (length or 0) > SWALLOWED:
            return False
        left = SWALLOWED
        try:
            async with asyncio.timeout(self.limits.read_timeout):
                while left > 0:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return False
                    if not message.get("more_body", False):
                        return True
                    left -= len(message.get("body", b""))
        except TimeoutError:
            pass
        return False

    async def _whole(self, receive: Receive) -> bytes:
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            part = message.get("body", b"")
            size += len(part)
            if size > self.limits.body_bytes:
                raise self._too_large()
            parts.append(part)
            if not message.get("more_body", False):
                return b"".join(parts)

    def _too_large(self) -> ApiError:
        most = self.limits.body_bytes
        return ApiError(
            413,
            f"the body has more than {most:,} bytes. Send less, or raise --max-body.",
            code="request_too_large",
        )


def _length(scope: Scope) -> int | None:
    """As the request states it; None for one in chunks. The protocol has refused what is no number."""
    headers = Headers(scope=scope)
    if "transfer-encoding" in headers:
        return None
    return int(headers.get("content-length", 0))
