"""The judge's client against a server that misbehaves on command: cases end as stated, nothing is paid twice."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from acord.errors import InputError, MachineError
from acord.judge.budget import Budget, worst_case
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


def test_waiting_ends_when_the_run_does(tmp_path: Path) -> None:
    """One call waits for its minute while another meets a refusal of the key."""
    with JudgeServer(script="429-for-an-hour-then-401") as server:
        started = time.monotonic()
        with pytest.raises(InputError, match="refuses the key"):
            ask(judge(server, concurrency=2), tmp_path, calls(2))
        assert time.monotonic() - started < 5


def test_a_run_can_be_stopped_from_outside_and_from_the_callers_own_code(tmp_path: Path) -> None:
    with JudgeServer(seconds=0.05) as server:
        with client(judge(server, concurrency=2), tmp_path) as one:
            threading.Timer(0.2, one.stop).start()
            with pytest.raises(InputError, match=r"stopped; \d+ of 100 judgements are made and kept"):
                one.ask_many(calls(100))
            sent = len(server.requests)
            assert 2 <= sent <= 12

        def interrupt(number: int, heard: Heard) -> None:
            raise KeyboardInterrupt

        with client(judge(server, concurrency=2), tmp_path / "other") as one, pytest.raises(KeyboardInterrupt):
            one.ask_many(calls(100), interrupt)
        assert len(server.requests) - sent <= 6
        assert stored(tmp_path) + stored(tmp_path / "other") == len(server.requests)  # what was under way is kept


@pytest.mark.parametrize("concurrency", [1, 16])
def test_the_cap_on_calls_holds_to_the_call(tmp_path: Path, concurrency: int) -> None:
    with JudgeServer(script="prose-then-500-then-ok", seconds=0.01) as server:
        model = judge(server, concurrency=concurrency)
        with pytest.raises(
            InputError, match=r"max_calls \(25\) is reached; \d+ of 100 judg.* Raise judge.max_calls"
        ) as caught:
            ask(model, tmp_path, calls(100), Budget(max_calls=25))
        assert len(server.requests) == 25
        kept = stored(tmp_path)
        assert kept == 24  # one was an HTTP 500
        assert f"; {kept - 1} of 100" in str(caught.value) or f"; {kept - 2} of 100" in str(caught.value)
        heard = ask(model, tmp_path, calls(100), Budget(max_calls=200))
        assert [one.value for one in heard] == [FOUR] * 100
        assert len(server.requests) == 102  # 100 calls, one asked again, one tried again


def test_judges_share_one_cap(tmp_path: Path) -> None:
    budget = Budget(max_calls=30)
    errors: list[str] = []

    def run(name: str) -> None:
        try:
            ask(judge(server, model=name, concurrency=8), tmp_path, calls(50), budget)
        except InputError as error:
            errors.append(str(error))

    with JudgeServer(seconds=0.01) as server:
        threads = [threading.Thread(target=run, args=(name,)) for name in ("a", "b", "c")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert len(errors) == 3
        assert len(server.requests) == stored(tmp_path) == 30


def test_the_cap_on_tokens_holds_where_no_usage_is_reported(tmp_path: Path) -> None:
    each = worst_case(calls(1)[0].messages, 50)
    with JudgeServer(script="no-usage", seconds=0.01) as server:
        budget = Budget(max_tokens=10 * each - 1)
        with pytest.raises(InputError, match=r"max_tokens \([\d,]+\) is reached; 9 of 10 judgements"):
            ask(judge(server, concurrency=16), tmp_path, calls(10), budget)
        assert (len(server.requests), budget.tokens) == (9, 9 * each)


def test_what_a_call_did_not_use_is_there_for_the_next(tmp_path: Path) -> None:
    """Room for three calls at once at their worst, and for all of them one after another."""
    each = worst_case(calls(1)[0].messages, 50) + 1
    with JudgeServer(seconds=0.01) as server:
        budget = Budget(max_tokens=3 * each + 30 * 9)
        heard = ask(judge(server, concurrency=16), tmp_path, calls(30), budget)
        assert [one.value for one in heard] == [FOUR] * 30
        used = sum(one.prompt_tokens + one.completion_tokens for one in heard)
        assert budget.tokens == used == 30 * 9
        assert server.at_once <= 6


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
    from dataclasses import replace

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


CHILD = """
import sys
from pathlib import Path
from tests.judge import test_client as t
model = t.JudgeModel(endpoint=sys.argv[1], model="judge", concurrency=4, timeout_seconds=5, reply_tokens=50)
print("ready", flush=True)
t.ask(model, Path(sys.argv[2]), t.calls(60))
"""


@pytest.mark.slow
def test_killed_at_ten_moments_nothing_that_is_kept_is_paid_twice(tmp_path: Path) -> None:
    """Killed while a request is under way (even moments), and just after a reply was sent (odd ones)."""
    moments = iter(range(3, 60, 6))
    child: list[subprocess.Popen[bytes]] = []
    lock = threading.Lock()
    moment = next(moments)

    def answer(messages: Any) -> int:
        nonlocal moment
        with lock:
            if child and sum(server.replied.values()) >= moment:
                if moment % 12 == 3:
                    time.sleep(0.02)
                os.kill(child[0].pid, signal.SIGKILL)
                moment = next(moments, 10**6)
                child.clear()
        return len(messages[0]["content"]) % 5 + 1

    kills = 0
    with JudgeServer(answer=answer, script="ok-then-ok-then-429-then-ok", seconds=0.005) as server:
        while True:
            process = subprocess.Popen(
                [sys.executable, "-c", CHILD, server.url, str(tmp_path)], stdout=subprocess.PIPE, cwd=Path.cwd()
            )
            assert process.stdout is not None
            process.stdout.readline()
            child[:] = [process]
            code = process.wait(timeout=60)
            process.stdout.close()
            if code == 0:
                break
            assert code == -signal.SIGKILL
            kills += 1
            with CallStore(tmp_path / "calls.sqlite") as store:
                kept = {row[0].hex() for row in store._database.read("SELECT key FROM calls")}
            asked_before = server.by_key
            (tmp_path / "kept.json").write_text(json.dumps({key: asked_before[key] for key in kept}))
        assert kills == 10
        counts = server.by_key
        assert len(counts) == 60
        # The only repeats are calls under way at a kill, at most `concurrency` of them, and the one 429.
        assert sum(counts.values()) - 60 <= 4 * kills + 1
        for key, before in json.loads((tmp_path / "kept.json").read_text()).items():
            assert counts[key] == before
        undisturbed = ask(judge(server, concurrency=4), tmp_path / "undisturbed", calls(60))
        sent = len(server.requests)
        resumed = ask(judge(server, concurrency=4), tmp_path, calls(60))
        assert len(server.requests) == sent
        assert [one.value for one in resumed] == [one.value for one in undisturbed]
