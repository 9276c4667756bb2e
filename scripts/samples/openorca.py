"""Judged conversations as OpenOrca's two files: the same questions, answered by two models. All are English.

The names of the rows say nothing of who wrote them: both replies are of this grammar.
"""

from collections.abc import Sequence
from typing import NamedTuple

from samples.draw import number
from samples.judged import Judged

_SYSTEM = (
    "",
    "You are the assistant of a public office. Answer in one or two plain sentences.",
    "You help people who have just moved to a new town. Be brief and polite.",
    "Answer the question in English, with the facts that are given.",
    "You are a helpful assistant. Do not add anything that was not asked for.",
)
_SUBSET = ("flan", "t0", "cot", "niv")
_ALONE = 3  # questions of each file that the other one does not have


class Sides(NamedTuple):
    """The rows of both files."""

    gpt4: list[dict[str, str]]
    gpt35: list[dict[str, str]]


def system_prompt(judged: Judged) -> str:
    """The system prompt of a conversation, empty for some."""
    return _SYSTEM[number(judged.conversation.prompt, "system") % len(_SYSTEM)]


def openorca_sides(judged: Sequence[Judged], spare: Sequence[Judged]) -> Sides:
    """Rows to be joined on system prompt and question. spare: 2 * _ALONE conversations that stand in one file only."""
    sides = Sides([], [])
    for place, one in enumerate([*judged, *spare[: 2 * _ALONE]]):
        ranked = one.turns[0]
        stem = {"system_prompt": system_prompt(one), "question": ranked.turn.prompt}
        alone = place - len(judged)
        if alone < _ALONE:
            sides.gpt4.append({"id": _name(place, 0), **stem, "response": ranked.turn.reply})
        if alone < 0 or alone >= _ALONE:
            sides.gpt35.append({"id": _name(place, 1), **stem, "response": ranked.faults[-1].text})
    sides.gpt35.sort(key=lambda row: number(row["id"]))
    return sides


def _name(place: int, side: int) -> str:
    return f"{_SUBSET[place % len(_SUBSET)]}.{1000 + 7 * place + side}"
