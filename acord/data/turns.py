"""Turns of a conversation: a closed list of roles, and texts that are kept as they were written."""

from typing import Any

from acord.data.row import NoPair as NoPair
from acord.data.row import Row, is_unicode, kind_of

Turn = dict[str, str]

SYSTEM, USER, ASSISTANT = "system", "user", "assistant"

# Every name of a role that is understood. Any other (tool, function_call, observation, ...) makes no turn.
ROLES = {
    "system": SYSTEM,
    "user": USER,
    "human": USER,
    "prompter": USER,
    "assistant": ASSISTANT,
    "gpt": ASSISTANT,
    "bot": ASSISTANT,
    "model": ASSISTANT,
}

EMPTY = "empty text"
NOT_UNICODE = "text is not valid Unicode"
NUL = "text holds a NUL character"


def role_of(name: Any) -> str | None:
    """The role that a name stands for, None for a name that is not on the list."""
    return ROLES.get(name.lower()) if isinstance(name, str) else None


def text_fault(text: str) -> str | None:
    """Why a text cannot stand in a pair, None where it can.

    It is blank, or holds half of a surrogate pair, which UTF-8 cannot write, or a NUL, which no one types: it is a sign
    of damage, and much that reads text ends there.
    """
    if not text or text.isspace():
        return EMPTY
    if "\0" in text:
        return NUL
    return None if text.isascii() or is_unicode(text) else NOT_UNICODE


def parse_turn(value: Any, column: str) -> Turn:
    """One message, {role, content} or {from, value}, as a turn; the text is kept verbatim.

    Raises NoPair for what is no message, and for an unknown role.
    """
    keys = ("role", "content") if isinstance(value, dict) and "role" in value else ("from", "value")
    if not isinstance(value, dict) or keys[0] not in value:
        raise NoPair(f"{column} should hold messages, {{role, content}}", f"it holds {kind_of(value)}")
    name, text = value[keys[0]], value.get(keys[1])
    role = role_of(name)
    if role is None:
        raise NoPair("unknown role", f"{column}: {name if isinstance(name, str) else kind_of(name)}")
    if text is not None and not isinstance(text, str):
        raise NoPair("content is not text", f"{column}: {kind_of(text)}")
    return {"role": role, "content": text or ""}


def parse_turns(value: Any, row: Row, column: str) -> list[Turn]:
    """A list of messages as turns, in order. Raises NoPair for what is no list, and as `parse_turn`."""
    if not isinstance(value, list):
        raise row.wrong(column, "a list of messages", value)
    return [parse_turn(message, column) for message in value]


def check_prompt(prompt: list[Turn]) -> None:
    """Raises NoPair unless the prompt has turns, ends with a user turn, and no turn is blank."""
    if not prompt or prompt[-1]["role"] != USER:
        last = prompt[-1]["role"] if prompt else "nothing"
        raise NoPair("the prompt does not end with a user turn", f"it ends with {last}")
    for turn in prompt:
        fault = text_fault(turn["content"])
        if fault is not None:
            raise NoPair(fault, f"a {turn['role']} turn of the prompt")


def check_replies(chosen: str, rejected: str, *, may_be_empty: bool = False) -> None:
    """Raises NoPair where the replies are the same, or one is blank (unless the source has replies of no words)."""
    for name, reply in (("chosen", chosen), ("rejected", rejected)):
        fault = text_fault(reply)
        if fault is not None and not (fault == EMPTY and may_be_empty):
            raise NoPair(fault, f"the {name} reply")
    if chosen == rejected:
        raise NoPair("chosen equals rejected")
