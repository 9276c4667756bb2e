"""A conversation: a system message, and questions with their answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

Messages = list[dict[str, str]]


class Exchange(NamedTuple):
    """A question and its answer. cut: whether the person stopped the answer before its end. model: who answered."""

    question: str
    answer: str
    cut: bool
    model: str


@dataclass(frozen=True)
class Conversation:
    """It never changes: each step gives the next one. system: None leaves it to the model's template."""

    system: str | None = None
    exchanges: tuple[Exchange, ...] = ()

    def messages(self, question: str | None = None) -> Messages:
        """As a chat template takes them, ending with the question where there is one."""
        found = [] if self.system is None else [_message("system", self.system)]
        for exchange in self.exchanges:
            found += [_message("user", exchange.question), _message("assistant", exchange.answer)]
        return found if question is None else [*found, _message("user", question)]

    def adding(self, exchange: Exchange) -> "Conversation":
        return replace(self, exchanges=(*self.exchanges, exchange))

    def without_last(self) -> "Conversation":
        return replace(self, exchanges=self.exchanges[:-1])


def roles_and_texts(messages: Sequence[dict[str, str]]) -> list[tuple[str, str]]:
    """The messages as pairs, for whoever shows them."""
    return [(message["role"], message["content"]) for message in messages]


def _message(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}
