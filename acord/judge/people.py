"""A judge held against people's labels: agreement beyond chance, on which side it errs, and length at equal labels."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Literal, NamedTuple

from acord.agreement import Agreement, Kappa, krippendorff_alpha, weighted_kappa
from acord.judge.lengths import Correlation, Scored, correlation
from acord.judge.measures import fingerprints, item_of
from acord.judge.record import LEVELS, Answer, Label, Rating

Scale = Literal["1-5", "yes/no"]
# Scores from here on count as a yes, where people only said yes or no.
PASSES_FROM = 4


@dataclass(frozen=True)
class People:
    """One judge and people, in one language.

    scale: what they are compared on: `yes/no` where a label has no score; scores from PASSES_FROM on are then a yes.
    n: answers that both judged. kappa: quadratic weights, by item; None where it is not defined: all values alike.
    table: people's value (in rows, upwards) by the judge's score of 1 to 5. missing: labelled answers that the judge
    gave no score. ties: answers left out since annotators were split. difference: mean of judge less people, in levels
    or in the share of yes; None without answers. above, below: items on which the judge is above, below people in sum.
    annotators: people among themselves, None where no answer has two. length: score and length at equal labels.
    fingerprints: of the judge in these ratings, and how often.
    """

    scale: Scale
    categories: tuple[str, ...]
    n: int
    kappa: Kappa | None
    table: tuple[tuple[int, ...], ...]
    missing: int
    ties: int
    difference: float | None
    above: int
    below: int
    annotators: Agreement | None
    length: Correlation | None
    fingerprints: Mapping[str, int]


class _Both(NamedTuple):
    answer: Answer
    label: int  # 1 to 5, or 0 and 1 for no and yes
    score: int  # the judge's, 1 to 5


def agreement_with_people(ratings: Iterable[Rating], labels: Sequence[Label]) -> dict[tuple[str, str], People]:
    """Every judge against the labels of every language, by judge and language.

    Ratings are those of the labels' answers by the form that counts; others are passed over. Of several annotators the
    median counts (of yes and no the majority); an answer without one is dropped as a tie. Of several labels of one
    named annotator the last counts.
    """
    by_answer: dict[Answer, list[Label]] = {}
    for label in labels:
        by_answer.setdefault(label.answer, []).append(label)
    rated: dict[str, dict[Answer, Rating]] = {}
    for one in ratings:
        if one.form == 0 and one.answer in by_answer:
            rated.setdefault(one.judge, {})[one.answer] = one
    result = {}
    for language in dict.fromkeys(label.answer.question.language for label in labels):
        mine = {answer: given for answer, given in by_answer.items() if answer.question.language == language}
        for judge, of_judge in rated.items():
            result[judge, language] = _people(mine, [of_judge[answer] for answer in mine if answer in of_judge])
    return result


def _people(by_answer: Mapping[Answer, list[Label]], rated: Sequence[Rating]) -> People:
    scores = {one.answer: one.score for one in rated if one.score is not None}
    scale: Scale = "1-5" if all(one.score is not None for given in by_answer.values() for one in given) else "yes/no"
    said = {answer: _values(given, scale) for answer, given in by_answer.items()}
    labels = {answer: _middle(values) for answer, values in said.items()}
    both = [
        _Both(answer, label, scores[answer])
        for answer, label in labels.items()
        if label is not None and answer in scores
    ]
    values = LEVELS if scale == "1-5" else (0, 1)
    excess = [_on(scale, one.score) - one.label for one in both]
    by_item: Counter[tuple[str, str, str]] = Counter()
    for one, more in zip(both, excess, strict=True):
        by_item[item_of(one.answer)] += more
    return People(
        scale=scale,
        categories=tuple(dict.fromkeys(answer.question.category for answer in by_answer)),
        n=len(both),
        kappa=weighted_kappa(
            [_on(scale, one.score) for one in both],
            [one.label for one in both],
            values,
            clusters_N=[item_of(one.answer) for one in both],
        ),
        table=tuple(
            tuple(sum((one.label, one.score) == (value, level) for one in both) for level in LEVELS) for value in values
        ),
        missing=sum(label is not None and answer not in scores for answer, label in labels.items()),
        ties=sum(label is None for label in labels.values()),
        difference=float(mean(excess)) if excess else None,
        above=sum(more > 0 for more in by_item.values()),
        below=sum(more < 0 for more in by_item.values()),
        annotators=krippendorff_alpha(said.values(), "ordinal", bounded=True),
        length=correlation([_scored(one) for one in both]),
        fingerprints=fingerprints(rated),
    )


def _scored(both: _Both) -> Scored:
    question = both.answer.question
    group = (question.category, both.label)
    return Scored(group, item_of(both.answer), both.answer.model, both.score, len(both.answer.text))


def _on(scale: Scale, score: int) -> int:
    return score if scale == "1-5" else int(score >= PASSES_FROM)


def _values(labels: Iterable[Label], scale: Scale) -> list[int]:
    """What each annotator says, on the scale."""
    said: dict[str | int, int] = {}
    for at, one in enumerate(labels):
        value = int(bool(one.passes)) if one.score is None else _on(scale, one.score)
        said[at if one.annotator is None else one.annotator] = value
    return list(said.values())


def _middle(values: Sequence[int]) -> int | None:
    """The median, None where it lies between two values."""
    middle = median(values)
    return int(middle) if middle == int(middle) else None
