"""The classifier of varieties: sentences held apart from its rules, single forms, and texts that are no prose."""

import gzip
from pathlib import Path

import pytest

from acord.languages.valencian_marks import find_marks
from acord.languages.variety import LABELS, classify
from tests.languages import variety_sentences

TEXTS = Path(__file__).parents[2] / "../shared/data/text"
HELD_APART = {
    "valencian": variety_sentences.VALENCIAN,
    "central_catalan": variety_sentences.CENTRAL,
    "neutral": variety_sentences.NEUTRAL,
    "spanish": variety_sentences.SPANISH,
    "english": variety_sentences.ENGLISH,
    "other": variety_sentences.OTHER,
}


@pytest.mark.parametrize("label", HELD_APART)
def test_sentences_held_apart_are_told_apart(label: str) -> None:
    sentences = HELD_APART[label]
    assert len(set(sentences)) == len(sentences) >= 30
    right = sum(classify(sentence).label == label for sentence in sentences)
    assert right >= (27 if label == "neutral" else 29), [one for one in sentences if classify(one).label != label]


def test_no_sentence_is_taken_for_the_opposite_variety() -> None:
    assert not [one for one in variety_sentences.VALENCIAN if classify(one).label == "central_catalan"]
    assert not [one for one in variety_sentences.CENTRAL if classify(one).label == "valencian"]
    assert not [one for one in variety_sentences.NEUTRAL if classify(one).label in ("valencian", "central_catalan")]


@pytest.mark.parametrize(
    ("valencian", "central"),
    [
        ("La meua casa", "La meva casa"),
        ("Vull que tinga sort", "Vull que tingui sort"),
        ("Això servix de molt", "Convé que serveixi de molt"),
        ("Parla anglés i francés", "Parla anglès i francès"),
        ("És el cinqué café", "És el cinquè cafè"),
        ("Jo pense que sí", "Jo penso que sí"),
        ("Cal que parle el metge", "Cal que parli el metge"),
        ("Ha de conéixer la llei", "Ha de conèixer la llei"),
        ("Que vagen a casa", "Que vagin a casa"),
    ],
)
def test_a_form_of_each_side(valencian: str, central: str) -> None:
    assert find_marks(valencian).valencian
    assert find_marks(valencian).central == ()
    assert find_marks(central).central
    assert find_marks(central).valencian == ()


ADMITTED = (
    "aquest servei avui ofereix sortir tarda veure tenir us nosaltres petit vuit nostre feina cadira doncs escombra "
    "mirall això aquí mateix coneix dibuix creixen visca llisca disc consisteix entén pretén"
)


@pytest.mark.parametrize("admitted", ADMITTED.split())
def test_what_the_norm_admits_and_both_share_marks_nothing(admitted: str) -> None:
    marks = find_marks(admitted)
    assert marks == ((), (), ())


@pytest.mark.parametrize(
    "text",
    [
        "Una església del segle IX",
        "L'article XXXIX de la llei",
        "Diu que sense por es viu millor",
        "Hi ha molt que veure",
    ],
)
def test_what_only_looks_like_a_mark(text: str) -> None:
    assert find_marks(text) == ((), (), ())


def test_one_faint_word_decides_nothing_and_two_do() -> None:
    assert classify("El gat dorm amb la nena de la casa").label == "neutral"
    found = classify("El noi i la nena són a casa amb el gat")
    assert found.label == "central_catalan"
    assert found.central_marks == ("noi", "nena")


def test_the_side_with_more_marks_wins_and_an_even_mixture_is_not_valencian() -> None:
    assert classify("La meua germana i la teua tenen la seva casa").label == "valencian"
    assert classify("La meua germana i la seva casa").label == "central_catalan"


def test_marks_do_not_decide_outside_catalan() -> None:
    found = classify("Este servicio es para los niños de esta ciudad")
    assert found.label == "spanish"
    assert found.valencian_marks == ()
    assert found.evidence["es"] > found.evidence["ca"]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("", "empty"),
        (" \n\t…!? ", "empty"),
        ("🙂🙂", "empty"),
        ("42", "other"),
        ("```python\nfor x in the_list: print(x)\n```", "other"),
        ("La meua proposta és esta:\n```python\nfor x in the_list: print(x)  # and this is for you\n```", "valencian"),
        ("Pots vore-ho en https://www.example.com/this-is-the-page-for-you", "valencian"),
        ("ESTA ÉS LA MEUA CASA", "valencian"),
        ("\ud800 \x00", "empty"),
        ("a" * 20_000, "other"),
    ],
)
def test_weird_texts(text: str, label: str) -> None:
    assert classify(text).label == label


def test_every_label_is_one_of_the_stated() -> None:
    assert {classify(one).label for sentences in HELD_APART.values() for one in sentences} | {"empty"} == set(LABELS)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "labels", "least", "never", "most"),
    [
        ("dogv_dev.va.txt.gz", ("valencian", "neutral"), 0.98, ("central_catalan",), 0.02),
        ("boumh.va.txt.gz", ("valencian", "neutral"), 0.98, ("central_catalan",), 0.02),
        ("boumh.va.txt.gz", ("valencian",), 0.85, ("spanish", "english", "other"), 0.0),
        ("dogv_dev.es.txt.gz", ("spanish",), 0.99, ("valencian", "neutral", "central_catalan"), 0.0),
        # Some of its translators are Valencian, so that central Catalan is not all of it.
        ("globalvoices.ca.txt.gz", ("central_catalan", "neutral", "valencian"), 0.99, ("spanish", "english"), 0.005),
        ("globalvoices.en.txt.gz", ("english",), 0.99, ("spanish",), 0.0),
    ],
)
def test_blocks_of_ten_lines_of_real_text(
    file: str, labels: tuple[str, ...], least: float, never: tuple[str, ...], most: float
) -> None:
    path = TEXTS / file
    if not path.exists():
        pytest.skip(f"{path} is not there")
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        lines = [line.strip() for line in stream if line.strip()][:2000]
    found = [classify("\n".join(lines[start : start + 10])).label for start in range(0, len(lines) - 9, 10)]
    assert len(found) >= 120
    assert sum(label in labels for label in found) >= least * len(found), found
    assert sum(label in never for label in found) <= most * len(found), found
