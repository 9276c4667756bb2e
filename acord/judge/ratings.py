"""Ratings as a table: how well each model answers, by category and language, and which differences stand.

A mean and its standard deviation are of the same answers, so no table can hold a pair that whole scores from 1 to 5
cannot have (see bounds). What has no score is counted with its reason and enters no mean. Of a judge's wordings of its
instruction only form 0 counts; the others show how steady it is (see trust).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

import numpy as np

from acord.evaluate.compare import Contrast, Mark, marks_of
from acord.evaluate.resampling import REPEATS, Floats
from acord.evaluate.statistics import Estimate, estimate, mean_over_rows
from acord.judge.contrasts import (
    AnswerKey,
    Place,
    Scores,
    contrasts_of,
    items_of,
    rows_of,
    sample_of,
    score_of,
    shares,
)
from acord.judge.record import LEVELS, Missing, Rating

Weighting = Literal["categories", "items"]


@dataclass(frozen=True)
class Cell:
    """One model on one row, in points of the scale 1 to 5; None where nothing was scored.

    mean, sd: of the scores of its answers (sd: sample standard deviation); in the overall row each answer weighs what
    its category does, in both. stderr, low, high: of the mean, an item's answers as one cluster; None where fewer than
    two items, or scores that are all alike, say nothing of it. n: items. answers: that have a score, one for each item
    and wording. missing: judges' ratings without a score, by reason. wordings: the mean by wording of the instruction.
    """

    mean: float | None = None
    sd: float | None = None
    stderr: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    answers: int = 0
    missing: Mapping[Missing, int] = field(default_factory=dict)
    wordings: Mapping[int, float] = field(default_factory=dict)
    mark: Mark = "none"

    @property
    def spread(self) -> float | None:
        """Between the wordings with the highest and the lowest mean; None for fewer than two."""
        return max(self.wordings.values()) - min(self.wordings.values()) if len(self.wordings) > 1 else None


@dataclass(frozen=True)
class ScoreTable:
    """What judges say of models. cells, contrasts: by row; the panel's rows have no judge.

    A panel of one has the panel's rows alone. counted: the categories of each overall row, which are those where every
    model has a score. pooled: the languages of the rows over languages; empty where there are none. A model is in the
    rows of a language if it was asked there. tests: in the panel's family for Holm's correction.
    """

    weighting: Weighting
    judges: tuple[str, ...]
    models: tuple[str, ...]
    languages: tuple[str, ...]
    categories: tuple[str, ...]
    cells: Mapping[Place, Mapping[str, Cell]]
    contrasts: Mapping[Place, tuple[Contrast, ...]]
    counted: Mapping[Place, tuple[str, ...]]
    pooled: tuple[str, ...]
    tests: int

    @property
    def views(self) -> tuple[str | None, ...]:
        """Whose scores there are rows of: the panel's (None), and each judge's where there are several."""
        return (None, *self.judges) if len(self.judges) > 1 else (None,)


class _Asked(NamedTuple):
    """Everything asked, by model, question and judge: scores, and the reasons of what has none. Both have all keys."""

    scores: dict[str, dict[AnswerKey, dict[str, int]]]
    missing: dict[str, dict[AnswerKey, dict[str, Missing]]]


def score_table(
    ratings: Sequence[Rating],
    *,
    weighting: Weighting = "categories",
    over_languages: bool = True,
    repeats: int = REPEATS,
    seed: int = 0,
) -> ScoreTable:
    """The table of ratings. over_languages: also rows over the languages in which every model was asked, if several.

    Models, languages, categories and judges stand in the order of their first rating. Raises ValueError for a score
    that is not on the scale, and for two ratings of one answer by one judge.
    """
    counted_ratings = [rating for rating in ratings if rating.form == 0]
    asked = _asked(counted_ratings)
    keys = [_key(rating) for rating in counted_ratings]
    judges = tuple(dict.fromkeys(rating.judge for rating in counted_ratings))
    languages = tuple(dict.fromkeys(key.language for key in keys))
    everywhere = tuple(one for one in languages if len(_models_in(asked, (one,))) == len(asked.scores))
    table = ScoreTable(
        weighting=weighting,
        judges=judges,
        models=tuple(asked.scores),
        languages=languages,
        categories=tuple(dict.fromkeys(key.category for key in keys)),
        cells={},
        contrasts={},
        counted={},
        pooled=everywhere if over_languages and len(everywhere) > 1 else (),
        tests=0,
    )
    return _filled(table, asked, repeats, seed)


def _key(rating: Rating) -> AnswerKey:
    question = rating.answer.question
    return AnswerKey(question.category, question.language, question.item, question.wording)


def _asked(ratings: Sequence[Rating]) -> _Asked:
    asked = _Asked({}, {})
    for rating in ratings:
        key, model = _key(rating), rating.answer.model
        scores = asked.scores.setdefault(model, {}).setdefault(key, {})
        missing = asked.missing.setdefault(model, {}).setdefault(key, {})
        if rating.judge in scores or rating.judge in missing:
            raise ValueError(f"{rating.judge} rated the answer of {model} to {key} twice")
        if rating.score is None:
            missing[rating.judge] = rating.missing or "no answer"
        elif rating.score in LEVELS:
            scores[rating.judge] = rating.score
        else:
            raise ValueError(f"{rating.judge} rated an answer of {model} {rating.score}; the scale is 1 to 5")
    return asked


def _models_in(asked: _Asked, languages: Sequence[str]) -> list[str]:
    return [model for model in asked.scores if any(key.language in languages for key in asked.scores[model])]


class _Row(NamedTuple):
    """What stands on one row. models: asked there. scores: by category, of the models that have some."""

    models: list[str]
    scores: dict[str, dict[str, Scores]]


def _rows(table: ScoreTable, asked: _Asked) -> dict[Place, _Row]:
    scopes: dict[str | None, tuple[str, ...]] = {one: (one,) for one in table.languages}
    if table.pooled:
        scopes[None] = table.pooled
    parts: dict[str | None, tuple[str, ...]] = {one: (one,) for one in table.categories}
    parts[None] = table.categories
    return {
        Place(judge, language, category): _row(asked, judge, languages, categories)
        for judge in table.views
        for language, languages in scopes.items()
        for category, categories in parts.items()
    }


def _row(asked: _Asked, judge: str | None, languages: Sequence[str], categories: Sequence[str]) -> _Row:
    models = _models_in(asked, languages)
    found = {
        model: {category: _scores(asked.scores[model], judge, languages, category) for category in categories}
        for model in models
    }
    if len(categories) > 1:
        # An overall mean over other categories than those of its neighbour would be no comparison.
        counted = [one for one in categories if all(found[model][one] for model in models)]
        found = {model: {one: found[model][one] for one in counted} for model in models}
    return _Row(models, {model: of for model, of in found.items() if of and all(of.values())})


def _scores(
    scores: Mapping[AnswerKey, Mapping[str, int]], judge: str | None, languages: Sequence[str], category: str
) -> Scores:
    """Of the panel's judges, or of one; without the questions that have none."""
    found = {
        key: {name: score for name, score in by_judge.items() if judge in (None, name)}
        for key, by_judge in scores.items()
        if key.category == category and key.language in languages
    }
    return {key: by_judge for key, by_judge in found.items() if by_judge}


