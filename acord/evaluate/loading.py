"""A model made ready to be evaluated: weights identified, prefixes admitted for sharing, chat format built."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from acord.chat import ChatFormat
from acord.chat.dated import chat_format_of
from acord.console import say
from acord.errors import InputError
from acord.models import find_model, load_model, load_tokenizer, sha256_of, stored_dtype
from acord.tree.admission import admitted, cast_parameters
from acord.tree.scoring import ScoringModel

PRECISIONS = ("auto", "float32", "bfloat16", "float16")
WEIGHTS = ("*.safetensors", "config.json")
# What turns ids into text, and the settings of generation that come with a model.
WORDS = ("tokenizer*", "special_tokens_map.json", "added_tokens.json", "vocab*", "generation_config.json")


@dataclass(frozen=True)
class Loaded:
    """identity: sha256 of weights and configuration. words: of what else replies depend on, the tokenizer above all.

    precision: of the weights in the computation. chat: None where the template cannot be encoded faithfully; no_chat
    then says why.
    """

    folder: Path
    model: Any
    tokenizer: Any
    chat: ChatFormat | None
    no_chat: str
    scorer: ScoringModel
    identity: str
    words: str
    precision: str

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        found: torch.device = self.scorer.head().weight_VD.device
        return found


def load(
    base: str | Path,
    precision: str = "auto",
    *,
    revision: str | None = None,
    device: str | None = None,
    digest: Callable[[Path], str] = sha256_of,
    chat_arguments: Mapping[str, Any] | None = None,
) -> Loaded:
    """Load a model's folder, or a hub name. device: the GPU where there is one, unless named.

    precision: `auto` is the type in which the weights are stored on a GPU, and float32 on a CPU, whose half-precision
    kernels are slow on most machines. digest: sha256 of a file, from memory where the caller keeps one.
    chat_arguments: fixed variables of the chat template. Raises InputError for what cannot be loaded or scored.
    """
    if precision not in PRECISIONS:
        raise InputError(f"no precision is called {precision}", where="precision", fix=f"One of {_listed(PRECISIONS)}.")
    place = _device(device)
    folder = find_model(str(base), revision)
    identity, words = weights_identity(folder, digest=digest), _identity(folder, WORDS, digest)
    tokenizer = load_tokenizer(folder)
    chosen = precision if precision != "auto" else stored_dtype(folder) if place.type == "cuda" else "float32"
    # Admitted in fp32: the noise of half precision would hide what the gate looks for.
    scorer = admitted(load_model(folder, "float32").to(place))
    cast_parameters(scorer.model, getattr(torch, chosen))
    chat, no_chat = _chat_format(tokenizer, chat_arguments)
    return Loaded(folder, scorer.model, tokenizer, chat, no_chat, scorer, identity, words, chosen)


def weights_identity(folder: Path, *, digest: Callable[[Path], str] = sha256_of) -> str:
    """sha256 over the contents of a model's weights and configuration: equal for equal models at any path."""
    return _identity(folder, WEIGHTS, digest)


def _identity(folder: Path, patterns: Sequence[str], digest: Callable[[Path], str]) -> str:
    files = sorted({file for pattern in patterns for file in folder.glob(pattern)})
    content = "".join(f"{file.name} {digest(file)}\n" for file in files)
    return hashlib.sha256(content.encode()).hexdigest()


def _device(named: str | None) -> torch.device:
    if named is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        found = torch.device(named)
        torch.empty(0, device=found)
    except (RuntimeError, AssertionError) as error:
        line = str(error).splitlines()[0].rstrip(".")
        raise InputError(f"no such device: {line}", where=f"device={named}", fix="Write cpu or cuda.") from None
    return found


def _chat_format(tokenizer: Any, arguments: Mapping[str, Any] | None) -> tuple[ChatFormat | None, str]:
    try:
        if arguments:
            return ChatFormat.build(tokenizer, arguments=arguments), ""
        chat, note = chat_format_of(tokenizer)
    except InputError as error:
        return None, error.what
    if note:
        say(note)
    return chat, ""


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names)
