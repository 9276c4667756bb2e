"""What a person sets of a model's ways: temperature and the like, by name, over the model's own defaults."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from acord.languages import text
from acord.serve.defaults import Defaults
from acord.serve.protocol import Ask
from acord.serve.talk.misused import Misused

OWN = "-"  # what a person writes to go back to the model's own value
MOST_SEED = 2**63 - 1


@dataclass(frozen=True)
class Settings:
    """None leaves a value to the model. seed: of the draws."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    max_new_tokens: int | None = None
    seed: int = 0

    def set(self, name: str, written: str) -> "Settings":
        """With one value as a person writes it, a decimal comma or point; `-` is the model's own. Raises Misused."""
        value: Any = getattr(Settings(), name) if written == OWN else _READ[name](name, written)
        return replace(self, **{name: value})

    def ask(self, defaults: Defaults, ids: Sequence[int], *, temperature: float | None = None, draw: int = 0) -> Ask:
        """A request with every value resolved. temperature: in place of the one set. draw: which of several drawn
        replies, so that the next one differs. Raises ValueError where the prompt leaves no room.
        """
        return defaults.ask(
            ids,
            max_new_tokens=self.max_new_tokens,
            temperature=self.temperature if temperature is None else temperature,
            top_p=self.top_p,
            top_k=self.top_k,
            seed=(self.seed + draw) % (MOST_SEED + 1),
        )

    def changed(self, defaults: Defaults) -> dict[str, tuple[Any, Any]]:
        """By name: the value that holds, and the model's own. The seed is no model's."""
        own = {name: getattr(defaults, name) for name in NAMES if name != "seed"}
        return {
            name: (default if getattr(self, name) is None else getattr(self, name), default)
            for name, default in own.items()
        }


def _number(name: str, written: str) -> float:
    try:
        value = float(written.replace(",", "."))
    except ValueError:
        raise Misused(text("talk_no_number", name=name, written=written)) from None
    return value


def _within(least: float, most: float) -> Callable[[str, str], float]:
    def read(name: str, written: str) -> float:
        value = _number(name, written)
        if not least <= value <= most or not math.isfinite(value):
            raise Misused(text("talk_out_of_range", name=name, written=written, range=_range(least, most)))
        return value

    return read


def _whole(least: int, most: int) -> Callable[[str, str], int]:
    def read(name: str, written: str) -> int:
        if not written.lstrip("-").isascii() or not written.lstrip("-").isdigit():
            raise Misused(text("talk_no_whole_number", name=name, written=written))
        # A number of thousands of digits is refused by int itself.
        value = int(written) if len(written) < 30 else MOST_SEED + 1
        if not least <= value <= most:
            raise Misused(text("talk_out_of_range", name=name, written=written, range=_range(least, most)))
        return value

    return read


def _range(least: float, most: float) -> str:
    return f">= {least}" if most >= 10**9 else f"{least} .. {most}"


_READ: Mapping[str, Callable[[str, str], float]] = {
    "temperature": _within(0.0, 1e9),
    # Nothing could be drawn from a nucleus of probability 0.
    "top_p": _within(1e-6, 1.0),
    "top_k": _whole(0, MOST_SEED),
    "max_new_tokens": _whole(1, MOST_SEED),
    "seed": _whole(0, MOST_SEED),
}
NAMES = tuple(_READ)
