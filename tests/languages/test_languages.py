"""The interface speaks three languages: same keys, same placeholders, numbers as each writes them."""

import string

import pytest

from acord import languages
from acord.languages import INTERFACE_TAGS, LANGUAGES, language_of_locale, set_language, text


@pytest.fixture(autouse=True)
def english_afterwards():
    yield
    set_language("en")


def fields(line: str) -> list[tuple[str, str]]:
    return sorted((name, form or "") for _, name, form, _ in string.Formatter().parse(line) if name)


@pytest.mark.parametrize("tag", ["es", "va"])
def test_every_interface_has_the_keys_and_placeholders_of_english(tag):
    english, other = LANGUAGES["en"].texts, LANGUAGES[tag].texts
    assert list(other) == list(english)
    for key, line in english.items():
        assert fields(other[key]) == fields(line), key


# Names and signs between values, and a word that two languages share.
SAME = {
    "diff_versions",
    "runs_model",
    "watch_gradient",
    "diff_plan",
    "watch_nll",
    "watch_tokens",
    "result_model",
    "result_manifest",
    "plan_present",
    "estimate_tokens",
    "estimate_flop",
    "estimate_seconds",
    "estimate_minutes",
    "estimate_hours",
    "estimate_gpu_hours_value",
    "estimate_need_apertium",
    "availability_rows",
    "judge_trust_of",
    "judge_table_caption",
    "publish_model",
}


def test_no_translation_is_left_in_english():
    for tag in ("es", "va"):
        left = [key for key, line in LANGUAGES["en"].texts.items() if LANGUAGES[tag].texts[key] == line]
        assert set(left) <= SAME, tag


def test_interface_languages_and_their_names():
    assert INTERFACE_TAGS == ("en", "es", "va")
    assert LANGUAGES["va"].bcp47 == "ca-valencia"
    for language in LANGUAGES.values():
        assert set(language.names) == set(INTERFACE_TAGS)


@pytest.mark.parametrize(
    ("environment", "tag"),
    [
        ({"LANG": "ca_ES@valencia"}, "va"),
        ({"LANG": "ca_ES.UTF-8@valencia"}, "va"),
        ({"LANG": "ca_AD.UTF-8"}, "va"),
        ({"LANG": "ca"}, "va"),
        ({"LANG": "es_ES.UTF-8"}, "es"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({}, "en"),
        ({"LC_ALL": "", "LC_MESSAGES": "es_MX", "LANG": "ca_ES"}, "es"),
        ({"LC_ALL": "ca-ES", "LC_MESSAGES": "es_MX"}, "va"),
    ],
)
def test_the_locale_chooses_the_interface(environment, tag):
    assert language_of_locale(environment) == tag


def test_numbers_are_written_as_the_language_writes_them():
    counts = {"pairs": 1026, "rows": 2022, "used": 1400, "dropped": 622}
    assert text("pairs_summary", **counts) == "1,026 pairs from 2,022 rows (1,400 used, 622 dropped)"
    set_language("va")
    assert text("pairs_summary", **counts) == "1.026 parells de 2.022 files (1.400 usades, 622 descartades)"
    assert text("align_summary", first=0.6931471, last=0.5, steps=1200) == "pèrdua de 0,6931 a 0,5000 en 1.200 passos"
    set_language("es")
    accuracy = text("align_accuracy", before=0.5, after=0.625, pairs=8)
    assert accuracy == "acierto en los pares reservados del 50,0% al 62,5% (8 pares)"


def test_text_values_are_never_reformatted():
    line = text("stage_rebuilt", stage="pairs", folder="runs/a,b.c", reason="{x}")
    assert line == "pairs: runs/a,b.c is damaged ({x}); it is built again"


def test_a_language_without_interface_cannot_be_chosen():
    with pytest.raises(KeyError):
        set_language("ca")
    assert languages.interface_language().tag == "en"
