"""The table of ratings: figures by hand, figures that no ratings can have, what is missing, which differences stand."""

from dataclasses import replace
from math import lcm, sqrt
from statistics import stdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acord.evaluate.statistics import mean_estimate
from acord.judge.bounds import is_possible, sd_bounds
from acord.judge.contrasts import Place
from acord.judge.ratings import score_table
from acord.judge.record import Answer, Question, Rating, Verdict
from acord.judge.win_rates import win_rates

MATHS = Place(None, "en", "maths")
OVERALL = Place(None, "en", None)


def answer(model="a", item="1", *, category="maths", language="en", wording=0, text="t"):
    return Answer(Question(category, language, item, wording, "p", None), model, text)


def rating(score, model="a", item="1", *, judge="J", form=0, missing="unreadable", **place):
    reason = None if score is not None else missing
    return Rating(judge, answer(model, str(item), **place), form, score, "", reason)


def rated(scores, model="a", **place):
    return [rating(score, model, item, **place) for item, score in enumerate(scores)]


def test_figures_of_one_row():
    scores = [(5, 4), (3, 3), (2, None), (4, 1)]
    ratings = [
        rating(score, item=item, wording=wording)
        for item, pair in enumerate(scores)
        for wording, score in enumerate(pair)
    ]
    cell = score_table(ratings).cells[MATHS]["a"]
    found = [5, 4, 3, 3, 2, 4, 1]
    expected = mean_estimate(found, ["0", "0", "1", "1", "2", "3", "3"])
    assert (cell.n, cell.answers, cell.missing) == (4, 7, {"unreadable": 1})
    assert (cell.mean, cell.sd) == pytest.approx((22 / 7, stdev(found)))
    assert (cell.stderr, cell.low, cell.high) == pytest.approx(
        (expected.stderr, 1.0 if expected.low < 1 else expected.low, min(5, expected.high))
    )
    assert cell.wordings == pytest.approx({0: 14 / 4, 1: 8 / 3})
    assert cell.spread == pytest.approx(14 / 4 - 8 / 3)


def test_what_is_missing_is_no_score():
    ratings = [*rated([4, 4, 5]), rating(None, item=3, missing="refused"), rating(None, item=4, missing="empty")]
    cell = score_table(ratings).cells[MATHS]["a"]
    assert cell.mean == pytest.approx(13 / 3)
    assert (cell.n, cell.missing) == (3, {"refused": 1, "empty": 1})
    nothing = score_table([rating(None, missing="cut off")]).cells[MATHS]["a"]
    assert (nothing.mean, nothing.sd, nothing.low, nothing.n, nothing.missing) == (None, None, None, 0, {"cut off": 1})


def test_only_the_first_form_counts():
    ratings = [*rated([4, 2]), rating(1, item=0, form=1), rating(1, item=0, form=2)]
    assert score_table(ratings).cells[MATHS]["a"].mean == 3


def test_scores_that_do_not_vary_have_no_interval():
    cell = score_table(rated([4] * 20)).cells[MATHS]["a"]
    assert (cell.mean, cell.sd, cell.stderr, cell.low, cell.high) == (4, 0, None, None, None)
    assert score_table(rated([4])).cells[MATHS]["a"].sd is None


RATINGS = st.lists(
    st.tuples(
        st.sampled_from(["J", "K", "L"]),
        st.sampled_from(["maths", "reading"]),
        st.sampled_from(["en", "va"]),
        st.integers(0, 5),
        st.integers(0, 1),
        st.sampled_from([1, 2, 3, 4, 5, None]),
    ),
    min_size=1,
    max_size=80,
    unique_by=lambda one: one[:5],
)


