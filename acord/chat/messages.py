"""What a conversation must be before it is encoded, and which turns it can lose."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import NamedTuple

from acord.chat.encoded import Message
from acord.chat.refused import Refused
from acord.chat.render import ROLES


def check_messages(messages: Sequence[Message]) -> None:
    """Raise Refused for a role outside the closed list, or a content that is no text (null, a list, half a pair)."""
    for index, message in enumerate(messages):
        role, content = message.get("role"), message.get("content")
        if role not in ROLES:
            raise Refused("unknown role", f"message {index} has role {role!r}")
        check_text(content, f"message {index}")


def check_text(content: object, place: str) -> None:
    """Raise Refused for anything but a str that UTF-8 can hold."""
    if not isinstance(content, str):
        raise Refused("content is not text", f"{place} is {type(content).__name__}")
    try:
        content.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Refused("content is not text", f"{place} has half a surrogate pair at {error.start}") from None


def shortened(messages: Sequence[Message]) -> list[list[Message]]:
    """The conversation, then what is left of it as its oldest turns go, down to its last user turn and what follows.

    System messages stay. What is left starts with a user turn, so a question and its answer go together.
    """
    turns = [index for index, message in enumerate(messages) if message["role"] != "system"]
    starts = [index for index in turns[1:] if messages[index]["role"] == "user"]
    kept = [
        [message for index, message in enumerate(messages) if index >= start or message["role"] == "system"]
        for start in starts
    ]
    return [list(messages), *kept]


class Fitted(NamedTuple):
    """What is left of a conversation, and how many of its messages went."""

    messages: Sequence[Message]
    dropped: int


def fit(options: Sequence[Sequence[Message]], count: Callable[[Sequence[Message]], int], limit: int) -> Fitted:
    """The longest of `shortened`'s options whose count of tokens is within the limit. Raises Refused if none is."""
    index = bisect_left(options, True, key=lambda messages: count(messages) <= limit)
    if index == len(options):
        raise Refused("too long", f"the last user turn and its reply are {count(options[-1])} tokens of {limit}")
    return Fitted(options[index], len(options[0]) - len(options[index]))
