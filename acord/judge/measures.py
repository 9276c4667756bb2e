"""What is counted of one judge in one language: failures, orders, forms, length; and between judges."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from itertools import combinations
from typing import Any, Literal, NamedTuple

from scipy import stats

from acord.agreement import CONFIDENCE, Agreement, Kappa, krippendorff_alpha, weighted_kappa
from acord.judge.lengths import Correlation, Scored, correlation
from acord.judge.record import LEVELS, PARSE_FAILURES, Answer, Missing, Rating, Verdict

# +1: the pair's one answer is preferred, -1: its other, 0: neither.
Preferred = Literal[-1, 0, 1]


class Share(NamedTuple):
    """k of n. low, high: the exact 95% interval of the share (Clopper and Pearson 1934), 0 to 1 where n is 0."""

    k: int
    n: int
    low: float
    high: float

    @property
    def value(self) -> float | None:
        return self.k / self.n if self.n else None


class Pair(NamedTuple):
    """Two answers to one question that were held against each other in both orders.

    forward: with `one` shown first, backward: with `other` shown first. Both are None where a verdict is missing.
    """

    one: Answer
    other: Answer
    forward: Preferred | None
    backward: Preferred | None

    @property
    def complete(self) -> bool:
        return self.forward is not None and self.backward is not None

    @property
    def lean(self) -> int:
        """Above 0: towards what was shown first; below: second; 0 where the orders agree or one is missing."""
        return 0 if self.forward is None or self.backward is None else self.forward - self.backward


@dataclass(frozen=True)
class Orders:
    """agree: complete pairs whose two orders prefer the same. first: of the choices in them, those of the first shown.

    to_first, to_second: pairs whose orders differ, by where the choice leans. incomplete: pairs with a missing verdict.
    """

    agree: Share
    first: Share
    to_first: int
    to_second: int
    incomplete: int


@dataclass(frozen=True)
class Forms:
    """How steady the scores of the same answer are over wordings of the judge's instruction.

    equal: answers whose scores are all equal, of those with two or more. alpha: Krippendorff's, ordinal; None where
    nothing varies.
    """

    equal: Share
    alpha: Agreement | None


@dataclass(frozen=True)
class Measures:
    """One judge in one language.

    failures: replies that did not follow the form, of all that came. missing: every rating and verdict without a
    result, by reason. scores: how often each level was given by the form that counts. length_within: what answers were
    compared in, `question` or, where every question has one answer, `category`.
    """

    failures: Share
    missing: Mapping[Missing, int]
    scores: Mapping[int, int]
    orders: Orders
    forms: Forms
    length: Correlation | None
    length_within: Literal["question", "category"]


@dataclass(frozen=True)
class Between:
    """Judges of one language with each other. alpha: ordinal, over all. kappas: quadratic, by pair of judges."""

    alpha: Agreement | None
    kappas: Mapping[tuple[str, str], Kappa | None]


def share(k: int, n: int) -> Share:
    """k of n with its exact interval."""
    tail = (1 - CONFIDENCE) / 2
    low = float(stats.beta.ppf(tail, k, n - k + 1)) if k else 0.0
    high = float(stats.beta.ppf(1 - tail, k + 1, n - k)) if k < n else 1.0
    return Share(k, n, low, high)


def measures(ratings: Sequence[Rating], verdicts: Sequence[Verdict]) -> Measures:
    """Everything of one judge in one language."""
    length, within = length_of(ratings)
    reasons = [*(one.missing for one in ratings), *(one.missing for one in verdicts)]
    missing = Counter(reason for reason in reasons if reason is not None)
    failed = sum(missing[reason] for reason in PARSE_FAILURES)
    read = sum(one.score is not None for one in ratings) + sum(one.choice is not None for one in verdicts)
    given = Counter(one.score for one in ratings if one.form == 0 and one.score is not None)
    return Measures(
        failures=share(failed, failed + read),
        missing=dict(sorted(missing.items())),
        scores={level: given[level] for level in LEVELS},
        orders=_orders(pairs(verdicts)),
        forms=_forms(ratings),
        length=length,
        length_within=within,
    )


def pairs(verdicts: Iterable[Verdict]) -> list[Pair]:
    """Verdicts put together by what they compare; of several on the same order the last counts.

    An answer held against an equal one (the same model's same text) tells nothing of order and is left out.
    """
    found: dict[tuple[Answer, Answer], dict[bool, Preferred | None]] = {}
    for verdict in verdicts:
        one, other = sorted((verdict.first, verdict.second), key=_place)
        if one == other:
            continue
        forward = verdict.first == one
        won = {"1": 1, "2": -1, "tie": 0, None: None}[verdict.choice]
        preferred: Preferred | None = won if forward or won is None else -won  # type: ignore[assignment]  # of -1, 0, 1
        found.setdefault((one, other), {})[forward] = preferred
    return [Pair(one, other, said.get(True), said.get(False)) for (one, other), said in found.items()]


def length_of(ratings: Iterable[Rating]) -> tuple[Correlation | None, Literal["question", "category"]]:
    """Correlation of score and answer length (characters), within question where questions have several answers."""
    rated = [one for one in ratings if one.form == 0 and one.score is not None]
    answers = Counter(one.answer.question for one in rated)
    within: Literal["question", "category"] = "question" if any(n > 1 for n in answers.values()) else "category"
    scored = [
        Scored(
            one.answer.question if within == "question" else one.answer.question.category,
            item_of(one.answer),
            one.answer.model,
            float(one.score or 0),
            len(one.answer.text),
        )
        for one in rated
    ]
    return correlation(scored), within


def between(ratings: Iterable[Rating]) -> Between | None:
    """Judges with each other, on the answers of one language by the form that counts; None for a single judge."""
    scores: dict[Answer, dict[str, int]] = {}
    judges: dict[str, None] = {}
    for one in ratings:
        if one.form == 0 and one.score is not None:
            scores.setdefault(one.answer, {})[one.judge] = one.score
            judges[one.judge] = None
    if len(judges) < 2:
        return None
    kappas = {}
    for a, b in combinations(judges, 2):
        both = {answer: said for answer, said in scores.items() if a in said and b in said}
        sides = [said[a] for said in both.values()], [said[b] for said in both.values()]
        kappas[a, b] = weighted_kappa(*sides, LEVELS, clusters_N=[item_of(answer) for answer in both])
    return Between(
        krippendorff_alpha((list(said.values()) for said in scores.values()), "ordinal", bounded=True), kappas
    )


def plain(value: Any) -> Any:
    """Measures as JSON takes them: records as objects, a share with its value."""
    if isinstance(value, Share):
        return value._asdict() | {"share": value.value}
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    return value


def fingerprints(replies: Iterable[Rating | Verdict]) -> dict[str, int]:
    """How many replies that came reported each fingerprint of their judge, "" for none."""
    return dict(Counter(one.fingerprint for one in replies if one.fingerprint or _is_read(one)))


def item_of(answer: Answer) -> tuple[str, str, str]:
    """What depends on each other: the item of the suite, over its wordings and answers."""
    return answer.question.language, answer.question.category, answer.question.item


def _is_read(one: Rating | Verdict) -> bool:
    return (one.score if isinstance(one, Rating) else one.choice) is not None


def _place(answer: Answer) -> tuple[str, str, str]:
    return answer.model, answer.identity or "", answer.text


def _orders(found: Sequence[Pair]) -> Orders:
    whole = [pair for pair in found if pair.complete]
    # Shown first, `one` is chosen by +1 and `other` by -1.
    first = sum((pair.forward == 1) + (pair.backward == -1) for pair in whole)
    decided = sum((pair.forward != 0) + (pair.backward != 0) for pair in whole)
    return Orders(
        agree=share(sum(pair.lean == 0 for pair in whole), len(whole)),
        first=share(first, decided),
        to_first=sum(pair.lean > 0 for pair in whole),
        to_second=sum(pair.lean < 0 for pair in whole),
        incomplete=len(found) - len(whole),
    )


def _forms(ratings: Iterable[Rating]) -> Forms:
    scores: dict[Answer, dict[int, int]] = {}
    for one in ratings:
        if one.score is not None:
            scores.setdefault(one.answer, {})[one.form] = one.score
    several = [list(said.values()) for said in scores.values() if len(said) > 1]
    equal = sum(len(set(said)) == 1 for said in several)
    return Forms(share(equal, len(several)), krippendorff_alpha(several, "ordinal", bounded=True))
