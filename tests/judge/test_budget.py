"""The caps hold to the call, wait where waiting helps, and the estimate is what is then sent."""

import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acord.judge.budget import Budget, CapReached, Estimate, estimate, worst_case
from acord.judge.calls import CallStore
from acord.judge.client import JudgeClient
from tests.judge.judge_server import JudgeServer
from tests.judge.test_client import calls, judge


def test_the_worst_case_is_every_byte() -> None:
    messages = [{"role": "system", "content": "ñ"}, {"role": "user", "content": "\U0001f600a\ud800"}]
    assert worst_case(messages, 100) == 2 + 4 + 1 + 3 + 2 * 16 + 100


@given(
    st.lists(st.tuples(st.integers(0, 30), st.none() | st.integers(0, 40)), max_size=30),
    st.none() | st.integers(1, 20),
    st.none() | st.integers(1, 200),
)
def test_one_after_another_no_call_goes_over(
    asked: list[tuple[int, int | None]], max_calls: int | None, max_tokens: int | None
) -> None:
    budget = Budget(max_calls, max_tokens)
    sent = spent = 0
    for worst, used in asked:
        fits = (max_calls is None or sent < max_calls) and (max_tokens is None or spent + worst <= max_tokens)
        if not fits:
            with pytest.raises(CapReached) as caught:
                budget.reserve(worst)
            assert caught.value.cap == ("max_calls" if max_calls is not None and sent >= max_calls else "max_tokens")
            continue
        budget.reserve(worst)
        assert budget.tokens == spent + worst
        budget.settle(worst, used)
        sent, spent = sent + 1, spent + (worst if used is None else used)
        assert (budget.calls, budget.tokens) == (sent, spent)


def test_a_call_waits_for_what_those_under_way_give_back() -> None:
    budget = Budget(max_tokens=100)
    budget.reserve(60)
    order: list[str] = []

    def waits() -> None:
        budget.reserve(60)
        order.append("reserved")

    thread = threading.Thread(target=waits)
    thread.start()
    time.sleep(0.1)
    order.append("settled")
    budget.settle(60, 40)
    thread.join(5)
    assert order == ["settled", "reserved"]
    assert budget.tokens == 100
    with pytest.raises(CapReached):  # 40 are used for good: waiting would help nothing
        budget.reserve(61)


def test_a_call_that_waits_is_told_when_nothing_was_given_back() -> None:
    budget = Budget(max_tokens=100)
    budget.reserve(60)
    threading.Timer(0.1, budget.settle, (60, None)).start()
    with pytest.raises(CapReached, match=r"max_tokens \(100\) is reached"):
        budget.reserve(60)
    assert (budget.calls, budget.tokens) == (1, 60)


def test_a_call_that_is_not_sent_is_not_counted() -> None:
    budget = Budget(max_calls=1, max_tokens=10)
    budget.reserve(10)
    budget.cancel(10)
    budget.reserve(10)
    assert (budget.calls, budget.tokens) == (1, 10)


def test_many_threads_never_pass_a_cap() -> None:
    budget = Budget(max_calls=40, max_tokens=1_000)
    under_way, most, lock = [0], [0], threading.Lock()
    refused = []

    def run() -> None:
        for _ in range(5):
            try:
                budget.reserve(200)
            except CapReached as reason:
                refused.append(reason.cap)
                return
            with lock:
                under_way[0] += 1
                most[0] = max(most[0], under_way[0])
            time.sleep(0.001)
            with lock:
                under_way[0] -= 1
            budget.settle(200, 3)

    threads = [threading.Thread(target=run) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert (budget.calls, budget.tokens) == (40, 120)
    assert 1 < most[0] <= 5
    assert set(refused) == {"max_calls"}


def test_the_estimate_is_what_is_sent(tmp_path: Path) -> None:
    asked = [*calls(10), *calls(4)]
    characters = len("answer 0 ñ")
    with JudgeServer(script="prose-then-ok") as server, CallStore(tmp_path / "calls.sqlite") as store:
        model = judge(server, concurrency=1)
        assert estimate(model, asked, store) == Estimate(10, 0, 10 * -(-characters // 4), 10 * 50)
        with JudgeClient(model, store, Budget()) as client:
            client.ask_many(calls(4))
        assert len(server.requests) == 5
        assert estimate(model, asked, store)[:2] == (6, 8)
        server.fingerprint = "fp_2"
        with JudgeClient(model, store, Budget()) as client:
            client.ask_many(calls(5))
        assert estimate(model, asked, store)[:2] == (5, 9)
        assert estimate(model, asked, store, newest_only=True)[:2] == (9, 1)
        with JudgeClient(model, store, Budget(), newest_only=True) as client:
            assert sum(heard.paid for heard in client.ask_many(asked)) == 9
        # A reply that could not be read, and was not asked for again before the end of a run, is asked for once more.
        other = judge(server, model="prose")
        server.script = "prose-then-401"
        with JudgeClient(other, store, Budget()) as client, pytest.raises(Exception, match="refuses the key"):
            client.ask_many(calls(1))
        assert estimate(other, calls(1), store) == Estimate(1, 0, -(-len("answer 0 ñ Once more.") // 4), 50)
