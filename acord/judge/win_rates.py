"""Pairs of answers as win rates: how often a model's answer is preferred to another's in both orders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from acord.evaluate.statistics import mean_estimate
from acord.judge.contrasts import AnswerKey
from acord.judge.record import Verdict

WIN, TIE, LOSS = 1.0, 0.5, 0.0


@dataclass(frozen=True)
class WinRate:
    """Model a against model b in a language (None: in all of them), by one judge or the panel (None).

    wins, losses, ties: pairs of answers, from the side of a; n: their sum. flips: ties whose two orders do not agree.
    missing: pairs where an order has no verdict; they are not in n. rate: wins and half of the ties, over n. low, high:
    its 95 % interval, an item's wordings as one cluster. The three are None where they cannot be told.
    """

    judge: str | None
    language: str | None
    a: str
    b: str
    wins: int
    losses: int
    ties: int
    flips: int
    missing: int
    rate: float | None
    low: float | None
    high: float | None

    @property
    def n(self) -> int:
        return self.wins + self.losses + self.ties


@dataclass(frozen=True)
class _Outcome:
    """One judge's verdicts on one pair of answers, from the side of the first model. value: None where missing."""

    value: float | None
    flipped: bool = False


_Pairs = Mapping[tuple[str, str], Mapping[AnswerKey, Mapping[str, _Outcome]]]


def win_rates(verdicts: Sequence[Verdict]) -> tuple[WinRate, ...]:
    """Of every pair of models, by language and over languages where there are several; the panel first, then judges.

    Verdicts on two answers of one model say how steady a judge is and nothing of models: they are left out.
    The panel's outcome is what most judges with a verdict say, a tie where they are as many; its pair is flipped
    where a judge's is. Raises ValueError for two verdicts of one judge on the same answers in the same order.
    """
    verdicts = [one for one in verdicts if one.first.model != one.second.model]
    pairs = _pairs(verdicts)
    judges = list(dict.fromkeys(one.judge for one in verdicts))
    languages = list(dict.fromkeys(one.first.question.language for one in verdicts))
    scopes: list[str | None] = [*languages, *([None] if len(languages) > 1 else [])]
    return tuple(
        _rate(judge, language, a, b, of_pair)
        for judge in (None, *(judges if len(judges) > 1 else ()))
        for language in scopes
        for (a, b), of_pair in pairs.items()
    )


def _pairs(verdicts: Sequence[Verdict]) -> _Pairs:
    """Outcomes by models, in the order of their first appearance, by question and judge."""
    place = {name: index for index, name in enumerate(_models(verdicts))}
    said: dict[tuple[str, str], dict[AnswerKey, dict[str, dict[str, Verdict]]]] = {}
    for one in verdicts:
        a, b = sorted((one.first.model, one.second.model), key=place.__getitem__)
        question = one.first.question
        key = AnswerKey(question.category, question.language, question.item, question.wording)
        orders = said.setdefault((a, b), {}).setdefault(key, {}).setdefault(one.judge, {})
        if one.first.model in orders:
            raise ValueError(f"{one.judge} compared {one.first.model} and {one.second.model} on {key} twice")
        orders[one.first.model] = one
    return {
        (a, b): {
            key: {judge: _outcome(a, b, orders) for judge, orders in by_judge.items()}
            for key, by_judge in of_pair.items()
        }
        for (a, b), of_pair in said.items()
    }


def _models(verdicts: Sequence[Verdict]) -> list[str]:
    return list(dict.fromkeys(name for one in verdicts for name in (one.first.model, one.second.model)))


def _outcome(a: str, b: str, orders: Mapping[str, Verdict]) -> _Outcome:
    forward, backward = (_value(orders.get(name), of=a) for name in (a, b))
    if forward is None or backward is None:
        return _Outcome(None)
    return _Outcome(forward) if forward == backward else _Outcome(TIE, flipped=True)


def _value(verdict: Verdict | None, *, of: str) -> float | None:
    if verdict is None or verdict.choice is None:
        return None
    if verdict.choice == "tie":
        return TIE
    preferred = verdict.first if verdict.choice == "1" else verdict.second
    return WIN if preferred.model == of else LOSS


def _of_panel(outcomes: Mapping[str, _Outcome]) -> _Outcome:
    values = [one.value for one in outcomes.values() if one.value is not None]
    if not values:
        return _Outcome(None)
    balance = sum((value > TIE) - (value < TIE) for value in values)
    flipped = any(one.flipped for one in outcomes.values())
    return _Outcome(WIN if balance > 0 else LOSS if balance < 0 else TIE, flipped)


def _rate(
    judge: str | None, language: str | None, a: str, b: str, of_pair: Mapping[AnswerKey, Mapping[str, _Outcome]]
) -> WinRate:
    outcomes = {
        key: _of_panel(by_judge) if judge is None else by_judge.get(judge, _Outcome(None))
        for key, by_judge in of_pair.items()
        if language in (None, key.language)
    }
    scored = {key: one.value for key, one in outcomes.items() if one.value is not None}
    values = list(scored.values())
    low, high = _interval(scored)
    return WinRate(
        judge=judge,
        language=language,
        a=a,
        b=b,
        wins=values.count(WIN),
        losses=values.count(LOSS),
        ties=values.count(TIE),
        flips=sum(one.flipped for one in outcomes.values()),
        missing=len(outcomes) - len(values),
        rate=sum(values) / len(values) if values else None,
        low=low,
        high=high,
    )


def _interval(scored: Mapping[AnswerKey, float]) -> tuple[float | None, float | None]:
    try:
        found = mean_estimate(list(scored.values()), [f"{key.category} {key.item}" for key in scored])
    except ValueError:  # fewer than two items
        return None, None
    return (max(found.low, 0.0), min(found.high, 1.0)) if found.stderr > 0 else (None, None)
