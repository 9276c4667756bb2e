"""The chat client against a stand-in server: order, retries, caps, refusals, and a key that is told to nobody."""

import time
from pathlib import Path
from typing import Any

import pytest

from acord.data.endpoint import CUT_OFF, NO_ANSWER, REFUSED, REQUEST_CAP, ChatClient, Failure
from acord.endpoint import TRIES
from acord.errors import InputError
from acord.recipe import Endpoint
from tests.data.chat_server import Reply, completion, last_message, serving

KEY = "sk-a-secret-that-nobody-may-see"


def asks(*texts: str) -> list[list[dict[str, str]]]:
    return [[{"role": "user", "content": text}] for text in texts]


def echo(body: dict[str, Any], number: int) -> Reply:
    del number
    return completion(f"<{last_message(body)}>")


def test_answers_come_in_the_order_of_the_prompts() -> None:
    def slow_first(body: dict[str, Any], number: int) -> Reply:
        time.sleep(0.2 if number == 0 else 0)
        return echo(body, number)

    texts = [f"texto {number} ñ \ud800" for number in range(12)]
    with serving(slow_first) as server, ChatClient(server.endpoint(system="be brief", max_tokens=7)) as client:
        assert client.complete_many(asks(*texts, texts[0])) == [f"<{text}>" for text in (*texts, texts[0])]
        assert client.requests == len(server.bodies) == 12  # the same prompt is asked once
        assert server.bodies[0]["messages"][0] == {"role": "system", "content": "be brief"}
        assert (server.bodies[0]["max_tokens"], server.bodies[0]["model"]) == (7, "m")
        assert "temperature" not in server.bodies[0]
        assert client.complete_many([]) == []


@pytest.mark.parametrize(
    "bad",
    [
        Reply(500, b"oops"), Reply(503, b""), Reply(200, b"no json"), Reply(200, b'{"choices": []}'),
        Reply(200, b"[" * 100_000),
        completion(""), completion(None), completion(["a"]), Reply(429, b"", (("Retry-After", "0"),)),
        Reply(200, b"\xff\xfe"),
    ],
)  # fmt: skip
def test_what_may_pass_is_tried_again(bad: Reply) -> None:
    with (
        serving(lambda body, number: bad if number < 2 else echo(body, number)) as server,
        ChatClient(server.endpoint(), first_wait_seconds=0.01) as client,
    ):
        assert client.complete_many(asks("hola")) == ["<hola>"]
        assert client.requests == 3


def test_a_server_that_never_answers_right_is_given_up() -> None:
    with (
        serving(lambda _, __: Reply(500, b"")) as server,
        ChatClient(server.endpoint(), first_wait_seconds=0.01) as client,
    ):
        (failure,) = client.complete_many(asks("hola"))
        assert failure == Failure(NO_ANSWER, f"HTTP 500, {TRIES} times")
        assert client.requests == TRIES


@pytest.mark.slow
def test_the_servers_wish_is_heeded() -> None:
    with (
        serving(lambda b, n: Reply(429, b"", (("Retry-After", "1"),)) if n == 0 else echo(b, n)) as server,
        ChatClient(server.endpoint(), first_wait_seconds=0.01) as client,
    ):
        started = time.monotonic()
        assert client.complete_many(asks("hola")) == ["<hola>"]
        assert time.monotonic() - started >= 1.0


def test_a_slow_server_times_out() -> None:
    def slow(body: dict[str, Any], number: int) -> Reply:
        time.sleep(0.6 if number == 0 else 0)
        return echo(body, number)

    with (
        serving(slow) as server,
        ChatClient(server.endpoint(timeout_seconds=0.3), first_wait_seconds=0.01) as client,
    ):
        assert client.complete_many(asks("hola")) == ["<hola>"]
        assert client.requests == 2


