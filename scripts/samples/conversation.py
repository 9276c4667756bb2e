"""Conversations: a family's template filled with values, in one language, each text of its own."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from samples.draw import number, shuffled
from samples.family import Family, FollowUp, Value, Values, Wording
from samples.phrase import Language

_ATTEMPTS = 400


@dataclass(frozen=True)
class Conversation:
    """A prompt with its good reply. wording: number of the wording, the same in each language. place: its number."""

    family: Family
    language: Language
    values: Values
    wording: int
    prompt: str
    place: int

    @property
    def reply(self) -> str:
        """The good reply."""
        return self.said(self.language)

    def said(self, language: Language, *, central: bool = False, values: Values | None = None) -> str:
        """The good reply in a language, perhaps with other values."""
        wordings = self.family.wordings[language]
        wording = wordings[min(self.wording, len(wordings) - 1)]
        return self.family.render(wording.reply, values or self.values, language, central=central)

    @property
    def more(self) -> tuple[FollowUp, ...]:
        """The second turns that the family has, not filled in. A formal first turn has none: they say tu."""
        return self.family.more[self.language] if self.wording == 0 else ()


def conversations(family: Family, language: Language) -> Iterator[Conversation]:
    """As many as there are with different prompts and different replies, the values as evenly used as can be."""
    used: Counter[tuple[str, Value]] = Counter()
    texts: set[str] = set()
    asked = [(place, prompt) for place, wording in enumerate(family.wordings[language]) for prompt in _spread(wording)]
    order = shuffled(asked, family.name, language)
    found = 0
    for attempt in range(_ATTEMPTS):
        values = _values(family, used, f"{family.name}/{language}/{attempt}")
        if not family.allows(values):
            continue
        wording, template = order[found % len(order)]
        prompt = family.render(template, values, language)
        one = Conversation(family, language, values, wording, prompt, found)
        if prompt in texts or one.reply in texts:
            continue
        texts |= {prompt, one.reply}
        used.update(values.items())
        found += 1
        yield one


def _spread(wording: Wording) -> tuple[str, ...]:
    """Prompts of a wording with a single one count twice, so that both registers are heard."""
    return wording.prompts if len(wording.prompts) > 1 else wording.prompts * 2


def _values(family: Family, used: Counter[tuple[str, Value]], name: str) -> dict[str, Value]:
    """Of each slot one of the entries that were used least."""
    values: dict[str, Value] = {}
    for slot, entries in family.slots.items():
        # Every other draw looks past the count, for rules may forbid what is used least.
        weight = number(name) % 3
        values[slot] = min(entries, key=lambda entry: (used[slot, entry] * weight, number(name, slot, entry)))
    return values
