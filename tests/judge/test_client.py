"""The judge's client against a server that misbehaves on command: cases end as stated, nothing is paid twice."""

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from acord.errors import InputError, MachineError
from acord.judge.budget import Budget
from acord.judge.calls import CallStore, Messages
from acord.judge.client import GONE_AFTER, Call, Heard, JudgeClient
from acord.judge.prompts import RATING_SCHEMA
from acord.judge.reading import Scored, read_rating
from acord.judge.record import Missing
from acord.recipe import JudgeModel
from tests.judge.judge_server import JudgeServer, Reply, score

KEY = "sk-a-secret-that-nobody-may-see"
FOUR = Scored(4, "so it is")


def once_more(messages: Messages) -> Messages:
    return ({"role": "user", "content": messages[0]["content"] + " Once more."},)


def call(text: str) -> Call:
    return Call(({"role": "user", "content": text},), RATING_SCHEMA, "rating", "v1", read_rating, once_more)


def calls(number: int) -> list[Call]:
    return [call(f"answer {one} ñ") for one in range(number)]


def judge(server: JudgeServer, **more: Any) -> JudgeModel:
    return JudgeModel.model_validate(
        {"endpoint": server.url, "model": "judge", "timeout_seconds": 2, "reply_tokens": 50, **more}
    )


@contextmanager
def client(
    model: JudgeModel, path: Path, budget: Budget | None = None, *, newest_only: bool = False
) -> Iterator[JudgeClient]:
    with (
        CallStore(path / "calls.sqlite") as store,
        JudgeClient(model, store, budget or Budget(), newest_only=newest_only, first_wait_seconds=0.01) as one,
    ):
        yield one


def ask(model: JudgeModel, path: Path, asked: Sequence[Call], budget: Budget | None = None, **more: Any) -> list[Heard]:
    with client(model, path, budget, **more) as one:
        return one.ask_many(asked)


def stored(path: Path) -> int:
    with CallStore(path / "calls.sqlite") as store:
        return len(store)


# behaviour: what is heard (score or why not), requests, replies in the store, requests of a second run
ENDS: list[tuple[str, int | Missing, int, int, int]] = [
    ("ok", 4, 1, 1, 0),
    ("429-then-ok", 4, 2, 1, 0),
    ("429-then-500-then-503-then-cut-then-ok", 4, 5, 1, 0),
    ("429", "no answer", 5, 0, 5),
    ("500", "no answer", 5, 0, 5),
    ("cut", "no answer", 5, 0, 5),
    ("no-json", "no answer", 5, 0, 5),
    ("no-json-then-no-choices-then-deep-then-no-text-then-ok", 4, 5, 1, 0),
    ("parts-then-ok", 4, 2, 1, 0),
    ("slow", 4, 1, 1, 0),
    ("500-then-hangs-then-ok", 4, 3, 1, 0),
    ("trickle-then-ok", 4, 2, 1, 0),
    ("out-of-range", "out of range", 3, 3, 0),
    ("out-of-range-then-ok", 4, 2, 2, 0),
    ("echo", "unreadable", 3, 3, 0),
    ("prose-then-echo-then-ok", 4, 3, 3, 0),
    ("empty", "empty", 3, 3, 0),
    ("nothing", "empty", 3, 3, 0),
    ("length", "cut off", 3, 3, 0),
    ("length-then-ok", 4, 2, 2, 0),
    ("refusal", "refused", 1, 1, 0),
    ("filtered", "refused", 1, 1, 0),
    ("prose-then-400", "rejected", 3, 1, 2),
    ("prose-then-500", "no answer", 6, 1, 5),
    ("400", "rejected", 2, 0, 2),
    ("413", "rejected", 1, 0, 1),
    ("redirect", "rejected", 1, 0, 1),
    ("surrogate", 2, 1, 1, 0),
    ("no-usage", 4, 1, 1, 0),
    ("odd-usage", 4, 1, 1, 0),
]


@pytest.mark.parametrize(("behaviour", "outcome", "requests", "kept", "again"), ENDS, ids=[one[0] for one in ENDS])
def test_every_case_ends_as_stated(
    tmp_path: Path, behaviour: str, outcome: int | Missing, requests: int, kept: int, again: int
) -> None:
    with JudgeServer(script=behaviour) as server:
        # A body that trickles is stopped by the time of the whole call.
        model = judge(server, timeout_seconds=0.7)
        budget = Budget()
        (heard,) = ask(model, tmp_path, calls(1), budget)
        assert (heard.value.score if heard.value else heard.missing) == outcome
        assert (heard.value is None) == (heard.missing is not None)
        assert heard.missing is None or heard.detail
        assert heard.paid == len(server.requests) == budget.calls == requests
        assert stored(tmp_path) == kept
        (second,) = ask(model, tmp_path, calls(1))
        assert (second.value, second.missing) == (heard.value, heard.missing)
        assert second.paid == len(server.requests) - requests == again
        assert second.tries == heard.tries


