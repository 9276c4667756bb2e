"""What an engine in another process keeps in this one: its state, and the replies that it has under way."""

from collections.abc import Callable
from threading import Lock

from acord.serve.protocol import EngineGone, Load, Piece, State, TooManyWaiting
from acord.serve.stream import Stream


class Desk:
    """Takes asks, hands pieces out. Every method may be called from any thread."""

    def __init__(self, waiting: int, cancel: Callable[[int], None]) -> None:
        """waiting: replies that may wait for a slot. cancel: stops the reply of a number at its source."""
        self._waiting = waiting
        self._cancel = cancel
        self._slots = 0
        self._state: State = "loading"
        self._why = "the engine is loading its model"
        self._open: dict[int, Stream] = {}
        self._number = 0
        self._lock = Lock()

    def state(self) -> State:
        return self._state

    def why(self) -> str:
        return self._why

    def load(self) -> Load:
        """Counted here: a reply is under way from its ask to its last piece."""
        under_way = len(self._open)
        running = min(under_way, self._slots)
        return Load(running, under_way - running, self._slots)

    def begin(self, send: Callable[[int], None]) -> Stream:
        """A reply under a number of its own. send: passes the ask on under that number, at once.

        Raises EngineGone where the engine is not ready, and TooManyWaiting where slots and queue are full. The other
        process counts a reply for no longer than this one does, so its own queue never overflows.
        """
        with self._lock:
            if self._state != "ready":
                raise EngineGone(self._why)
            if len(self._open) >= self._slots + self._waiting:
                raise TooManyWaiting(f"{self._waiting} replies are waiting already")
            self._number += 1
            number = self._number
            stream = Stream(lambda: self._cancel(number))
            self._open[number] = stream
            send(number)  # within the lock: an engine that ends now has this reply among those that it fails
        return stream

    def put(self, number: int, piece: Piece | EngineGone) -> None:
        """The next piece of a reply; one that is over, or was of an engine that ended, is not heard."""
        last = isinstance(piece, EngineGone) or piece.finish is not None
        with self._lock:
            stream = self._open.pop(number, None) if last else self._open.get(number)
        if stream is not None:
            stream.put(piece)

    def ready(self, slots: int) -> None:
        with self._lock:
            self._slots, self._state, self._why = slots, "ready", ""

    def gone(self, state: State, why: str) -> None:
        """The engine is not there: nothing can be asked, and every reply under way ends with this line."""
        closed = state == "closed"
        for stream in self._leave(state, why):
            stream.put(Piece("", (), "cancelled") if closed else EngineGone(why))

    def _leave(self, state: State, why: str) -> list[Stream]:
        with self._lock:
            self._state, self._why = state, why
            left, self._open = list(self._open.values()), {}
            return left
