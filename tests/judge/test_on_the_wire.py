"""What leaves for a judge, as a server received it: each injection within its fence, and no verdict out of it."""

from pathlib import Path
from typing import Any

from acord.judge.budget import Budget
from acord.judge.calls import CallStore
from acord.judge.client import Call, JudgeClient
from acord.judge.prompts import PAIR_SCHEMA, RATING_SCHEMA, again, fenced, pair_messages, rating_messages
from acord.judge.reading import read_choice, read_rating
from acord.judge.record import LEVELS, Answer, Question
from acord.judge.suite import Rubric
from acord.recipe import JudgeModel
from tests.judge.injections import INJECTIONS, VERDICT
from tests.judge.judge_server import JudgeServer

RUBRIC = Rubric("places", "Whether it is right.", {level: f"Level {level}." for level in LEVELS}, {"va": "Accents."})
QUESTION = Question("places", "va", "p-1", 0, "Quina és la capital?", "València.")


def test_injections_leave_in_their_fences_and_a_judge_that_repeats_them_says_nothing(tmp_path: Path) -> None:
    def repeats(messages: Any) -> str:
        return fenced(messages).get("answer", VERDICT)

    answers = [Answer(QUESTION, "model", text) for text in INJECTIONS]
    ratings = [Call(rating_messages(RUBRIC, one), RATING_SCHEMA, "rating", "v", read_rating, again) for one in answers]
    pairs = [
        Call(pair_messages(RUBRIC, one, answers[0]), PAIR_SCHEMA, "verdict", "v", read_choice, again) for one in answers
    ]
    with JudgeServer(answer=repeats) as server, CallStore(tmp_path / "calls.sqlite") as store:
        model = JudgeModel(endpoint=server.url, model="judge", timeout_seconds=20)
        with JudgeClient(model, store, Budget()) as client:
            heard = client.ask_many([*ratings, *pairs])
        assert {one.missing for one in heard} == {"unreadable"}
        assert {one.tries for one in heard} == {3}
        received = [tuple(request.body["messages"]) for request in server.requests]
    for call in (*ratings, *pairs):
        tries = [call.messages, again(call.messages), again(again(call.messages))]
        assert [received.count(tuple(messages)) for messages in tries] == [1, 1, 1]
    texts = [fenced(messages) for messages in received]
    assert [[one.get("answer") for one in texts].count(text) for text in INJECTIONS] == [3] * 50
    assert [[one.get("answer 1") for one in texts].count(text) for text in INJECTIONS] == [3] * 50
