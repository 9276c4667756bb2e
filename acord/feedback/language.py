"""The language of a prompt, where nobody stated it."""

from collections.abc import Mapping, Sequence

from acord.languages.identify import OTHER, Identifier

# Valencian and Catalan are one language to the identifier; here it is Valencian that is spoken. Central Catalan replies
# are the business of the data's filters.
_TAGS: Mapping[str | None, str] = {"ca": "va", "es": "es", "en": "en"}
_IDENTIFIER = Identifier(("en", "es", "va"))


def language_of(prompt: Sequence[Mapping[str, str]]) -> str | None:
    """en, es or va, by all that the user says in the prompt; None for another language, and for too little to tell.

    prompt: messages {role, content}. The first call takes half a second, to load the identifier's model.
    """
    said = "\n".join(turn["content"] for turn in prompt if turn["role"] == "user")
    language = _IDENTIFIER.identify(said).language
    return None if language == OTHER else _TAGS.get(language)
