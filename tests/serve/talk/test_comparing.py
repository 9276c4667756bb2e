"""Two replies are judged blind, written as feedback, then revealed."""

import os
import random
import signal
import threading
import time
from dataclasses import replace

import pytest

from acord.feedback.store import FeedbackStore
from acord.languages import set_language
from acord.serve.talk.voice import beside
from tests.serve.talk.scripted import WAITS, engine_of, talk_with, type_in, voice

FIRST_FIRST, SECOND_FIRST = 1, 0  # seeds


@pytest.fixture(autouse=True)
def english():
    set_language("en")


def compared(tmp_path, mine, other, seed=FIRST_FIRST):
    voices = beside(voice(*mine, name="mine"), voice(*other, name="other"))
    return talk_with(*voices, store=FeedbackStore(tmp_path / "preferences.jsonl"), chance=random.Random(seed))


def after_greeting(shown):
    return shown.split("Ctrl-D leaves.\n", 1)[1]


@pytest.mark.parametrize("seed", [FIRST_FIRST, SECOND_FIRST])
def test_a_preference_is_written_in_the_order_shown_then_revealed(tmp_path, seed):
    talk = compared(tmp_path, [["A"], ["C"]], [["B"], ["D"]], seed)
    shown = after_greeting(type_in(talk, "Quina és la capital de França i per què ho és?", "/status"))
    order = ("mine", "other") if seed == FIRST_FIRST else ("other", "mine")
    said = ("A", "B") if seed == FIRST_FIRST else ("B", "A")
    assert f"Reply 1\n{said[0]}\nReply 2\n{said[1]}\nWhich is better?" in shown
    assert "last reply" not in shown
    assert talk.conversation.exchanges == ()
    waiting = type_in(talk, "another question", "/system x", "/prefer 3")
    assert waiting.count("two replies wait to be judged") == 2
    assert "3 is no choice" in waiting
    assert not talk.store.path.exists()
    shown = type_in(talk, "/prefer 2")
    assert f"1 was {order[0]}, 2 was {order[1]}; the conversation goes on with reply 2" in shown
    (row,) = talk.store.read()
    assert row.id in shown
    assert (row.replies, row.models, row.choice, row.language) == (said, order, "2", "va")
    assert row.prompt == ({"role": "user", "content": "Quina és la capital de França i per què ho és?"},)
    type_in(talk, "and?")
    mine, other = (engine_of(talk, number).asks[-1] for number in (0, 1))
    assert mine.ids == other.ids
    assert talk.conversation.exchanges[0].answer == said[1]


def test_ties_go_on_with_the_first_and_bare_verdicts_do(tmp_path):
    talk = compared(tmp_path, [["A"], ["C"], ["E"]], [["B"], ["D"], ["F"]], SECOND_FIRST)
    type_in(talk, "Hello, how are you doing today?", "empat")
    assert talk.conversation.exchanges[-1][1:] == ("B", False, "other")
    type_in(talk, "again", "/skip")
    assert len(talk.conversation.exchanges) == 2
    type_in(talk, "third", "/undo", "/prefer 1", "1")
    assert [(row.choice, row.language) for row in talk.store.read()] == [("tie", "en")]


def test_the_order_is_drawn(tmp_path):
    talk = compared(tmp_path, [["A"]] * 40, [["B"]] * 40)
    shown = type_in(talk, *["x", "/skip"] * 40)
    assert 8 <= shown.count("Reply 1\nA") <= 32


def test_half_a_reply_is_not_compared(tmp_path):
    talk = compared(tmp_path, [["Half", WAITS], ["A"]], [["B"], ["B"]])
    threading.Thread(target=lambda: (time.sleep(0.2), os.kill(os.getpid(), signal.SIGINT)), daemon=True).start()
    shown = type_in(talk, "q")
    assert "half a reply is not compared" in shown
    assert "Reply 2" not in shown
    assert "nothing to judge" in type_in(talk, "/prefer 1")
    assert "Which is better?" in type_in(talk, "/retry")


def test_equal_replies_need_no_judge(tmp_path):
    talk = compared(tmp_path, [["A"]], [["A"]])
    assert "both replies are the same" in type_in(talk, "q")
    assert len(talk.conversation.exchanges) == 1


def test_one_model_answers_twice_and_the_second_is_drawn(tmp_path):
    one = voice(["A"], ["B"], ["C"], ["D"], name="mine")
    talk = talk_with(*beside(one, one), store=FeedbackStore(tmp_path / "p.jsonl"), chance=random.Random(FIRST_FIRST))
    assert "mine, which answers everything twice" in type_in(talk, "q")
    assert "1 was mine, 2 was mine (2)" in type_in(talk, "/prefer 1")
    assert [ask.temperature for ask in engine_of(talk).asks] == [0.0, 0.8]
    type_in(talk, "/set temperature 0.5", "q")
    warm = engine_of(talk).asks[2:]
    assert [ask.temperature for ask in warm] == [0.5, 0.5]
    assert warm[0].seed != warm[1].seed


def test_models_of_one_name_are_told_apart_by_their_folders():
    named = beside(voice(name="model"), replace(voice(name="model"), folder="runs/b/model"))
    assert [one.name for one in named] == ["models/model", "runs/b/model"]


def test_what_cannot_be_written_still_waits(tmp_path):
    talk = compared(tmp_path, [["A"]], [["B"]])
    talk.store.path.mkdir()
    assert "the choice was not recorded" in type_in(talk, "q", "/prefer 1")
    assert talk.ballot is not None
    talk.store.path.rmdir()
    type_in(talk, "/prefer 1")
    assert len(talk.store.read()) == 1
