"""A model's folder made ready to answer: its chat format, what it wants to be asked, and an engine in this process."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from acord.chat import ChatFormat
from acord.chat.dated import chat_format_of
from acord.errors import InputError
from acord.models import find_model, load_model, load_tokenizer, stored_dtype
from acord.serve.defaults import Defaults, defaults_of
from acord.serve.protocol import Engine

# Of the free memory, for weights that are widened on a CPU.
WEIGHTS_SHARE = 0.5
_BYTES = {"float64": 8, "float32": 4, "bfloat16": 2, "float16": 2}


class Opened(NamedTuple):
    """A model without its weights: enough to encode for it and to decode what it says. name: as it is shown."""

    chat: ChatFormat
    tokenizer: Any
    defaults: Defaults
    name: str
    folder: Path


@dataclass(frozen=True)
class Loaded:
    """A model that answers. name: as it is shown. reasons: lines on what was chosen for it and why."""

    engine: Engine
    chat: ChatFormat
    tokenizer: Any
    defaults: Defaults
    name: str
    folder: Path
    reasons: list[str]


def open_chat(model: str | Path) -> Opened:
    """The chat format of a model's folder or hub name, without its weights.

    Raises InputError where it is no model, has no tokenizer, or its template cannot be encoded faithfully.
    """
    folder = find_model(str(model))
    tokenizer = load_tokenizer(folder)
    chat, _ = _chat(tokenizer, folder)
    return Opened(chat, tokenizer, _defaults(folder), _name(str(model), folder), folder)


def open_engine(
    model: str | Path, *, slots: int | None = None, device: str | None = None, waiting: int | None = None
) -> Loaded:
    """Load a model's folder or hub name; the engine is ready when this returns.

    slots: replies side by side, by the device and its memory where None. device: the GPU where there is one, unless
    named. waiting: replies that may wait for a slot, None for all. Raises InputError for what cannot be loaded.
    """
    import torch

    folder = find_model(str(model))
    tokenizer = load_tokenizer(folder)
    chat, note = _chat(tokenizer, folder)
    place = device or ("cuda" if torch.cuda.is_available() else "cpu")
    precision, why = _precision(folder, place)
    weights = load_model(folder, precision).to(place)
    padding = chat.end_of_turn_id if tokenizer.pad_token_id is None else int(tokenizer.pad_token_id)
    made = engine_of(weights, chat, padding, slots=slots, waiting=waiting)
    defaults = _defaults(folder)
    if made.longest is not None and (defaults.longest is None or made.longest < defaults.longest):
        defaults = replace(defaults, longest=made.longest)
    reasons = [line for line in (note, why, *made.reasons) if line]
    return Loaded(made.engine, chat, tokenizer, defaults, _name(str(model), folder), folder, reasons)


class Made(NamedTuple):
    """longest: tokens of a prompt and its reply, None where nothing limits them. reasons: as in Loaded."""

    engine: Engine
    longest: int | None
    reasons: list[str]


def engine_of(
    model: Any, chat: ChatFormat, padding: int, *, slots: int | None = None, waiting: int | None = None
) -> Made:
    """An engine over a model that is loaded, which is the engine's from now on.

    padding: the id that `generate` fills with. slots, waiting: as in open_engine.
    """
    from acord.generate.fitness import bytes_per_token, free_bytes, longest_of, why_not_in_slots
    from acord.generate.in_transformers import BLOCK, MEMORY_SHARE, SLOTS
    from acord.serve.in_process import InProcess
    from acord.serve.memory import UNKNOWN_LONGEST, Room, room_for
    from acord.serve.one_by_one import OneByOne
    from acord.serve.side_by_side import SideBySide

    longest = longest_of(model)
    obstacle = why_not_in_slots(model)
    if obstacle:
        one = OneByOne(model, chat.stop_ids, padding)
        return Made(
            InProcess(one, chat, longest=longest, waiting=waiting),
            longest,
            [f"replies are made one by one: {obstacle}"],
        )
    place = next(model.parameters()).device
    free = free_bytes(place)
    wanted = Room(slots or SLOTS.get(place.type, SLOTS["cpu"]), longest or UNKNOWN_LONGEST)
    room = room_for(wanted, None if free is None else int(free * MEMORY_SHARE) // bytes_per_token(model))
    reasons = []
    if room.slots < wanted.slots:
        reasons.append(f"{room.slots} replies side by side, not {wanted.slots}: memory holds no more")
    if room.longest < wanted.longest:
        reasons.append(f"{room.longest} tokens a prompt with its reply, not {wanted.longest}: memory holds no more")
    way = SideBySide(model, room.slots, BLOCK.get(place.type, BLOCK["cpu"]), room.longest)
    return Made(InProcess(way, chat, longest=room.longest, waiting=waiting), room.longest, reasons)


def _chat(tokenizer: Any, folder: Path) -> tuple[ChatFormat, str]:
    try:
        return chat_format_of(tokenizer)
    except InputError as error:
        raise InputError(error.what, where=str(folder), fix="Mend the chat template beside the weights.") from None


def _defaults(folder: Path) -> Defaults:
    from transformers import AutoConfig, GenerationConfig

    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
        if (folder / "generation_config.json").is_file():
            generation = GenerationConfig.from_pretrained(folder, local_files_only=True)
        else:
            generation = GenerationConfig.from_model_config(config)
    except Exception as error:
        # What transformers raises for odd configurations is of no common kind.
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise InputError(
            f"transformers cannot read this model's configuration: {lines[0].rstrip(' .')}",
            where=str(folder),
            fix="Give a causal language model that it knows.",
        ) from error
    longest = getattr(config.get_text_config(), "max_position_embeddings", None)
    return defaults_of(generation, None if longest is None else int(longest))


def _name(asked: str, folder: Path) -> str:
    """A hub name is one; of a folder the part that tells it from others: the run, for a model that a run aligned."""
    if not Path(asked).exists():
        return asked
    # As it was named: what a run's folder links to has a hash in its name.
    parts = list(folder.absolute().parts[1:])
    while len(parts) > 1 and parts[-1] in ("model", "align"):
        parts.pop()
    return parts[-1]


def _precision(folder: Path, place: str) -> tuple[str, str]:
    """The type of the weights in the computation, and a line on it where it is not what evaluation would take.

    As stored on a GPU; float32 on a CPU, whose half-precision kernels are slow on most machines, where that fits.
    """
    import torch

    from acord.generate.fitness import free_bytes

    stored = stored_dtype(folder)
    if not place.startswith("cpu"):
        return stored, ""
    files = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    free = free_bytes(torch.device("cpu"))
    if free is not None and files * 4 // _BYTES.get(stored, 4) > free * WEIGHTS_SHARE:
        return stored, f"weights stay in {stored}: memory does not hold them in float32"
    return "float32", ""
