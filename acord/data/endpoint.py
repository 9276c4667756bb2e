"""A client of OpenAI's chat protocol: many prompts at once, retries, a cap on requests, answers cached.

The key is read from the environment and stands nowhere else: not in errors, not in caches.
"""

import json
import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

from acord.data.text_cache import TextCache, cache_key
from acord.errors import InputError
from acord.recipe import Endpoint

if TYPE_CHECKING:
    import httpx2

TRIES = 5
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 1.0, 60.0
REQUEST_CAP, CUT_OFF, REFUSED, NO_ANSWER = "request cap", "cut off", "refused", "no answer"
CACHE_FILE = "replies.sqlite"
LEAST_TO_TELL = 8  # of fewer requests that all fail nothing can be told
_NOT_ALLOWED, _NOT_THERE, _TOO_MANY = (401, 403), (404, 405), 429
_EXCERPT = 200


class Failure(NamedTuple):
    """Why a prompt has no answer. reason: one of this module's constants. detail: the particulars."""

    reason: str
    detail: str


class _Again(Exception):
    """This try gave nothing, another one may. seconds: the server's own wish, None where it has none."""

    def __init__(self, detail: str, seconds: float | None = None, *, reached: bool = True) -> None:
        self.detail, self.seconds, self.reached = detail, seconds, reached
        super().__init__(detail)