def _filled(table: ScoreTable, asked: _Asked, repeats: int, seed: int) -> ScoreTable:
    rows = _rows(table, asked)
    contrasts = contrasts_of(
        {place: row.scores for place, row in rows.items()}, table.weighting, repeats=repeats, seed=seed
    )
    cells = {}
    for place, row in rows.items():
        found = {model: _cell(row.scores.get(model, {}), table.weighting, repeats, seed) for model in row.models}
        marks = marks_of({model: cell.mean for model, cell in found.items()}, contrasts[place], best=float(LEVELS[-1]))
        cells[place] = {
            model: replace(cell, mark=mark, missing=_reasons(asked.missing[model], place, table))
            for (model, cell), mark in zip(found.items(), marks, strict=True)
        }
    counted = {
        place: tuple(next(iter(row.scores.values()), {})) for place, row in rows.items() if place.category is None
    }
    tests = sum(one.decision is not None for place, found in contrasts.items() if place.judge is None for one in found)
    return replace(table, cells=cells, contrasts=contrasts, counted=counted, tests=tests)


def _reasons(
    missing: Mapping[AnswerKey, Mapping[str, Missing]], place: Place, table: ScoreTable
) -> Mapping[Missing, int]:
    """How often judges gave no score, by reason, in the order of their first."""
    return Counter(
        reason
        for key, by_judge in missing.items()
        for judge, reason in by_judge.items()
        if place.judge in (None, judge)
        and place.category in (None, key.category)
        and (key.language == place.language or (place.language is None and key.language in table.pooled))
    )


