"""Figures of the demo as records, each share and score with its 95% interval; to JSON and back."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Share(NamedTuple):
    """A share of n items with its 95% interval, all within 0 and 1."""

    value: float
    low: float
    high: float
    n: int


class Preferences(NamedTuple):
    """Held-out pairs of one language, by who prefers the chosen reply; a tie counts half.

    after: the aligned model by its implicit reward, what DPO trains; before it, every pair is a tie and the share .5.
    likelier_before, likelier_after: by the log-probability of a token of the reply, a measure that no reference enters.
    length: the longer reply wins. detector: the reply in the prompt's language wins, by py3langid alone.
    """

    language: str
    after: Share
    likelier_before: Share
    likelier_after: Share
    length: Share
    detector: Share


class InLanguage(NamedTuple):
    """Replies to held-out prompts in the language of the prompt, by py3langid alone; chosen: of the samples' own."""

    language: str
    before: Share
    after: Share
    chosen: Share


class Score(NamedTuple):
    """A figure of n items with its 95% interval, in the metric's unit."""

    value: float
    low: float
    high: float
    n: int


class Translation(NamedTuple):
    """chrF of the suite's row from Spanish to Valencian. change: after less before, on the same items."""

    before: Score
    after: Score
    change: Score


class DemoFigures(NamedTuple):
    """All figures of the demo; languages in alphabetical order. translation: None where no suite was run."""

    preferences: tuple[Preferences, ...]
    in_language: tuple[InLanguage, ...]
    translation: Translation | None

    def as_json(self) -> dict[str, Any]:
        """For `--json`, and for the file that a second run reads."""
        return {
            "preferences": [_plain(one) for one in self.preferences],
            "in_language": [_plain(one) for one in self.in_language],
            "translation": None if self.translation is None else _plain(self.translation),
        }


def figures_from(content: Mapping[str, Any]) -> DemoFigures:
    """What `as_json` gave. Raises KeyError, TypeError or ValueError for anything else."""
    translation = content["translation"]
    return DemoFigures(
        tuple(_filled(Preferences, one, Share) for one in content["preferences"]),
        tuple(_filled(InLanguage, one, Share) for one in content["in_language"]),
        None if translation is None else _filled(Translation, translation, Score),
    )


def _plain(record: Any) -> dict[str, Any]:
    return {name: value._asdict() if hasattr(value, "_asdict") else value for name, value in record._asdict().items()}


def _filled(kind: Any, content: Mapping[str, Any], inner: Any) -> Any:
    return kind(**{name: inner(**value) if isinstance(value, dict) else value for name, value in content.items()})