def test_replies_come_in_the_order_of_the_calls_and_equal_calls_are_made_once(tmp_path: Path) -> None:
    def answer(messages: Any) -> str:
        number = int(messages[0]["content"].split()[1])
        time.sleep(0.1 if number == 0 else 0)
        return score(number % 5 + 1, f"{number}\0\r\n\u2028")

    told: list[int] = []
    threads = set()

    def note(number: int, heard: Heard) -> None:
        assert heard.value.reason == f"{number % 12}\0\r\n\u2028"
        told.append(number)
        threads.add(threading.current_thread())

    with JudgeServer(answer=answer) as server, client(judge(server, concurrency=4), tmp_path) as one:
        heard = one.ask_many([*calls(12), *calls(3)], note)
        assert [one.value.score for one in heard] == [*(number % 5 + 1 for number in range(12)), 1, 2, 3]
        assert [one.paid for one in heard] == [1] * 12 + [0] * 3
        assert len(server.requests) == 12
        assert sorted(told) == list(range(15))
        assert told[0] != 0
        assert threads == {threading.current_thread()}
        assert one.ask_many([]) == []
        assert one.seen() == {"fp_1": 12}
        body = server.requests[0].body
        assert (body["model"], body["temperature"], body["max_tokens"]) == ("judge", 0, 50)
        assert body["response_format"]["json_schema"] == {"name": "rating", "schema": RATING_SCHEMA, "strict": True}


@pytest.mark.slow
def test_the_servers_wish_is_heeded_in_seconds_and_by_date(tmp_path: Path) -> None:
    for behaviour, least in (("429-for-1-s-then-ok", 1.0), ("429-by-date-then-ok", 0.001)):
        with JudgeServer(script=behaviour) as server:
            started = time.monotonic()
            (heard,) = ask(judge(server), tmp_path / behaviour, calls(1))
            assert heard.value == FOUR
            assert least <= time.monotonic() - started < 3.0


def test_a_form_that_an_endpoint_will_not_have_is_left_away(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for status in ("refuses-format", "refuses-format-422"):
        budget = Budget()
        with (
            JudgeServer(script=status) as server,
            client(judge(server, concurrency=1), tmp_path / status, budget) as one,
        ):
            assert [heard.value for heard in one.ask_many(calls(6))] == [FOUR] * 6
            assert ["response_format" in request.body for request in server.requests] == [True, *[False] * 6]
            assert budget.calls == 7
        assert capsys.readouterr().err.count("response_format") == 1


def test_one_prompt_that_is_too_long_does_not_cost_the_others_their_form(tmp_path: Path) -> None:
    with JudgeServer(script="400-then-400-then-ok") as server:
        heard = ask(judge(server, concurrency=1), tmp_path, calls(3))
        assert [one.missing for one in heard] == ["rejected", None, None]
        assert "the prompt is too long" in heard[0].detail
        assert ["response_format" in request.body for request in server.requests] == [True, False, True, True]


@pytest.mark.parametrize(
    ("structured", "outcome", "sent"), [("json_schema", "rejected", [True]), ("off", None, [False])]
)
def test_the_form_is_forced_or_left_away_where_the_recipe_says_so(
    tmp_path: Path, structured: str, outcome: str | None, sent: list[bool]
) -> None:
    with JudgeServer(script="refuses-format") as server:
        (heard,) = ask(judge(server, structured=structured), tmp_path, calls(1))
        assert heard.missing == outcome
        assert ["response_format" in request.body for request in server.requests] == sent


@pytest.mark.parametrize(("behaviour", "says"), [("401", "JUDGE_KEY"), ("403", "JUDGE_KEY"), ("404", "the model")])
def test_the_users_faults_end_it_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, behaviour: str, says: str
) -> None:
    monkeypatch.setenv("JUDGE_KEY", KEY)
    with JudgeServer(script=f"ok-then-{behaviour}") as server:
        with pytest.raises(InputError, match=says) as caught:
            ask(judge(server, concurrency=2, key_variable="JUDGE_KEY"), tmp_path, calls(40))
        assert "\n" not in str(caught.value)
        assert len(server.requests) <= 4  # the rest is not asked for
    assert stored(tmp_path) == 1


