"""Chat formats of models whose template writes today's date: another date every day would be other ids every day."""

from typing import Any, NamedTuple

from acord.chat.format import ChatFormat
from acord.errors import InputError

_VARIABLE, DATE = "date_string", "2025-01-01"


class Dated(NamedTuple):
    """note: one line on the date that is written, empty where the template writes none."""

    chat: ChatFormat
    note: str


def chat_format_of(tokenizer: Any) -> Dated:
    """By the tokenizer's own template. One that asks for today's date, and takes another, is given a fixed one.

    Raises InputError where tokenizer and template cannot be encoded faithfully.
    """
    try:
        return Dated(ChatFormat.build(tokenizer), "")
    except InputError:
        template = getattr(tokenizer, "chat_template", None)
        if not (isinstance(template, str) and "strftime_now" in template and _VARIABLE in template):
            raise
    chat = ChatFormat.build(tokenizer, arguments={_VARIABLE: DATE})
    return Dated(chat, f"the chat template writes today's date: {DATE} is written in its place")
