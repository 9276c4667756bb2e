"""A reply's ids as they come, as pieces of text that are certain: no half characters, nothing of a stop string."""

from collections.abc import Sequence

from acord.chat import ChatFormat
from acord.chat.growing import begun


class Streaming:
    """Ids in, text out. What push and finish give, joined, is `decode_reply` of all ids, up to a stop string.

    stopped: whether one of the stop strings came; what is pushed after it says nothing.
    """

    def __init__(self, chat: ChatFormat, stop: Sequence[str] = ()) -> None:
        """stop: texts that end the reply and are no part of it; those that are empty are never found."""
        self._text = chat.growing_reply()
        self._stop = tuple(dict.fromkeys(text for text in stop if text))
        self._held = ""
        self.stopped = False

    def push(self, number: int) -> str:
        """The text that is certain with one more id."""
        return self._certain(self._text.push(number))

    def _certain(self, text: str) -> str:
        if self.stopped or not self._stop:
            return "" if self.stopped else text
        self._held += text
        found = [place for place in (self._held.find(one) for one in self._stop) if place >= 0]
        self.stopped = bool(found)
        told = min(found) if found else len(self._held) - max(begun(self._held, one) for one in self._stop)
        certain, self._held = self._held[:told], "" if found else self._held[told:]
        return certain

    def finish(self) -> str:
        """The text of what was held back: nothing comes any more."""
        certain = self._certain(self._text.finish()) + self._held
        self._held = ""
        return certain
