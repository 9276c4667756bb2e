"""Which language a text is in: short texts, other languages, and texts that say too little."""

import gzip
import pickle
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acord.errors import InputError
from acord.languages import identify
from acord.languages.identify import OTHER, Identified, Identifier
from tests.languages.identification_sentences import OTHER as OTHER_LANGUAGES
from tests.languages.identification_sentences import SHORT, each

TEXTS = Path(__file__).parents[2] / "../shared/data/text"
OURS = Identifier(("va", "es", "en"))


def test_short_texts_are_told_apart() -> None:
    texts = each(SHORT)
    assert len(texts) == 120
    assert all(2 <= len(text.split()) <= 5 for _, text in texts)
    wrong = [(tag, text, OURS.identify(text)) for tag, text in texts if OURS.identify(text).language != tag]
    assert len(wrong) <= 0.03 * len(texts), wrong
    assert sum(found.language == OTHER for _, _, found in wrong) <= 1, wrong


@pytest.mark.parametrize("language", OTHER_LANGUAGES)
def test_other_languages_are_caught(language: str) -> None:
    texts = OTHER_LANGUAGES[language].strip().splitlines()
    assert len(texts) == 20
    caught = [OURS.identify(text).language == OTHER for text in texts]
    # Galician shares most words of a short sentence with Spanish.
    assert sum(caught) >= (15 if language == "gl" else 19), [
        one for one, is_so in zip(texts, caught, strict=True) if not is_so
    ]


def test_a_language_of_the_recipe_is_no_other() -> None:
    galician = Identifier(("gl", "va"))
    assert galician.languages == ("gl", "ca")
    assert galician.identify("Gañaron o partido no derradeiro minuto.").language == "gl"
    assert galician.identify("El gos lladra al carter cada matí.").language == "ca"
    assert galician.identify("My dog barks at the postman every morning.").language == OTHER


def test_valencian_and_catalan_are_one_language() -> None:
    assert Identifier(("va", "ca", "es")).languages == ("ca", "es")
    assert OURS.identify("La meua germana viu ací.").language == "ca"
    assert OURS.identify("La meva germana viu aquí.").language == "ca"


@pytest.mark.parametrize(
    "text",
    [
        "", " \n", "Sí.", "OK", "12345 67890", "2 + 2 = 4", "a" * 20_000, "🙂 🙂", "\ud800", "\x00",
        "https://www.example.com/this-is-english", "`the value of the variable`", "nobody@example.com", "COVID19 H2SO4",
        "```\nthis is the code of the program\n```",
    ],
)  # fmt: skip
def test_too_little_to_judge(text: str) -> None:
    assert OURS.identify(text) == Identified(None, 0.0)


def test_code_and_addresses_do_not_count() -> None:
    text = "Ací tens el programa:\n```python\nfor the_value in all_of_the_values: print(the_value)\n```"
    assert OURS.identify(text).language == "ca"
    assert OURS.identify("Mira açò: https://www.example.com/what-is-the-best-of-the-best").language == "ca"


def test_probability_grows_with_the_text() -> None:
    short, longer = (
        OURS.identify("la casa blanca"),
        OURS.identify("La casa blanca que hi ha a la vora del riu és de ma tia."),
    )
    assert 0.3 < short.probability < 0.95
    assert longer.language == "ca"
    assert longer.probability > 0.99


def test_unknown_languages_are_refused_with_the_fix() -> None:
    with pytest.raises(InputError, match=r"does not know qqq.*leave the language filter out"):
        Identifier(("es", "qqq")).identify("Buenos días a todos")
    with pytest.raises(InputError, match="no language to look for"):
        Identifier(())


def test_it_can_be_pickled_and_shared_by_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    loads: list[tuple[str, ...]] = []
    load = identify._load
    monkeypatch.setattr(identify, "_models", {})
    monkeypatch.setattr(identify, "_load", lambda labels: (loads.append(labels), load(labels))[1])
    mine = pickle.loads(pickle.dumps(OURS))  # noqa: S301 - our own object
    found: list[str | None] = []
    threads = [
        threading.Thread(target=lambda: found.append(mine.identify("Buenos días a todos").language)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["es"] * 8
    assert len(loads) == 1


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gets_an_answer(text: str) -> None:
    found = OURS.identify(text)
    assert found.language in {"ca", "es", "en", OTHER, None}
    assert 0 <= found.probability <= 1
    assert (found.language is None) == (found.probability == 0)


@pytest.mark.parametrize(
    ("file", "language"),
    [("dogv_dev.va", "ca"), ("dogv_dev.es", "es"), ("globalvoices.ca", "ca"), ("globalvoices.en", "en")],
)
def test_lines_of_real_text(file: str, language: str) -> None:
    path = TEXTS / f"{file}.txt.gz"
    if not path.exists():
        pytest.skip(f"{path.name} is not there")
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        lines = [line.strip() for line in stream if len(line.split()) >= 8][:1000]
    found = [OURS.identify(line).language for line in lines]
    assert sum(one == language for one in found) >= 0.98 * len(found)
    assert sum(one == OTHER for one in found) <= 0.01 * len(found)
