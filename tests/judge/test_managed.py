"""A judge that is served for the run alone; in vLLM's place a process that is started, asked and ended in its way."""

import os
import sys
import time
from pathlib import Path

import httpx2
import pytest

from acord.bundled import bundled_path
from acord.errors import InputError
from acord.judge.budget import Budget
from acord.judge.calls import CallStore
from acord.judge.client import JudgeClient
from acord.judge.managed import Listening, served, vllm_command
from acord.judge.panel import Asked, Work, calls_of
from acord.judge.record import Answer, Question
from acord.judge.suite import load_suite
from acord.recipe import JudgeModel

MODEL = str(bundled_path("model"))
JUDGE = JudgeModel(serve=MODEL, gpus=2, name="served")


def command(*more: str):
    def built(_judge: JudgeModel, _folder: Path, place: Listening) -> list[str]:
        return [sys.executable, "-m", "tests.judge.served_judge", "--port", str(place.port), *more]

    return built


def gone(address: str) -> bool:
    try:
        httpx2.get(f"{address}/requests")
    except httpx2.TransportError:
        return True
    return False


def test_it_is_started_asked_and_ended(tmp_path):
    before = set(os.environ)
    question = Question("maths", "va", "maths-01", 0, "Quant fan 2 i 2?", "4")
    calls = calls_of(Work((Asked(Answer(question, "m", "4"), 0),), ()), load_suite("aitana").rubric)
    with served(JUDGE, command=command()) as judge:
        assert judge.shown == "served"
        # The name tells its weights: another judge in the same folder is another judge.
        assert str(judge.model).startswith("served@")
        assert len(str(judge.model)) == len("served@") + 12
        with CallStore(tmp_path / "calls.sqlite") as store, JudgeClient(judge, store, Budget()) as client:
            [heard] = client.ask_many(calls)
        assert heard.value.score == 4
        asked = httpx2.get(f"{judge.endpoint}/requests").json()
        assert asked["requests"] == 1
        key = os.environ[str(judge.key_variable)]
    assert set(os.environ) == before
    assert len(key) > 30
    assert any(gone(str(judge.endpoint)) or time.sleep(0.05) for _ in range(100))


def test_one_that_cannot_be_loaded_is_told_with_its_last_line():
    with pytest.raises(InputError, match="does not fit into memory"), served(JUDGE, command=command("--broken")):
        raise AssertionError("unreachable")


def fail(seen: list[str]) -> None:
    with served(JUDGE, command=command()) as judge:
        seen.append(str(judge.endpoint))
        raise RuntimeError("mine")


@pytest.mark.slow
def test_it_ends_with_an_error_of_the_run_too():
    seen: list[str] = []
    with pytest.raises(RuntimeError, match="mine"):
        fail(seen)
    assert any(gone(seen[0]) or time.sleep(0.05) for _ in range(100))


def test_without_vllm_it_says_so(monkeypatch):
    monkeypatch.setenv("PATH", "")
    if not Path(sys.executable).with_name("vllm").exists():
        with pytest.raises(InputError, match="vllm is not installed"):
            vllm_command(JUDGE, Path(MODEL), Listening(1, "served"))


def test_the_command_names_gpus_port_and_no_key(monkeypatch, tmp_path):
    program = tmp_path / "vllm"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    words = vllm_command(JUDGE, Path(MODEL), Listening(8123, "served@0"))
    assert words[words.index("--tensor-parallel-size") + 1] == "2"
    assert words[words.index("--host") + 1] == "127.0.0.1"
    assert words[words.index("--port") + 1] == "8123"
    assert not any("key" in word for word in words)


def test_a_judge_with_an_endpoint_is_given_back_as_it_is():
    judge = JudgeModel(endpoint="http://127.0.0.1:9/v1", model="m")
    with served(judge) as same:
        assert same is judge
