"""What goes into a ChatFormat and what comes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

Message = Mapping[str, str]


@dataclass(frozen=True)
class EncodedPrompt:
    """A prompt's ids, up to and with the assistant's header. turns_dropped: messages left out to fit."""

    ids: tuple[int, ...]
    turns_dropped: int


@dataclass(frozen=True)
class EncodedPair:
    """One prompt and two replies; every reply id is scored, the last one is the end of turn.

    turns_dropped: messages left out of the prompt to fit. boundary_merges: for how many of the two replies (0 to 2)
    encoding prompt and reply together would give other ids.
    """

    prompt_ids: tuple[int, ...]
    chosen_ids: tuple[int, ...]
    rejected_ids: tuple[int, ...]
    turns_dropped: int
    boundary_merges: int


@dataclass(frozen=True)
class EncodedConversation:
    """A whole conversation. scored: for each id, whether it belongs to an assistant's reply or its end of turn."""

    ids: tuple[int, ...]
    scored: tuple[bool, ...]
    turns_dropped: int


class PairSource(Protocol):
    """Anything with a prompt (messages, the last one a user's) and two replies."""

    @property
    def prompt(self) -> Sequence[Message]: ...

    @property
    def chosen(self) -> str: ...

    @property
    def rejected(self) -> str: ...


class PairText(NamedTuple):
    """A pair as text: messages ending with a user turn, and two replies."""

    prompt: Sequence[Message]
    chosen: str
    rejected: str
