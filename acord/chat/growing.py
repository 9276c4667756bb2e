"""The text of a reply whose ids come one by one: what `ChatFormat.decode_reply` gives for all of them."""

from collections.abc import Callable

from acord.chat.decoding import GrowingText


class GrowingReply:
    """Ids in, text out. The texts that push and finish give, joined, are decode_reply's of all ids.

    What can still be changed by the next id is held back: half a character, ids that end the reply if nothing follows,
    and what the template may write around it.
    """

    def __init__(
        self, text: GrowingText, unseal: Callable[[str], str], before: str, after: str, stop_ids: frozenset[int]
    ) -> None:
        """before, after: what the template writes between header and content, and between content and end of turn."""
        self._text = text
        self._unseal = unseal
        self._before: str | None = before or None
        self._after = after
        self._stop_ids = stop_ids
        self._ending: list[int] = []
        self._held = ""

    def push(self, number: int) -> str:
        """The text that is certain with one more id."""
        self._ending.append(number)
        if number in self._stop_ids:
            return ""
        self._held += "".join(map(self._text.push, self._ending))
        self._ending.clear()
        return self._certain()

    def _certain(self) -> str:
        if self._before is not None:
            if len(self._held) < len(self._before) and self._before.startswith(self._held):
                return ""
            self._held = self._held.removeprefix(self._before)
            self._before = None
        told = len(self._held) - begun(self._held, self._after)
        text, self._held = self._held[:told], self._held[told:]
        return self._unseal(text)

    def finish(self) -> str:
        """The text of what was held back: nothing comes any more."""
        self._ending.clear()
        text = self._held + self._text.finish()
        if self._before is not None:
            text = text.removeprefix(self._before)
        self._held, self._before = "", None
        return self._unseal(text.removesuffix(self._after))


def begun(text: str, ending: str) -> int:
    """Length of the longest start of `ending`, which may be all of it, that the text ends with."""
    longest = min(len(text), len(ending))
    return next((size for size in range(longest, 0, -1) if text.endswith(ending[:size])), 0)
