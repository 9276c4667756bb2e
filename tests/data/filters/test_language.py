import dataclasses

import pytest

from acord.data.filters import Fault
from acord.data.filters.language import PROMPT_REASON, REPLY_REASON, LanguageFilter
from acord.data.pairs import Pair
from tests.data.filters.samples import ByWord, only, pair

ENGLISH = "The boats come in and the nets are dry on the quay."
SPANISH = "Dicen que los barcos llegan y que las redes están secas."
CATALAN = "Els barcos tornen amb les xarxes buides i amb el vent fred."
GERMAN = "Boote und Netze und Wind und Wasser und Fische und Brot."


def judged(one: Pair, *, probability: float = 0.99, languages: tuple[str, ...] = ("en", "es", "va")) -> Fault | None:
    return LanguageFilter(languages, ByWord(probability))(one)


@pytest.mark.parametrize(
    ("prompt", "chosen", "language", "fault"),
    [
        (ENGLISH, ENGLISH, "en", None),
        (CATALAN, CATALAN, "va", None),
        (CATALAN, CATALAN, "ca-valencia", None),
        (SPANISH, SPANISH, "es-MX", None),
        (ENGLISH, SPANISH, "en", Fault(REPLY_REASON, "es instead of en")),
        (SPANISH, ENGLISH, "en", Fault(PROMPT_REASON, "es instead of en")),
        (SPANISH, SPANISH, "va", Fault(PROMPT_REASON, "es instead of va")),
        (CATALAN, GERMAN, "va", Fault(REPLY_REASON, "other instead of va")),
        (ENGLISH, SPANISH, "und", None),
        (ENGLISH, SPANISH, "fr", None),
        (ENGLISH, "Que sí, que no.", "en", None),
        (ENGLISH, "12345 67890 12345 67890 12345", "en", None),
        (ENGLISH, f"```\n{SPANISH}\n```", "en", None),
        (ENGLISH, f"Here it is: “{SPANISH}”", "en", None),
    ],
)
def test_prompt_and_chosen_reply_are_held_against_the_pairs_language(
    prompt: str, chosen: str, language: str, fault: Fault | None
) -> None:
    assert judged(pair(prompt, chosen, language=language)) == fault


def test_the_rejected_reply_is_not_judged() -> None:
    assert judged(pair(ENGLISH, ENGLISH, SPANISH)) is None


@pytest.mark.parametrize(
    "asked",
    [
        "Write the same in Spanish: the nets are dry on the quay.",
        "Put the answer en español if the nets are dry on the quay.",
        "Translate the boats and the nets.",
        f"Say the gist of the text below.\n{SPANISH}",
        f'What does the note "{SPANISH}" say of the nets?',
    ],
)
def test_a_reply_in_the_language_that_was_asked_for_or_quoted_stays(asked: str) -> None:
    assert judged(pair(asked, SPANISH)) is None


def test_a_prompt_stays_when_a_sentence_of_it_is_in_its_language() -> None:
    mixed = f"{SPANISH}\n{SPANISH}\nSay what the note above says of the boats."
    assert judged(pair(mixed, ENGLISH)) is None
    assert judged(pair(f"{SPANISH}\n{SPANISH}", ENGLISH)) is not None


def test_an_earlier_turn_may_have_asked_for_the_language() -> None:
    one = pair(ENGLISH, SPANISH)
    earlier = [
        {"role": "user", "content": "From the next answer on, use Spanish."},
        {"role": "assistant", "content": "Vale"},
    ]
    assert judged(one) is not None
    assert judged(dataclasses.replace(one, prompt=earlier + one.prompt)) is None


def test_its_own_language_named_is_no_excuse() -> None:
    assert judged(pair("Explain the nets in plain English, the boats too.", SPANISH)) is not None


def test_what_is_not_sure_stays_and_prompts_are_identified_once() -> None:
    assert judged(pair(ENGLISH, SPANISH), probability=0.89) is None
    assert judged(pair(ENGLISH, SPANISH), probability=0.9) is not None
    named = ByWord()
    language = LanguageFilter(["en"], named)
    for chosen in (ENGLISH, ENGLISH + " The end.", ENGLISH + " The very end."):
        language(pair(ENGLISH + " Why?", chosen))
    assert named.calls == 4


def test_the_recipe_switches_it_and_its_own_identifier_knows_the_languages() -> None:
    one = pair("What do you know about the boats of this town?", "Los barcos llegan al puerto por la mañana temprano.")
    assert only(language=True).apply(one) == Fault(REPLY_REASON, "es instead of en")
    assert only().apply(one) is one
