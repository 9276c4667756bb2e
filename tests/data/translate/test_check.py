"""Each check fails for what it is for, and for nothing that a translation may do."""

import pytest

from acord.data.translate.check import Fault, find_fault

NOUN, OTHER, MARK, MARK_2 = "\U000f0000", "\U000f0001", "\U00100002", "\U00100003"


@pytest.mark.parametrize(
    ("source", "translation"),
    [
        ("¿Qué tal?", "Què tal?"), ("La casa.", "La casa."), ("1º y N.º 3", "1r i núm. 3"), ("el 3", "el 3"),
        ("ver n.º", "vegeu núm."), ("Se lo di", "Li'l vaig donar"), ("línea\nsigue.", "línia\nsegueix."),
        (f"usa {NOUN} y {OTHER}.", f"usa {OTHER} i {NOUN}."), (f"{MARK}voy{MARK_2} ya", f"{MARK}vaig{MARK_2} ja"),
        ("niño\u0301 \U0001f600", "xiquet \U0001f600"), ("\"no\" dijo", "«no» va dir"), (" casa ", " casa "),
        ("¡Hola! :)", "Hola! :)"), ("soft\u00adhyphen", "softhyphen"),
    ],
)  # fmt: skip
def test_what_a_translation_may_do(source: str, translation: str) -> None:
    assert find_fault(source, translation) is None


@pytest.mark.parametrize(
    ("source", "translation", "check"),
    [
        ("La casa", "  ", "empty"), ("La casa", " La casa", "white space"), ("La casa ", "La casa", "white space"),
        ("a\nb", "a b", "lines"), ("a b", "a\nb", "lines"), ("a\n- b", "a\nb", "line marker"),
        ("a\nb | c", "a\nb c", "line marker"),
        ("La casa.", "La casa", "final punctuation"), ("La casa?", "La casa.", "final punctuation"),
        ("La casa.\nEl pa.", "La casa\nEl pa.", "final punctuation"), ("La casa", "La casa!", "final punctuation"),
        ("La casa", "La casa.", "final punctuation"),
        (f"usa {NOUN} ya", "usa ja", "placeholders"), (f"usa {NOUN}", f"usa {OTHER}", "final punctuation"),
        (f"usa {NOUN} ya", f"usa {NOUN} {NOUN} ja", "placeholders"),
        (f"usa {NOUN} ya", f"usa {OTHER} ja", "placeholders"),
        (f"{MARK}a{MARK_2} b", f"{MARK_2}a{MARK} b", "order of marks"),
        (f"{MARK}a b{MARK_2} c", f"{MARK}ab {MARK_2} c", "place of marks"),
        ("el 12 y el 3", "el 12 i el 4", "numbers"), ("de 3 a 3", "de 3 a", "numbers"), ("el 3", "el", "numbers"),
        ("\U0001f600 hola", "hola", "signs"), ("5 € o más", "5 o més", "signs"), ("(sí) no", "sí no", "signs"),
    ],
)  # fmt: skip
def test_what_it_may_not(source: str, translation: str, check: str) -> None:
    fault = find_fault(source, translation)
    assert isinstance(fault, Fault)
    assert fault.check == check
    assert fault.detail
