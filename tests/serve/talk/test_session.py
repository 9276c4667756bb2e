"""A session without a terminal: what it asks, keeps, tells, and writes."""

import json
import os
import resource
import signal
import threading
import time
from contextlib import contextmanager

import pytest

from acord.languages import set_language
from acord.serve.talk.commands import called
from acord.serve.talk.misused import Misused
from acord.serve.talk.reading import Typed, whole_input
from acord.serve.talk.settings import Settings
from acord.serve.talk.voice import encode
from tests.serve.talk.scripted import DIES, WAITS, chat_format, engine_of, talk_with, type_in, voice


@pytest.fixture(autouse=True)
def english():
    set_language("en")
    yield
    set_language("en")


def messages(talk):
    return [(one["role"], one["content"]) for one in talk.conversation.messages()]


def ids_of(*turns, system=None):
    roles = ["user", "assistant"] * len(turns)
    given = [{"role": role, "content": turn} for role, turn in zip(roles, turns, strict=False)]
    return chat_format().encode_prompt([{"role": "system", "content": system}] * bool(system) + given).ids


def interrupt_soon():
    """Ctrl-C, once something is being waited for."""
    threading.Thread(target=lambda: (time.sleep(0.2), os.kill(os.getpid(), signal.SIGINT)), daemon=True).start()


def test_a_conversation_is_asked_as_it_is_trained_and_the_first_line_says_what_one_talks_to():
    talk = talk_with(voice(["Bon", " dia"], ["Adéu"]))
    shown = type_in(talk, "Hola", "  ", "/system Be brief.", "Què més?")
    assert shown.splitlines()[0] == "You are talking to an AI model, small. What it says may be wrong or made up."
    assert "4,096 tokens" in shown
    assert "160 at most; temperature 0." in shown
    assert "\nBon dia\n" in shown
    first, second = engine_of(talk).asks
    assert first.ids == ids_of("Hola")
    assert second.ids == ids_of("Hola", "Bon dia", "Què més?", system="Be brief.")
    assert (first.max_new_tokens, first.temperature, first.seed) == (160, 0.0, 0)
    assert messages(talk)[1:] == [
        ("user", "Hola"),
        ("assistant", "Bon dia"),
        ("user", "Què més?"),
        ("assistant", "Adéu"),
    ]


def test_what_the_model_says_cannot_command_the_terminal():
    shown = type_in(talk_with(voice(["\x1b[2J", "a\x1b", "]0;t\x07\r\nb\tc \u202e"])), "x", "/history")
    assert "\x1b" not in shown
    assert shown.count("\\x1b[2Ja\\x1b]0;t\\x07\\x0d\nb\tc \\u202e\n") == 2


def test_an_interrupt_keeps_what_was_said_and_an_empty_reply_is_no_turn():
    before = signal.getsignal(signal.SIGINT)
    talk = talk_with(voice(["Half a", WAITS], [WAITS], ["Whole"]))
    interrupt_soon()
    shown = type_in(talk, "one")
    assert "Half a\nstopped; what was said so far stays" in shown
    assert messages(talk) == [("user", "one"), ("assistant", "Half a")]
    assert talk.conversation.exchanges[0].cut
    assert engine_of(talk).cancelled == 1
    interrupt_soon()
    assert "stopped before a word was said" in type_in(talk, "two")
    assert len(talk.conversation.exchanges) == 1
    type_in(talk, "/retry")
    assert messages(talk)[2:] == [("user", "two"), ("assistant", "Whole")]
    assert signal.getsignal(signal.SIGINT) is before


def test_interrupts_and_the_end_while_nothing_is_said():
    talk = talk_with(voice([]))
    shown = type_in(talk, KeyboardInterrupt, UnicodeDecodeErrorAtOnce)
    assert shown.count("Ctrl-D or /quit leaves.") == 1
    assert "no text" in shown
    assert type_in(talk, "/quit", "never asked").endswith("Ctrl-D leaves.\n")


class UnicodeDecodeErrorAtOnce(UnicodeDecodeError):
    def __init__(self):
        super().__init__("utf-8", b"\xff", 0, 1, "invalid start byte")


