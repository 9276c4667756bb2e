"""What rejected replies get wrong. Each kind makes several candidates, of different lengths, for one good reply."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml

from samples.conversation import Conversation
from samples.draw import number, shuffled
from samples.family import FollowUp
from samples.phrase import LANGUAGES, Language, Phrase

Kind = Literal["spanish", "valencian", "english", "catalan", "figure", "cut", "beside", "rude", "repetitive"]
FOREIGN: Mapping[Kind, Language] = {"spanish": "es", "valencian": "va", "english": "en"}
# How bad a reply is: the worst is ranked last, and preferred least.
SEVERITY: tuple[Kind, ...] = (
    *("repetitive", "cut", "figure", "catalan", "beside", "rude", "spanish", "valencian", "english"),
)

_WORDINGS: Mapping[str, Mapping[Language, Sequence[str]]] = yaml.safe_load(
    Path(__file__).with_name("wordings.yaml").read_text("utf-8")
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZÀ-Ý¿¡«“])")
_MOST_CANDIDATES = 24
_SHORT_ENOUGH = 3  # words that are left at least where a reply is cut


@dataclass(frozen=True)
class Turn:
    """What is to be answered: the conversation, or a second turn of it."""

    conversation: Conversation
    follow_up: FollowUp | None = None

    @property
    def figure(self) -> str:
        """The slot whose value the reply may get wrong, empty where there is none."""
        return self.follow_up.figure if self.follow_up else self.conversation.family.figure

    @property
    def prompt(self) -> str:
        """The last turn of the user."""
        one = self.conversation
        return one.family.render(self.follow_up.prompt, one.values, one.language) if self.follow_up else one.prompt

    @property
    def reply(self) -> str:
        """The good reply."""
        return self.said(self.conversation.language)

    def said(self, language: Language, *, central: bool = False) -> str:
        """The good reply in a language."""
        one = self.conversation
        if self.follow_up is None:
            return one.said(language, central=central)
        place = one.more.index(self.follow_up)
        return one.family.render(one.family.more[language][place].reply, one.values, language, central=central)

    def with_figure(self, wrong: str) -> str:
        """The good reply, but for its figure."""
        one = self.conversation
        template = self.follow_up.reply if self.follow_up else one.family.wordings[one.language][one.wording].reply
        marked = re.sub(rf"\{{{self.figure}(?=[:}}])(?::\w+)?\}}", lambda _: wrong, template)
        return one.family.render(marked, one.values, one.language)


@dataclass(frozen=True)
class Fault:
    """A rejected reply. detail: what a test can look for: the wrong figure, the family whose reply it is."""

    kind: Kind
    text: str
    detail: str = ""


def candidates(kind: Kind, turn: Turn, others: Sequence[Conversation]) -> list[Fault]:
    """Rejected replies of one kind, none where the kind does not fit. others: conversations that may lend theirs."""
    found = _MAKERS[kind](kind, turn, others)
    return [fault for fault in found if fault.text != turn.reply][:_MOST_CANDIDATES]


def _foreign(kind: Kind, turn: Turn, _: Sequence[Conversation]) -> list[Fault]:
    language = FOREIGN[kind]
    return [] if language == turn.conversation.language else [Fault(kind, turn.said(language), language)]


def _catalan(kind: Kind, turn: Turn, _: Sequence[Conversation]) -> list[Fault]:
    if turn.conversation.language != "va":
        return []
    good, central = turn.reply.split(), turn.said("va", central=True).split()
    changed = [other for word, other in zip(good, central, strict=True) if word != other]
    return [Fault(kind, " ".join(central), " ".join(changed))] if changed else []


def _figure(kind: Kind, turn: Turn, _: Sequence[Conversation]) -> list[Fault]:
    if not turn.figure:
        return []
    return [Fault(kind, turn.with_figure(wrong), wrong) for wrong in _wrong_figures(turn)]


def _wrong_figures(turn: Turn) -> list[str]:
    family, values = turn.conversation.family, turn.conversation.values
    numbers = family.numbers(values)
    if turn.figure in numbers:
        right = numbers[turn.figure]
        near = [right + 1, right - 1, right + 2, right - 2, right + 3, right + 10, right - 10]
        wrong = [numbers[decoy] for decoy in (*family.decoys, family.figure) if decoy in numbers] + shuffled(
            near, family.name, right
        )
        return [str(one) for one in dict.fromkeys(wrong) if one > 0 and one != right]
    slot, _, part = turn.figure.partition("_")
    place = LANGUAGES.index(turn.conversation.language)
    entries = [entry for entry in family.slots[slot] if not isinstance(entry, int)]
    texts = {entry: entry[place].split(" | ")[int(part or 1) - 1] for entry in entries}
    right_text = next(text for entry, text in texts.items() if entry == values[slot])
    wrong_texts = [text for text in dict.fromkeys(texts.values()) if text != right_text]
    return [_as_used(text, turn) for text in shuffled(wrong_texts, family.name, right_text)]


def _as_used(text: str, turn: Turn) -> str:
    """A text in the form (of, to) in which the reply uses its slot."""
    one = turn.conversation
    template = one.family.wordings[one.language][one.wording].reply
    forms: list[str] = re.findall(rf"\{{{turn.figure}:?(\w*)\}}", template)
    return format(Phrase(text, one.language), forms[0])


def _cut(kind: Kind, turn: Turn, _: Sequence[Conversation]) -> list[Fault]:
    """Half of it is missing; or it goes on, and stops."""
    words = turn.reply.split()
    places = range(max(_SHORT_ENOUGH, len(words) // 2), len(words) - 1)
    found = [" ".join(words[:place]) for place in places]
    language = turn.conversation.language
    for start in shuffled(_WORDINGS["goes_on"][language], turn.prompt):
        more = start.split()
        found += [" ".join([*words, *more[:place]]) for place in (3, 5, len(more))]
    texts = [re.sub(r"[\s,;:.!?»”]+$", "", text) for text in shuffled(found, turn.prompt, "cut")]
    return [Fault(kind, text) for text in texts if text.count("«") == 0 and text.count("“") == 0]


def _beside(kind: Kind, turn: Turn, others: Sequence[Conversation]) -> list[Fault]:
    topic = turn.conversation.family.topic
    found = [one for one in others if one.family.topic != topic]
    return [Fault(kind, one.reply, one.family.name) for one in shuffled(found, turn.prompt)[:_MOST_CANDIDATES]]


def _rude(kind: Kind, turn: Turn, _: Sequence[Conversation]) -> list[Fault]:
    language = turn.conversation.language
    first = _SENTENCE.split(turn.reply)[0]
    found = []
    for place in range(_MOST_CANDIDATES // 3):
        before = _WORDINGS["rude_before"][language]
        after = _WORDINGS["rude_after"][language]
        opening, other = shuffled(before, turn.prompt, place)[:2]
        closing = after[number(turn.prompt, place, "after") % len(after)]
        found += [f"{opening} {first}", f"{opening} {other} {closing}", f"{first} {closing}"]
    return [Fault(kind, text) for text in found]


def _repetitive(kind: Kind, turn: Turn, _: Sequence[Conversation]) -> list[Fault]:
    first = _SENTENCE.split(turn.reply)[0]
    words = re.sub(r"[.!?]+$", "", first).split()
    found = [f"{first} {first}", f"{first} {first} {first}"]
    for count in (3, 4, 5):
        begun = re.sub(r"[,;:]+$", "", " ".join(words[:count]))
        ended = re.sub(r"[,;:]+$", "", " ".join(words[-count:]))
        rest = " ".join(words[count:])
        found += [f"{begun}, {begun}, {begun} {rest}.", f"{begun}, {begun}, {begun}."]
        found += [f"{' '.join(words)}, {ended}, {ended}."]
    return [Fault(kind, text) for text in found if "«" not in text and "“" not in text]


_MAKERS: Mapping[Kind, Callable[[Kind, Turn, Sequence[Conversation]], list[Fault]]] = {
    "spanish": _foreign,
    "valencian": _foreign,
    "english": _foreign,
    "catalan": _catalan,
    "figure": _figure,
    "cut": _cut,
    "beside": _beside,
    "rude": _rude,
    "repetitive": _repetitive,
}
