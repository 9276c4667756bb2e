"""From a model's name to what is served: its chat format here, its weights in a process of their own."""

from typing import Literal

from acord.serve.engine import open_chat
from acord.serve.http.served import Facts, ServedModel, lead_of
from acord.serve.supervised import supervised

Kind = Literal["transformers", "vllm"]


def open_model(base: str, kind: Kind, *, slots: int | None, queue: int, name: str | None = None) -> ServedModel:
    """Loads no weights here: the engine is loading when this returns.

    base: a model's folder or hub name. slots: replies side by side, None by the machine. queue: replies that may wait.
    name: as clients know it, None for the model's own. Raises InputError for what is no model, or cannot be encoded.
    """
    opened = open_chat(base)
    engine = supervised(opened.folder, slots=slots, waiting=queue)
    return ServedModel(
        name or opened.name,
        engine,
        opened.chat,
        opened.defaults,
        lead_of(opened.tokenizer),
        len(opened.tokenizer),
        lambda: Facts(engine.longest, engine.reasons),
    )
