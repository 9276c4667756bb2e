"""Conversations dealt out to the three schemas, each with its rejected replies."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from acord.data.pairs import HELD_OUT, conversation_group
from acord.data.split import split_of
from acord.recipe import Recipe
from samples.choose import Chooser
from samples.conversation import Conversation, conversations
from samples.draw import number, shuffled
from samples.family import Family
from samples.faults import Fault, Turn
from samples.phrase import LANGUAGES, Language

Schema = Literal["oasst", "helpsteer3", "openorca"]

# Conversations of each family. OASST ranks three replies or more, which gives two pairs of each prompt.
_TRAINED: Mapping[Language, Mapping[Schema, int]] = {
    "va": {"helpsteer3": 3, "oasst": 2},
    "es": {"helpsteer3": 3, "oasst": 2},
    "en": {"openorca": 2, "helpsteer3": 1, "oasst": 2},
}
_HELD_OUT: Mapping[Language, Mapping[Schema, int]] = {
    "va": {"helpsteer3": 1, "oasst": 4},
    "es": {"helpsteer3": 1, "oasst": 4},
    "en": {"openorca": 1, "helpsteer3": 1, "oasst": 3},
}
TIES = 3
_PAIRS_A_PROMPT = 2


@dataclass(frozen=True)
class Ranked:
    """A turn with its rejected replies, the least bad first. unpaired: how many, from the front, make no pair."""

    turn: Turn
    faults: tuple[Fault, ...]
    unpaired: int = 0

    @property
    def paired(self) -> tuple[Fault, ...]:
        """The rejected replies that make pairs."""
        return self.faults[self.unpaired :]


@dataclass(frozen=True)
class Judged:
    """A conversation in a schema. turns: the first turn, and perhaps second ones beneath its good reply.

    dialogue: whether the second turn alone is judged, the first being its context. tie: whether both replies are bad.
    """

    schema: Schema
    conversation: Conversation
    turns: tuple[Ranked, ...]
    dialogue: bool = False
    tie: bool = False


class Deal:
    """Deals conversations out so that whole families fall on one side of the recipe's held-out split."""

    def __init__(self, recipe: Recipe) -> None:
        self._seed, self._share = recipe.seed, recipe.data.held_out

    def is_on_its_side(self, family: Family, group: str) -> bool:
        """Whether a conversation that is split by this group is held out exactly if its family is."""
        return (split_of(self._seed, group, self._share) == HELD_OUT) == family.held_out

    def deal(self, family: Family, language: Language) -> Iterator[tuple[Schema, Conversation]]:
        """A family's conversations in one language, each with its schema.

        HelpSteer3 and OpenOrca know a conversation by its first words: of them only those are taken that fall on the
        family's side. The identifiers of OASST are drawn until they do (`oasst.py`).
        """
        left = dict((_HELD_OUT if family.held_out else _TRAINED)[language])
        for one in conversations(family, language):
            group = conversation_group([{"role": "user", "content": one.prompt}])
            names_fit = self.is_on_its_side(family, group)
            fits = [schema for schema, count in left.items() if count and (names_fit or schema == "oasst")]
            if fits:
                # Second turns show best in trees; for the rest round about, so that each schema has every register.
                schema: Schema = "oasst" if one.more and "oasst" in fits else fits[one.place % len(fits)]
                left[schema] -= 1
                yield schema, one


def judge(families: Sequence[Family], recipe: Recipe) -> list[Judged]:
    """All that goes into the files, in a fixed order."""
    deal = Deal(recipe)
    found: list[Judged] = []
    for language in LANGUAGES:
        for held_out in (False, True):
            some = [family for family in families if family.held_out == held_out]
            dealt = [entry for family in some for entry in deal.deal(family, language)]
            chooser = Chooser(language, [one for _, one in dealt])
            order = shuffled(dealt, language, held_out)
            found += [_judged(schema, one, chooser) for schema, one in order]
            if not held_out:
                found += [_tie(one, chooser) for one in _spare(some, dealt, language)]
    return found


def _judged(schema: Schema, one: Conversation, chooser: Chooser) -> Judged:
    first = Turn(one)
    if schema == "oasst":
        seconds = [Turn(one, follow_up) for follow_up in one.more]
        return Judged(schema, one, tuple(_ranked(turn, chooser) for turn in (first, *seconds)))
    if schema == "helpsteer3" and one.more:
        second = Turn(one, one.more[0])
        return Judged(schema, one, (Ranked(second, tuple(chooser.pairs(second, 1))),), dialogue=True)
    return Judged(schema, one, (Ranked(first, tuple(chooser.pairs(first, 1))),))


def _ranked(turn: Turn, chooser: Chooser) -> Ranked:
    faults = chooser.pairs(turn, _PAIRS_A_PROMPT)
    count = {0: 2, 1: 1, 2: 1}.get(number(turn.prompt, "extra") % 12, 0)
    unpaired = chooser.unpaired(turn, faults, count)
    return Ranked(turn, (*unpaired, *faults), len(unpaired))


def _spare(
    families: Sequence[Family], dealt: Sequence[tuple[Schema, Conversation]], language: Language
) -> list[Conversation]:
    """Conversations that were not dealt, one of each of TIES families."""
    taken = {(one.family.name, one.prompt) for _, one in dealt}
    spare: list[Conversation] = []
    for family in shuffled(families, language, "ties"):
        left = [one for one in conversations(family, language) if (family.name, one.prompt) not in taken]
        spare += left[:1]
        if len(spare) == TIES:
            break
    return spare


def _tie(one: Conversation, chooser: Chooser) -> Judged:
    turn = Turn(one)
    return Judged("helpsteer3", one, (Ranked(turn, chooser.tie(turn)),), tie=True)
