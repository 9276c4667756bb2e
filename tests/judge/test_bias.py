"""Every planted error is named, and only that; judges without one are named as seldom as stated."""

import pytest

from acord.judge.bias import findings
from acord.judge.record import Answer, Question, Rating, Verdict

from .planted import NAMED, Judged, Planted, judged


@pytest.mark.parametrize("judge", [judge for judge in NAMED if judge != "perfect"])
@pytest.mark.parametrize("seed", [1, 3])
def test_a_planted_error_is_named_and_only_that(judge: Planted, seed: int) -> None:
    found = judged(judge, seed).findings()
    assert {one.name for one in found} == NAMED[judge]
    assert all((one.judge, one.language) == ("J", "en") and one.p_value <= one.adjusted_p <= 0.05 for one in found)


@pytest.mark.parametrize("judge", ["first", "longer", "constant", "random"])
def test_it_is_named_without_human_labels_too(judge: Planted) -> None:
    assert {one.name for one in judged(judge, 1).findings(labelled=False)} == NAMED[judge]


@pytest.mark.slow
def test_a_good_judge_is_seldom_named() -> None:
    """Of 20 seeds at most 3 (a rate of .05 gives more once in 60 times); the long test measures the rate."""
    assert sum(bool(judged("perfect", seed).findings()) for seed in range(20)) <= 3


@pytest.mark.slow
@pytest.mark.parametrize("labelled", [True, False])
def test_the_rate_of_false_alarms(labelled: bool) -> None:
    """100 seeds: no more than .05 allows (over 9 once in 35 times); of 500 seeds .024 and .036 were measured."""
    assert sum(bool(judged("perfect", seed).findings(labelled=labelled)) for seed in range(100)) <= 9


@pytest.mark.slow
def test_the_rate_of_misses() -> None:
    for judge, names in NAMED.items():
        found = [{one.name for one in judged(judge, seed).findings()} for seed in range(20)]
        assert sum(names <= one for one in found) >= 19, judge
        assert sum(one == names for one in found) >= 18, judge


def test_a_judge_that_agrees_with_people_is_not_chance() -> None:
    """Its other forms are: that shows as steadiness, and is no reason to say that its scores are worth nothing."""
    good, chance = judged("perfect", 1), judged("random", 1)
    ratings = [one for one in good.ratings if one.form == 0] + [one for one in chance.ratings if one.form > 0]
    mixed = Judged(ratings, good.verdicts, good.labels)
    assert {one.name for one in mixed.findings(labelled=False)} == {"chance"}
    assert mixed.findings() == []


def test_a_better_model_that_writes_more_is_no_error_of_the_judge() -> None:
    for seed in range(3):
        one = judged("perfect", seed, better=2)
        assert one.findings() == []
        assert one.findings(labelled=False) == []


def test_the_figures_are_those_of_the_exact_tests() -> None:
    """Six pairs that all lean to the first: 2 / 2^6. One judge that says 4 to 24 of 24: .8^24."""
    verdicts, ratings = [], []
    for item in range(24):
        question = Question("maths", "va", str(item), 0, "", None)
        a, b = Answer(question, "A", "same"), Answer(question, "B", "size")
        ratings.append(Rating("J", a, 0, 4, ""))
        if item < 6:
            verdicts += [Verdict("J", a, b, "1", ""), Verdict("J", b, a, "tie" if item else "1", "")]
    constant, first = sorted(findings(ratings, verdicts), key=lambda one: one.name)
    assert (constant.name, first.name) == ("constant", "first")
    assert first.p_value == first.adjusted_p == pytest.approx(2 / 2**6)
    assert constant.p_value == pytest.approx(0.8**24)
    assert constant.adjusted_p == pytest.approx(2 * 0.8**24)
    assert (first.figures["to_first"], first.figures["to_second"], first.figures["pairs"]) == (6, 0, 6)
    assert constant.figures == {"score": 4, "k": 24, "n": 24}


def test_all_tests_of_a_report_are_adjusted_together() -> None:
    """What is named of one judge alone is named no more beside forty others with as many tests."""
    verdicts = []
    for judge in range(41):
        for item in range(6):
            asked = Question("maths", "en", str(item), 0, "", None)
            a, b = Answer(asked, "A", "same"), Answer(asked, "B", "size")
            leans = judge == 0 or item % 2 == 0
            verdicts += [Verdict(str(judge), *pair, "1" if leans else "2", "") for pair in ((a, b), (b, a))]
    alone = findings([], [one for one in verdicts if one.judge == "0"])
    assert [one.name for one in alone] == ["first"]
    assert findings([], verdicts) == []


def test_nothing_is_said_of_nothing() -> None:
    assert findings([], []) == []
    question = Question("maths", "en", "1", 0, "", None)
    assert findings([Rating("J", Answer(question, "A", ""), 0, None, "", "empty")], []) == []