class ChatClient:
    """Asks one endpoint. A context manager; may be used from one thread at a time."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        cache: Path | None = None,
        temperature: float | None = None,
        first_wait_seconds: float = FIRST_WAIT_SECONDS,
    ) -> None:
        """cache: a folder for answers, none are kept where None. temperature: the server's own where None.

        Raises InputError where the environment variable of the key is not set.
        """
        import httpx2

        self.endpoint = endpoint
        self._temperature = temperature
        self._first_wait = first_wait_seconds
        self._key = _read_key(endpoint.key_variable)
        self._lock = Lock()
        self._requests = 0
        self._reached = False
        self._cache = None if cache is None else TextCache(cache / CACHE_FILE)
        self._http = httpx2.Client(
            timeout=endpoint.timeout_seconds,
            headers={"Authorization": f"Bearer {self._key}"} if self._key else {},
            limits=httpx2.Limits(max_connections=endpoint.concurrency),
        )

    @property
    def requests(self) -> int:
        """How many requests were sent, tries that failed included."""
        return self._requests

    def complete_many(self, prompts: Sequence[Sequence[Mapping[str, str]]]) -> list[str | Failure]:
        """The assistant's answers to conversations (turns of role and content), in order; `concurrency` at once.

        Raises InputError where the server refuses the key, has no such model or address, or was never reached.
        """
        bodies = [self._body(prompt) for prompt in prompts]
        keys = [cache_key(self.endpoint.url, body) for body in bodies]
        known = {} if self._cache is None else self._cache.get_many(list(dict.fromkeys(keys)))
        asked = dict(zip(keys, bodies, strict=True))
        missing = {key: body for key, body in asked.items() if key not in known}
        fresh: dict[bytes, str | Failure] = {}
        with ThreadPoolExecutor(self.endpoint.concurrency) as pool:
            futures = {key: pool.submit(self._complete, body) for key, body in missing.items()}
            try:
                fresh = {key: future.result() for key, future in futures.items()}
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
            finally:
                self._remember(futures)
        return [fresh[key] if key in fresh else known[key] for key in keys]

    def _remember(self, futures: Mapping[bytes, Any]) -> None:
        """Keep what was answered, also when the rest is given up."""
        if self._cache is None:
            return
        done = {
            key: future.result()
            for key, future in futures.items()
            if future.done() and not future.cancelled() and future.exception() is None
        }
        self._cache.put_many({key: answer for key, answer in done.items() if isinstance(answer, str)})

    def _body(self, prompt: Sequence[Mapping[str, str]]) -> str:
        system = self.endpoint.system
        turns = [{"role": turn["role"], "content": turn["content"]} for turn in prompt]
        body: dict[str, Any] = {
            "model": self.endpoint.model,
            "messages": [{"role": "system", "content": system}, *turns] if system else turns,
            "max_tokens": self.endpoint.max_tokens,
        }
        if self._temperature is not None:
            body["temperature"] = self._temperature
        return json.dumps(body)

    def _complete(self, body: str) -> str | Failure:
        wait = self._first_wait
        for number in range(1, TRIES + 1):
            if not self._may_ask():
                return Failure(REQUEST_CAP, f"max_requests ({self.endpoint.max_requests}) is reached")
            try:
                return self._ask(body)
            except _Again as reason:
                last = reason
            if number < TRIES:
                time.sleep(min(wait if last.seconds is None else last.seconds, LONGEST_WAIT_SECONDS))
                wait *= 2
        if not last.reached and not self._reached:
            raise InputError(f"no answer from the endpoint ({last.detail})", where=self.endpoint.url,
                             fix="Start the server, or give another url.")  # fmt: skip
        return Failure(NO_ANSWER, f"{last.detail}, {TRIES} times")

    def _may_ask(self) -> bool:
        with self._lock:
            if self.endpoint.max_requests is not None and self._requests >= self.endpoint.max_requests:
                return False
            self._requests += 1
            return True

    def _ask(self, body: str) -> str | Failure:
        import httpx2

        url = self.endpoint.url.rstrip("/") + "/chat/completions"
        try:
            response = self._http.post(url, content=body, headers={"Content-Type": "application/json"})
        except httpx2.TimeoutException:
            raise _Again(f"no answer within {self.endpoint.timeout_seconds:g} s", reached=False) from None
        except httpx2.RequestError as error:
            raise _Again(type(error).__name__, reached=False) from None
        self._reached = True
        status = response.status_code
        if status in _NOT_ALLOWED:
            raise InputError(f"the endpoint refuses the key (HTTP {status})", where=self.endpoint.url,
                             fix=self._key_hint())  # fmt: skip
        if status in _NOT_THERE:
            raise InputError(f"the endpoint has no such address or model (HTTP {status}: {self._excerpt(response)})",
                             where=self.endpoint.url, fix="Check url (up to /v1) and model.")  # fmt: skip
        if status == _TOO_MANY or status >= 500:
            raise _Again(f"HTTP {status}", _wish(response.headers.get("Retry-After")))
        if status != 200:
            return Failure(REFUSED, f"HTTP {status}: {self._excerpt(response)}")
        return _answer_in(response)

    def _excerpt(self, response: "httpx2.Response") -> str:
        text = " ".join(response.text.split())
        return (text.replace(self._key, "***") if self._key else text)[:_EXCERPT]

    def _key_hint(self) -> str:
        variable = self.endpoint.key_variable
        return f"Check the environment variable {variable}." if variable else "Give key_variable."

    def close(self) -> None:
        """Close connections and cache."""
        self._http.close()
        if self._cache is not None:
            self._cache.close()

    def __enter__(self) -> "ChatClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def stop_where_none_come(replies: Sequence[str | Failure], where: str) -> None:
    """Raises InputError where requests are capped or the server is gone: what is missing would be missing for good.

    Pairs whose answers came are not lost: answers are cached, and the build goes on where it was.
    """
    failures = [reply for reply in replies if isinstance(reply, Failure)]
    capped = next((one for one in failures if one.reason == REQUEST_CAP), None)
    if capped is not None:
        raise InputError(
            capped.detail,
            where=where,
            fix="Raise it and run again: what was answered is kept and not asked for again.",
        )
    if len(replies) >= LEAST_TO_TELL and all(one.reason == NO_ANSWER for one in failures) and failures == list(replies):
        raise InputError(
            f"none of {len(replies)} requests was answered ({failures[0].detail})",
            where=where,
            fix="See what ails the server and run again: what was answered is kept.",
        )


def _read_key(variable: str | None) -> str:
    if variable is None:
        return ""
    key = os.environ.get(variable, "").strip()
    if not key or not key.isascii() or not key.isprintable():
        raise InputError("holds no key", where=f"environment variable {variable}", fix=f"export {variable}=...")
    return key


def _wish(header: str | None) -> float | None:
    """Retry-After, in seconds or as a date (RFC 9110, 10.2.3)."""
    if header is None:
        return None
    if header.strip().isdigit():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _answer_in(response: "httpx2.Response") -> str | Failure:
    try:
        choice = json.loads(response.content)["choices"][0]
        text, finish = choice["message"]["content"], choice.get("finish_reason")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise _Again("an answer that is no chat completion") from None
    if finish == "length":
        return Failure(CUT_OFF, "the answer reached max_tokens")
    if not isinstance(text, str) or not text.strip():
        raise _Again("an empty answer")
    return text
