"""The language and variety of a short text: Valencian, central Catalan, neutral between them, or another language.

`neutral` fits both Valencian and central Catalan: most sentences carry no mark. A longer reply says more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from acord.languages.identify import Identifier
from acord.languages.valencian import BlockVariety, judge

Label = Literal["valencian", "neutral", "central_catalan", "spanish", "english", "other", "empty"]
LABELS: tuple[Label, ...] = ("valencian", "neutral", "central_catalan", "spanish", "english", "other", "empty")

_IDENTIFIER = Identifier(("ca", "es", "en"))
_OF_LANGUAGE: Mapping[str | None, Label] = {"es": "spanish", "en": "english"}


@dataclass(frozen=True)
class Variety:
    """A text's label and why.

    valencian_marks, central_marks: the forms that decided between the varieties, empty for other languages.
    evidence: log odds by language, the three and others; {} where there is too little to judge.
    """

    label: Label
    valencian_marks: tuple[str, ...]
    central_marks: tuple[str, ...]
    evidence: Mapping[str, float]


def classify(text: str) -> Variety:
    """Classify a text. `empty`: no letter nor digit. `other`: another language, or too little to tell one."""
    if not any(character.isalnum() for character in text):
        return Variety("empty", (), (), {})
    language = _IDENTIFIER.identify(text).language
    if language != "ca":
        return Variety(_OF_LANGUAGE.get(language, "other"), (), (), _IDENTIFIER.scores(text))
    judged = judge(text)
    return Variety(label_of(judged), judged.valencian_forms, judged.central_forms, _IDENTIFIER.scores(text))


def label_of(judged: BlockVariety) -> Label:
    """The likeliest; a text that mixes both sides evenly is central: one foreign form in two is heard as such."""
    likeliest = max(judged.valencian, judged.central, judged.neutral)
    if judged.neutral == likeliest:
        return "neutral"
    return "central_catalan" if judged.central == likeliest else "valencian"
