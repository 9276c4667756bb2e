"""What a server does when its engine is killed, and when it is told to end itself."""

import json
import os
import signal
import time
from contextlib import contextmanager

import httpx2
import pytest

from tests.serve.http.servers import serving

LONG = {"prompt": [5, 6, 7], "temperature": 2, "seed": 1, "max_tokens": 3_000, "stream": True}
SHORT = {"messages": [{"role": "user", "content": "Bon dia"}], "max_tokens": 4}


@contextmanager
def begun_stream(server, **more):
    """The lines to come of a stream that has begun."""
    body = {**LONG, **more}
    with httpx2.stream("POST", f"{server.address}/v1/completions", json=body, timeout=30) as answer:
        lines = answer.iter_lines()
        assert next(lines).startswith("data: {")
        yield lines


@pytest.fixture(scope="module")
def mortal():
    """One server that the tests take through its life, in the order in which they stand here."""
    with serving("--slots", "2", "--shutdown-timeout", "20", ready=False) as server:
        yield server


def test_a_server_answers_while_its_model_is_loading(mortal):
    answer = httpx2.get(f"{mortal.address}/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "loading")
    refused = httpx2.post(f"{mortal.address}/v1/chat/completions", json=SHORT)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "engine_unavailable")
    assert "loading" in refused.json()["error"]["message"]
    assert httpx2.get(f"{mortal.address}/v1/models").status_code == 200


def test_an_engine_that_is_killed_is_told_of_and_started_again(mortal):
    mortal.wait_until(200)
    with begun_stream(mortal) as lines:
        (engine,) = mortal.engine_processes()
        os.kill(engine, signal.SIGKILL)
        killed = time.monotonic()
        said = [line for line in lines if line]
        error = json.loads(said[-2].removeprefix("data: "))["error"]
        assert (error["type"], error["code"]) == ("server_error", "engine_unavailable")
        assert said[-1] == "data: [DONE]"
        mortal.wait_until(503, seconds=2)
        assert time.monotonic() - killed < 2
    answer = httpx2.post(f"{mortal.address}/v1/chat/completions", json=SHORT)
    assert (answer.status_code, answer.json()["error"]["type"]) == (503, "server_error")
    assert "retry-after" in answer.headers
    assert httpx2.get(f"{mortal.address}/health").json()["why"]
    mortal.wait_until(200)
    assert httpx2.post(f"{mortal.address}/v1/chat/completions", json=SHORT).status_code == 200


def test_a_server_that_is_told_to_end_finishes_what_it_began(mortal):
    mortal.wait_until(200)
    with begun_stream(mortal, max_tokens=400) as lines:
        mortal.process.send_signal(signal.SIGTERM)
        mortal.wait_until(503, seconds=2)
        refused = httpx2.post(f"{mortal.address}/v1/chat/completions", json=SHORT)
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "shutting_down")
        said = [line for line in lines if line]
        assert said[-1] == "data: [DONE]"
        assert json.loads(said[-2].removeprefix("data: "))["choices"][0]["finish_reason"] in ("length", "stop")
    assert mortal.process.wait(30) == 0


@pytest.mark.parametrize(("options", "signals"), [(("--shutdown-timeout", "1"), 1), (("--shutdown-timeout", "60"), 2)])
def test_what_does_not_finish_is_cut_with_an_error(options, signals):
    with serving("--slots", "2", *options) as server:
        (engine,) = server.engine_processes()
        with begun_stream(server) as lines:
            for _ in range(signals):
                server.process.send_signal(signal.SIGINT)
                time.sleep(0.3)
            said = [line for line in lines if line]
            assert json.loads(said[-2].removeprefix("data: "))["error"]["code"] == "shutting_down"
        assert server.process.wait(30) == 0
        with pytest.raises(ProcessLookupError):
            os.kill(engine, 0)
