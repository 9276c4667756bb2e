"""An engine that says what a test wrote, and keeps what it was asked. The chat format is a real one."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from io import StringIO

from acord.bundled import bundled_path
from acord.chat import ChatFormat
from acord.models import load_tokenizer
from acord.serve.defaults import Defaults
from acord.serve.protocol import Ask, EngineGone, Finish, Load, Piece, State
from acord.serve.stream import Stream
from acord.serve.talk.reading import Typed
from acord.serve.talk.screen import Screen
from acord.serve.talk.session import converse
from acord.serve.talk.state import Talk
from acord.serve.talk.voice import Voice

WAITS = "(waits until it is cancelled)"
DIES = "(dies)"


@dataclass
class Scripted:
    """Each reply is a list of pieces; one may end in WAITS or DIES. After the last one, the engine is dead."""

    replies: list[list[str]]
    finish: Finish = "stop"
    asks: list[Ask] = field(default_factory=list)
    cancelled: int = 0

    def state(self) -> State:
        return "ready" if self.replies else "dead"

    def why(self) -> str:
        return "" if self.replies else "the engine ended by signal 9"

    def load(self) -> Load:
        return Load(0, 0, 1)

    def close(self) -> None:
        self.replies = []

    def ask(self, ask: Ask) -> Stream:
        if not self.replies:
            raise EngineGone(self.why())
        self.asks.append(ask)
        stream = Stream(lambda: self._cancel(stream))
        pieces = self.replies.pop(0)
        for number, piece in enumerate(pieces):
            if piece == DIES:
                stream.put(EngineGone("the engine ended by signal 9"))
            elif piece != WAITS:
                stream.put(Piece(piece, (5,), cached=2 * (number == 0)))
        if not {WAITS, DIES} & set(pieces):
            stream.put(Piece("", (2,), self.finish))
        return stream

    def _cancel(self, stream: Stream) -> None:
        self.cancelled += 1
        stream.put(Piece("", (), "cancelled"))


@cache
def chat_format() -> ChatFormat:
    return ChatFormat.build(load_tokenizer(bundled_path("model")))


def voice(*replies: list[str], name: str = "small", longest: int | None = 4096, finish: Finish = "stop") -> Voice:
    defaults = Defaults(0.0, 1.0, 0, 1.0, 160, longest)
    return Voice(name, f"models/{name}", Scripted(list(replies), finish), chat_format(), defaults)


def talk_with(*voices: Voice, **state) -> Talk:
    return Talk(voices, Screen(StringIO(), {}), **state)


def engine_of(talk: Talk, number: int = 0) -> Scripted:
    engine = talk.voices[number].engine
    assert isinstance(engine, Scripted)
    return engine


def seen(talk: Talk) -> str:
    """What was shown, and no longer is."""
    stream = talk.screen._stream
    shown = stream.getvalue()
    stream.seek(0)
    stream.truncate()
    return shown


def type_in(talk: Talk, *inputs: "str | Typed | type[BaseException]") -> str:
    """A whole session: what is shown of it. An exception's type stands for a key."""
    left = iter([*inputs, EOFError])

    def read() -> Typed:
        given = next(left)
        if isinstance(given, type):
            raise given
        return given if isinstance(given, Typed) else Typed(given)

    converse(talk, read)
    return seen(talk)


def prompts_of(asks: Iterable[Ask]) -> list[str]:
    """The text of what was asked."""
    return [chat_format().sealed.decode([list(ask.ids)])[0] for ask in asks]