def test_the_key_is_sent_and_told_to_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("JUDGE_KEY", KEY)
    caplog.set_level(logging.DEBUG)
    bad = Reply(status=400, body=f"no {KEY}".encode())
    with JudgeServer(answer=lambda messages: bad if "answer 0" in messages[0]["content"] else 4) as server:
        model = judge(server, key_variable="JUDGE_KEY")
        heard = ask(model, tmp_path, calls(2))
        assert {request.authorization for request in server.requests} == {f"Bearer {KEY}"}
        assert (heard[0].missing, heard[0].detail) == ("rejected", "HTTP 400: no ***")
        secret = model.model_copy(update={"endpoint": server.url.replace("//", "//me:sesame@").replace("/v1", "/x")})
        with pytest.raises(InputError, match="no such address") as caught:
            ask(secret, tmp_path, calls(3))
        assert "sesame" not in str(caught.value)
    assert KEY not in caplog.text
    assert all(KEY.encode() not in file.read_bytes() for file in tmp_path.iterdir())
    assert all(server.url.encode() not in file.read_bytes() for file in tmp_path.iterdir())


@pytest.mark.slow
def test_an_endpoint_that_is_not_there_or_never_answers(tmp_path: Path) -> None:
    with JudgeServer(script="hangs") as server:
        nowhere = judge(server).model_copy(update={"endpoint": "http://127.0.0.1:9/v1"})
        with pytest.raises(InputError, match=r"no answer from the endpoint \(ConnectError\)"):
            ask(nowhere, tmp_path, calls(20))
        with pytest.raises(InputError, match=r"no answer from the endpoint \(no answer within 0\.1 s\)"):
            ask(judge(server, timeout_seconds=0.1), tmp_path, calls(20))


def test_a_server_that_goes_away_ends_the_run(tmp_path: Path) -> None:
    with JudgeServer() as server, client(judge(server, concurrency=2), tmp_path) as one:
        assert one.ask_many(calls(3))[2].value == FOUR
        server.__exit__()
        with pytest.raises(InputError, match=f"the last {GONE_AFTER} calls had no reply"):
            one.ask_many(calls(100))
    assert stored(tmp_path) == 3


def test_an_endpoint_that_rejects_everything_ends_the_run_with_its_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with JudgeServer(script="413") as server, pytest.raises(InputError, match=r"first 50 calls .* \(HTTP 413: "):
        ask(judge(server), tmp_path, calls(200))
    assert len(server.requests) < 60
    assert capsys.readouterr().err.count("rejected a call: HTTP 413") == 1
    # Where the judge ever replied, what it rejects is counted and the others are asked.
    with JudgeServer(script="ok-then-413") as server:
        heard = ask(judge(server, concurrency=1), tmp_path, calls(70))
    assert [one.missing for one in heard].count("rejected") == 69


def test_only_failures_one_after_another_end_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acord.judge.client.SILENT_AFTER", 2)
    fails = "-then-".join(["500"] * 5)
    with JudgeServer(script=f"{fails}-then-ok-then-{fails}-then-ok-then-500") as server:
        model = judge(server, concurrency=1)
        heard = ask(model, tmp_path, calls(4))
        assert [one.missing for one in heard] == ["no answer", None, "no answer", None]
        with pytest.raises(InputError, match=r"the last 2 calls had no reply \(HTTP 500\). See what ails"):
            ask(model, tmp_path, calls(9))
        assert stored(tmp_path) == 2


def test_a_reply_that_cannot_be_read_is_asked_for_in_other_words(tmp_path: Path) -> None:
    with JudgeServer(script="prose") as server:
        (heard,) = ask(judge(server), tmp_path, calls(1))
        said = [request.body["messages"][0]["content"] for request in server.requests]
        assert said == ["answer 0 ñ", "answer 0 ñ Once more.", "answer 0 ñ Once more. Once more."]
        assert len(server.by_key) == heard.tries == 3
        assert heard.prompt_tokens == 3 + 5 + 7
    with JudgeServer(script="500-then-ok") as server:
        ask(judge(server), tmp_path / "other", calls(1))
        assert list(server.by_key.values()) == [2]  # a try that is repeated has the key of the first


