"""Which of a recipe's languages a text is in, another language, or too little to tell.

py3langid, restricted to the recipe's languages, is right on short texts where it would otherwise guess among a hundred
(the restriction alone calls French Spanish, hence the gate: the neighbours and the larger languages stand beside the
recipe's own, and win only by a margin). Function words and spellings are added to its scores. Figures stand in
docs/valencian.md.

Valencian and Catalan are one language here, `ca`; the varieties are told apart in `valencian.py`.
"""

import math
import re
from collections.abc import Iterable
from threading import Lock
from typing import Any, NamedTuple

from acord.errors import InputError
from acord.languages.function_words import evidence
from acord.languages.prose import prose

OTHER = "other"

# Languages beside the recipe's own that a text may be in. Left out: close relatives and creoles of those that recipes
# name (Occitan, Aragonese, Pidgin), which would win their short texts, and Latin, which wins names.
_LISTED = (
    "ca es en fr pt it gl ro de nl eu da sv no fi is pl cs sk sl hr hu tr lt lv et sq ru uk bg sr mk el ar he fa hi bn "
    "ta th vi id zh ja ko ka hy sw mt cy ga br eo"
)
_RIVALS = tuple(_LISTED.split())
_ONE_LANGUAGE = {"va": "ca"}
IDENTIFIABLE = frozenset((*_RIVALS, *_ONE_LANGUAGE))
# Set on phrases of two to four words drawn from real text: the weight of a point of evidence, what short Catalan texts
# lack beside Spanish ones, and by how much a rival must lead (0.7% of the phrases are then taken for another language).
_POINT, _CATALAN, _MARGIN = 1.5, 0.25, 1.0
_LEAST_LETTERS, _LEAST_DISTINCT = 6, 4
_LONGEST = 2_000
_WORDS_WITH_DIGITS = re.compile(r"(?<!\S)[^\s\d]*\d\S*")
_loading = Lock()
_models: dict[tuple[str, ...], Any] = {}


class Identified(NamedTuple):
    """language: a tag, OTHER, or None where there is too little to judge. probability: of it, 0 where it is None."""

    language: str | None
    probability: float


class Identifier:
    """Tells a recipe's languages apart. Cheap to make and to pickle: the model is loaded at the first text, once a
    process; threads may share it.
    """

    def __init__(self, languages: Iterable[str]) -> None:
        """languages: a recipe's tags, `va` among them or not. Raises InputError where the model does not know one."""
        self.languages = tuple(dict.fromkeys(_ONE_LANGUAGE.get(tag, tag) for tag in languages))
        if not self.languages:
            raise InputError("no language to look for", fix="name the languages of the recipe")
        self._labels = tuple(dict.fromkeys((*self.languages, *_RIVALS)))

    def identify(self, text: str) -> Identified:
        """Judged on the first 2,000 characters of prose. Code, addresses and words with digits do not count."""
        scores = self.scores(text)
        if not scores:
            return Identified(None, 0.0)
        ours = [(scores[language], language) for language in self.languages]
        score, best = max(ours)
        rival = max((value for label, value in scores.items() if label not in self.languages), default=-math.inf)
        if rival - score > _MARGIN:
            return Identified(OTHER, _probability(rival - _MARGIN, [score]))
        return Identified(best, _probability(score, [value for value, language in ours if language != best]))

    def scores(self, text: str) -> dict[str, float]:
        """Differences are log odds; {} where there is too little to judge. Languages: the recipe's, the best of the
        others by letters alone, and those of the others that have words of their own in the text.
        """
        judged = _WORDS_WITH_DIGITS.sub(" ", prose(text[: 4 * _LONGEST]))[:_LONGEST]
        letters = list(filter(str.isalpha, judged))
        if len(letters) < _LEAST_LETTERS or len(set(letters)) < _LEAST_DISTINCT:
            return {}
        ranking = _model(self._labels).rank(judged)
        by_letters = dict(ranking)
        points = evidence(judged)
        rival = [label for label, _ in ranking[: len(self.languages) + 1] if label not in self.languages][:1]
        considered = {*self.languages, *points, *rival} & by_letters.keys()
        # The square root of the length is the temperature at which the model's own probabilities are calibrated.
        temperature = math.sqrt(len(judged.encode("utf-8", "surrogatepass")))
        scores = {label: by_letters[label] / temperature + _POINT * points.get(label, 0.0) for label in considered}
        if "ca" in scores:
            scores["ca"] += _CATALAN
        return scores


def _probability(best: float, others: list[float]) -> float:
    return 1 / (1 + sum(math.exp(min(other - best, 50.0)) for other in others))


def _model(labels: tuple[str, ...]) -> Any:
    """The model restricted to the labels: loaded once a process, by whichever thread comes first."""
    if labels not in _models:
        with _loading:
            if labels not in _models:
                _models[labels] = _load(labels)
    return _models[labels]


def _load(labels: tuple[str, ...]) -> Any:
    import numpy as np
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]  # it ships no types

    model = LanguageIdentifier.from_model_file(MODEL_FILE)
    unknown = sorted(set(labels) - set(model.labels))
    if unknown:
        raise InputError(
            f"the language identifier does not know {', '.join(unknown)}",
            where="data.languages",
            fix="leave the language filter out, or use a two-letter ISO 639-1 code",
        )
    model.set_languages(labels)
    # A text takes a few rows of this table, which lie apart in the part that set_languages cut out: copied, they are
    # read at twice the speed.
    model.nb_ptc = np.ascontiguousarray(model.nb_ptc, dtype=np.float32)
    return model
