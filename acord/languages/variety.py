"""The language and variety of a short text: Valencian, central Catalan, neutral between them, or another language.

`neutral` fits both Valencian and central Catalan: most sentences carry no mark. A longer reply says more.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from acord.languages.gate import decide, language_scores
from acord.languages.valencian_marks import find_marks

Label = Literal["valencian", "neutral", "central_catalan", "spanish", "english", "other", "empty"]
LABELS: tuple[Label, ...] = ("valencian", "neutral", "central_catalan", "spanish", "english", "other", "empty")

_OF_LANGUAGE: Mapping[str, Label] = {"es": "spanish", "en": "english"}
# What is no prose: fenced code, inline code, addresses of pages and of people.
_NO_PROSE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+|www\.\S+|[\w.+-]{1,64}@[\w-]+\.[\w.-]+", re.DOTALL)
_FAINT_WEIGHT = 0.5


@dataclass(frozen=True)
class Variety:
    """A text's label and why.

    valencian_marks, central_marks: the forms that decided between the varieties, empty for other languages.
    evidence: points by language; the largest decided the language.
    """

    label: Label
    valencian_marks: tuple[str, ...]
    central_marks: tuple[str, ...]
    evidence: Mapping[str, float]


def classify(text: str) -> Variety:
    """Classify a text. `empty`: no letter nor digit. `other`: another language, or too little to tell one."""
    if not any(character.isalnum() for character in text):
        return Variety("empty", (), (), {})
    prose = _NO_PROSE.sub(" ", text)
    scores = language_scores(prose)
    language = decide(scores)
    if language != "ca":
        return Variety(_OF_LANGUAGE.get(language, "other"), (), (), scores)
    marks = find_marks(prose)
    central = len(marks.central) + _FAINT_WEIGHT * len(marks.faint)
    return Variety(_variety(len(marks.valencian), central), marks.valencian, marks.central + marks.faint, scores)


def _variety(valencian: float, central: float) -> Label:
    """The side with more marks; a text that mixes them evenly is central: one foreign form in two is heard as such."""
    if max(valencian, central) < 1:
        return "neutral"
    return "valencian" if valencian > central else "central_catalan"
