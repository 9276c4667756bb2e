"""What a sentence speaks of: the model that it praises, the rivals, the measures that it names."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from acord.card.audit.measures import Measure
from acord.card.audit.names import languages_in, words_of
from acord.card.audit.rules_prose.claim_words import BASE, SUBJECT
from acord.card.audit.rules_prose.model_names import key_of, mentions
from acord.card.audit.rules_prose.sentences import Sentence
from acord.card.audit.rules_prose.standings import JUDGED, Scored

# What makes the model after it the one that another is held against.
AGAINST = re.compile(
    r"\b(?:than|over|to|with|behind|below|above|beats?|trails?|matches|unlike|like|against|versus|vs\.?|on|of|from|and|or"
    r"|que|a|al|frente a|davant de|contra|respecte de|respecto a)\s+(?:the |both |its |\[|\()*$",
    re.IGNORECASE,
)
LEAST_WORD = 3
MOST_NAMED = 50


class Roles(NamedTuple):
    """subject: the model that a claim is of. rivals: those named that it is held against. base: whether the model
    before training is meant by other words."""

    subject: str
    rivals: tuple[str, ...]
    base: bool


def roles_in(sentence: Sentence, start: int, models: Sequence[str], own: str) -> Roles | None:
    """Who is praised by the words that start at `start`, and against whom; None where it is no model of the card's."""
    subject, rivals = own, []
    for mention in mentions(sentence.text, models):
        against = AGAINST.search(sentence.text[: mention.start]) is not None
        if mention.start < start and not against:
            subject = mention.model
        else:
            rivals.append(mention.model)
    rivals = [rival for rival in dict.fromkeys(rivals) if key_of(rival) != key_of(subject)]
    if key_of(subject) != key_of(own) and key_of(own) not in map(key_of, rivals) and not rivals:
        rivals = [own]
    unnamed = not rivals and key_of(subject) == key_of(own) and not mentions(sentence.text, [own])
    if unnamed and not SUBJECT.search(sentence.text):
        return None
    return Roles(subject, tuple(rivals), BASE.search(sentence.text) is not None)


def named_measures(sentence: Sentence, scored: Scored) -> tuple[Measure, ...]:
    """The measures whose label stands in the sentence: of the section's own tables where it names one of those."""
    words = words_of(sentence.text)
    found = [one for one in scored.all if _names(words, one.label)]
    near = [one for one in found if one.table in sentence.section.tables]
    return tuple((near or found)[:MOST_NAMED])


def scope_of(sentence: Sentence, scored: Scored) -> tuple[Measure, ...]:
    """The benchmark rows that a claim without a named one is about: of the languages named, or the judged ones where
    the sentence itself speaks of judges."""
    measures = scored.benchmarks
    if (JUDGED.search(sentence.text) and scored.judged) or not measures:
        measures = scored.judged
    languages = languages_in(sentence.text, tags=False)
    of_languages = tuple(one for one in measures if one.language in languages)
    return of_languages or measures


@lru_cache(maxsize=4096)
def _label_words(label: str) -> tuple[str, ...]:
    return tuple(words_of(re.sub(r"\([^()]*\)", " ", label[:200])))


def _names(words: Sequence[str], label: str) -> bool:
    wanted = list(_label_words(label))
    if not wanted or max(map(len, wanted)) < LEAST_WORD:
        return False
    if wanted[0] not in words:
        return False
    first = [i for i, word in enumerate(words) if word == wanted[0]]
    return any(list(words[i : i + len(wanted)]) == wanted for i in first)
