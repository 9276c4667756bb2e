"""What is judged and what a judge says of it, as the parts of this room hand it to each other."""

from dataclasses import dataclass
from typing import Literal

LEVELS = (1, 2, 3, 4, 5)

# Why there is no score. The first five are the judge's own failures to follow the form; the last two never reached it.
Missing = Literal["unreadable", "out of range", "empty", "cut off", "refused", "rejected", "no answer"]
PARSE_FAILURES: tuple[Missing, ...] = ("unreadable", "out of range", "empty", "cut off", "refused")


@dataclass(frozen=True)
class Question:
    """One prompt of a suite as models see it. wording: which of the wordings of its instruction, from 0.

    category, language, item: where it stands in the suite. reference: what a full answer holds, None where there is
    none.
    """

    category: str
    language: str
    item: str
    wording: int
    prompt: str
    reference: str | None


@dataclass(frozen=True)
class Answer:
    """A model's reply to a question. model: its name in tables. identity: of its weights, None where not known."""

    question: Question
    model: str
    text: str
    identity: str | None = None


@dataclass(frozen=True)
class Rating:
    """What one judge says of one answer. score: 1 to 5, None where there is none: `missing` then says why.

    judge: its name in tables. form: which of the wordings of the judge's own instruction, from 0; tables use form 0,
    the others show how steady the judge is. fingerprint: what the server reported of the judge, "" for nothing.
    """

    judge: str
    answer: Answer
    form: int
    score: int | None
    reason: str
    missing: Missing | None = None
    detail: str = ""
    fingerprint: str = ""


@dataclass(frozen=True)
class Verdict:
    """Which of two answers to one question a judge prefers, in one order. choice: "1" is `first`, None where missing.

    Every pair is judged in both orders: two verdicts with first and second exchanged.
    """

    judge: str
    first: Answer
    second: Answer
    choice: Literal["1", "2", "tie"] | None
    reason: str
    missing: Missing | None = None
    detail: str = ""
    fingerprint: str = ""


@dataclass(frozen=True)
class Label:
    """What people say of an answer: a score from 1 to 5, or a yes or no (`passes`) to the category's question.

    annotator: None where not known. One of score and passes is given.
    """

    answer: Answer
    score: int | None
    passes: bool | None
    annotator: str | None = None
