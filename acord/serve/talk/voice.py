"""A model to talk to: how it is asked, and how a reply of it is heard piece by piece."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import NamedTuple

from acord.chat import ChatFormat, EncodedPrompt, Message, Refused
from acord.feedback.record import name_beside_itself
from acord.serve.defaults import COLDEST, SECOND_TEMPERATURE, Defaults
from acord.serve.protocol import Engine, EngineGone, Finish, Piece, Spoken, TooManyWaiting
from acord.serve.talk.settings import Settings
from acord.visible import visible_line

# Characters of a name: what a preference holds, less the mark of the second.
LONGEST_NAME = 190


@dataclass(frozen=True)
class Voice:
    """A model that is loaded. name: as it is shown. folder: where it lies. second: whether it answers beside the same
    model, and so must draw its tokens where the first one takes the likeliest."""

    name: str
    folder: str
    engine: Engine
    chat: ChatFormat
    defaults: Defaults
    second: bool = False

    def temperature(self, settings: Settings) -> float:
        """What holds for this voice."""
        asked = self.defaults.temperature if settings.temperature is None else settings.temperature
        return SECOND_TEMPERATURE if self.second and asked < COLDEST else asked


def beside(first: Voice, other: Voice) -> tuple[Voice, Voice]:
    """Two voices to be compared, of one model twice or of two, under names that differ and that feedback can hold."""
    if first.engine is other.engine:
        named = replace(first, name=_short(first.name))
        return named, replace(named, name=name_beside_itself(named.name), second=True)
    if _short(first.name) != _short(other.name):
        return replace(first, name=_short(first.name)), replace(other, name=_short(other.name))
    return replace(first, name=_short(first.folder)), replace(other, name=_short(other.folder))


def _short(name: str) -> str:
    return visible_line(name)[-LONGEST_NAME:].strip()


class Unanswered(Exception):
    """Nothing was asked of the model; the message says why. refused: the conversation is at fault, and not the engine.
    too_long: because its last question leaves no room."""

    def __init__(self, what: str, *, refused: bool, too_long: bool = False) -> None:
        self.refused = refused
        self.too_long = too_long
        super().__init__(what)


@dataclass(frozen=True)
class Reply:
    """What a model said. finish: why it ended, None where its engine did. gone: the engine's last words, or empty.

    prompt_tokens, reply_tokens: counted in tokens, the end of turn included. cached: tokens of the prompt that needed
    no computing. dropped: oldest messages that did not fit. first_seconds: to the first token; seconds: to the last.
    """

    text: str
    finish: Finish | None
    prompt_tokens: int
    reply_tokens: int
    cached: int
    dropped: int
    first_seconds: float
    seconds: float
    gone: str = ""

    @property
    def tokens_per_second(self) -> float | None:
        """After the first token, which waits for the prompt. None where there was only one."""
        spent = self.seconds - self.first_seconds
        return (self.reply_tokens - 1) / spent if self.reply_tokens > 1 and spent > 0 else None


def encode(voice: Voice, messages: Sequence[Message], settings: Settings) -> EncodedPrompt:
    """The conversation as the model reads it; its oldest turns go, as in training, where it would leave no room.

    A reply is left what it may have at most, or a quarter of what the model reads where that is less: a long question
    rather shortens its answer than drives out what was said before. Raises Refused.
    """
    longest = voice.defaults.longest
    if longest is None:
        return voice.chat.encode_prompt(messages)
    asked = voice.defaults.max_new_tokens if settings.max_new_tokens is None else settings.max_new_tokens
    try:
        return voice.chat.encode_prompt(messages, max_tokens=longest - min(asked, max(1, longest // 4)))
    except Refused:
        # What is wrong for another reason than its length is refused again.
        return voice.chat.encode_prompt(messages, max_tokens=longest - 1)


class _Heard(NamedTuple):
    at: float
    piece: Piece | EngineGone


class Speaking:
    """A reply on its way. It is gathered from the start on, whether someone hears it yet or not."""

    def __init__(self, spoken: Spoken, prompt: EncodedPrompt) -> None:
        self._spoken = spoken
        self._prompt = prompt
        self._began = time.monotonic()
        # A SimpleQueue, since a signal's handler may put into it while its own thread waits on it.
        self._queue: SimpleQueue[_Heard | None] = SimpleQueue()
        spoken.listen(self._tell)

    def _tell(self, piece: Piece | EngineGone) -> None:
        self._queue.put(_Heard(time.monotonic(), piece))

    def stop(self) -> None:
        """Ask for the end, from a signal's handler too; `hear` then returns what was said. Twice: at once."""
        self._queue.put(None)

    def cancel(self) -> None:
        """Nobody will hear it."""
        self._spoken.cancel()

    def hear(self, show: Callable[[Piece], None]) -> Reply:
        """Wait for the whole reply, each piece shown as it comes."""
        pieces: list[Piece] = []
        first = last = self._began
        stopped, gone = False, ""
        while not pieces or pieces[-1].finish is None:
            heard = self._queue.get()
            if heard is None:
                self._spoken.cancel()
                if stopped:
                    break
                stopped = True
            elif isinstance(heard.piece, EngineGone):
                gone = str(heard.piece) or type(heard.piece).__name__
                break
            else:
                if heard.piece.ids:
                    last = heard.at
                    first = last if not any(piece.ids for piece in pieces) else first
                pieces.append(heard.piece)
                show(heard.piece)
        return Reply(
            text="".join(piece.text for piece in pieces),
            finish=None if gone else (pieces[-1].finish if pieces else None) or "cancelled",
            prompt_tokens=len(self._prompt.ids),
            reply_tokens=sum(len(piece.ids) for piece in pieces),
            cached=max((piece.cached for piece in pieces), default=0),
            dropped=self._prompt.turns_dropped,
            first_seconds=first - self._began,
            seconds=last - self._began,
            gone=gone,
        )


def ask(voice: Voice, messages: Sequence[Message], settings: Settings, *, draw: int = 0) -> Speaking:
    """Begin a reply to a conversation that ends with a user turn. draw: as in Settings.ask. Raises Unanswered."""
    try:
        prompt = encode(voice, messages, settings)
        second = int(voice.second)
        asked = settings.ask(
            voice.defaults, prompt.ids, temperature=voice.temperature(settings), draw=2 * draw + second
        )
        return Speaking(voice.engine.ask(asked), prompt)
    except Refused as refused:
        raise Unanswered(str(refused), refused=True, too_long=refused.reason == "too long") from None
    except (EngineGone, TooManyWaiting) as error:
        raise Unanswered(str(error) or voice.engine.why(), refused=False) from None


@contextmanager
def stopped_by_interrupt(*speaking: Speaking) -> Iterator[None]:
    """Within it, Ctrl-C stops these replies and raises nothing, so that no piece is lost."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        for one in speaking:
            one.stop()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
