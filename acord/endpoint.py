"""One request to a server of OpenAI's chat protocol: what may be tried again, how long to wait, what ends a run.

The key is read from the environment and stands nowhere else: not in errors, not in what is kept.
"""

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from acord.errors import InputError

TRIES = 5
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 1.0, 60.0
MOST_BYTES = 16 * 1024 * 1024
_NOT_ALLOWED, _NOT_THERE, _TOO_MANY = (401, 403), (404, 405), 429
_EXCERPT = 200
_FIX_ADDRESS = "Check the url (up to /v1) and the model."


class TryAgain(Exception):
    """This try gave nothing, another one may. seconds: the server's own wish, None where it has none.

    charged: whether the server may have done the work all the same. gone: whether nobody is there at all.
    """

    def __init__(self, detail: str, seconds: float | None = None, *, charged: bool = True, gone: bool = False) -> None:
        self.detail, self.seconds, self.charged, self.gone = detail, seconds, charged, gone
        super().__init__(detail)

    def wait(self, number: int, first_seconds: float = FIRST_WAIT_SECONDS) -> float:
        """Seconds before the next try. number: of the try that failed, from 1."""
        wished = first_seconds * 2 ** (number - 1) if self.seconds is None else self.seconds
        return min(wished, LONGEST_WAIT_SECONDS)


class Refusal(NamedTuple):
    """The server will not have this request. detail: its status and words, without the key."""

    status: int
    detail: str


class Connection:
    """Requests to one endpoint. Safe to share between threads."""

    def __init__(self, url: str, *, key_variable: str | None, timeout_seconds: float, concurrency: int) -> None:
        """url: up to and including /v1. Raises InputError where the environment variable of the key is not set."""
        import httpx2

        self.url = url
        self.where = _without_password(url)
        self.reached = False
        self._key_variable = key_variable
        self._timeout = timeout_seconds
        self._key = read_key(key_variable)
        self._http = httpx2.Client(
            timeout=timeout_seconds,
            headers={"Authorization": f"Bearer {self._key}"} if self._key else {},
            limits=httpx2.Limits(max_connections=concurrency),
        )

    def post(self, body: str, headers: Mapping[str, str] | None = None) -> bytes | Refusal:
        """The body of the server's answer to one request.

        Raises TryAgain for what may pass, InputError where the key is refused or the model or address is not there.
        """
        import httpx2

        url = self.url.rstrip("/") + "/chat/completions"
        sent = {"Content-Type": "application/json", **(headers or {})}
        too_late = f"no answer within {self._timeout:g} s"
        deadline = time.monotonic() + self._timeout
        content = bytearray()
        try:
            with self._http.stream("POST", url, content=body, headers=sent) as response:
                self.reached = True
                for piece in response.iter_bytes():
                    content += piece
                    # The library's own limit is on each piece: a trickle of them would never end.
                    if time.monotonic() > deadline:
                        raise TryAgain(too_late)
                    if len(content) > MOST_BYTES:
                        raise TryAgain("an answer of more than 16 MiB")
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise TryAgain(type(error).__name__, charged=False, gone=True) from None
        except httpx2.TimeoutException:
            raise TryAgain(too_late) from None
        except httpx2.RequestError as error:
            raise TryAgain(type(error).__name__) from None
        except httpx2.InvalidURL as error:
            raise InputError(f"this is no address ({error})", where=self.where, fix=_FIX_ADDRESS) from None
        return self._judged(response.status_code, response.headers.get("Retry-After"), bytes(content))

    def _judged(self, status: int, retry_after: str | None, content: bytes) -> bytes | Refusal:
        if status == 200:
            return content
        excerpt = self._excerpt(content)
        if status in _NOT_ALLOWED:
            raise InputError(f"the endpoint refuses the key (HTTP {status})", where=self.where, fix=self._key_hint())
        if status in _NOT_THERE:
            raise InputError(f"the endpoint has no such address or model (HTTP {status}: {excerpt})",
                             where=self.where, fix=_FIX_ADDRESS)  # fmt: skip
        if status == _TOO_MANY or status >= 500:
            raise TryAgain(f"HTTP {status}", retry_seconds(retry_after), charged=status != _TOO_MANY)
        return Refusal(status, f"HTTP {status}: {excerpt}")

    def never_reached(self, last: TryAgain) -> InputError:
        """What to raise after the last try where the server never said anything."""
        return InputError(f"no answer from the endpoint ({last.detail})", where=self.where,
                          fix="Start the server, or give another url.")  # fmt: skip

    def _excerpt(self, content: bytes) -> str:
        text = " ".join(content.decode("utf-8", "replace").split())
        return (text.replace(self._key, "***") if self._key else text)[:_EXCERPT]

    def _key_hint(self) -> str:
        variable = self._key_variable
        return f"Check the environment variable {variable}." if variable else "Give key_variable."

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def read_key(variable: str | None) -> str:
    """The key in that environment variable, "" for no variable. Raises InputError where it holds none."""
    if variable is None:
        return ""
    key = os.environ.get(variable, "").strip()
    if not key or not key.isascii() or not key.isprintable():
        raise InputError("holds no key", where=f"environment variable {variable}", fix=f"export {variable}=...")
    return key


def retry_seconds(header: str | None) -> float | None:
    """Retry-After, in seconds or as a date (RFC 9110, 10.2.3), None where there is none or it is neither."""
    if header is None:
        return None
    if header.strip().isascii() and header.strip().isdigit():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def _without_password(url: str) -> str:
    """The address without what may be a secret in it, for errors."""
    try:
        parts = urlsplit(url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
    except ValueError:
        return "endpoint"
