"""Differences between models on what the same judges said of the same items, and how the models stand by them.

Two models are held against each other on the answers that both had a score for, from the judges that scored both: a
judge that is lenient, or an item that is easy, then counts on both sides or on neither.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from acord.evaluate.compare import Contrast, Untested
from acord.evaluate.resampling import Sample, mean_sample
from acord.evaluate.statistics import Difference, ScaledRow, decide, difference_over_rows, paired_bootstrap_of


class AnswerKey(NamedTuple):
    """Which question an answer is to."""

    category: str
    language: str
    item: str
    wording: int


# What judges said of one model's answers: scores by judge's name, by question. Scores are missing where there are none.
Scores = Mapping[AnswerKey, Mapping[str, int]]


class Place(NamedTuple):
    """A row. judge: None for the panel; language: None over languages; category: None for the overall row."""

    judge: str | None
    language: str | None
    category: str | None


class Pair(NamedTuple):
    """Two models on one row, category by category: the samples of either, over the same answers."""

    a: tuple[Sample, ...]
    b: tuple[Sample, ...]
    items: tuple[int, ...]
    left_out: int


def score_of(by_judge: Mapping[str, int]) -> float:
    """The panel's score of an answer: the mean of the judges that gave one."""
    return sum(by_judge.values()) / len(by_judge)


def items_of(keys: Iterable[AnswerKey]) -> int:
    """Items among questions; an item of two languages counts twice."""
    return len({(key.category, key.language, key.item) for key in keys})


def shares(items: Sequence[int], weighting: str) -> tuple[float, ...]:
    """How much each category weighs in the overall mean, by its items; they add up to 1."""
    if weighting == "categories":
        return tuple(1 / len(items) for _ in items)
    return tuple(one / sum(items) for one in items)


def rows_of(samples: Sequence[Sample], share_C: Sequence[float]) -> list[ScaledRow]:
    """Rows whose mean_over_rows is the sum of share times mean, in the unit of the scores.

    A row of a mean is worth (value - chance) / (best - chance) over the number of rows, so the share stands in best.
    """
    count = len(samples)
    return [
        ScaledRow(str(index), sample, 0.0, 1 / (share * count))
        for index, (sample, share) in enumerate(zip(samples, share_C, strict=True))
    ]


def sample_of(scores: Scores) -> Sample:
    """The mean of one category's scores; an item's wordings, and its translations, are one cluster."""
    return mean_sample([score_of(by_judge) for by_judge in scores.values()], [key.item for key in scores])


def pair_of(a: Mapping[str, Scores], b: Mapping[str, Scores]) -> Pair | None:
    """Two models' scores by category, over what both have; None where a category has nothing that both have."""
    samples_a, samples_b, items = [], [], []
    left_out = 0
    for category, of_a in a.items():
        of_b = b[category]
        common = {
            key: judges for key, by_judge in of_a.items() if (judges := by_judge.keys() & of_b.get(key, {}).keys())
        }
        if not common:
            return None
        left_out += len(of_a.keys() | of_b.keys()) - len(common)
        samples_a.append(sample_of(_of_judges(of_a, common)))
        samples_b.append(sample_of(_of_judges(of_b, common)))
        items.append(items_of(common))
    return Pair(tuple(samples_a), tuple(samples_b), tuple(items), left_out)


def _of_judges(scores: Scores, judges: Mapping[AnswerKey, Iterable[str]]) -> Scores:
    return {key: {judge: scores[key][judge] for judge in sorted(names)} for key, names in judges.items()}


def difference_of(pair: Pair, weighting: str, *, repeats: int, seed: int) -> Difference:
    """Model a minus model b in points of the scale. Raises ValueError where a category has fewer than two items."""
    if len(pair.items) == 1:
        return paired_bootstrap_of(pair.a[0], pair.b[0], repeats=repeats, seed=seed)
    share_C = shares(pair.items, weighting)
    return difference_over_rows(rows_of(pair.a, share_C), rows_of(pair.b, share_C), repeats=repeats, seed=seed)


def contrasts_of(
    rows: Mapping[Place, Mapping[str, Mapping[str, Scores]]], weighting: str, *, repeats: int, seed: int
) -> dict[Place, tuple[Contrast, ...]]:
    """Every pair of models on every row, decided together by Holm, one family for each judge and for the panel.

    rows: by model and category, of the models that have scores there.
    """
    decided: dict[Place, tuple[Contrast, ...]] = {}
    for judge in dict.fromkeys(place.judge for place in rows):
        of_judge = {place: models for place, models in rows.items() if place.judge == judge}
        decided |= _family(of_judge, weighting, repeats, seed)
    return decided


def _family(
    rows: Mapping[Place, Mapping[str, Mapping[str, Scores]]], weighting: str, repeats: int, seed: int
) -> dict[Place, tuple[Contrast, ...]]:
    differences: dict[tuple[Place, str, str], Difference] = {}
    untested: dict[tuple[Place, str, str], Untested] = {}
    left_out: dict[tuple[Place, str, str], int] = {}
    for place, models in rows.items():
        for a, b in combinations(models, 2):
            pair = pair_of(models[a], models[b])
            if pair is None:
                untested[place, a, b] = "no_shared_items"
                continue
            left_out[place, a, b] = pair.left_out
            try:
                differences[place, a, b] = difference_of(pair, weighting, repeats=repeats, seed=seed)
            except ValueError:  # fewer than two items in a category: nothing is known of their spread
                untested[place, a, b] = "too_few_items"
    decisions = decide(differences)
    return {
        place: tuple(
            Contrast(a, b, decisions.get(key), untested.get(key), left_out.get(key, 0))
            for a, b in combinations(models, 2)
            for key in [(place, a, b)]
        )
        for place, models in rows.items()
    }
