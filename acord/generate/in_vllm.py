"""Generation by vLLM, where it is installed: `engine: vllm`."""

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from acord.errors import InputError
from acord.generate.replies import Done, Generator, Request, cut, draw_seed


def vllm_generator(folder: str | Path, *, stop_ids: Sequence[int] = (), precision: str = "auto") -> Generator:
    """A model's folder in a vLLM engine. stop_ids: tokens that end a reply besides the model's own end of sequence.

    Raises InputError where vLLM is not installed.
    """
    try:
        vllm: Any = importlib.import_module("vllm")
    except ImportError:
        raise InputError(
            "vllm is not installed", where="engine: vllm", fix="pip install vllm, or write engine: transformers."
        ) from None
    arguments = vllm.EngineArgs(model=str(folder), dtype=precision, enable_prefix_caching=True)
    return _Vllm(vllm, vllm.LLMEngine.from_engine_args(arguments), tuple(stop_ids))


class _Vllm:
    def __init__(self, vllm: Any, engine: Any, stop_ids: tuple[int, ...]) -> None:
        self._vllm = vllm
        self._engine = engine
        self._stop_ids = stop_ids

    def generate(self, requests: Sequence[Request], done: Done) -> None:
        """Token ids go in as they are; vLLM fills its batches by itself and each reply is handed over at its end."""
        for number, request in enumerate(requests):
            self._engine.add_request(str(number), {"prompt_token_ids": list(request.ids)}, self._parameters(request))
        while self._engine.has_unfinished_requests():
            for output in self._engine.step():
                if output.finished:
                    number = int(output.request_id)
                    done(number, cut(output.outputs[0].text, requests[number].stop))

    def _parameters(self, request: Request) -> Any:
        sampled = request.temperature > 0
        return self._vllm.SamplingParams(
            max_tokens=request.max_new_tokens,
            stop=list(request.stop),
            stop_token_ids=list(self._stop_ids),
            temperature=request.temperature,
            top_p=request.top_p if sampled and request.top_p is not None else 1.0,
            top_k=request.top_k if sampled else 0,
            repetition_penalty=1.0 if request.repetition_penalty is None else request.repetition_penalty,
            seed=draw_seed(request) if sampled else None,
            skip_special_tokens=True,
        )
