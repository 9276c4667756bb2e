"""Messages to sealed text: what the template writes around them, found once for each list of roles."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from acord.chat.encoded import Message
from acord.chat.messages import check_messages, check_text, shortened
from acord.chat.refused import Refused
from acord.chat.render import Skeleton, Template
from acord.chat.sealed import SealedTokenizer

_CACHED_ROLES = 256  # conversations have few shapes; one of a thousand messages takes a third of a megabyte


class Frame(NamedTuple):
    """Where a template puts one assistant reply.

    prompt: all up to the reply's header. whole: the conversation with the reply. before, after: sealed text of the
    template between header and content, and between content and end of turn. end: the sealed end of turn, or empty
    where the template writes none.
    """

    prompt: Skeleton
    whole: Skeleton
    before: str
    after: str
    end: str


class PromptAndReplies(NamedTuple):
    """Sealed texts: a prompt up to its header, and replies to it without their end of turn."""

    prompt: str
    replies: tuple[str, ...]


class Layout:
    """A template, the system prompt that the recipe fixes, and the seals. Safe to share between threads."""

    def __init__(self, template: Template, tokenizer: SealedTokenizer, system: str | None) -> None:
        self.template = template
        self.system = system
        self._tokenizer = tokenizer
        self.skeleton = lru_cache(maxsize=_CACHED_ROLES)(self._render_skeleton)
        self.frame = lru_cache(maxsize=_CACHED_ROLES)(self._find_frame)

    def _render_skeleton(self, roles: tuple[str, ...], header: bool) -> Skeleton:
        return self.template.skeleton(roles, header=header, seal=self._tokenizer.seal)

    def _find_frame(self, roles: tuple[str, ...], reply: int) -> Frame:
        """The frame of message number `reply`, an assistant's, in a conversation of these roles."""
        whole, prompt = self.skeleton(roles, False), self.skeleton(roles[:reply], True)
        if not starts_with(whole, prompt):
            raise Refused(
                "template history is not prefix-stable", "the prompt's text is not how the conversation's text starts"
            )
        following = whole.sealed[reply + 1]
        end = self._tokenizer.pattern.search(following)
        return Frame(
            prompt=prompt,
            whole=whole,
            before=whole.sealed[reply].removeprefix(prompt.sealed[-1]),
            after=following[: end.start()] if end else "",
            end=end.group() if end else "",
        )

    def with_system(self, messages: Sequence[Message]) -> list[Message]:
        """The messages, after the recipe's system message where they have none of their own."""
        if self.system is None or any(message["role"] == "system" for message in messages):
            return list(messages)
        return [{"role": "system", "content": self.system}, *messages]

    def options(self, messages: Sequence[Message]) -> list[list[Message]]:
        """The prompt, then what is left of it as its oldest turns go. Raises Refused for what is no prompt."""
        check_messages(messages)
        if not messages or messages[-1]["role"] != "user":
            raise Refused("no user turn to answer", "the last message of a prompt is a user's")
        return shortened(self.with_system(messages))

    def contents(self, skeleton: Skeleton, messages: Sequence[Message], *, header: bool) -> tuple[str, ...]:
        """The messages' contents as the template writes them. Raises Refused, also for a guessed seal."""
        contents = self.template.contents_as_written(skeleton, messages, header=header)
        if any(self._tokenizer.pattern.search(content) for content in contents):
            raise Refused("control token out of place", "a message holds the seal of a control token")
        return contents

    def prompt_text(self, messages: Sequence[Message]) -> str:
        """Sealed text of a prompt, the assistant's header included."""
        skeleton = self.skeleton(_roles(messages), True)
        contents = self.contents(skeleton, messages, header=True)
        return skeleton.fill(contents, sealed=True)

    def texts(self, messages: Sequence[Message], *replies: str) -> PromptAndReplies:
        """Sealed texts of a prompt and of replies to it."""
        frame = self.frame((*_roles(messages), "assistant"), len(messages))
        prompt_contents = self.contents(frame.prompt, messages, header=True)
        reply_texts: list[str] = []
        for reply in replies:
            check_text(reply, "the reply")
            conversation = [*messages, {"role": "assistant", "content": reply}]
            *history, content = self.contents(frame.whole, conversation, header=False)
            if tuple(history) != prompt_contents:
                raise Refused("template history is not prefix-stable", "a reply changes how its prompt is written")
            reply_texts.append(frame.before + content + frame.after)
        return PromptAndReplies(frame.prompt.fill(prompt_contents, sealed=True), tuple(reply_texts))


def _roles(messages: Sequence[Message]) -> tuple[str, ...]:
    return tuple(message["role"] for message in messages)


def starts_with(whole: Skeleton, start: Skeleton) -> bool:
    """Whether a conversation's text begins with another's, whatever their messages say."""
    *pieces, last = start.sealed
    count = len(pieces)
    return (
        list(whole.sealed[:count]) == pieces
        and whole.sealed[count].startswith(last)
        and whole.plain[:count] == start.plain[:-1]
        and whole.plain[count].startswith(start.plain[-1])
    )