@settings(max_examples=60, deadline=None)
@given(RATINGS)
def test_no_ratings_give_a_mean_and_a_deviation_that_cannot_be(drawn):
    ratings = [
        rating(score, item=item, judge=judge, category=category, language=language, wording=wording)
        for judge, category, language, item, wording, score in drawn
    ]
    table = score_table(ratings, repeats=100)
    for place, cells in table.cells.items():
        for cell in cells.values():
            if cell.mean is None:
                assert cell.answers == 0
                continue
            assert 1 <= cell.mean <= 5
            assert cell.low is None or 1 <= cell.low <= cell.mean <= cell.high <= 5
            if cell.sd is None:
                assert cell.answers == 1
                continue
            # The panel's scores are means of up to so many judges: whole numbers on a scale that many times as fine.
            fine = lcm(*range(1, len(table.judges) + 1)) if place.judge is None else 1
            size = cell.answers if place.category is not None else None
            bounds = sd_bounds(cell.mean * fine, size, fine, 5 * fine)
            assert bounds is not None
            assert bounds.least - 1e-6 <= cell.sd * fine <= bounds.greatest + 1e-6
            if fine == 1:
                assert is_possible(round(cell.mean, 3), round(cell.sd, 3), size, 3)


def test_the_overall_row_weighs_categories_or_items():
    ratings = [*rated([5, 4, 5, 4]), *rated([1, 2] * 6, category="reading")]
    by_category = score_table(ratings).cells[OVERALL]["a"]
    assert by_category.mean == pytest.approx((4.5 + 1.5) / 2)
    assert by_category.sd == pytest.approx(sqrt(16 / 15 * (1.5**2 + 0.5**2)))
    by_item = score_table(ratings, weighting="items").cells[OVERALL]["a"]
    assert by_item.mean == pytest.approx((18 + 18) / 16)
    assert by_item.sd == pytest.approx(stdev([5, 4, 5, 4, *[1, 2] * 6]))
    # Errors of independent categories add up by their shares: clustered ones of each, as of mean_estimate.
    errors = [mean_estimate([5, 4, 5, 4]).stderr, mean_estimate([1, 2] * 6).stderr]
    for cell, shares in ((by_category, (0.5, 0.5)), (by_item, (0.25, 0.75))):
        expected = sqrt(sum((share * error) ** 2 for share, error in zip(shares, errors, strict=True)))
        assert cell.stderr == pytest.approx(expected, rel=0.03)
        assert cell.low < cell.mean - 1.9 * expected
        assert cell.high > cell.mean + 1.9 * expected


def test_a_category_that_one_model_lacks_is_in_no_overall_row():
    ratings = [*rated([5, 4], "a"), *rated([1, 2], "a", category="reading"), *rated([3, 2], "b")]
    ratings += [rating(None, "b", category="reading")]
    table = score_table(ratings)
    assert table.counted[OVERALL] == ("maths",)
    assert {model: cell.mean for model, cell in table.cells[OVERALL].items()} == {"a": 4.5, "b": 2.5}


def test_a_panel_scores_the_mean_of_the_judges_that_gave_a_score():
    ratings = [*rated([5, 4], judge="J"), rating(2, item=0, judge="K"), rating(None, item=1, judge="K")]
    table = score_table(ratings)
    assert table.views == (None, "J", "K")
    means = {judge: table.cells[Place(judge, "en", "maths")]["a"].mean for judge in table.views}
    assert means == {None: (3.5 + 4) / 2, "J": 4.5, "K": 2}
    assert table.cells[MATHS]["a"].n == 2
    assert table.cells[Place("J", "en", "maths")]["a"].missing == {}
    assert table.cells[Place("K", "en", "maths")]["a"].missing == {"unreadable": 1}
    assert score_table(rated([5, 4])).views == (None,)


def test_a_difference_is_of_what_the_same_judges_said_of_both():
    # K, who is harsh, has no score for b: of a it may not count against it.
    ratings = [*rated([4, 5, 4, 5], "a"), *rated([4, 4, 4, 4], "b"), *rated([1, 1, 1, 1], "a", judge="K")]
    ratings += [rating(None, "b", item, judge="K") for item in range(4)]
    table = score_table(ratings)
    (contrast,) = table.contrasts[MATHS]
    assert contrast.decision.difference.value == pytest.approx(0.5)
    assert table.contrasts[Place("K", "en", "maths")] == ()


