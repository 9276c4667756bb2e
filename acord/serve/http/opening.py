"""From a model's name to what is served: its chat format here, its weights in a process of their own."""

from collections.abc import Callable
from typing import Literal

from acord.serve.engine import Opened, open_chat
from acord.serve.http.served import Facts, ServedModel, lead_of
from acord.serve.protocol import Engine
from acord.serve.supervised import supervised
from acord.serve.vllm import SLOTS, Vllm, vllm_command

Kind = Literal["transformers", "vllm"]


def open_model(base: str, kind: Kind, *, slots: int | None, queue: int, name: str | None = None) -> ServedModel:
    """Loads no weights here: the engine is loading when this returns.

    base: a model's folder or hub name. slots: replies side by side, None by the machine. queue: replies that may wait.
    name: as clients know it, None for the model's own. Raises InputError for what is no model, or cannot be encoded,
    and where vLLM is wanted and not installed.
    """
    opened = open_chat(base)
    shown = name or opened.name
    if kind == "vllm":
        engine = Vllm(vllm_command(opened.folder), opened.chat, slots=slots or SLOTS, waiting=queue)
        return _served(opened, shown, engine, Facts)
    own = supervised(opened.folder, slots=slots, waiting=queue)
    return _served(opened, shown, own, lambda: Facts(own.longest, own.reasons))


def _served(opened: Opened, name: str, engine: Engine, facts: Callable[[], Facts]) -> ServedModel:
    tokenizer = opened.tokenizer
    return ServedModel(name, engine, opened.chat, opened.defaults, lead_of(tokenizer), len(tokenizer), facts)
