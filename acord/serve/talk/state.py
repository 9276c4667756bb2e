"""What a session knows, and what each of its parts works on."""

import random
from dataclasses import dataclass, field
from typing import NamedTuple

from acord.feedback.store import FeedbackStore
from acord.serve.talk.conversation import Conversation
from acord.serve.talk.screen import Screen
from acord.serve.talk.settings import Settings
from acord.serve.talk.voice import Reply, Voice


class Answered(NamedTuple):
    """A reply and who gave it."""

    voice: Voice
    reply: Reply


class Asked(NamedTuple):
    """A question, and the conversation that it continues."""

    question: str
    before: Conversation


class Ballot(NamedTuple):
    """Two replies to a question in the order shown, which wait to be judged."""

    asked: Asked
    shown: tuple[Answered, Answered]


@dataclass
class Talk:
    """voices: one, or the two that are compared. store: where preferences go, where two are.

    asked: what /retry asks again, answered or not. draw: how often that was done. ballot: what waits to be judged.
    last: replies to the last question. told_of_dropped: whether the person knows that turns go.
    """

    voices: tuple[Voice, ...]
    screen: Screen
    settings: Settings = field(default_factory=Settings)
    conversation: Conversation = field(default_factory=Conversation)
    store: FeedbackStore | None = None
    chance: random.Random = field(default_factory=random.SystemRandom)
    asked: Asked | None = None
    draw: int = 0
    ballot: Ballot | None = None
    last: tuple[Answered, ...] = ()
    told_of_dropped: bool = False

    @property
    def comparing(self) -> bool:
        return len(self.voices) == 2