def test_only_what_stands_after_holm_is_best():
    good, even, other = [4, 5, 5, 4] * 10, [2, 3] * 20, [3, 2] * 20
    table = score_table([*rated(even, "a"), *rated(good, "b"), *rated(other, "c")])
    assert {model: cell.mark for model, cell in table.cells[MATHS].items()} == {"a": "none", "b": "best", "c": "none"}
    level = score_table([*rated(even, "a"), *rated([4, *other[1:]], "c")])
    assert {cell.mark for cell in level.cells[MATHS].values()} == {"undecided"}
    assert level.tests == 2


def test_one_item_decides_nothing():
    table = score_table([rating(5, "a"), rating(1, "b")])
    assert [one.untested for one in table.contrasts[MATHS]] == ["too_few_items"]
    assert table.cells[MATHS]["a"].mark == "untested"


def test_rows_over_languages_take_translations_together():
    ratings = [*rated([5, 1, 3]), *rated([5, 1, 3], language="va")]
    table = score_table(ratings)
    cell = table.cells[Place(None, None, "maths")]["a"]
    assert (cell.n, cell.answers, table.pooled) == (6, 6, ("en", "va"))
    # Three items said twice, not six.
    assert cell.stderr == pytest.approx(mean_estimate([5, 1, 3]).stderr)
    assert score_table(ratings, over_languages=False).pooled == ()
    alone = score_table([*ratings, *rated([2, 2, 3], "b")])
    assert alone.pooled == ()
    assert list(alone.cells[Place(None, "va", "maths")]) == ["a"]


def test_ratings_that_cannot_be():
    with pytest.raises(ValueError, match="twice"):
        score_table([rating(4), rating(5)])
    with pytest.raises(ValueError, match="scale is 1 to 5"):
        score_table([rating(0)])


def verdicts(item, forward, backward, judge="J"):
    a, b = answer("a", str(item)), answer("b", str(item), text="u")
    missing = [None if choice else "empty" for choice in (forward, backward)]
    return [
        Verdict(judge, a, b, forward, "", missing[0]),
        Verdict(judge, b, a, backward, "", missing[1]),
    ]


def test_a_win_is_one_in_both_orders():
    said = [("1", "2"), ("1", "2"), ("2", "1"), ("1", "1"), ("2", "2"), ("tie", "tie"), ("tie", "2"), ("1", None)]
    (found,) = win_rates([one for item, pair in enumerate(said) for one in verdicts(item, *pair)])
    assert (found.a, found.b, found.judge, found.language) == ("a", "b", None, "en")
    assert (found.wins, found.losses, found.ties, found.flips, found.missing, found.n) == (2, 1, 4, 3, 1, 7)
    assert found.rate == pytest.approx(4 / 7)
    assert found.low < found.rate < found.high


def test_verdicts_that_say_nothing_of_models():
    first, second = answer("a"), answer("a", wording=1)
    assert win_rates([Verdict("J", first, second, "1", "")]) == ()
    (half,) = win_rates(verdicts(0, "1", "2")[:1])
    assert (half.n, half.missing, half.rate) == (0, 1, None)
    with pytest.raises(ValueError, match="twice"):
        win_rates(verdicts(0, "1", "2")[:1] * 2)


def test_a_panel_says_what_most_of_its_judges_say():
    said = [*verdicts(0, "1", "2", "J"), *verdicts(0, "1", "2", "K"), *verdicts(0, "2", "1", "L")]
    said += [*verdicts(1, "1", "2", "J"), *verdicts(1, "1", "1", "K"), *verdicts(1, "2", "1", "L")]
    found = {one.judge: one for one in win_rates(said)}
    assert list(found) == [None, "J", "K", "L"]
    assert (found[None].wins, found[None].ties, found[None].losses, found[None].flips) == (1, 1, 0, 1)
    assert (found["L"].losses, found["K"].flips) == (2, 1)


def test_the_order_of_ratings_changes_no_figure():
    ratings = [*rated([5, 4, 2, 3]), *rated([1, 2, 3, 2], "b"), *rated([3, 3, 1, 2], category="reading")]
    there, back = score_table(ratings), score_table(ratings[::-1])
    for place, cells in there.cells.items():
        for model, cell in cells.items():
            other = back.cells[place][model]
            assert (other.mean, other.sd, other.n) == pytest.approx((cell.mean, cell.sd, cell.n))
    assert replace(there.cells[MATHS]["a"], mark="none").n == 4
