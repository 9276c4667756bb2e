"""Messages that travel through lm-evaluation-harness as a string and come out as messages again.

The harness asks a model to render a conversation to text, puts more text behind it, and hands it back later. Rendered
text could not be told apart from what people wrote in it, so Acord gives it a marked string instead:

    OPEN digest : length : JSON of the messages CLOSE  then whatever the assistant's reply begins with

The length says where the messages end, so nothing inside one of them can end them early; the digest shows a mark that
was changed on its way. The string is the same in every process, so samples are logged byte by byte alike.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from typing import NamedTuple

from acord.chat import Message

# Of Unicode's private use area: no text has them by accident.
OPEN, CLOSE = "\ue0a4", "\ue0a5"
DIGITS = 16
_HEAD = re.compile(f"{OPEN}([0-9a-f]{{{DIGITS}}}):([0-9]+):")


class Prompt(NamedTuple):
    """A conversation that ends with a user turn, and what the assistant's reply begins with (often nothing)."""

    messages: tuple[Message, ...]
    suffix: str


def encode_messages(messages: Sequence[Message], add_generation_prompt: bool = True) -> str:
    """The marked string of a conversation; text put behind it is the beginning of the assistant's reply.

    add_generation_prompt: false where the last message is that beginning. Raises ValueError where it is no
    assistant's.
    """
    suffix = ""
    if not add_generation_prompt:
        *messages, last = messages
        if last["role"] != "assistant":
            raise ValueError(f"a reply can only be begun by the assistant, not by the {last['role']}")
        suffix = last["content"]
    pairs = [[message["role"], message["content"]] for message in messages]
    payload = json.dumps(pairs, ensure_ascii=False, separators=(",", ":"))
    return f"{OPEN}{_digest(payload)}:{len(payload)}:{payload}{CLOSE}{suffix}"


def decode(text: str) -> Prompt | None:
    """The messages of a marked string and the text behind them; None for text that is not marked.

    Raises ValueError for a mark that was changed on its way.
    """
    head = _HEAD.match(text)
    if head is None:
        return None
    end = head.end() + int(head[2])
    payload = text[head.end() : end]
    if text[end : end + 1] != CLOSE or _digest(payload) != head[1]:
        raise ValueError("a marked conversation was changed on its way through the harness")
    messages = tuple({"role": role, "content": content} for role, content in json.loads(payload))
    return Prompt(messages, text[end + 1 :])


def _digest(payload: str) -> str:
    return hashlib.sha256(payload.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]
