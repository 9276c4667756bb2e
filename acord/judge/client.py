"""A client of one judge: many calls at once, tried again where that helps, paid for once, never over the budget."""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import replace
from threading import Event, Lock
from types import TracebackType
from typing import Any

from acord.console import say
from acord.endpoint import FIRST_WAIT_SECONDS, TRIES, Connection, Refusal, TryAgain
from acord.errors import InputError
from acord.judge.asking import Call, Got, Heard, NoReply, hear
from acord.judge.budget import Budget, CapReached, key_of, worst_case
from acord.judge.calls import CallStore, Messages, Reply
from acord.languages import text
from acord.recipe import JudgeModel
from acord.visible import visible_line

__all__ = ["Call", "Heard", "JudgeClient"]

# So many calls one after another without a reply tell that no more will come: fewer where nobody is there at all.
SILENT_AFTER, GONE_AFTER = 50, 8
_NO_FORMAT = (400, 422)
_LONGEST_NAME = 200
_MOST_TOKENS = 10**12
_FIX_AGAIN = "What is kept is not asked for again."


class _Stopped(Exception):
    """The run is over; this call is not made."""


class JudgeClient:
    """Asks one judge. A context manager; after an error or `stop` it asks nothing more."""

    def __init__(
        self,
        judge: JudgeModel,
        store: CallStore,
        budget: Budget,
        *,
        newest_only: bool = False,
        first_wait_seconds: float = FIRST_WAIT_SECONDS,
    ) -> None:
        """judge: with endpoint and model. newest_only: replies of the store count only under the judge's newest
        fingerprint there, the others are asked for again.

        Raises InputError where the environment variable of the key is not set.
        """
        if judge.endpoint is None or judge.model is None:
            raise ValueError("the judge is not served yet")
        self.judge = judge
        self._store, self._budget = store, budget
        self._first_wait = first_wait_seconds
        self._newest, self._newest_only = store.latest(judge.model), newest_only
        self._connection = Connection(
            judge.endpoint,
            key_variable=judge.key_variable,
            timeout_seconds=judge.timeout_seconds,
            concurrency=judge.concurrency,
        )
        self._lock = Lock()
        self._stopped = Event()
        self._seen: Counter[str] = Counter()
        self._with_format = judge.structured != "off"
        self._silent = self._rejected = 0
        self._fault: BaseException | None = None

    def ask_many(self, calls: Sequence[Call], heard: Callable[[int, Heard], None] | None = None) -> list[Heard]:
        """What came of each call, in order; `concurrency` at once. Equal calls are made once.

        heard: told of each as it ends, by its number, in the thread of the caller. Raises InputError where the budget
        is spent, the server refuses the key, has no such model or address, or is gone. Calls under way end first, and
        what they brought is kept.
        """
        same: dict[bytes, list[int]] = {}
        for number, call in enumerate(calls):
            same.setdefault(key_of(self.judge, call, call.messages, 1), []).append(number)
        found: dict[int, Heard] = {}
        with ThreadPoolExecutor(self.judge.concurrency) as pool:
            asked = {pool.submit(self._ask, calls[numbers[0]]): numbers for numbers in same.values()}
            try:
                for future in as_completed(asked):
                    for number, one in _each(future, asked[future]):
                        found[number] = one
                        if heard is not None:
                            heard(number, one)
            except BaseException as error:
                self._give_up(error)
                pool.shutdown(cancel_futures=True)
                done = sum(len(numbers) for future, numbers in asked.items() if _is_done(future))
                raise self._told(error, done, len(calls)) from None
        return [found[number] for number in range(len(calls))]

    def seen(self) -> dict[str, int]:
        """The fingerprints of all replies that were used so far, of the store as well, with their numbers."""
        with self._lock:
            return dict(self._seen)

    def stop(self) -> None:
        """Make no more calls: those that wait are given up, those under way end, and `ask_many` raises."""
        self._stopped.set()

    def _ask(self, call: Call) -> Heard:
        try:
            heard = hear(call, lambda messages, number: self._get(call, messages, number))
        except BaseException as error:
            self._give_up(error)
            raise
        assert heard is not None  # noqa: S101  _get never gives None
        return heard

    def _get(self, call: Call, messages: Messages, number: int) -> Got:
        """One try's reply, from the store or else from the server."""
        key = key_of(self.judge, call, messages, number)
        reply = self._store.get(key, self._newest, only=self._newest_only)
        got = self._send(call, messages, key) if reply is None else Got(reply, 0)
        if isinstance(got.reply, Reply):
            with self._lock:
                self._seen[got.reply.fingerprint] += 1
        return got

    def _send(self, call: Call, messages: Messages, key: bytes) -> Got:
        sent = tried = 0
        formless = False
        while True:
            with_format = self._with_format and not formless
            sent += 1
            try:
                answer = self._post(call, messages, key, with_format)
            except TryAgain as reason:
                tried += 1
                if tried == TRIES:
                    return Got(self._no_answer(reason), sent)
                if self._stopped.wait(reason.wait(tried, self._first_wait)):
                    raise _Stopped from None
                continue
            if isinstance(answer, Reply):
                if formless:
                    self._go_without_format()
                return Got(answer, sent)
            if not (with_format and answer.status in _NO_FORMAT and self.judge.structured == "auto"):
                self._count_rejected(answer.detail)
                return Got(NoReply("rejected", answer.detail), sent)
            # The form may be what it will not have, or the prompt: without the form it is seen which.
            formless = True

    def _post(self, call: Call, messages: Messages, key: bytes, with_format: bool) -> Reply | Refusal:
        """One request within the budget; a reply is in the store before this returns."""
        reserved = worst_case(messages, self.judge.reply_tokens)
        self._budget.reserve(reserved)
        if self._stopped.is_set():
            self._budget.cancel(reserved)
            raise _Stopped
        used: int | None = None
        try:
            content = self._connection.post(self._body(call, messages, with_format), {"Idempotency-Key": key.hex()})
            if isinstance(content, Refusal):
                used = 0
                return content
            reply = _reply_in(content, str(self.judge.model))
            if reply.prompt_tokens is not None and reply.completion_tokens is not None:
                used = reply.prompt_tokens + reply.completion_tokens
            self._silent = 0
            return self._store.put(key, str(self.judge.model), reply)
        except TryAgain as reason:
            used = None if reason.charged else 0
            raise
        finally:
            self._budget.settle(reserved, used)

    def _body(self, call: Call, messages: Messages, with_format: bool) -> str:
        body: dict[str, Any] = {
            "model": self.judge.model,
            "messages": [{"role": one["role"], "content": one["content"]} for one in messages],
            "temperature": 0,
            "max_tokens": self.judge.reply_tokens,
        }
        if with_format:
            schema = {"name": call.schema_name, "schema": call.schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        return json.dumps(body)

    def _go_without_format(self) -> None:
        with self._lock:
            first, self._with_format = self._with_format, False
        if first:
            say(text("judge_no_format", judge=self.judge.shown))

    def _count_rejected(self, detail: str) -> None:
        """Tell the first. Raises InputError where the endpoint rejects all, now and ever: no judgement would come."""
        with self._lock:
            self._rejected += 1
            rejected, replied = self._rejected, bool(self._seen) or self._newest is not None
        if rejected == 1:
            say(text("judge_rejected", judge=self.judge.shown, detail=visible_line(detail)))
        if rejected >= SILENT_AFTER and not replied:
            raise InputError(f"the first {rejected} calls were all rejected ({visible_line(detail)})",
                             where=self._connection.where, fix="See what the endpoint takes.")  # fmt: skip

    def _no_answer(self, last: TryAgain) -> NoReply:
        """The last try brought nothing either. Raises InputError where nobody is there, or nothing comes any more."""
        if not self._connection.reached:
            raise self._connection.never_reached(last)
        with self._lock:
            self._silent += 1
            silent = self._silent
        if silent >= (GONE_AFTER if last.gone else SILENT_AFTER):
            raise InputError(f"the last {silent} calls had no reply ({last.detail})", where=self._connection.where,
                             fix=f"See what ails the server and run again. {_FIX_AGAIN}")  # fmt: skip
        return NoReply("no answer", f"{last.detail}, {TRIES} times")

    def _give_up(self, error: BaseException) -> None:
        """Keep the first cause and stop."""
        with self._lock:
            if self._fault is None and not isinstance(error, _Stopped):
                self._fault = error
        self._stopped.set()

    def _told(self, error: BaseException, done: int, of: int) -> BaseException:
        """What is raised for the whole: the cause, with what is kept where it is the user's to mend."""
        cause = self._fault or error
        if isinstance(cause, CapReached):
            return InputError(
                f"{cause}; {done:,} of {of:,} judgements are made and kept",
                where=f"judge {self.judge.shown}",
                fix=f"Raise judge.{cause.cap} and run again. {_FIX_AGAIN}",
            )
        if isinstance(cause, _Stopped):
            return InputError(f"stopped; {done:,} of {of:,} judgements are made and kept",
                              where=f"judge {self.judge.shown}", fix=f"Run again. {_FIX_AGAIN}")  # fmt: skip
        return cause

    def close(self) -> None:
        """Stop, and close the connections. The store stays open."""
        self.stop()
        self._connection.close()

    def __enter__(self) -> "JudgeClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _each(future: Future[Heard], numbers: Sequence[int]) -> list[tuple[int, Heard]]:
    """A call's outcome for all that are equal to it; it is paid for with the first."""
    first, *others = numbers
    heard = future.result()
    return [(first, heard), *((number, replace(heard, paid=0)) for number in others)]


def _is_done(future: Future[Heard]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def _reply_in(content: bytes, asked: str) -> Reply:
    """The reply in a chat completion. Raises TryAgain where it is none."""
    try:
        body = json.loads(content)
        choice = body["choices"][0]
        message, finish = choice["message"], choice.get("finish_reason")
        said, refusal = message.get("content"), message.get("refusal")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise TryAgain("an answer that is no chat completion") from None
    if not isinstance(said, str | None):
        raise TryAgain("an answer that is no text")
    model = _name(body.get("model"))
    fingerprint = _name(body.get("system_fingerprint")) or ("" if model == asked else model)
    usage = body.get("usage")
    prompt, completion = (_count(usage, key) for key in ("prompt_tokens", "completion_tokens"))
    return Reply(_whole(said or ""), _name(finish), _whole(refusal) if isinstance(refusal, str) and refusal else None,
                 fingerprint, model, prompt, completion)  # fmt: skip


def _whole(words: str) -> str:
    """JSON can spell half a character, which no file can hold."""
    return re.sub("[\ud800-\udfff]", "\ufffd", words)


def _name(value: Any) -> str:
    return _whole(value)[:_LONGEST_NAME] if isinstance(value, str) else ""


def _count(usage: Any, key: str) -> int | None:
    value = usage.get(key) if isinstance(usage, Mapping) else None
    return value if type(value) is int and 0 <= value <= _MOST_TOKENS else None
