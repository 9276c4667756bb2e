"""What judging may cost: a cap on calls and tokens that holds to the call, and an estimate before the start.

Before a call its worst case is set aside; when it ends, what the server reports stands in its place.
"""

import threading
from collections.abc import Sequence
from typing import NamedTuple

from acord.judge.asking import Call, Got, hear
from acord.judge.calls import CallStore, Messages, call_key
from acord.recipe import JudgeModel

# No tokeniser makes more tokens of a text than it has bytes; the rest is for the marks around a message.
TOKENS_A_MESSAGE = 16
CHARACTERS_A_TOKEN = 4


class CapReached(Exception):
    """The next call does not fit. cap: max_calls or max_tokens. limit: its value."""

    def __init__(self, cap: str, limit: int) -> None:
        self.cap, self.limit = cap, limit
        super().__init__(f"{cap} ({limit:,}) is reached")


def worst_case(messages: Messages, reply_tokens: int) -> int:
    """The most tokens that a call can use, its reply included."""
    texts = sum(len(one["content"].encode("utf-8", "surrogatepass")) for one in messages)
    return texts + TOKENS_A_MESSAGE * len(messages) + reply_tokens


class Budget:
    """Calls and tokens of a run, shared by its judges. Safe among threads."""

    def __init__(self, max_calls: int | None = None, max_tokens: int | None = None) -> None:
        """No cap where None."""
        self.max_calls, self.max_tokens = max_calls, max_tokens
        self._changed = threading.Condition()
        self._calls = self._tokens = self._set_aside = 0

    @property
    def calls(self) -> int:
        """Requests sent so far."""
        return self._calls

    @property
    def tokens(self) -> int:
        """Tokens used so far, what is set aside included."""
        return self._tokens + self._set_aside

    def reserve(self, tokens: int) -> None:
        """Count a call and set its worst case aside. Raises CapReached where it does not fit.

        It waits while calls under way may give back what it needs.
        """
        with self._changed:
            while True:
                if self.max_calls is not None and self._calls >= self.max_calls:
                    raise CapReached("max_calls", self.max_calls)
                if self.max_tokens is None or self.tokens + tokens <= self.max_tokens:
                    break
                if not self._set_aside or self._tokens + tokens > self.max_tokens:
                    raise CapReached("max_tokens", self.max_tokens)
                self._changed.wait()
            self._calls += 1
            self._set_aside += tokens

    def cancel(self, reserved: int) -> None:
        """The call was not sent after all."""
        with self._changed:
            self._calls -= 1
            self._set_aside -= reserved
            self._changed.notify_all()

    def settle(self, reserved: int, used: int | None) -> None:
        """A call has ended. used: tokens as reported, None where nothing is: then its worst case stands."""
        with self._changed:
            self._set_aside -= reserved
            self._tokens += reserved if used is None else used
            self._changed.notify_all()


class Estimate(NamedTuple):
    """What a run will need. to_send: calls, each asked once. in_store: calls whose replies are there.

    prompt_tokens: about, from the characters. completion_tokens: at most.
    """

    to_send: int
    in_store: int
    prompt_tokens: int
    completion_tokens: int


def estimate(judge: JudgeModel, calls: Sequence[Call], store: CallStore, *, newest_only: bool = False) -> Estimate:
    """What asking a judge all of these calls will need, where no reply has to be asked for again.

    newest_only: as of the client.
    """
    model = str(judge.model)
    fingerprint = store.latest(model)
    in_store = 0
    lacking: dict[bytes, int] = {}  # characters of the calls to be sent, by their keys
    for call in calls:

        def stored(messages: Messages, number: int, call: Call = call) -> Got | None:
            key = key_of(judge, call, messages, number)
            reply = store.get(key, fingerprint, only=newest_only)
            if reply is None:
                lacking[key] = sum(len(one["content"]) for one in messages)
            return None if reply is None else Got(reply, 0)

        in_store += hear(call, stored) is not None
    prompts = sum(-(-characters // CHARACTERS_A_TOKEN) for characters in lacking.values())
    return Estimate(len(lacking), in_store, prompts, len(lacking) * judge.reply_tokens)


def key_of(judge: JudgeModel, call: Call, messages: Messages, number: int) -> bytes:
    """Under what a call's reply stands in the store."""
    schema = None if judge.structured == "off" else call.schema
    return call_key(str(judge.model), messages, schema, judge.reply_tokens, call.rubric_version, number)
