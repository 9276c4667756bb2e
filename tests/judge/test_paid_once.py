"""What a judge may cost: caps hold to the call with many calls at once, and a killed run pays nothing twice."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from acord.errors import InputError
from acord.judge.budget import Budget, worst_case
from acord.judge.calls import CallStore
from tests.judge.judge_server import JudgeServer
from tests.judge.test_client import FOUR, ask, calls, judge, stored


@pytest.mark.slow
@pytest.mark.parametrize("concurrency", [1, 16])
def test_the_cap_on_calls_holds_to_the_call(tmp_path: Path, concurrency: int) -> None:
    with JudgeServer(script="prose-then-500-then-ok", seconds=0.01) as server:
        model = judge(server, concurrency=concurrency)
        with pytest.raises(InputError, match=r"max_calls \(25\) is reached; 23 of 100 judg.* Raise judge.max_calls"):
            ask(model, tmp_path, calls(100), Budget(max_calls=25))
        assert len(server.requests) == 25
        assert stored(tmp_path) == 24  # one request met an HTTP 500; one reply could not be read
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


@pytest.mark.parametrize(
    ("behaviour", "whole", "tokens"),
    [
        ("429-then-ok", 0, 9),
        ("500-then-cut-then-ok", 2, 9),
        ("refuses-format", 0, 9),
        ("413", 0, 0),
        ("no-usage", 1, 0),
    ],
)
def test_tokens_that_may_have_been_used_count_as_used(tmp_path: Path, behaviour: str, whole: int, tokens: int) -> None:
    """whole: requests whose worst case stands. The well-behaved reply is 3 tokens and 6."""
    budget = Budget()
    with JudgeServer(script=behaviour) as server:
        ask(judge(server), tmp_path, calls(1), budget)
    assert budget.tokens == whole * worst_case(calls(1)[0].messages, 50) + tokens


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
    """The server kills the client while it holds a request, at every other moment before replies can be stored."""
    moments = iter(range(3, 60, 6))
    child: list[subprocess.Popen[bytes]] = []
    lock = threading.Lock()
    moment = next(moments)

    def answer(messages: Any) -> int:
        nonlocal moment
        with lock:
            if child and sum(server.replied.values()) >= moment:
                if moment % 12 == 3:
                    time.sleep(0.02)  # replies that were sent a moment ago reach the store
                os.kill(child[0].pid, signal.SIGKILL)
                moment = next(moments, 10**6)
                child.clear()
        return len(messages[0]["content"]) % 5 + 1

    kills = 0
    settled: dict[str, int] = {}
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
            for key in kept:
                settled.setdefault(key, server.by_key[key])
        assert kills == 10
        counts = server.by_key
        assert len(counts) == 60
        # The only repeats are calls under way at a kill, at most `concurrency` of them, and the one 429.
        assert sum(counts.values()) - 60 <= 4 * kills + 1
        assert len(settled) > 20
        assert {key: counts[key] for key in settled} == settled  # what was in the store at a kill was not asked again
        undisturbed = ask(judge(server, concurrency=4), tmp_path / "undisturbed", calls(60))
        sent = len(server.requests)
        resumed = ask(judge(server, concurrency=4), tmp_path, calls(60))
        assert len(server.requests) == sent
        assert [one.value for one in resumed] == [one.value for one in undisturbed]
