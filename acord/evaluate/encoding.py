"""What the harness hands over, to token ids: in Acord's own way, or exactly as the harness's hf backend does it."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from acord.chat import ChatFormat, Message, Refused
from acord.chat.sealed import SealedTokenizer
from acord.console import say
from acord.errors import InputError
from acord.evaluate.prompts import Prompt, decode, encode_messages

# The choices of a question come one after the other, with one context.
REMEMBERED = 256

Ids = tuple[int, ...]


class Split(NamedTuple):
    """Ids of a context, and of what is scored after it."""

    context: Ids
    continuation: Ids


class Encoder(Protocol):
    """How strings of the harness become ids. prefix: stands before a text that has no context.

    render: messages to the string that the harness carries. text: a whole text, to be scored from its first word.
    bare: a text that stands after `prefix`. split: a context, not empty, and its continuation. prompt: what is to be
    continued. They raise Refused for what cannot be encoded faithfully.
    """

    prefix: int

    def render(self, messages: Sequence[Message], add_generation_prompt: bool) -> str: ...

    def text(self, text: str) -> Ids: ...

    def bare(self, text: str) -> Ids: ...

    def split(self, context: str, continuation: str) -> Split: ...

    def prompt(self, context: str) -> Ids: ...


class SealedEncoder:
    """Acord's own way. Conversations are encoded by acord.chat as in training, and no text becomes a control token.

    A continuation is encoded together with its context, since words merge across the border; what is scored begins
    with the first id that the context alone would not have.
    """

    def __init__(self, tokenizer: Any, chat: ChatFormat | None, no_chat: str = "") -> None:
        """chat: None where the model has no usable one; conversations are then an InputError with `no_chat`."""
        self._chat = chat
        self._no_chat = no_chat
        self._sealed = SealedTokenizer(tokenizer.backend_tokenizer) if chat is None else chat.sealed
        self.prefix: int = _prefix(tokenizer)
        self._lead = _lead(tokenizer)
        self._folded = False
        self._conversation = lru_cache(REMEMBERED)(self._encode_conversation)
        self._context = lru_cache(REMEMBERED)(self._encode)
        self._start = lru_cache(REMEMBERED)(self._encode_start)

    def render(self, messages: Sequence[Message], add_generation_prompt: bool) -> str:
        """A marked string. Raises InputError for a model without a chat format."""
        if self._chat is None:
            raise InputError(
                f"the model's chat template cannot be used: {self._no_chat}",
                where="the model",
                fix="Mend the template beside its weights, or evaluate with tokenisation hf.",
            )
        return encode_messages(messages, add_generation_prompt)

    def text(self, text: str) -> Ids:
        """Ids of the text alone: what the tokenizer puts before a text is never scored."""
        return self._encode(text)

    def bare(self, text: str) -> Ids:
        """The same."""
        return self._encode(text)

    def split(self, context: str, continuation: str) -> Split:
        """The two parts' ids. Raises Refused, and ValueError where nothing is left to score."""
        prompt = decode(context)
        if prompt is None:
            before, head, whole = self._lead, self._context(context), self._encode(context + continuation)
        else:
            before = self._conversation(_hashable(prompt))
            head, whole = self._start(prompt.suffix), self._encode_start(prompt.suffix + continuation)
        pairs = enumerate(zip(head, whole, strict=False))
        shared = next((place for place, (one, other) in pairs if one != other), min(len(head), len(whole)))
        if shared == len(whole):
            raise ValueError(f"the continuation {continuation!r} has no tokens of its own")
        return Split((*before, *whole[:shared]) or (self.prefix,), whole[shared:])

    def prompt(self, context: str) -> Ids:
        """Ids of a conversation with the assistant's header and the beginning of its reply, or of a plain text."""
        prompt = decode(context)
        if prompt is None:
            return (*self._lead, *self._encode(context)) or (self.prefix,)
        ids = self._conversation(_hashable(prompt))
        return (*ids, *self._start(prompt.suffix)) if prompt.suffix else ids

    def _encode(self, text: str) -> Ids:
        return tuple(self._sealed.encode([text])[0])

    def _encode_start(self, text: str) -> Ids:
        assert self._chat is not None  # noqa: S101  render refuses first
        return self._chat.encode_start(text)

    def _encode_conversation(self, conversation: tuple[tuple[str, str], ...]) -> Ids:
        assert self._chat is not None  # noqa: S101  render refuses first
        messages = [{"role": role, "content": content} for role, content in conversation]
        try:
            return self._chat.encode_prompt(messages).ids
        except Refused as refused:
            if refused.reason != "template refuses the conversation" or messages[0]["role"] != "system":
                raise
        if not self._folded:
            say("the chat template takes no system message: a task's instructions open the first user turn")
            self._folded = True
        system, user, *rest = messages
        joined = {"role": user["role"], "content": f"{system['content']}\n\n{user['content']}"}
        return self._chat.encode_prompt([joined, *rest]).ids


class HarnessEncoder:
    """The way of lm_eval 0.4.13's hf backend with its defaults, id for id, its peculiarities included."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self.prefix: int = _prefix(tokenizer)
        self._prefix_text: str = tokenizer.decode(self.prefix)
        self._context = lru_cache(REMEMBERED)(self.text)

    def render(self, messages: Sequence[Message], add_generation_prompt: bool) -> str:
        """The text that the tokenizer's own template writes; without the system message where that one fails."""
        import jinja2

        def rendered(some: Sequence[Message]) -> str:
            return str(
                self._tokenizer.apply_chat_template(
                    [dict(message) for message in some],
                    tokenize=False,
                    add_generation_prompt=add_generation_prompt,
                    continue_final_message=not add_generation_prompt,
                )
            )

        try:
            return rendered(messages)
        except jinja2.TemplateError:
            return rendered([message for message in messages if message["role"] != "system"])

    def text(self, text: str) -> Ids:
        """Ids with the tokenizer's special tokens, unless the text begins with the prefix token's own text."""
        return tuple(self._tokenizer.encode(text, add_special_tokens=not text.startswith(self._prefix_text)))

    def bare(self, text: str) -> Ids:
        """Ids without special tokens, but for those whose text is written out."""
        return tuple(self._tokenizer.encode(text, add_special_tokens=False))

    def split(self, context: str, continuation: str) -> Split:
        """White space that ends the context belongs to the continuation; the whole is encoded, and cut by length."""
        kept = context.rstrip()
        continuation = context[len(kept) :] + continuation
        head = self._context(kept)
        return Split(head, self.text(kept + continuation)[len(head) :])

    def prompt(self, context: str) -> Ids:
        """As `text`, but for BOS, which alone is looked for at the beginning here."""
        bos = self._tokenizer.bos_token
        special = bos is None or not context.startswith(bos)
        return tuple(self._tokenizer.encode(context, add_special_tokens=special))


def _hashable(prompt: Prompt) -> tuple[tuple[str, str], ...]:
    return tuple((message["role"], message["content"]) for message in prompt.messages)


def _prefix(tokenizer: Any) -> int:
    found = tokenizer.eos_token_id if tokenizer.bos_token_id is None else tokenizer.bos_token_id
    if found is None:
        raise InputError(
            "the tokenizer has no end-of-sequence token", where="the model", fix="Set its eos_token and save it."
        )
    return int(found)


def _lead(tokenizer: Any) -> Ids:
    """The special tokens that a tokenizer puts before a text: usually BOS or nothing."""
    bare = tokenizer("a", add_special_tokens=False).input_ids
    full = tokenizer("a").input_ids
    places = (place for place in range(len(full)) if full[place : place + len(bare)] == bare)
    return tuple(full[: next(places, 0)])
