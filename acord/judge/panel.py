"""Who is asked what: every answer by every judge, and on a sample what shows how far a judge can be trusted.

On a sample of each language, an answer is judged again in the other forms of the judge's instruction, and two answers
to one question are held against each other in both orders. Samples follow from what the items are called, so that
another run asks the same.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import combinations, cycle
from typing import Any, NamedTuple

from acord.console import Tracker, say, track
from acord.judge.answers import by_place
from acord.judge.budget import Budget
from acord.judge.calls import CallStore
from acord.judge.client import Call, Heard, JudgeClient
from acord.judge.prompts import FORMS, PAIR_SCHEMA, RATING_SCHEMA, again, pair_messages, rating_messages
from acord.judge.reading import read_choice, read_rating
from acord.judge.record import Answer, Rating, Verdict
from acord.judge.suite import Rubric
from acord.languages import text
from acord.recipe import Judge, JudgeModel


class Asked(NamedTuple):
    """One answer to be rated, in one form of the judge's instruction."""

    answer: Answer
    form: int


class Pair(NamedTuple):
    """Two answers to one question, in the order in which the judge sees them."""

    first: Answer
    second: Answer


class Work(NamedTuple):
    """What every judge is asked."""

    ratings: tuple[Asked, ...]
    pairs: tuple[Pair, ...]


class Judged(NamedTuple):
    """What the judges said, in the order of the judges and of the work. fingerprints: of each judge, with counts."""

    ratings: tuple[Rating, ...]
    verdicts: tuple[Verdict, ...]
    fingerprints: Mapping[str, Mapping[str, int]]
    sent: int


Rubrics = Callable[[str], Rubric]


def work_of(answers: Mapping[str, Sequence[Answer]], settings: Judge) -> Work:
    """All ratings in form 0, a sample in the others, and pairs in both orders. answers: of each model."""
    ratings = [Asked(answer, 0) for of_model in answers.values() for answer in of_model]
    for answer in _sample(answers, settings.check_items):
        ratings += [Asked(answer, form) for form in range(1, len(FORMS))]
    pairs = [] if settings.pairwise == "off" else _pairs(answers, settings)
    return Work(tuple(ratings), tuple(one for pair in pairs for one in (pair, Pair(pair.second, pair.first))))


def _sample(answers: Mapping[str, Sequence[Answer]], items: int) -> list[Answer]:
    """Of each language so many answers in the first wording, of the models in turn."""
    models = [by_place([one for one in of_model if one.question.wording == 0]) for of_model in answers.values()]
    found = []
    for places in _shuffled(models[0]).values():
        for place, model in zip(places[:items], cycle(models), strict=False):
            found.append(model[place])
    return found


def _pairs(answers: Mapping[str, Sequence[Answer]], settings: Judge) -> list[Pair]:
    """Answers of two models to one question; of a single model, its answers to two wordings of it."""
    everything = [by_place(of_model) for of_model in answers.values()]
    firsts = {place: answer for place, answer in everything[0].items() if answer.question.wording == 0}
    found = []
    for places in _shuffled(firsts).values():
        wanted = len(places) if settings.pairwise == "all" else settings.check_items
        of_language: list[Pair] = []
        combined = cycle(combinations(everything, 2)) if len(everything) > 1 else None
        for place in places:
            if len(of_language) >= wanted and settings.pairwise == "check":
                break
            if combined is None:
                other = everything[0].get((*place[:3], 1))
                of_language += [] if other is None else [Pair(everything[0][place], other)]
            elif settings.pairwise == "all":
                of_language += [Pair(a[place], b[place]) for a, b in combinations(everything, 2)]
            else:
                a, b = next(combined)
                of_language.append(Pair(a[place], b[place]))
        # Which of two equal texts is better is no question.
        found += [pair for pair in of_language if pair.first.text != pair.second.text]
    return found


def _shuffled(answers: Mapping[tuple[str, str, str, int], Answer]) -> dict[str, list[tuple[str, str, str, int]]]:
    """Places by language, each in an order that follows from their names alone."""
    by_language: dict[str, list[tuple[str, str, str, int]]] = defaultdict(list)
    for place in sorted(answers, key=lambda one: hashlib.sha256("\n".join(map(str, one)).encode()).digest()):
        by_language[place[1]].append(place)
    return {language: by_language[language] for language in sorted(by_language)}


def calls_of(work: Work, rubric_of: Rubrics) -> list[Call]:
    """What is sent to each judge, ratings first, in the order of the work."""
    calls = []
    for answer, form in work.ratings:
        rubric = rubric_of(answer.question.category)
        messages = rating_messages(rubric, answer, form)
        calls.append(Call(messages, RATING_SCHEMA, "rating", rubric.version, read_rating, again))
    for first, second in work.pairs:
        rubric = rubric_of(first.question.category)
        messages = pair_messages(rubric, first, second)
        calls.append(Call(messages, PAIR_SCHEMA, "verdict", rubric.version, read_choice, again))
    return calls


def judge_all(
    work: Work,
    judges: Sequence[JudgeModel],
    rubric_of: Rubrics,
    *,
    store: CallStore,
    budget: Budget,
    newest_only: bool = False,
) -> Judged:
    """Ask every judge all of the work; judges answer side by side.

    What is in the store is not asked again; with newest_only, only what came under a judge's newest fingerprint. Raises
    InputError where an endpoint cannot be used or a cap is reached: what was answered until then is kept.
    """
    calls = calls_of(work, rubric_of)
    with ExitStack() as stack:
        clients = [stack.enter_context(JudgeClient(judge, store, budget, newest_only=newest_only)) for judge in judges]
        progress = stack.enter_context(track(text("judge_progress"), len(calls) * len(clients), text("judge_unit")))
        pool = stack.enter_context(ThreadPoolExecutor(len(clients)))
        heard = [pool.submit(_ask, client, calls, progress) for client in clients]
        try:
            replies = [one.result() for one in heard]
        except BaseException as error:
            for client in clients:
                client.stop()
            if isinstance(error, KeyboardInterrupt | SystemExit):
                # They are paid for, and may take as long as a judge thinks.
                say(text("judge_ending"))
            raise
        fingerprints = {judge.shown: client.seen() for judge, client in zip(judges, clients, strict=True)}
    ratings: list[Rating] = []
    verdicts: list[Verdict] = []
    for judge, said in zip(judges, replies, strict=True):
        of_ratings, of_pairs = said[: len(work.ratings)], said[len(work.ratings) :]
        ratings += [_rating(judge.shown, *one) for one in zip(work.ratings, of_ratings, strict=True)]
        verdicts += [_verdict(judge.shown, *one) for one in zip(work.pairs, of_pairs, strict=True)]
    sent = sum(one.paid for said in replies for one in said)
    return Judged(tuple(ratings), tuple(verdicts), fingerprints, sent)


def _ask(client: JudgeClient, calls: Sequence[Call], progress: Tracker) -> list[Heard]:
    return client.ask_many(calls, lambda _number, _heard: progress.advance())


def _rating(judge: str, asked: Asked, heard: Heard) -> Rating:
    value: Any = heard.value
    score, reason = (None, "") if value is None else (value.score, value.reason)
    return Rating(judge, asked.answer, asked.form, score, reason, heard.missing, heard.detail, heard.fingerprint)


def _verdict(judge: str, pair: Pair, heard: Heard) -> Verdict:
    value: Any = heard.value
    choice, reason = (None, "") if value is None else (value.choice, value.reason)
    return Verdict(judge, pair.first, pair.second, choice, reason, heard.missing, heard.detail, heard.fingerprint)
