import pytest

from acord.data.filters import Fault
from acord.data.filters.equal import REASON, equal, normalised_words
from tests.data.filters.samples import only, pair


@pytest.mark.parametrize(
    ("chosen", "rejected"),
    [
        ("Yes!", "Yes."),
        ("You are welcome.", "you  are\nWelcome"),
        ("It’s “fine”", 'It\'s "fine"'),
        ("Ｆｕｌｌ width", "full width"),
        ("- one\n- two", "* one\n* two"),
        ("**Bold** words", "Bold words"),
        ("L'autobús, que arriba; tard.", "l'autobús que arriba tard"),
        ("¿Qué tal?", "qué tal"),
        ("One, two!   " + "three four " * 12, "one two " + "three four " * 12),
        ("x" * 30 + " end.", "x" * 30 + " END"),
        ("def f():  \n    return 1\n", "def f():\n    return 1"),
    ],
)
def test_replies_that_differ_in_form_only_are_equal(chosen: str, rejected: str) -> None:
    assert equal(pair(chosen=chosen, rejected=rejected)) == Fault(REASON, "")


@pytest.mark.parametrize(
    ("chosen", "rejected"),
    [
        ("2-1", "21"),
        ("3.5", "35"),
        ("It is -5", "It is 5"),
        ("5%", "5"),
        ("12 - 7", "12 + 7"),
        ("5!", "5"),
        ("2²", "22"),
        ("10 €", "10 $"),
        ("si", "sí"),
        ("a cat", "acat"),
        ("Good 🙂", "Good 😡"),
        ("well-known", "wellknown"),
        ("?", "..."),
        ("if x:\n    y()\nz()", "if x:\n    y()\n    z()"),
        ("`a.b`", "`a,b`"),
        ("print('a')", 'print("a")'),
        ("x = [1, 2]", "x = (1, 2)"),
        ("[1,2]", "(1,2)"),
        ("one two three four five.", "one two three four six."),
    ],
)
def test_replies_that_differ_in_what_they_say_are_not_equal(chosen: str, rejected: str) -> None:
    assert equal(pair(chosen=chosen, rejected=rejected)) is None


def test_words_keep_their_inner_marks_and_signs() -> None:
    assert normalised_words("«Don’t» (well-known): -5, 3.5%; 5! – U.S.A.") == [
        *("don't", "well-known", "-5", "3.5%", "5!", "-", "u.s.a")
    ]


def test_the_filter_can_be_left_out() -> None:
    one = pair(chosen="Yes!", rejected="Yes.")
    assert only(equal=True).apply(one) == Fault(REASON, "")
    assert only().apply(one) is one
