"""The detector: Valencian, central Catalan, or neutral between them, for a block of text in Catalan.

Evidence is two-fold. `valencian_lexicon.tsv` holds forms with weights, learnt by contrasting two modes of a translator
on the same lines (scripts/learn_variety_lexicon.py). `valencian_marks.py` holds what the norm of the AVL says, forms
that the translator never writes among them (este, servici, oferix); a hand-written mark goes before a learnt weight. No
form that the norm admits counts against Valencian.

Most sentences carry no mark, so that a block of about ten lines is what can be judged. What is known of a text's
provenance goes before what is found here. Figures: docs/valencian.md.
"""

import math
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from acord.languages.prose import prose
from acord.languages.valencian_marks import find_marks

_LEXICON = Path(__file__).with_name("valencian_lexicon.tsv")
_WORD = re.compile(r"[^\W\d_]+(?:·[^\W\d_]+)*")
# Log odds of a mark, the cap of the learnt weights; and of a faint one: two decide, one does not. The open e (anglès,
# vostè) is faint, and however many there are, they weigh as two and never outweigh a Valencian form: the Valencian
# universities write it, and so does a third of the gazette's conèixer.
_MARK, _FAINT = 3.0, 0.65


class BlockVariety(NamedTuple):
    """Probabilities that sum to one, and the forms behind them, each as often as it stands in the text."""

    valencian: float
    central: float
    neutral: float
    valencian_forms: tuple[str, ...]
    central_forms: tuple[str, ...]


def judge(text: str) -> BlockVariety:
    """Judge a text known to be in Catalan (`identify.py` tells); one without letters is neutral.

    neutral is the chance that evidence as strong as this is an accident, exp(-sum of the weights); the rest is divided
    by the odds between the two sides.
    """
    words = prose(text)
    marks = find_marks(words)
    valencian = [(word, _MARK) for word in marks.valencian]
    central = [(word, _MARK) for word in marks.central] + [(word, _FAINT) for word in marks.faint]
    marked = {*marks.valencian, *marks.central, *marks.faint}
    for word in _WORD.findall(words.lower()):
        weight = 0.0 if word in marked else lexicon().get(word, 0.0)
        if weight:
            (valencian if weight > 0 else central).append((word, abs(weight)))
    for_valencian = sum(weight for _, weight in valencian)
    open_e = sum(min(weight, _FAINT) for word, weight in central if "è" in word)
    for_central = sum(weight for word, weight in central if "è" not in word) + min(open_e, 2 * _FAINT)
    neutral = math.exp(-for_valencian - for_central)
    share = 1 / (1 + math.exp(min(for_central - for_valencian, 50.0)))
    return BlockVariety(
        (1 - neutral) * share,
        (1 - neutral) * (1 - share),
        neutral,
        tuple(word for word, _ in valencian),
        tuple(word for word, _ in central),
    )


@lru_cache(maxsize=1)
def lexicon() -> Mapping[str, float]:
    """Learnt forms in small letters: log odds, positive for Valencian."""
    rows = (line.split("\t") for line in _LEXICON.read_text(encoding="utf-8").splitlines())
    return {form: float(weight) for form, weight in rows}
