"""Krippendorff's alpha against worked examples, and which answers it compares."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acord.feedback.agreement import agreement_of, krippendorff_alpha
from acord.feedback.record import Preference

from .samples import prefer

# K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), A to C, nominal: observers in rows, * missing.
BINARY = ["0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0"]
LETTERS = ["a a b b d c c c e d d a", "b a b b b c c c e d d d"]
FOUR_OBSERVERS = [
    "1 2 3 3 2 1 4 1 2 * * *",
    "1 2 3 3 2 2 4 1 2 5 * 3",
    "* 3 3 3 2 3 4 2 2 5 1 *",
    "1 2 3 3 2 4 4 1 2 5 1 *",
]


def units(rows: Sequence[str]) -> list[list[str]]:
    return [[value for value in unit if value != "*"] for unit in zip(*(row.split() for row in rows), strict=True)]


@pytest.mark.parametrize(
    ("rows", "published", "compared"),
    [(BINARY, 0.095, (10, 20)), (LETTERS, 0.692, (12, 24)), (FOUR_OBSERVERS, 0.743, (11, 40))],
)
def test_alpha_is_what_was_published(rows: list[str], published: float, compared: tuple[int, int]) -> None:
    result = krippendorff_alpha(units(rows))
    assert result is not None
    assert round(result.alpha, 3) == published
    assert (result.units, result.answers) == compared
    assert result.low <= result.alpha <= result.high
    assert krippendorff_alpha(units(rows)) == result


def test_the_interval_narrows_with_more_units() -> None:
    few, many = krippendorff_alpha(units(BINARY)), krippendorff_alpha(units(BINARY) * 40)
    assert few is not None
    assert many is not None
    assert many.high - many.low < (few.high - few.low) / 4
    assert many.low < 0.095 < many.high


@pytest.mark.parametrize("values", [[], [["1"], ["2"]], [["1", "1"], ["1", "1"]], [["1", "1"], ["2"]]])
def test_without_two_values_that_differ_nothing_can_be_said(values: list[list[str]]) -> None:
    assert krippendorff_alpha(values) is None


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=5), max_size=8))
def test_alpha_is_its_definition_by_pairs(values: list[list[str]]) -> None:
    """1 less observed over expected disagreement, by counting every ordered pair of values."""
    compared = [unit for unit in values if len(unit) > 1]
    everything = [value for unit in compared for value in unit]
    result = krippendorff_alpha(values)
    if len({*everything}) < 2:
        assert result is None
        return
    observed = sum(
        sum(a != b for i, a in enumerate(unit) for j, b in enumerate(unit) if i != j) / (len(unit) - 1)
        for unit in compared
    ) / len(everything)
    pairs = [a != b for i, a in enumerate(everything) for j, b in enumerate(everything) if i != j]
    assert result is not None
    assert result.alpha == pytest.approx(1 - observed / (sum(pairs) / len(pairs)))


def said(who: str, prompt: str, choice: str, shown: tuple[str, str] = ("new", "old")) -> Preference:
    replies = (f"{shown[0]} says", f"{shown[1]} says")
    return prefer(prompt, choice, language="en", annotator=who, prompt_id=prompt, models=shown, replies=replies)


def test_the_order_shown_plays_no_part() -> None:
    swapped = ("old", "new")
    rows = [said("Anna", "a", "1"), said("Biel", "a", "2", swapped), said("Anna", "b", "2"), said("Biel", "b", "2")]
    result = agreement_of(rows)
    assert result is not None
    assert (result.alpha, result.units, result.answers) == (1.0, 2, 4)


def test_the_last_of_several_answers_counts_and_nobodys_do_not() -> None:
    rows = [said("Anna", "a", "2"), said("Anna", "a", "1"), said("Biel", "a", "1"), said("Anna", "b", "tie")]
    outside = [prefer("a", "2", language="en", prompt_id="a"), prefer("a", "2", language="en", annotator="Carme")]
    result = agreement_of([*rows, said("Biel", "b", "tie"), *outside])
    assert result is not None
    assert (result.alpha, result.answers) == (1.0, 4)


def test_a_model_beside_itself_is_compared_by_its_replies() -> None:
    itself = ("new", "new (2)")
    one = said("Anna", "a", "1", itself)
    other = prefer(
        "a", "2", language="en", annotator="Biel", prompt_id="a", models=itself, replies=("new (2) says", "new says")
    )
    rows = [one, other, said("Anna", "b", "2", itself), said("Biel", "b", "2", itself)]
    result = agreement_of(rows)
    assert result is not None
    assert (result.alpha, result.units) == (1.0, 2)
    # Other replies are another unit: nobody saw what the other saw.
    rows[1] = prefer("a", "1", language="en", annotator="Biel", prompt_id="a", models=itself, replies=("x", "y"))
    assert agreement_of(rows) is None