def test_no_more_requests_than_allowed() -> None:
    with (
        serving(lambda b, n: Reply(500, b"") if n == 0 else echo(b, n)) as server,
        ChatClient(server.endpoint(max_requests=4, concurrency=1), first_wait_seconds=0.01) as client,
    ):
        answers = client.complete_many(asks(*"abcdef"))
        assert answers[:3] == ["<a>", "<b>", "<c>"]
        assert [type(answer) for answer in answers[3:]] == [Failure] * 3
        assert all(answer[0] == REQUEST_CAP for answer in answers[3:])
        assert len(server.bodies) == 4


def test_what_cannot_pass_is_not_tried_again() -> None:
    def answer(body: dict[str, Any], number: int) -> Reply:
        del number
        return Reply(400, b"too long") if last_message(body) == "a" else completion("cut", "length")

    with serving(answer) as server, ChatClient(server.endpoint()) as client:
        assert client.complete_many(asks("a", "b")) == [
            Failure(REFUSED, "HTTP 400: too long"),
            Failure(CUT_OFF, "the answer reached max_tokens"),
        ]
        assert client.requests == 2


@pytest.mark.parametrize(("status", "says"), [(401, "CHAT_KEY"), (403, "CHAT_KEY"), (404, "url")])
def test_the_users_faults_end_it_in_one_line(monkeypatch: pytest.MonkeyPatch, status: int, says: str) -> None:
    monkeypatch.setenv("CHAT_KEY", KEY)
    with (
        serving(lambda _, __: Reply(status, f"no {KEY}".encode())) as server,
        ChatClient(server.endpoint(key_variable="CHAT_KEY")) as client,
        pytest.raises(InputError, match=says) as caught,
    ):
        client.complete_many(asks(*map(str, range(200))))
    assert KEY not in str(caught.value)
    assert "\n" not in str(caught.value)
    # Those under way end; how many began before the refusal was heard is the machine's business.
    assert len(server.bodies) < 100


def test_an_endpoint_that_is_not_there() -> None:
    endpoint = Endpoint(url="http://127.0.0.1:9/v1", model="m", timeout_seconds=1)
    with (
        ChatClient(endpoint, first_wait_seconds=0.001) as client,
        pytest.raises(InputError, match="no answer from the endpoint"),
    ):
        client.complete_many(asks("hola"))


def test_the_key_is_sent_and_told_to_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_KEY", f"{KEY}\n")
    with (
        serving(lambda b, n: Reply(400, f"bad {KEY}".encode()) if last_message(b) == "a" else echo(b, n)) as server,
        ChatClient(server.endpoint(key_variable="CHAT_KEY"), cache=tmp_path) as client,
    ):
        failure, answer = client.complete_many(asks("a", "b"))
        assert server.keys == [f"Bearer {KEY}"] * 2
        assert failure == Failure(REFUSED, "HTTP 400: bad ***")
        assert answer == "<b>"
        assert KEY not in repr(client.endpoint)
    assert all(KEY.encode() not in path.read_bytes() for path in tmp_path.iterdir())


@pytest.mark.parametrize("value", [None, "", " ", "sk-ñ", "sk-a\nb"])
def test_a_key_that_is_not_there_is_said_before_the_start(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("CHAT_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("CHAT_KEY", value)
    with pytest.raises(InputError, match="environment variable CHAT_KEY: holds no key"):
        ChatClient(Endpoint(url="http://127.0.0.1:9/v1", model="m", key_variable="CHAT_KEY"))


def test_answers_are_kept_and_failures_are_not(tmp_path: Path) -> None:
    with serving(echo) as server:
        with ChatClient(server.endpoint(max_requests=1, concurrency=1), cache=tmp_path) as client:
            first, second = client.complete_many(asks("a", "b"))
            assert first == "<a>"
            assert isinstance(second, Failure)
        with ChatClient(server.endpoint(max_requests=1), cache=tmp_path) as client:
            assert client.complete_many(asks("a", "b")) == ["<a>", "<b>"]
        with ChatClient(server.endpoint(max_requests=1, system="other"), cache=tmp_path) as client:
            assert client.complete_many(asks("a")) == ["<a>"]
        assert len(server.bodies) == 3
