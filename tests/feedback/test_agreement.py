"""Which answers of a session are compared."""

from acord.feedback.agreement import agreement_of
from acord.feedback.record import Preference

from .samples import prefer


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
