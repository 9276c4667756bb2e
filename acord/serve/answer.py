"""One answer from a model, through its chat template: the same token ids as in training."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from acord.chat import ChatFormat, Refused
from acord.console import track
from acord.errors import InputError
from acord.models import find_model, load_model, load_tokenizer

DEFAULT_NEW_TOKENS = 256
# Below it every draw is the likeliest token, and logits divided by it are beyond what a float holds.
COLDEST = 1e-6


@dataclass(frozen=True)
class Answer:
    """One reply. finished: whether the model ended its turn itself; otherwise it was cut at the limit.

    prompt_tokens, reply_tokens: counted in tokens, the reply's end of turn included.
    """

    text: str
    finished: bool
    prompt_tokens: int
    reply_tokens: int


@dataclass(frozen=True)
class Sampling:
    """How to choose tokens. None leaves a value to the model's own generation configuration.

    max_new_tokens: of the reply. temperature: 0 (or nearly) takes the likeliest token each time. seed: of the draws.
    """

    max_new_tokens: int | None = None
    temperature: float | None = None
    seed: int = 0


@dataclass(frozen=True)
class Speaker:
    """A model that is loaded and ready to answer. padding: the id that `generate` fills with."""

    model: Any
    chat: ChatFormat
    padding: int


def load_speaker(base: str) -> Speaker:
    """Load a model's folder, or a hub name, to answer with.

    Raises InputError where it is no model, has no tokenizer, or its template cannot be encoded faithfully.
    """
    folder = find_model(base)
    tokenizer = load_tokenizer(folder)
    try:
        chat = ChatFormat.build(tokenizer)
    except InputError as error:
        raise InputError(error.what, where=str(folder), fix="Mend the chat template beside the weights.") from None
    padding = chat.end_of_turn_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id
    return Speaker(load_model(folder, "auto"), chat, padding)


def answer(speaker: Speaker, messages: Sequence[Mapping[str, str]], sampling: Sampling) -> Answer:
    """The model's reply to a conversation that ends with a user turn.

    Raises InputError for a conversation that cannot be encoded, or that leaves no room for a reply.
    """
    import torch

    model, chat = speaker.model, speaker.chat
    prompt_ids = _encode(chat, messages)
    limit = sampling.max_new_tokens or model.generation_config.max_new_tokens or DEFAULT_NEW_TOKENS
    limit = min(limit, _room(model, len(prompt_ids)))
    prompt = torch.tensor([prompt_ids], device=model.device)
    torch.manual_seed(sampling.seed)
    with torch.inference_mode(), track("answering", limit, "tokens") as progress:
        output = model.generate(
            prompt,
            attention_mask=torch.ones_like(prompt),
            max_new_tokens=limit,
            eos_token_id=list(chat.stop_ids),
            pad_token_id=speaker.padding,
            streamer=_Counting(progress.advance),
            **_choice(sampling.temperature),
        )
    reply = output[0, len(prompt_ids) :].tolist()
    finished = bool(reply) and reply[-1] in chat.stop_ids
    return Answer(chat.decode_reply(reply), finished, len(prompt_ids), len(reply))


def _encode(chat: ChatFormat, messages: Sequence[Mapping[str, str]]) -> tuple[int, ...]:
    try:
        return chat.encode_prompt(messages).ids
    except Refused as refused:
        raise InputError(
            f"the conversation cannot be encoded: {refused}",
            where="--prompt or --system",
            fix="Change what it says.",
        ) from None


def _room(model: Any, prompt: int) -> int:
    """Tokens that fit after a prompt of that length."""
    context = getattr(model.config, "max_position_embeddings", None)
    if context is None:
        return sys.maxsize
    if prompt >= context:
        raise InputError(
            f"the prompt has {prompt} tokens and the model reads {context}", where="--prompt", fix="Shorten it."
        )
    return int(context) - prompt


@dataclass(frozen=True)
class _Counting:
    """What `generate` calls a streamer: is told of every token."""

    advance: Callable[[int], None]

    def put(self, value: Any) -> None:
        """The prompt first, then one token at a time."""
        if value.dim() == 1:
            self.advance(len(value))

    def end(self) -> None:
        """The reply is complete."""


def _choice(temperature: float | None) -> dict[str, Any]:
    if temperature is None:
        return {}
    if temperature < COLDEST:
        # Taking the likeliest token uses none of these; left in place, transformers would warn of each.
        return {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
    return {"do_sample": True, "temperature": temperature}
