"""One ask under way in the in-process engine: its ids as they come, and what is said of them."""

from collections.abc import Callable

from acord.chat import ChatFormat
from acord.generate.replies import Request
from acord.serve.protocol import Ask, EngineGone, Finish, Piece
from acord.serve.stream import Stream
from acord.serve.streaming import Streaming


class Reply:
    """A reply that grows token by token and says so on its stream. The engine's thread alone pushes and ends it.

    request: what draws are made from. ids: of the reply so far. cached: tokens of the prompt that needed no reading.
    cancelled: nobody listens; whoever makes the reply ends it within a step. over: its last piece is out.
    """

    def __init__(self, ask: Ask, chat: ChatFormat, longest: int | None, cancel: Callable[["Reply"], None]) -> None:
        """longest: tokens that prompt and reply may be together; the prompt has fewer."""
        self.request = Request(
            ask.ids,
            ask.max_new_tokens,
            ask.stop,
            ask.temperature,
            ask.top_p,
            ask.seed,
            ask.top_k,
            ask.repetition_penalty,
        )
        self.limit = ask.max_new_tokens if longest is None else min(ask.max_new_tokens, longest - len(ask.ids))
        self.ids: list[int] = []
        self.cached = 0
        self.cancelled = False
        self.over = False
        self.stream = Stream(lambda: cancel(self))
        self._stop_ids = chat.stop_ids
        self._text = Streaming(chat, ask.stop)

    def push(self, token: int) -> bool:
        """Say one more token; whether the reply is over with it."""
        first = not self.ids
        self.ids.append(token)
        text = self._text.push(token)
        finish: Finish | None = None
        if token in self._stop_ids or self._text.stopped:
            finish = "stop"
        elif len(self.ids) >= self.limit:
            finish = "length"
        if finish is not None:
            text += self._text.finish()
            self.over = True
        self.stream.put(Piece(text, (token,), finish, self.cached if first else 0))
        return self.over

    def end(self) -> None:
        """Say that the reply was cancelled."""
        self.over = True
        self.stream.put(Piece(self._text.finish(), (), "cancelled"))

    def fail(self, why: EngineGone) -> None:
        """Say that the reply will not be finished."""
        self.over = True
        self.stream.put(why)
