"""A whole conversation as alternating texts: what the assistant reads, and what it writes."""

from collections.abc import Sequence
from typing import NamedTuple

from acord.chat.encoded import Message
from acord.chat.layout import Layout, starts_with
from acord.chat.refused import Refused


class Segment(NamedTuple):
    """A piece of sealed text. reply: written by the assistant, so encoded by itself and scored.

    after_end: begins with the end of the turn before it, which is scored too.
    """

    text: str
    reply: bool
    after_end: bool


def segments(layout: Layout, messages: Sequence[Message]) -> list[Segment]:
    """Cut a conversation's sealed text at the borders of its replies; it ends with the last reply's content.

    messages: the last one an assistant's. Raises Refused, also where the template is not prefix-stable.
    """
    roles = tuple(message["role"] for message in messages)
    whole = layout.skeleton(roles, False)
    contents = layout.contents(whole, messages, header=False)
    pieces: list[Segment] = []
    text, after_end = whole.sealed[0], False
    for index, (role, content) in enumerate(zip(roles, contents, strict=True)):
        following = whole.sealed[index + 1]
        if role != "assistant":
            text += content + following
            continue
        if not starts_with(whole, layout.skeleton(roles[: index + 1], False)):
            raise Refused("template history is not prefix-stable", f"message {index} is written anew in later turns")
        frame = layout.frame(roles, index)
        header = text.removesuffix(frame.before)
        pieces += [Segment(header, False, after_end), Segment(frame.before + content + frame.after, True, False)]
        text, after_end = following.removeprefix(frame.after), bool(frame.end)
    return pieces