def test_retry_draws_anew_and_undo_takes_back():
    talk = talk_with(voice(["a"], ["b"], ["c"], ["d"], ["e"]))
    assert "will be the same" in type_in(talk, "q", "/retry")
    assert messages(talk) == [("user", "q"), ("assistant", "b")]
    assert "will be the same" not in type_in(talk, "/set temp 0,7", "/retry", "r")
    asks = engine_of(talk).asks
    assert asks[0].ids == asks[1].ids == asks[2].ids
    assert asks[1].seed != asks[0].seed
    assert [ask.temperature for ask in asks] == [0.0, 0.0, 0.7, 0.7]
    assert asks[3].seed == 0
    type_in(talk, "/system Be brief.", "/retry", "/system -")
    assert asks[4].ids == ids_of("q", "c", "r", system="Be brief.")
    assert "taken back: r" in type_in(talk, "/undo")
    assert messages(talk) == [("user", "q"), ("assistant", "c")]
    shown = type_in(talk, "/undo", "/undo", "/retry")
    assert "nothing to take back" in shown
    assert "no question to ask again" in shown
    assert messages(talk) == []


def test_a_dead_engine_is_one_line_and_the_conversation_stays(tmp_path):
    talk = talk_with(voice(["so far", DIES]))
    shown = type_in(talk, "q", "again?", f"/save {tmp_path / 'kept.md'}").splitlines()
    assert "the model does not answer: the engine ended by signal 9" in shown
    assert messages(talk) == [("user", "q"), ("assistant", "so far")]
    assert (tmp_path / "kept.md").read_text().endswith("## Model\n\nso far\n")


def test_a_reply_keeps_a_quarter_of_what_the_model_reads():
    turns = [{"role": role, "content": "one two three four five"} for role in ["user", "assistant"] * 4 + ["user"]]
    for longest in range(60, 140):
        assert len(encode(voice(longest=longest), turns, Settings()).ids) <= longest - longest // 4
    assert len(encode(voice(longest=60), turns[:1], Settings(max_new_tokens=1)).ids) == len(ids_of(turns[0]["content"]))
    long = [{"role": "user", "content": "word " * 20}]
    assert 45 < len(encode(voice(longest=60), long, Settings()).ids) < 60


def test_what_no_longer_fits_is_left_out_and_said_once():
    longest = 100
    talk = talk_with(voice(*[["word " * 10]] * 6, longest=longest))
    shown = type_in(talk, *["one two three four five six seven"] * 5)
    assert shown.count("its oldest messages are left out") == 1
    asks = engine_of(talk).asks
    assert all(len(ask.ids) + ask.max_new_tokens <= longest for ask in asks)
    assert asks[-1].ids[-len(asks[0].ids) :] == asks[0].ids
    assert len(talk.conversation.exchanges) == 5
    shown = type_in(talk, "word " * 200, "and now?")
    assert f"leaves no room for a reply: the model reads {longest} tokens" in shown
    assert len(talk.conversation.exchanges) == 6


def test_a_conversation_that_cannot_be_encoded_is_one_line():
    talk = talk_with(voice(["fine"]))
    assert "this cannot be asked: content is not text" in type_in(talk, "half \udce9", "whole")
    assert messages(talk) == [("user", "whole"), ("assistant", "fine")]


def test_control_tokens_and_slashes_typed_stay_text():
    talk = talk_with(voice(["a"], ["b"], ["c"]))
    type_in(talk, "//help", Typed("/literal", literal=True), "hi<|im_end|>")
    assert [one.question for one in talk.conversation.exchanges] == ["/help", "/literal", "hi<|im_end|>"]
    assert engine_of(talk).asks[2].ids.count(chat_format().end_of_turn_id) == ids_of("a", "a", "a", "a", "a").count(
        chat_format().end_of_turn_id
    )


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("/s", "/s may be /system, /set, /status, /save"),
        ("/statsu", "no command /statsu; did you mean /status?"),
        ("/xyzzy", "no command /xyzzy; /help lists them"),
        ("/prefer 1", "no command /prefer"),
        ("/new now", "/new takes nothing after it"),
        ("/save", "write /save FILE"),
        ("/set tempereture 1", "did you mean temperature?"),
        ("/set top 1", "top may be top_p, top_k"),
        ("/set top_p 0", "top_p: 0 is outside"),
        ("/set temperature nan", "temperature: nan is outside"),
        ("/set temperature hot", "temperature: hot is no number"),
        ("/set top_k 1.5", "top_k: 1.5 is no whole number"),
        ("/set max-new-tokens 0", "max_new_tokens: 0 is outside"),
        (f"/set seed {'9' * 5000}", "is outside"),
        ("/set seed", "write /set seed VALUE"),
        ("/set language fr", "fr is none of en, es, va"),
        ("/history", "the conversation is empty"),
        ("/save x.md", "the conversation is empty"),
        ("/system", "no system message"),
    ],
)
def test_what_is_mistyped_is_one_line(typed, answer):
    talk = talk_with(voice(["never"]))
    type_in(talk)
    greeting_lines = 3
    shown = type_in(talk, typed).splitlines()[greeting_lines:]
    assert len(shown) == 1 + (not shown[-1])
    assert answer in shown[0]
    assert engine_of(talk).asks == []


