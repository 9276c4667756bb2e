"""One question to a judge: asked again in other words where the reply does not follow the form, three times in all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from acord.judge.calls import Messages, Reply
from acord.judge.reading import Unreadable
from acord.judge.record import Missing

FORM_TRIES = 3


@dataclass(frozen=True)
class Call:
    """What a judge is asked. schema, schema_name: the form of its reply, where the endpoint can hold it to one.

    read: from a reply's text, and the messages that it is to, to a value; raises Unreadable. again: from messages to
    those of the next try after such a reply.
    """

    messages: Messages
    schema: Mapping[str, Any]
    schema_name: str
    rubric_version: str
    read: Callable[[str, Messages], Any]
    again: Callable[[Any], Messages]


@dataclass(frozen=True)
class Heard:
    """What came of a call. value: as `read` returned it, None where `missing` says why there is none.

    fingerprint, model_reported: of the last reply. Tokens: as reported, over all its replies. paid: requests that were
    sent in this run, those that failed included. tries: how often it was asked, by whichever run.
    """

    value: Any | None
    missing: Missing | None
    detail: str
    fingerprint: str
    model_reported: str
    prompt_tokens: int
    completion_tokens: int
    paid: int
    tries: int


class NoReply(NamedTuple):
    """Why a request has no reply."""

    missing: Missing
    detail: str


class Got(NamedTuple):
    """What one try got, and the requests that were sent for it: 0 where it was in the store."""

    reply: Reply | NoReply
    sent: int


def hear(call: Call, get: Callable[[Messages, int], Got | None]) -> Heard | None:
    """Ask until a reply can be read, or will not be. get: from messages and the try's number, from 1.

    None where `get` gives None: what was asked for is not to be had.
    """
    messages, last = call.messages, Reply("", "", None, "", "", None, None)
    prompt = completion = paid = number = 0
    value, missing, detail = None, None, ""
    while number < FORM_TRIES:
        number += 1
        got = get(messages, number)
        if got is None:
            return None
        paid += got.sent
        if isinstance(got.reply, NoReply):
            missing, detail = got.reply
            break
        last = got.reply
        prompt += last.prompt_tokens or 0
        completion += last.completion_tokens or 0
        value, missing, detail = _read(call, messages, last)
        if missing is None or missing == "refused":
            break
        if number < FORM_TRIES:
            messages = call.again(messages)
    return Heard(value, missing, detail, last.fingerprint, last.model, prompt, completion, paid, number)


def _read(call: Call, messages: Messages, reply: Reply) -> tuple[Any | None, Missing | None, str]:
    """Value, or why there is none and the particulars."""
    if reply.refusal is not None:
        return None, "refused", reply.refusal
    if reply.finish == "content_filter":
        return None, "refused", "the server's filter"
    if reply.finish == "length":
        return None, "cut off", "the reply reached reply_tokens"
    try:
        return call.read(reply.text, messages), None, ""
    except Unreadable as fault:
        return None, fault.missing, fault.detail
