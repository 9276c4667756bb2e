"""Families of questions: one template in three languages, with slots. They are held out whole or not at all.

A file of families/ is a list of these (YAML):

name: offices-hours          # the topic, a dash, and a name
figure: close                # slot whose value a rejected reply may get wrong; a part of a slot is called x_2
decoys: [open]               # slots whose values are tempting wrong ones
held_out: true               # kept from training, false where absent
slots:                       # numbers, or texts in Valencian, Spanish and English
  open: [8, 9]
  office: [["l'arxiu", "el archivo", "the archive"]]     # "a | b" has two parts: {office} and {office_2}
derive: {late: "open + 1"}   # computed from two numbers, perhaps derived before, by + - * or /
where: ["open < close"]      # what must hold of the values: two and one of < > !=, either side with + or - a number
va: [{prompts: [...], reply: "..."}]     # es and en alike; each entry keeps one register
more: {va: [{prompt: "...", reply: "...", figure: close}]}      # a second turn, in all three languages

In Valencian replies [parle|parlo] is a form of the norm and one of general Catalan that the norm does not admit.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from samples.phrase import LANGUAGES, Language, Phrase

FOLDER = Path(__file__).with_name("families")

_OPERATORS: dict[str, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.floordiv,
}
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {"<": operator.lt, ">": operator.gt, "!=": operator.ne}
_TWO_FORMS = re.compile(r"\[([^|\]]+)\|([^|\]]+)\]")

Value = int | tuple[str, str, str]
Values = Mapping[str, Value]


@dataclass(frozen=True)
class Wording:
    """Prompts that one reply answers, in one register."""

    prompts: tuple[str, ...]
    reply: str


@dataclass(frozen=True)
class FollowUp:
    """A second turn. figure: as of a family, empty where the reply has none."""

    prompt: str
    reply: str
    figure: str = ""


@dataclass(frozen=True)
class Family:
    """One template in three languages; its fields stand at the top of this file."""

    name: str
    slots: Mapping[str, tuple[Value, ...]]
    derive: Mapping[str, str]
    where: tuple[str, ...]
    figure: str
    decoys: tuple[str, ...]
    held_out: bool
    wordings: Mapping[Language, tuple[Wording, ...]]
    more: Mapping[Language, tuple[FollowUp, ...]]

    @property
    def topic(self) -> str:
        """What it is about: offices, procedures, law, culture, tourism, sums, writing or everyday."""
        return self.name.split("-")[0]

    def allows(self, values: Values) -> bool:
        """Whether the values may stand together."""
        return all(_holds(rule, values) for rule in self.where)

    def render(self, template: str, values: Values, language: Language, *, central: bool = False) -> str:
        """A template filled in. central: with the forms of general Catalan where two are given."""
        filled = template.format_map(self._words(values, language))
        return _TWO_FORMS.sub(r"\2" if central else r"\1", filled)

    def numbers(self, values: Values) -> dict[str, int]:
        """The slots that hold numbers, the derived ones among them."""
        found = {name: value for name, value in values.items() if isinstance(value, int)}
        for name, rule in self.derive.items():
            found[name] = _computed(rule, found)
        return found

    def _words(self, values: Values, language: Language) -> dict[str, int | Phrase]:
        words: dict[str, int | Phrase] = dict(self.numbers(values))
        for name, value in values.items():
            if not isinstance(value, int):
                parts = value[LANGUAGES.index(language)].split(" | ")
                words[name] = Phrase(parts[0], language)
                for number in (2, 3):
                    part = parts[number - 1] if number <= len(parts) else parts[0]
                    words[f"{name}_{number}"] = Phrase(part, language)
        return words


def load_families() -> list[Family]:
    """All families, file by file in the order of their names."""
    files = sorted(FOLDER.glob("*.yaml"))
    return [_family(entry) for file in files for entry in yaml.safe_load(file.read_text("utf-8"))]


def _family(entry: Mapping[str, Any]) -> Family:
    slots = {name: tuple(_value(one, name) for one in values) for name, values in entry["slots"].items()}
    more = entry.get("more", {})
    return Family(
        name=entry["name"],
        slots=slots,
        derive=entry.get("derive", {}),
        where=tuple(entry.get("where", ())),
        figure=entry.get("figure", ""),
        decoys=tuple(entry.get("decoys", ())),
        held_out=entry.get("held_out", False),
        wordings={
            language: tuple(Wording(tuple(one["prompts"]), one["reply"]) for one in entry[language])
            for language in LANGUAGES
        },
        more={language: tuple(FollowUp(**one) for one in more.get(language, ())) for language in LANGUAGES},
    )


def _value(value: Any, name: str) -> Value:
    if isinstance(value, int):
        return value
    if len(value) != len(LANGUAGES):
        raise ValueError(f"slot {name}: {value} is not in three languages")
    return (value[0], value[1], value[2])


def _computed(rule: str, numbers: Mapping[str, int]) -> int:
    left, sign, right = rule.split()
    return _OPERATORS[sign](_operand(left, numbers), _operand(right, numbers))


def _operand(word: str, numbers: Mapping[str, int]) -> int:
    return int(word) if word.isdigit() else numbers[word]


def _holds(rule: str, values: Values) -> bool:
    left, sign, right, *rest = rule.split()
    other = values[right]
    if rest and isinstance(other, int):
        other = _OPERATORS[rest[0]](other, int(rest[1]))
    return _COMPARED[sign](values[left], other)
