"""What is wrong with a judge, by name: position, length, a constant, chance, and being lenient or harsh.

Every test is of one judge in one language; p-values of all of them are adjusted together (Holm 1979), so that a report
on judges without any of these errors names something in one case of twenty at most.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import log1p
from typing import Any, Literal, NamedTuple

from scipy import stats

from acord.agreement import CONFIDENCE
from acord.evaluate.statistics import ALPHA, holm
from acord.judge.lengths import Correlation, Scored, correlation
from acord.judge.measures import Forms, Pair, item_of, length_of, measures, pairs
from acord.judge.people import People
from acord.judge.record import Rating, Verdict

# One score for this share of answers tells nothing of them; tested against a judge that does so to CONSTANT_AGAINST.
CONSTANT = 0.95
CONSTANT_AGAINST = 0.8
# Krippendorff (2004), Content Analysis, 11.4, calls .667 the least that allows tentative conclusions: half of that is
# no judgement. What is named as chance lies surely below it, and cannot be told from 0.
UNSTEADY = 1 / 3
FEWEST_ANSWERS = 20
# A small effect is .1 (Cohen 1988, Statistical Power Analysis, 3.2).
LEAST_RHO = 0.1

Name = Literal["first", "second", "longer", "shorter", "constant", "chance", "lenient", "harsh"]
SeenIn = Literal["scores", "choices", "people"]
Test = Literal["binomial", "signs of items", "interval of alpha"]


class Finding(NamedTuple):
    """A judge's error in one language.

    seen_in: its scores, its choices between two answers, or the comparison with people. figures: what was measured, by
    name. p_value: of the test named; adjusted_p: after Holm over the whole report.
    """

    name: Name
    judge: str
    language: str
    seen_in: SeenIn
    figures: Mapping[str, float]
    test: Test
    p_value: float
    adjusted_p: float

    def as_json(self) -> dict[str, Any]:
        """As JSON takes it."""
        return self._asdict() | {"figures": dict(self.figures)}


def findings(
    ratings: Sequence[Rating], verdicts: Sequence[Verdict], people: Mapping[tuple[str, str], People] | None = None
) -> list[Finding]:
    """The errors of every judge in every language. people: by judge and language, as agreement_with_people gives it.

    first, second: pairs whose two orders differ lean to what was shown there (exact binomial test). longer, shorter:
    scores go with length at equal labels of people where there are enough, else within question; choices do within
    each pair of models; what a model's own average explains does not count (see lengths). constant: one score for
    nearly all (exact binomial). chance: scores of the same answer under other wordings agree no more than chance, and
    no more with people. lenient, harsh: items scored above, below people (exact binomial); not told of a judge that is
    constant or chance, which explains it.
    """
    people = people or {}
    sides = dict.fromkeys([(one.judge, one.answer.question.language) for one in ratings])
    sides |= dict.fromkeys([(one.judge, one.first.question.language) for one in verdicts])
    tested: list[Finding] = []
    for judge, language in sides:
        rated = [one for one in ratings if (one.judge, one.answer.question.language) == (judge, language)]
        chosen = [one for one in verdicts if (one.judge, one.first.question.language) == (judge, language)]
        for result in _tested(rated, chosen, people.get((judge, language))):
            tested.append(result._replace(judge=judge, language=language))
    adjusted = holm([one.p_value for one in tested])
    found = [one._replace(adjusted_p=float(p)) for one, p in zip(tested, adjusted, strict=True) if p <= ALPHA]
    empty = {(one.judge, one.language) for one in found if one.name in ("constant", "chance")}
    return [one for one in found if one.name not in ("lenient", "harsh") or (one.judge, one.language) not in empty]


def _tested(rated: Sequence[Rating], chosen: Sequence[Verdict], people: People | None) -> Iterator[Finding]:
    """Every test that the data allows, whatever its p-value."""
    measured = measures(rated, chosen)
    orders = measured.orders
    if orders.to_first + orders.to_second:
        figures: dict[str, float] = {
            "to_first": orders.to_first,
            "to_second": orders.to_second,
            "pairs": orders.agree.n,
        }
        name: Name = "first" if orders.to_first > orders.to_second else "second"
        yield _finding(name, "choices", figures, "binomial", _signs(orders.to_first, orders.to_second))
    by_label = people.length if people is not None and people.n >= FEWEST_ANSWERS else None
    yield from _length(by_label or length_of(rated)[0], "people" if by_label else "scores")
    yield from _length(_length_of_choices(pairs(chosen)), "choices")
    yield from _constant(measured.scores)
    yield from _chance(measured.forms, people)
    if people is not None and people.above + people.below:
        figures = {"difference": people.difference or 0.0, "above": people.above, "below": people.below, "n": people.n}
        name = "lenient" if people.above > people.below else "harsh"
        yield _finding(name, "people", figures, "binomial", _signs(people.above, people.below))


def _length(found: Correlation | None, seen_in: SeenIn) -> Iterator[Finding]:
    if found is None or found.freed is None:
        return
    figures = {"rho": found.rho, "low": found.low, "high": found.high, "freed": found.freed, "n": found.n}
    # What is too weak to matter is not named, however many answers make it sure.
    p_value = found.p_value if abs(found.freed) >= LEAST_RHO else 1.0
    yield _finding("longer" if found.freed > 0 else "shorter", seen_in, figures, "signs of items", p_value)


def _length_of_choices(found: Sequence[Pair]) -> Correlation | None:
    """Whether, of the same two models, the one is preferred more where it writes more than usual beside the other."""
    return correlation(
        [
            Scored(
                group=(pair.one.model, pair.other.model),
                item=item_of(pair.one),
                source=(pair.one.model, pair.other.model),
                score=(pair.forward or 0) + (pair.backward or 0),
                length=log1p(len(pair.one.text)) - log1p(len(pair.other.text)),
            )
            for pair in found
            if pair.complete
        ]
    )


def _constant(scores: Mapping[int, int]) -> Iterator[Finding]:
    n = sum(scores.values())
    if n < FEWEST_ANSWERS:
        return
    level, k = max(scores.items(), key=lambda one: one[1])
    p_value = float(stats.binom.sf(k - 1, n, CONSTANT_AGAINST)) if k >= CONSTANT * n else 1.0
    yield _finding("constant", "scores", {"score": level, "k": k, "n": n}, "binomial", p_value)


def _chance(forms: Forms, people: People | None) -> Iterator[Finding]:
    if forms.alpha is None or forms.equal.n < FEWEST_ANSWERS:
        return
    alpha, low, high = forms.alpha[:3]
    deviation = (high - low) / (2 * float(stats.norm.ppf((1 + CONFIDENCE) / 2)))
    agrees = people is not None and people.kappa is not None and people.kappa.low > 0
    above_chance = low > 0 or agrees or deviation == 0
    p_value = 1.0 if above_chance else float(stats.norm.cdf((alpha - UNSTEADY) / deviation))
    figures = {"alpha": alpha, "low": low, "high": high, "n": forms.equal.n}
    yield _finding("chance", "scores", figures, "interval of alpha", p_value)


def _signs(more: int, less: int) -> float:
    """Two-sided exact p-value of so many of either, if both were as likely."""
    return float(stats.binomtest(more, more + less).pvalue)


def _finding(name: Name, seen_in: SeenIn, figures: Mapping[str, float], test: Test, p_value: float) -> Finding:
    return Finding(name, "", "", seen_in, figures, test, p_value, p_value)
