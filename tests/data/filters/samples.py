"""Pairs for the tests of filters, and a stand-in for the language identifier."""

from typing import Any, NamedTuple

from acord.data.filters import Filtering
from acord.data.pairs import Pair, make_pair
from acord.recipe.data import Filters

OFF: dict[str, Any] = {
    "equal": False,
    "debris": False,
    "repetition": False,
    "boilerplate": False,
    "language": False,
    "personal_data": "keep",
    "central_catalan": "keep",
}


def pair(prompt: str = "Say something", chosen: str = "One", rejected: str = "Two", language: str = "en") -> Pair:
    """A pair with one user turn."""
    return make_pair(
        prompt=[{"role": "user", "content": prompt}],
        chosen=chosen,
        rejected=rejected,
        language=language,
        source="test",
        source_id="1",
        licence="",
        origin="human",
        detail="",
    )


def only(**filters: Any) -> Filtering:
    """The filters that are named, and no other."""
    counts = filters.pop("count_tokens", None)
    others = {name: filters.pop(name) for name in ("identifier", "judge") if name in filters}
    languages = filters.pop("languages", ["en", "es", "va"])
    return Filtering(Filters(**{**OFF, **filters}), languages=languages, count_tokens=counts, **others)


class Named(NamedTuple):
    """What the stand-in says."""

    language: str | None
    probability: float


class ByWord:
    """Names a language by one function word of each; None without any. Counts its calls."""

    WORDS = {"the": "en", "que": "es", "amb": "ca", "und": "other"}  # noqa: RUF012  never changed

    def __init__(self, probability: float = 0.99) -> None:
        self.probability, self.calls = probability, 0

    def identify(self, text: str) -> Named:
        self.calls += 1
        words = text.lower().split()
        counts = {tag: words.count(word) for word, tag in self.WORDS.items()}
        best = max(counts, key=counts.__getitem__)
        return Named(best, self.probability) if counts[best] else Named(None, 0.0)