def test_waiting_ends_when_the_run_does(tmp_path: Path) -> None:
    """One call waits for its minute while another meets a refusal of the key."""
    with JudgeServer(script="429-for-an-hour-then-401") as server:
        started = time.monotonic()
        with pytest.raises(InputError, match="refuses the key"):
            ask(judge(server, concurrency=2), tmp_path, calls(2))
        assert time.monotonic() - started < 5


def test_a_run_can_be_stopped_from_outside_and_from_the_callers_own_code(tmp_path: Path) -> None:
    stops: list[JudgeClient] = []

    def answer(_messages: Any) -> int:
        if stops and len(server.requests) >= 7:
            stops[0].stop()
        return 4

    def interrupt(_number: int, _heard: Heard) -> None:
        raise KeyboardInterrupt

    with JudgeServer(answer=answer, seconds=0.02) as server:
        with client(judge(server, concurrency=2), tmp_path) as one:
            stops.append(one)
            with pytest.raises(InputError, match=r"stopped; [78] of 100 judgements are made and kept"):
                one.ask_many(calls(100))
            sent = len(server.requests)
            assert sent in (7, 8)
            assert stored(tmp_path) == sent  # what was under way is kept
            with pytest.raises(InputError, match="stopped"):
                one.ask_many(calls(100))
            assert len(server.requests) == sent
        stops.clear()
        with client(judge(server, concurrency=2), tmp_path / "other") as one, pytest.raises(KeyboardInterrupt):
            one.ask_many(calls(100), interrupt)
        assert 1 <= stored(tmp_path / "other") == len(server.requests) - sent < 100


def test_a_change_of_the_judge_is_seen(tmp_path: Path) -> None:
    with JudgeServer(fingerprint="fp_1") as server:
        model = judge(server)
        ask(model, tmp_path, calls(6))
        server.fingerprint = "fp_2"
        with client(model, tmp_path) as one:
            assert {heard.fingerprint for heard in one.ask_many(calls(9)[3:])} == {"fp_1", "fp_2"}
            assert one.seen() == {"fp_1": 3, "fp_2": 3}
        assert len(server.requests) == 9
        with client(model, tmp_path) as one:  # the one that was seen last counts where both are there
            one.ask_many(calls(9))
            assert one.seen() == {"fp_1": 6, "fp_2": 3}
        with client(model, tmp_path, newest_only=True) as one:
            one.ask_many(calls(9))
            assert one.seen() == {"fp_2": 9}
        assert len(server.requests) == 15
        with client(model, tmp_path) as one:
            one.ask_many(calls(9))
            assert one.seen() == {"fp_2": 9}
        assert len(server.requests) == 15


@pytest.mark.parametrize(
    ("fingerprint", "model", "seen"),
    [(None, None, ""), (None, "judge-2026-01", "judge-2026-01"), ("fp_1", "judge-2026-01", "fp_1")],
)
def test_a_model_that_reports_another_name_is_told_apart(
    tmp_path: Path, fingerprint: str | None, model: str | None, seen: str
) -> None:
    with JudgeServer(fingerprint=fingerprint, model=model) as server:
        (heard,) = ask(judge(server), tmp_path, calls(1))
        assert (heard.fingerprint, heard.model_reported) == (seen, model or "judge")


def test_what_decides_a_reply_decides_what_is_asked_again(tmp_path: Path) -> None:
    (one,) = calls(1)
    with JudgeServer() as server:
        asked = [
            (judge(server), one),
            (judge(server, model="other"), one),
            (judge(server, reply_tokens=51), one),
            (judge(server, structured="off"), one),
            (judge(server), replace(one, rubric_version="v2")),
            (judge(server), replace(one, schema={"type": "object"})),
            (judge(server), replace(one, messages=({"role": "system", "content": one.messages[0]["content"]},))),
        ]
        for number, (model, what) in enumerate(asked, start=1):
            for _ in range(2):
                ask(model, tmp_path, [what])
            assert len(server.requests) == number
        ask(judge(server, name="shown", concurrency=2, timeout_seconds=5), tmp_path, [one])
        assert len(server.requests) == len(asked)
        assert len(server.by_key) == len(asked)


def test_a_disk_that_is_full_ends_the_run(tmp_path: Path) -> None:
    with JudgeServer() as server, CallStore(tmp_path / "calls.sqlite") as store:
        store._database.connection.execute("PRAGMA max_page_count=8")
        with (
            JudgeClient(judge(server, concurrency=4), store, Budget()) as one,
            pytest.raises(MachineError, match="the disk is full"),
        ):
            one.ask_many(calls(200))
        assert len(server.requests) < 200