def _cell(by_category: Mapping[str, Scores], weighting: Weighting, repeats: int, seed: int) -> Cell:
    if not by_category:
        return Cell()
    scores_C = list(by_category.values())
    share_C = shares([items_of(scores) for scores in scores_C], weighting)
    values_C = [np.array([score_of(by_judge) for by_judge in scores.values()]) for scores in scores_C]
    mean = float(sum(share * values.mean() for share, values in zip(share_C, values_C, strict=True)))
    found = _estimate(scores_C, share_C, repeats, seed)
    return Cell(
        mean=mean,
        sd=_deviation(values_C, share_C, mean),
        stderr=None if found is None else found.stderr,
        low=None if found is None else max(found.low, LEVELS[0]),
        high=None if found is None else min(found.high, LEVELS[-1]),
        n=sum(items_of(scores) for scores in scores_C),
        answers=sum(len(scores) for scores in scores_C),
        wordings=_wordings(scores_C, share_C),
    )


def _deviation(values_C: Sequence[Floats], share_C: Sequence[float], mean: float) -> float | None:
    """Sample standard deviation about the mean of all answers, each weighing its part of its category's share."""
    n = sum(len(values) for values in values_C)
    if n < 2:
        return None
    variance = sum(
        share * float(np.mean((values - mean) ** 2)) for share, values in zip(share_C, values_C, strict=True)
    )
    return float(np.sqrt(variance * n / (n - 1)))


def _estimate(scores_C: Sequence[Scores], share_C: Sequence[float], repeats: int, seed: int) -> Estimate | None:
    """Of the mean, items resampled within categories; None where the items say nothing of their spread."""
    samples = [sample_of(scores) for scores in scores_C]
    try:
        if len(samples) == 1:
            found = estimate(samples[0])
        else:
            found = mean_over_rows(rows_of(samples, share_C), repeats=repeats, seed=seed)
    except ValueError:  # a category of one item
        return None
    return found if found.stderr > 0 else None


def _wordings(scores_C: Sequence[Scores], share_C: Sequence[float]) -> dict[int, float]:
    """The mean by wording, of the wordings that every category has."""
    means_C = [_means_by_wording(scores) for scores in scores_C]
    common = sorted(set.intersection(*(set(means) for means in means_C)))
    return {
        wording: sum(share * means[wording] for share, means in zip(share_C, means_C, strict=True))
        for wording in common
    }


def _means_by_wording(scores: Scores) -> dict[int, float]:
    by_wording: dict[int, list[float]] = {}
    for key, by_judge in scores.items():
        by_wording.setdefault(key.wording, []).append(score_of(by_judge))
    return {wording: float(np.mean(values)) for wording, values in by_wording.items()}
