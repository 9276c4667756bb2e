"""Checks at build: that this template on this tokenizer can be encoded faithfully, said in one line where it cannot."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from acord.chat.encoded import Message
from acord.chat.layout import Layout, starts_with
from acord.chat.refused import Refused
from acord.chat.render import Template
from acord.chat.sealed import SealedTokenizer
from acord.errors import InputError

_TURNS = ("user", "assistant") * 3
_QUESTION: Message = {"role": "user", "content": "a b"}
_ANSWER: Message = {"role": "assistant", "content": "c d"}


@contextmanager
def explained(template: Template) -> Iterator[None]:
    """Turn what a template or tokenizer does to a probe into a user's error."""
    try:
        yield
    except Refused as refused:
        if isinstance(refused.__cause__, TypeError) and "strftime_now" in template.text:
            raise InputError(
                "the chat template inserts today's date, so its text would change from day to day",
                where="chat.template",
                fix="Fix the date in chat.arguments (date_string in most templates), or set chat.system.",
            ) from None
        raise InputError(
            f"the chat template does not work with this tokenizer: {refused}",
            where="chat.template",
            fix="Give another template (a .jinja file, or chatml), or change chat.system or chat.arguments.",
        ) from None


def is_prefix_stable(layout: Layout) -> bool:
    """Whether a conversation's text starts with the text of its earlier turns, on three questions and answers.

    Tried with and without a system message, where the template takes both.
    """
    stable = [_is_stable(layout, roles) for roles in (_TURNS, ("system", *_TURNS))]
    return False not in stable


def _is_stable(layout: Layout, roles: tuple[str, ...]) -> bool | None:
    try:
        whole = layout.skeleton(roles, False)
        for index, role in enumerate(roles):
            if role == "assistant" and not (
                starts_with(whole, layout.skeleton(roles[:index], True))
                and starts_with(whole, layout.skeleton(roles[: index + 1], False))
            ):
                return False
    except Refused as refused:
        return None if refused.reason == "template refuses the conversation" else False
    return True


def writes_dummy_space(tokenizer: SealedTokenizer, control: str) -> bool:
    """Whether text after a control token is given a space of its own (SentencePiece's dummy prefix, `always`)."""
    decoded = tokenizer.decode(tokenizer.encode([f"{control}a"]))[0]
    if decoded not in (f"{control}a", f"{control} a"):
        raise Refused("text does not survive encoding", f"after a control token, a became {tokenizer.unseal(decoded)}")
    return decoded == f"{control} a"


def check_ids(ids: tuple[int, ...], text: str, tokenizer: Any) -> None:
    """The sealed copy must encode ordinary text exactly as the tokenizer itself does."""
    expected = tokenizer(text, add_special_tokens=False).input_ids
    if list(ids) != expected:
        raise InputError(
            "the tokenizer encodes its own chat template in a way that cannot be sealed against forged control tokens",
            where="chat.template",
            fix="Take a base model whose tokenizer.json gives back the text it encodes.",
        )


def check_one_bos(ids: tuple[int, ...], bos_id: int | None, end_of_turn_id: int) -> None:
    """BOS stands once before a single question, unless it is the end of turn too."""
    if bos_id is not None and bos_id != end_of_turn_id and ids.count(bos_id) > 1:
        raise InputError(
            "the chat template writes the BOS token twice",
            where="chat.template",
            fix="Save it as a .jinja file with one bos_token and give its path.",
        )


def probe_conversations(layout: Layout) -> list[list[Message]]:
    """A first question, and a second one where the template takes it, after a system message where the recipe has one.

    None of them holds the text of a control token.
    """
    system: list[Message] = [] if layout.system is None else [{"role": "system", "content": "e f"}]
    first, second = [*system, _QUESTION], [*system, _QUESTION, _ANSWER, _QUESTION]
    try:
        layout.template.render(second, header=True)
    except Refused:
        return [first]
    return [first, second]
