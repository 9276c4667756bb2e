"""A reply on its way: filled by the thread of an engine, read by whoever asked."""

from collections.abc import Callable, Iterator
from queue import SimpleQueue
from threading import Lock

from acord.serve.protocol import EngineGone, Piece, Tell


class Stream:
    """A `Spoken` that is given its pieces by `put`. Its length is bounded by what was asked for, so is its memory."""

    def __init__(self, cancel: Callable[[], None]) -> None:
        """cancel: stops the reply at its source; called once at most, from any thread."""
        self._cancel = cancel
        self._cancelled = False
        self._said: SimpleQueue[Piece | EngineGone] = SimpleQueue()
        self._tell: Tell | None = None
        self._lock = Lock()

    def put(self, piece: Piece | EngineGone) -> None:
        """The next piece, or what stands in place of those that will not come."""
        with self._lock:  # a listener that comes at this moment hears it once and in its place
            if self._tell is None:
                self._said.put(piece)
                return
            self._deliver(self._tell, piece)

    def _deliver(self, tell: Tell, piece: Piece | EngineGone) -> None:
        try:
            tell(piece)
        except Exception:
            # A listener whose event loop has closed, say. The thread of the engine has others to serve.
            self._tell = _nobody
            self.cancel()

    def __iter__(self) -> Iterator[Piece]:
        while True:
            piece = self._said.get()
            if isinstance(piece, EngineGone):
                raise piece
            yield piece
            if piece.finish is not None:
                return

    def listen(self, tell: Tell) -> None:
        """What has come before is told in the caller's thread, before this returns."""
        with self._lock:
            self._tell = tell
            while not self._said.empty():
                self._deliver(self._tell, self._said.get())

    def cancel(self) -> None:
        if not self._cancelled:
            self._cancelled = True
            self._cancel()


def _nobody(piece: Piece | EngineGone) -> None:
    """Hears the rest of a reply whose listener failed."""
