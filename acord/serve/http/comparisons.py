"""Two replies side by side, blind: who gave which stays here until somebody has chosen."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field

from acord.serve.http.errors import ApiError

# Comparisons that wait for a choice: so many, and so many characters of them. The oldest are forgotten first.
MOST = 1_000
MOST_CHARACTERS = 64 << 20


@dataclass(frozen=True)
class Comparison:
    """prompt: messages, the last one the user's. replies, models: in the order shown. annotator: as a preference names
    them. prompt_id: of the session's prompt."""

    prompt: tuple[dict[str, str], ...]
    replies: tuple[str, str]
    models: tuple[str, str]
    annotator: str | None
    prompt_id: str | None

    def characters(self) -> int:
        return sum(len(turn["content"]) for turn in self.prompt) + sum(map(len, self.replies))


@dataclass
class Comparisons:
    """Those that nobody has chosen in yet. Used from the event loop alone."""

    _open: "OrderedDict[str, Comparison]" = field(default_factory=OrderedDict)
    _characters: int = 0
    _chosen: "OrderedDict[str, None]" = field(default_factory=OrderedDict)

    def add(self, comparison: Comparison) -> str:
        """Keep it -> its id."""
        number = f"cmp_{secrets.token_hex(12)}"
        self.give_back(number, comparison)
        while len(self._open) > MOST or self._characters > MOST_CHARACTERS:
            _, oldest = self._open.popitem(last=False)
            self._characters -= oldest.characters()
        return number

    def take(self, number: str) -> Comparison:
        """To be chosen in, once. Raises ApiError: 404 for one that is not here (any more), 409 for a second time."""
        comparison = self._open.pop(number, None)
        if comparison is None:
            if number in self._chosen:
                raise ApiError(
                    409, "a choice was made there before. Compare again for another.", param="id", code="already_chosen"
                )
            raise ApiError(
                404, "there is no such comparison, or it is forgotten. Compare again.", param="id", code="not_found"
            )
        self._characters -= comparison.characters()
        self._chosen[number] = None
        if len(self._chosen) > MOST:
            self._chosen.popitem(last=False)
        return comparison

    def give_back(self, number: str, comparison: Comparison) -> None:
        """What was taken could not be written down: it may be chosen in again."""
        self._chosen.pop(number, None)
        self._open[number] = comparison
        self._characters += comparison.characters()
