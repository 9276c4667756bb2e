"""The part `card` of a recipe: what a model card says that no artefact can know."""

from typing import Annotated

from pydantic import Field

from acord.recipe.section import Place, Section

# One text for all languages, or one for each.
Words = Annotated[str, Field(min_length=1)] | Annotated[dict[str, Place], Field(min_length=1)]


class Party(Section):
    """A person or an institution. url: its page. role: such as `author` or `data`, as it is to be shown."""

    name: Place
    url: Annotated[str, Field(pattern=r"^https?://")] | None = None
    role: Words | None = None


class Card(Section):
    """What the card says in its owners' words. Texts may be given once, or by language: {en: ..., va: ..., es: ...}.

    title: the model's name for the public, by default the recipe's. repository: owner/name on the hub, for links and
    snippets. licence: an SPDX identifier. description, intended, excluded, limitations: paragraphs beside what the
    figures say. authors, contact, funding, acknowledgements, disclaimer, citation (BibTeX): as on any card.
    copyright_policy: how rights over the data are respected. reviewed_by: who checked the card, by role. base_flops: of
    the base model's training, against which the compute of this modification is told. tags: on the hub.
    """

    title: Place | None = None
    repository: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")] | None = None
    licence: Place | None = None
    description: Words | None = None
    intended: list[Words] = []
    excluded: list[Words] = []
    limitations: list[Words] = []
    authors: list[Party] = []
    contact: Place | None = None
    funding: Words | None = None
    acknowledgements: Words | None = None
    disclaimer: Words | None = None
    citation: Place | None = None
    copyright_policy: Words | None = None
    reviewed_by: Words | None = None
    base_flops: Annotated[float, Field(gt=0)] | None = None
    tags: list[Place] = []


def words_in(words: str | dict[str, str], language: str) -> str:
    """The text in a language; else in English, else the first that is there."""
    if isinstance(words, str):
        return words
    return words.get(language) or words.get("en") or next(iter(words.values()))
