"""The card: Markdown with the hub's metadata in each of the interface's languages, as a function of the evidence."""

import re
from collections.abc import Callable

from acord.card.evidence import Evidence
from acord.card.spoken import spoken
from acord.card.writing.additional import additional, checking
from acord.card.writing.alignment import alignment
from acord.card.writing.data import data
from acord.card.writing.description import beginning, card_file, description
from acord.card.writing.environment import environment
from acord.card.writing.evaluation import evaluation
from acord.card.writing.judging import judging
from acord.card.writing.limitations import limitations
from acord.card.writing.markdown import blocks, bullets, slug
from acord.card.writing.metadata import metadata, result_files
from acord.card.writing.provider import provider
from acord.card.writing.usage import usage, uses
from acord.card.writing.wording import Wording, wording
from acord.languages import INTERFACE_TAGS

# The sections in their order.
SECTIONS: tuple[Callable[[Evidence, Wording], str], ...] = (
    description,
    alignment,
    data,
    uses,
    usage,
    evaluation,
    judging,
    environment,
    limitations,
    provider,
    additional,
    checking,
)


def render_card(evidence: Evidence, language: str) -> str:
    """README.md in a language of the interface, the same bytes for the same evidence. Raises KeyError for another."""
    words = wording(language)
    with spoken(language):
        sections = [section(evidence, words) for section in SECTIONS]
        head = beginning(evidence, words)
    return f"---\n{metadata(evidence)}\n---\n\n{blocks(head, _contents(sections, words), *sections)}\n"


def _contents(sections: list[str], words: Wording) -> str:
    titles = [found[1] for section in sections if (found := re.match(r"## (.+)", section))]
    return blocks(f"## {words.say('contents')}", bullets(f"[{title}](#{slug(title)})" for title in titles))


def card_files(evidence: Evidence) -> dict[str, bytes]:
    """The card in every language and the result files, by path in the card's folder."""
    cards = {card_file(tag): render_card(evidence, tag).encode() for tag in INTERFACE_TAGS}
    return {**cards, **result_files(evidence)}
