"""What a task asks of a generation, as the harness writes it, read the way its hf backend reads it."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from lm_eval.models.utils import handle_stop_sequences, normalize_gen_kwargs

from acord.console import track
from acord.evaluate.likelihood import Kept
from acord.generate import Request

# Of a reply, where the task does not say: the hf backend's default.
NEW_TOKENS = 256
READ = ("until", "max_gen_toks", "do_sample", "temperature", "top_p")
# Settings that change nothing at these values.
NEUTRAL: Mapping[str, Any] = {"num_beams": 1, "num_return_sequences": 1, "repetition_penalty": 1.0, "use_cache": True}
_NOTHING = object()


class GenerationSettings(NamedTuple):
    """max_new_tokens: of the reply. stop: texts that end it. temperature: 0 takes the likeliest token each time."""

    max_new_tokens: int
    stop: tuple[str, ...]
    temperature: float
    top_p: float | None


def read_settings(given: Mapping[str, Any], ends: Sequence[str]) -> GenerationSettings:
    """A task's `generation_kwargs`. ends: texts that end a reply besides the task's own.

    Raises ValueError for a setting that is not read here and changes the reply.
    """
    settings: dict[str, Any] = dict(normalize_gen_kwargs(dict(given), NEW_TOKENS))
    unread = sorted(name for name in settings if name not in READ and settings[name] != NEUTRAL.get(name, _NOTHING))
    if unread:
        raise ValueError(f"the task's generation setting {unread[0]}={settings[unread[0]]!r} is not known to Acord")
    stop = handle_stop_sequences(settings["until"], eos=None)
    sampled = bool(settings["do_sample"])
    return GenerationSettings(
        max_new_tokens=int(settings["max_gen_toks"]),
        stop=tuple(dict.fromkeys(text for text in (*stop, *ends) if text)),
        temperature=float(settings.get("temperature", 1.0)) if sampled else 0.0,
        top_p=float(settings["top_p"]) if sampled and "top_p" in settings else None,
    )


def request_for(ids: Sequence[int], settings: GenerationSettings, *, longest: int, seed: int) -> Request:
    """The request for one prompt; a prompt that leaves no room for the reply loses its beginning.

    longest: tokens that the model reads. Raises ValueError where the reply alone fills it.
    """
    room = longest - settings.max_new_tokens
    if room < 1:
        raise ValueError(f"the task asks for {settings.max_new_tokens} new tokens and the model reads {longest}")
    return Request(
        ids=tuple(ids[-room:]),
        max_new_tokens=settings.max_new_tokens,
        stop=settings.stop,
        temperature=settings.temperature,
        top_p=settings.top_p,
        seed=seed if settings.temperature > 0 else 0,
    )


def request_key(request: Request, generator: str) -> str:
    """sha256 (64 hex digits) over a request and `generator`, which names all else that the reply depends on."""
    content = [
        generator,
        list(request.ids),
        request.max_new_tokens,
        list(request.stop),
        request.temperature,
        request.top_p,
        request.seed,
    ]
    return hashlib.sha256(b"generation\n" + json.dumps(content).encode()).hexdigest()


def replies(
    requests: Sequence[Request], generate: Callable[[Sequence[Request], Callable[[int, str], None]], None], kept: Kept
) -> list[str]:
    """The text of each request, those that the store knows aside; each is stored when it is done."""
    keys = [request_key(request, kept.scorer) for request in requests]
    wanted = dict(zip(keys, requests, strict=True))
    known: dict[str, str] = {} if kept.store is None else kept.store.get_many(wanted)
    missing = [key for key in wanted if key not in known]
    with track("generation", len(wanted), "replies") as progress:
        progress.advance(len(wanted) - len(missing))

        def done(number: int, text: str) -> None:
            if kept.store is not None:
                kept.store.put_many({missing[number]: text})
            known[missing[number]] = text
            progress.advance()

        if missing:
            generate([wanted[key] for key in missing], done)
    return [known[key] for key in keys]
