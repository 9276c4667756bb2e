"""Who stands behind the model, in their own words, and how the card is checked."""

from acord.card.evidence import INDEX, STAGES, Evidence
from acord.card.writing.markdown import blocks, bullets, code, digest_shown, fenced, link, md, table
from acord.card.writing.names import licence_shown
from acord.card.writing.wording import Wording
from acord.hashing import hash_file
from acord.recipe import Card
from acord.recipe.card import Party, words_in


def additional(evidence: Evidence, words: Wording) -> str:
    """Authors to citation, in the owners' words. What nobody stated is said to be so."""
    card = evidence.recipe.card or Card()
    authors = bullets(_party(one, words) for one in card.authors)
    parts = (
        ("h_authors", authors or words.say("not_stated")),
        ("h_contact", words.own(card.contact)),
        ("h_funding", words.own(card.funding)),
        ("h_acknowledgements", words.own(card.acknowledgements)),
        ("h_licence", licence_shown(card.licence, words) if card.licence else words.say("not_stated")),
        ("h_disclaimer", words.own(card.disclaimer)),
        ("h_citation", fenced(card.citation, "bibtex") if card.citation else words.say("not_stated")),
    )
    return blocks(
        f"## {words.say('h_additional')}",
        *(part for heading, content in parts for part in (f"### {words.say(heading)}", content)),
    )


def _party(party: Party, words: Wording) -> str:
    name = link(md(party.name), party.url) if party.url else md(party.name)
    return name if party.role is None else f"{name} ({md(words_in(party.role, words.language.tag))})"


def checking(evidence: Evidence, words: Wording) -> str:
    """How the card is checked, what that shows, and the stages with their keys."""
    rows = [
        [code(stage), digest_shown(manifest.key), md(manifest.finished)]
        for stage in STAGES
        if (manifest := evidence.manifests.get(stage)) is not None
    ]
    return blocks(
        f"## {words.say('h_checking')}",
        words.say("check_about", index=code(hash_file(evidence.folder / INDEX))),
        words.say("check_proves"),
        table(words.heads("check_heads"), rows),
    )