@pytest.mark.parametrize(("typed", "name"), [("/q", "quit"), ("/EXIT", "quit"), ("/?", "help"), ("/hi", "history")])
def test_abbreviations(typed, name):
    assert called(typed).name == name


def test_status_tells_settings_length_and_speed():
    talk = talk_with(voice(["a", "b", "c"]))
    shown = type_in(talk, "Hola", "/set top_p 0.95", "/set max 20", "/status", "/set top_p -")
    assert "top_p 0.95 (the model's own: 1)" in shown
    assert "max_new_tokens 20 (the model's own: 160)" in shown
    length = len(ids_of("Hola")) + len(chat_format().encode_reply("abc"))
    assert f"conversation: {length} tokens of 4,096; questions: 1" in shown
    assert "4 tokens" in shown.split("last reply")[1]
    assert f"2 of {len(ids_of('Hola'))} prompt tokens were kept" in shown
    assert str(chat_format().describe()["template_sha256"])[:12] in shown
    assert talk.settings == Settings(max_new_tokens=20)


def test_the_interface_changes_its_language():
    shown = type_in(talk_with(voice()), "/set language va", "/set temperature x", "/help")
    assert "temperature: x no és cap número" in shown
    assert "/retry" in shown
    assert "torna a fer l'última pregunta" in shown
    assert "/prefer" not in shown


@contextmanager
def too_small_a_disk():
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_saved_files_are_whole_and_nothing_is_overwritten_unasked(tmp_path):
    talk = talk_with(voice(["a\x1b[2J", WAITS]))
    interrupt_soon()
    type_in(talk, "Què?")
    file = tmp_path / "talk.jsonl"
    assert f"saved: {file}\n" in type_in(talk, f"/save {file}")
    content = json.loads(file.read_text())
    assert content == {
        "messages": [{"role": "user", "content": "Què?"}, {"role": "assistant", "content": "a\x1b[2J"}],
        "model": "small",
        "cut": [1],
    }
    assert file.stat().st_mode & 0o077 == 0
    file.write_text("mine")
    assert f"{file} is there already; /save! {file} replaces it" in type_in(talk, f"/save {file}")
    assert file.read_text() == "mine"
    assert "in place of what was there" in type_in(talk, f"/save! {file}")
    assert json.loads(file.read_text()) == content
    for place, part in [
        (tmp_path / "no" / "x.md", "cannot be written: No such file"),
        (tmp_path / "x.txt", "end the name in .jsonl"),
        ("/dev/null.md/x.md", "cannot be written"),
    ]:
        (line,) = [line for line in type_in(talk, f"/save {place}").splitlines() if str(place) in line]
        assert part in line
    with too_small_a_disk():
        shown = type_in(talk, f"/save! {file}")
    assert f"{file} cannot be written: File too large" in shown
    assert json.loads(file.read_text()) == content
    type_in(talk, f"/save {tmp_path / 'x.md'}")
    assert "\x1b" not in (tmp_path / "x.md").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["talk.jsonl", "x.md"]


def test_inputs_of_several_lines():
    def read(*lines):
        left = iter(lines)
        return whole_input(lambda _: next(left))

    assert read("plain") == Typed("plain")
    assert read("a\\", "b\\", "c") == Typed("a\nb\nc")
    assert read('"""a', "/b", 'c"""') == Typed("a\n/b\nc", literal=True)
    assert read('"""', "a", '"""') == Typed("a", literal=True)
    assert read('"""one"""') == Typed("one", literal=True)
    with pytest.raises(Misused):
        called("/system\n", [])
    assert called("/system two\nlines").argument == "two\nlines"
