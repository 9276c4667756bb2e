"""What vLLM is asked, by a stand-in for it."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from acord.errors import InputError
from acord.generate import Request, vllm_generator
from acord.generate.replies import draw_seed


class FakeEngine:
    """vLLM's engine as it is called: two requests end at each step, the later one first."""

    def __init__(self, arguments: Any) -> None:
        self.arguments = arguments
        self.added: list[tuple[str, Any, Any]] = []
        self.waiting: list[str] = []

    @classmethod
    def from_engine_args(cls, arguments: Any) -> "FakeEngine":
        FakeEngine.last = cls(arguments)
        return FakeEngine.last

    last: "FakeEngine"

    def add_request(self, name: str, prompt: Any, parameters: Any) -> None:
        self.added.append((name, prompt, parameters))
        self.waiting.append(name)

    def has_unfinished_requests(self) -> bool:
        return bool(self.waiting)

    def step(self) -> list[Any]:
        ended = [self.waiting.pop() for _ in range(min(2, len(self.waiting)))]
        going = [SimpleNamespace(request_id=name, finished=False, outputs=[]) for name in self.waiting]
        return going + [
            SimpleNamespace(request_id=name, finished=True, outputs=[SimpleNamespace(text=f"{name} fi. més")])
            for name in ended
        ]


def test_vllm_is_asked_for_token_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = SimpleNamespace(EngineArgs=SimpleNamespace, LLMEngine=FakeEngine, SamplingParams=SimpleNamespace)
    monkeypatch.setitem(sys.modules, "vllm", fake)
    generator = vllm_generator(Path("models/a"), stop_ids=(7,), precision="bfloat16")
    drawn = Request((4, 5, 6), 8, ("fi.",), 0.7, 0.9, 11)
    order: list[tuple[int, str]] = []
    generator.generate(
        [Request((1, 2), 20), drawn, Request((3,), 1)], lambda number, text: order.append((number, text))
    )
    assert order == [(2, "2 fi. més"), (1, "1 "), (0, "0 fi. més")]
    engine = FakeEngine.last
    assert engine.arguments.model == "models/a"
    assert engine.arguments.dtype == "bfloat16"
    assert [prompt for _, prompt, _ in engine.added][1] == {"prompt_token_ids": [4, 5, 6]}
    greedy, sampled = engine.added[0][2], engine.added[1][2]
    assert (greedy.temperature, greedy.top_p, greedy.seed, greedy.max_tokens) == (0.0, 1.0, None, 20)
    assert (sampled.temperature, sampled.top_p, sampled.seed) == (0.7, 0.9, draw_seed(drawn))
    assert (sampled.stop, sampled.stop_token_ids, sampled.max_tokens) == (["fi."], [7], 8)


def test_a_missing_vllm_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)
    with pytest.raises(InputError) as error:
        vllm_generator("models/a")
    assert str(error.value) == ("engine: vllm: vllm is not installed. pip install vllm, or write engine: transformers.")
