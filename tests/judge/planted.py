"""Judges with known errors, on made-up answers whose quality is known and has nothing to do with their length."""

import math
import random
from typing import Literal, NamedTuple

from acord.judge.bias import Finding, findings
from acord.judge.people import People, agreement_with_people
from acord.judge.record import Answer, Label, Question, Rating, Verdict

Planted = Literal["perfect", "first", "second", "longer", "shorter", "constant", "random", "lenient", "harsh"]
NAMED: dict[Planted, set[str]] = {
    "perfect": set(),
    "first": {"first"},
    "second": {"second"},
    "longer": {"longer"},
    "shorter": {"shorter"},
    "constant": {"constant"},
    "random": {"chance"},
    "lenient": {"lenient"},
    "harsh": {"harsh"},
}


class Judged(NamedTuple):
    """What a planted judge said, and people's labels; findings and people are made of them."""

    ratings: list[Rating]
    verdicts: list[Verdict]
    labels: list[Label]

    @property
    def people(self) -> dict[tuple[str, str], People]:
        return agreement_with_people(self.ratings, self.labels)

    def findings(self, *, labelled: bool = True) -> list[Finding]:
        return findings(self.ratings, self.verdicts, self.people if labelled else None)


def judged(
    judge: Planted,
    seed: int,
    *,
    items: int = 40,
    language: str = "en",
    noise: float = 0.2,
    better: int = 0,
    fingerprint: str = "",
) -> Judged:
    """A judge named J on two models, A and B, with three forms, both orders and labels of people.

    noise: share of what the judge and people see that is one level off. better: by so much A is better, and writes
    twice as much for each level.
    """
    draw = random.Random(seed)
    result = Judged([], [], [])
    for item in range(items):
        question = Question("maths", language, f"maths-{item}", 0, f"question {item}", None)
        shown = []
        for model in ("A", "B"):
            more = better if model == "A" else 0
            length = 1 + int(math.exp(draw.gauss(4.5, 0.8)) * 2**more)
            shown.append((Answer(question, model, "x" * length), _level(draw.randint(1, 5) + more)))
        for answer, quality in shown:
            scores = [_score(judge, len(answer.text), _off(quality, noise, draw), draw) for _ in range(3)]
            result.ratings.extend(
                Rating("J", answer, form, score, "", fingerprint=fingerprint) for form, score in enumerate(scores)
            )
            result.labels.append(Label(answer, _off(quality, noise, draw), None))
        for (first, one), (second, other) in (shown, reversed(shown)):
            lead = _lead(judge, len(first.text) - len(second.text), one - other, draw)
            choice: Literal["1", "2", "tie"] = "tie" if lead == 0 else "1" if lead > 0 else "2"
            result.verdicts.append(Verdict("J", first, second, choice, "", fingerprint=fingerprint))
    return result


def _score(judge: Planted, length: int, quality: int, draw: random.Random) -> int:
    if judge == "constant":
        return 4
    if judge == "random":
        return draw.randint(1, 5)
    if judge in ("longer", "shorter"):
        longer = 1 + sum(length > mark for mark in (45, 75, 110, 180))
        return longer if judge == "longer" else 6 - longer
    return _level(quality + {"lenient": 1, "harsh": -1}.get(judge, 0))


def _lead(judge: Planted, longer: int, better: int, draw: random.Random) -> int:
    """Above 0 where the first is preferred."""
    if judge == "random":
        return draw.choice((-1, 0, 1))
    return {"first": 1, "second": -1, "longer": longer, "shorter": -longer, "constant": 0}.get(judge, better)


def _off(quality: int, noise: float, draw: random.Random) -> int:
    return _level(quality + draw.choice((-1, 1))) if draw.random() < noise else quality


def _level(value: int) -> int:
    return min(5, max(1, value))
