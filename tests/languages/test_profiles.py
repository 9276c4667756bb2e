"""Conversion between admitted forms: what changes, what stays, and that the way there and back loses nothing."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acord.languages.inchoative import inchoative_forms
from acord.languages.profiles import Converted, Profile, convert

TEXTS = Path(__file__).parents[2] / "../shared/data/text"
PROFILES: tuple[Profile, ...] = ("gva", "university")

PAIRS = [
    ("Este matí he vist eixe xiquet.", "Aquest matí he vist aqueix xiquet."),
    ("Vinc d'esta casa i d'eixes terres.", "Vinc d'aquesta casa i d'aqueixes terres."),
    ("Estos dies i estes nits, en eixa plaça.", "Aquests dies i aquestes nits, en aqueixa plaça."),
    ("L'oficina oferix servicis; seguix les normes.", "L'oficina ofereix serveis; segueix les normes."),
    ("Produïx llum, i les lleis constituïxen un marc.", "Produeix llum, i les lleis constitueixen un marc."),
    ("Hui en dia és més fàcil que abans.", "Avui en dia és més fàcil que abans."),
    ("La gent d'hui té vint-i-huit anys.", "La gent d'avui té vint-i-vuit anys."),
    ("A les huit, huit-cents hòmens i jóvens.", "A les vuit, vuit-cents homes i joves."),
    ("Mentres parlava, volia vore el mar.", "Mentre parlava, volia veure el mar."),
    ("Ha de tindre paciència i de vindre prompte.", "Ha de tenir paciència i de venir prompte."),
    ("Vull mantindre'l, obtindre'n més i vindre's al poble.", "Vull mantenir-lo, obtenir-ne més i venir-se al poble."),
    ("Cal tindre-la i contindre-ho; tindre'ns a prop.", "Cal tenir-la i contenir-ho; tenir-nos a prop."),
    ("La mitat de les vacacions.", "La meitat de les vacances."),
    ("ESTE SERVICI ÉS D'HUI", "AQUEST SERVEI ÉS D'AVUI"),
    ("Va dir: «Este llibre és meu i el vull ací.»", "Va dir: «Aquest llibre és meu i el vull ací.»"),
    ("a) Tindre la nacionalitat.", "a) Tenir la nacionalitat."),
    ("- Este és el primer punt.\n- Servici de dia.", "- Aquest és el primer punt.\n- Servei de dia."),
]


@pytest.mark.parametrize(("gva", "university"), PAIRS)
def test_the_same_text_in_both_profiles(gva: str, university: str) -> None:
    assert convert(gva, "university").text == university
    assert convert(university, "gva").text == gva
    assert convert(gva, "gva") == Converted(gva, {})
    assert convert(university, "university") == Converted(university, {})


LEFT_ALONE = [
    "Bufa vent de l'este i del nord-este.",
    "El Servici Valencià de Salut i el Servei Valencià d'Ocupació.",
    "Servici Valencià de Salut",
    "Servei Militar Antic és un títol.",
    "La porta no esta oberta i ella esta cansada, que esta molt lluny.",
    "Els tres eixos del pla i els eixos estratègics.",
    "Els hui són un poble d'Àsia.",
    "Segons el meu veure, és just.",
    "Va contestar «Este libro es para los niños» i se n'anà.",
    "Este servicio es para los niños de la ciudad.",
    "Este servicio.",
    "The homes in this area are expensive, and the servici is not.",
    "Escriu `este servici` o ```\nhui = vuit\n``` i prou.",
    "Mira https://este.servici.example/hui i este@servici.example, o {{este}} i <servici>.",
    "La fórmula $este + hui$ no té sentit.",
    "El sistema unix del laboratori.",
    "La meua casa i la teua, açò i això, anglés i anglès, café, xiquet, díhuit.",
]


@pytest.mark.parametrize("text", LEFT_ALONE)
@pytest.mark.parametrize("profile", PROFILES)
def test_what_may_be_something_else_is_left_alone(text: str, profile: Profile) -> None:
    assert convert(text, profile) == Converted(text, {})


def test_changes_are_counted_by_rule() -> None:
    text = "Este servici oferix hui ajuda a huit hòmens, mentres vullguen tindre eixa ajuda que els servesca."
    converted = convert(text, "university")
    assert converted.text == (
        "Aquest servei ofereix avui ajuda a vuit homes, mentre vullguen tenir aqueixa ajuda que els servisca."
    )
    assert converted.changes == {
        "demonstratives": 2, "vocabulary": 1, "inchoative_indicative": 1, "hui": 1, "numerals": 1, "plurals": 1,
        "mentres": 1, "infinitives": 1, "inchoative_subjunctive": 1,
    }  # fmt: skip


def test_forms_of_neither_profile_become_theirs() -> None:
    assert convert("Aquestos dies convé que servesquen.", "gva").text == "Estos dies convé que servisquen."
    assert convert("Aquestos dies convé que servesquen.", "university").text == "Aquests dies convé que servisquen."


@pytest.mark.parametrize("verb", ["servir", "produir", "obeir", "agrair", "seguir", "dirigir"])
def test_spellings_of_inchoative_verbs(verb: str) -> None:
    expected = {
        "servir": ("servix", "serveix"), "produir": ("produïx", "produeix"), "obeir": ("obeïx", "obeeix"),
        "agrair": ("agraïx", "agraeix"), "seguir": ("seguix", "segueix"), "dirigir": ("dirigix", "dirigeix"),
    }[verb]  # fmt: skip
    assert expected in set(inchoative_forms("indicative"))
    forms = list(inchoative_forms("indicative"))
    assert len(forms) == len(set(forms))


LISTED = (
    "este esta estos estes eixe eixa eixos eixes aquest aquesta aquests aquestos aqueixos hui avui huit vuit "
    "servici servei servicis oferix ofereix produïx produeix servesca tindre tenir tindre'l tenir-lo vindre's "
    "vore veure mentres mentre mantindre-la hòmens homes jóvens mitat meitat vacacions d'este d'aquesta l'este "
    "vint-i-huit Este Servici Hui HUI la el els de que i no casa ciutat ciutats cansada València llibre «este» "
    "unix . , : ? \n «Este~libro~es» the `hui` esta-com «aquest~llibre»"
)
WORDS = [word.replace("~", " ") for word in LISTED.split(" ")]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join))
def test_converting_again_changes_nothing_and_the_way_back_leads_back(text: str) -> None:
    for profile in PROFILES:
        once = convert(text, profile).text
        assert convert(once, profile) == Converted(once, {})
    gva = convert(text, "gva").text
    assert convert(convert(gva, "university").text, "gva").text == gva


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_texts_without_these_forms_stay(text: str) -> None:
    for profile in PROFILES:
        once = convert(text, profile)
        assert convert(once.text, profile).text == once.text
        assert bool(once.changes) == (once.text != text)


@pytest.mark.slow
@pytest.mark.parametrize("file", ["dogv_dev.va", "dogv_test.va"])
def test_real_text_goes_there_and_back(file: str) -> None:
    path = TEXTS / f"{file}.txt.gz"
    if not path.exists():
        pytest.skip(f"{path.name} is not there")
    lines = gzip.decompress(path.read_bytes()).decode().split("\n")
    changed = 0
    for line in lines:
        gva = convert(line, "gva")
        changed += bool(gva.changes)
        assert convert(convert(gva.text, "university").text, "gva").text == gva.text
        assert convert(gva.text, "gva").changes == {}
        assert len(gva.text.split()) == len(line.split())
    assert changed >= 0.2 * len(lines)


def test_long_lines_take_no_longer_by_the_word() -> None:
    text = "este servici oferix hui ajuda a la ciutat i " * 5_000
    assert convert(text, "university").changes["demonstratives"] == 5_000
    assert convert("a" * 100_000, "gva").changes == {}
