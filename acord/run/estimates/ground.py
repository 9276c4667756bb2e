"""What a figure stands on: a line of the interface with its values."""

from dataclasses import dataclass, field
from typing import Any

from acord.languages import LANGUAGES, text
from acord.languages.language import Language


@dataclass(frozen=True)
class Ground:
    """key: of the interface's texts, after `estimate_`. values: what the line names."""

    key: str
    values: dict[str, Any] = field(default_factory=dict)

    def shown(self) -> str:
        """In the interface's language."""
        return text(f"estimate_{self.key}", **self.values)

    def english(self) -> str:
        """In English, as results keep it."""
        return _told(LANGUAGES["en"], f"estimate_{self.key}", self.values)


def _told(language: Language, key: str, values: dict[str, Any]) -> str:
    from acord.languages import shown

    return language.texts[key].format(**{name: shown(value, language) for name, value in values.items()})
