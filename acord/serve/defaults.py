"""How a model wants to be asked: its own generation settings, and what a request changes of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from acord.serve.protocol import Ask

NEW_TOKENS = 512
# Below it every draw is the likeliest token, and logits divided by it are beyond what a float holds.
COLDEST = 1e-6
# Of a second reply, where one model answers twice and would say the same again: the likeliest token is left for another
# often enough that two replies differ, and sense is kept.
SECOND_TEMPERATURE = 0.8


@dataclass(frozen=True)
class Defaults:
    """What holds where a request says nothing. max_new_tokens: of a reply. longest: tokens that the model reads, its
    reply included; None where it does not say."""

    temperature: float
    top_p: float
    top_k: int
    repetition_penalty: float
    max_new_tokens: int
    longest: int | None

    def ask(
        self,
        ids: Sequence[int],
        *,
        max_new_tokens: int | None = None,
        stop: Sequence[str] = (),
        temperature: float | None = None,
        top_p: float | None = None,
        top_k: int | None = None,
        seed: int = 0,
    ) -> Ask:
        """A request with every setting resolved, its reply cut to what the model reads.

        Raises ValueError where the prompt leaves no room for a reply.
        """
        room = self.max_new_tokens if max_new_tokens is None else max_new_tokens
        if self.longest is not None:
            if len(ids) >= self.longest:
                raise ValueError(f"the prompt has {len(ids)} tokens and the model reads {self.longest}")
            room = min(room, self.longest - len(ids))
        warm = self.temperature if temperature is None else temperature
        asked = Ask(
            tuple(ids),
            room,
            tuple(stop),
            0.0 if warm < COLDEST else warm,
            self.top_p if top_p is None else top_p,
            self.top_k if top_k is None else top_k,
            self.repetition_penalty,
            seed,
        )
        # The likeliest token is the likeliest of any cut: the settings shown are those that matter.
        return replace(asked, top_p=1.0, top_k=0) if asked.temperature == 0.0 else asked


def defaults_of(generation: Any, longest: int | None) -> Defaults:
    """From a model's `generation_config.json`, by transformers' own defaults where it says nothing.

    generation: a transformers GenerationConfig. longest: as in Defaults.
    """
    sampled = bool(getattr(generation, "do_sample", False))

    def value(name: str, otherwise: float) -> float:
        found = getattr(generation, name, None)
        return otherwise if found is None else float(found)

    return Defaults(
        temperature=value("temperature", 1.0) if sampled else 0.0,
        top_p=value("top_p", 1.0),
        top_k=int(value("top_k", 50)) if sampled else 0,
        repetition_penalty=value("repetition_penalty", 1.0),
        max_new_tokens=int(value("max_new_tokens", NEW_TOKENS)),
        longest=longest,
    )
