"""A client of OpenAI's chat protocol: many prompts at once, retries, a cap on requests, answers cached.

What one request is, and what may be tried again, stands in acord.endpoint.
"""

import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, NamedTuple

from acord.data.text_cache import TextCache, cache_key
from acord.endpoint import FIRST_WAIT_SECONDS, TRIES, Connection, Refusal, TryAgain
from acord.errors import InputError
from acord.recipe import Endpoint

REQUEST_CAP, CUT_OFF, REFUSED, NO_ANSWER = "request cap", "cut off", "refused", "no answer"
CACHE_FILE = "replies.sqlite"
LEAST_TO_TELL = 8  # of fewer requests that all fail nothing can be told


class Failure(NamedTuple):
    """Why a prompt has no answer. reason: one of this module's constants. detail: the particulars."""

    reason: str
    detail: str


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
        self.endpoint = endpoint
        self._temperature = temperature
        self._first_wait = first_wait_seconds
        self._lock = Lock()
        self._requests = 0
        self._connection = Connection(
            endpoint.url,
            key_variable=endpoint.key_variable,
            timeout_seconds=endpoint.timeout_seconds,
            concurrency=endpoint.concurrency,
        )
        self._cache = None if cache is None else TextCache(cache / CACHE_FILE)

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
        for number in range(1, TRIES + 1):
            if not self._may_ask():
                return Failure(REQUEST_CAP, f"max_requests ({self.endpoint.max_requests}) is reached")
            try:
                answer = self._connection.post(body)
                return Failure(REFUSED, answer.detail) if isinstance(answer, Refusal) else _answer_in(answer)
            except TryAgain as reason:
                last = reason
            if number < TRIES:
                time.sleep(last.wait(number, self._first_wait))
        if not self._connection.reached:
            raise self._connection.never_reached(last)
        return Failure(NO_ANSWER, f"{last.detail}, {TRIES} times")

    def _may_ask(self) -> bool:
        with self._lock:
            if self.endpoint.max_requests is not None and self._requests >= self.endpoint.max_requests:
                return False
            self._requests += 1
            return True

    def close(self) -> None:
        """Close connections and cache."""
        self._connection.close()
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


def _answer_in(content: bytes) -> str | Failure:
    try:
        choice = json.loads(content)["choices"][0]
        text, finish = choice["message"]["content"], choice.get("finish_reason")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise TryAgain("an answer that is no chat completion") from None
    if finish == "length":
        return Failure(CUT_OFF, "the answer reached max_tokens")
    if not isinstance(text, str) or not text.strip():
        raise TryAgain("an empty answer")
    return text
