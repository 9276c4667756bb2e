"""The trust report counts what it says, its gates close at their limits, and no figure is NaN."""

import json
import random
from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, rankdata, spearmanr

from acord.judge.bias import findings
from acord.judge.lengths import Scored, correlation
from acord.judge.measures import measures, share
from acord.judge.people import agreement_with_people
from acord.judge.record import Answer, Label, Missing, Question, Rating, Verdict
from acord.judge.trust import Gate, Trust, trust_report
from acord.languages import set_language

from .planted import Judged, judged


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    set_language("en")
    yield
    set_language("en")


def answer(item: int, model: str = "A", text: str = "yes", language: str = "en") -> Answer:
    return Answer(Question("maths", language, str(item), 0, f"question {item}", None), model, text)


def report(one: Judged) -> Trust:
    return trust_report(one.ratings, one.verdicts, one.people)


def gate(trust: Trust, name: str, judge: str = "J") -> Gate:
    return next(one for one in trust.gates if (one.name, one.judge) == (name, judge))


def test_a_good_judge_is_validated_with_reasons_for_none() -> None:
    trust = report(judged("perfect", 1, noise=0))
    assert trust.validated("en")
    assert trust.reasons("en") == []
    assert [one.passed for one in trust.gates] == [True] * 4
    measured = trust.measures["J", "en"]
    assert (measured.orders.agree.k, measured.orders.agree.n) == (40, 40)
    assert (measured.forms.equal.k, measured.forms.equal.n) == (80, 80)
    assert measured.forms.alpha is not None
    assert measured.forms.alpha.alpha == 1
    people = trust.people["J", "en"]
    assert people.kappa is not None
    assert (people.kappa.kappa, people.kappa.n, people.kappa.clusters) == (1, 80, 40)
    assert trust.between["en"] is None


def test_a_language_that_nobody_judged_is_not_validated() -> None:
    trust = report(judged("perfect", 1))
    assert not trust.validated("es")
    assert trust.reasons("es") == ["nothing was judged in Spanish"]


@pytest.mark.parametrize(
    ("interface", "sentence"),
    [
        ("en", "no human labels in Valencian"),
        ("es", "no hay etiquetas humanas en valenciano"),
        ("va", "no hi ha etiquetes humanes en valencià"),
    ],
)
def test_valencian_without_human_labels_says_so(interface: str, sentence: str) -> None:
    one = judged("perfect", 1, language="va")
    trust = trust_report(one.ratings, one.verdicts)
    set_language(interface)
    assert not trust.validated("va")
    assert trust.reasons("va") == [sentence]


@pytest.mark.parametrize(("failed", "of", "passes"), [(1, 200, True), (2, 400, True), (2, 399, False), (1, 199, False)])
def test_parse_failures_close_the_gate_above_half_a_percent(failed: int, of: int, passes: bool) -> None:
    ratings = [
        Rating("J", answer(i), 0, None if i < failed else 3, "", "cut off" if i < failed else None) for i in range(of)
    ]
    unreached: list[Missing] = ["rejected", "no answer"]
    ratings += [Rating("J", answer(of + i), 0, None, "", why) for i, why in enumerate(unreached)]
    trust = trust_report(ratings, [])
    found = gate(trust, "parse failures")
    assert (found.passed, found.n, found.value) == (passes, of, failed / of)
    assert dict(trust.measures["J", "en"].missing) == {"cut off": failed, "no answer": 1, "rejected": 1}
    if not passes:
        assert f"({failed} of {of}; 0.5% at most)" in trust.reasons("en")[0]


def orders(agree: int, to_first: int, to_second: int) -> list[Verdict]:
    """So many pairs of each kind; the answers' names decide which is shown first, in turns."""
    verdicts = []
    for i in range(agree + to_first + to_second):
        a, b = answer(i, "AB"[i % 2]), answer(i, "BA"[i % 2], "no")
        if i < agree:
            verdicts += [Verdict("J", a, b, "1", ""), Verdict("J", b, a, "2", "")]
        else:
            leaning = "1" if i < agree + to_first else "2"
            verdicts += [Verdict("J", a, b, leaning, ""), Verdict("J", b, a, leaning if i % 3 else "tie", "")]
    return verdicts


@pytest.mark.parametrize(
    ("agree", "flips", "passes", "says"),
    [
        (36, (3, 1), True, ""),
        (35, (1, 4), False, "87.5% of 40 pairs"),
        (19, (0, 0), False, "only 19 pairs"),
        (20, (0, 0), True, ""),
    ],
)
def test_order_consistency_closes_the_gate_below_nine_of_ten(
    agree: int, flips: tuple[int, int], passes: bool, says: str
) -> None:
    trust = trust_report([], orders(agree, *flips))
    assert gate(trust, "order consistency").passed == passes
    found = trust.measures["J", "en"].orders
    assert (found.agree.k, found.agree.n) == (agree, agree + sum(flips))
    assert (found.to_first, found.to_second, found.incomplete) == (*flips, 0)
    said = [reason for reason in trust.reasons("en") if "pairs" in reason]
    assert [says in reason for reason in said] == [True] * (not passes)


def test_a_pair_without_both_verdicts_is_no_pair() -> None:
    a, b = answer(1), answer(1, "B")
    half = [Verdict("J", a, b, "1", "")]
    missing = [*half, Verdict("J", b, a, None, "", "unreadable")]
    itself = [Verdict("J", a, a, "1", "")]
    for verdicts, incomplete in ((half, 1), (missing, 1), (itself, 0)):
        found = measures([], verdicts).orders
        assert (found.agree.n, found.incomplete) == (0, incomplete)
    trust = trust_report([], missing)
    assert gate(trust, "parse failures").value == 0.5
    assert "no pair of answers in English was judged in both orders" in trust.reasons("en")
    # The last verdict on an order counts.
    again = measures([], [*missing, Verdict("J", b, a, "2", "")]).orders
    assert (again.agree.k, again.agree.n, again.first.k, again.first.n) == (1, 1, 1, 2)


def test_people_close_the_gate_below_their_kappa_and_their_number() -> None:
    apart = report(judged("random", 1))
    assert not gate(apart, "people").passed
    assert any(reason.startswith("weighted kappa with people is") for reason in apart.reasons("en"))
    few = report(judged("perfect", 1, items=14))
    assert "only 28 human labels in English, of at least 30" in few.reasons("en")
    alike = [Rating("J", answer(i), 0, 4, "") for i in range(30)]
    people = agreement_with_people(alike, [Label(one.answer, 4, None) for one in alike])
    assert people["J", "en"].kappa is None
    assert any("is not defined: all 30" in reason for reason in trust_report(alike, [], people).reasons("en"))


def test_a_judge_that_changed_is_not_validated() -> None:
    old, new = judged("perfect", 1, noise=0, fingerprint="fp_1"), judged("perfect", 2, noise=0, fingerprint="fp_2")
    assert report(old).validated("en")
    both = trust_report(old.ratings + new.ratings, old.verdicts, old.people)
    assert both.reasons("en") == ["the judge changed during the ratings: 2 fingerprints"]
    assert both.fingerprints == {"J": {"fp_1": 400, "fp_2": 240}}
    # A calibration of what the judge was before says nothing of what it is now.
    assert not trust_report(new.ratings, new.verdicts, old.people).validated("en")
    # Some replies with a fingerprint and some without are two judges as well; none at all is not.
    bare = judged("perfect", 2, noise=0)
    assert not trust_report(old.ratings, bare.verdicts, old.people).validated("en")
    assert report(bare).fingerprints == {"J": {}}


def test_a_panel_is_validated_when_every_judge_is() -> None:
    good, bad = judged("perfect", 1, noise=0), judged("first", 1, noise=0)
    renamed = [one.__class__(**{**vars(one), "judge": "F"}) for one in (*bad.ratings, *bad.verdicts)]
    ratings = good.ratings + [one for one in renamed if isinstance(one, Rating)]
    verdicts = good.verdicts + [one for one in renamed if isinstance(one, Verdict)]
    trust = trust_report(ratings, verdicts, agreement_with_people(ratings, good.labels))
    assert not trust.validated("en")
    assert trust.reasons("en") == [
        "F: 0.0% of 40 pairs of answers keep their verdict when the order is turned (90% at least)"
    ]
    between = trust.between["en"]
    assert between is not None
    assert between.alpha is not None
    kappa = between.kappas["J", "F"]
    assert kappa is not None
    assert (between.alpha.alpha, kappa.kappa, kappa.n, kappa.clusters) == (1, 1, 80, 40)
    # Other forms of the instruction do not count between judges.
    other = [Rating("F", one.answer, 1, 6 - (one.score or 0), "") for one in ratings if one.judge == "F"]
    assert trust_report([*ratings, *other], []).between["en"] == between
    # What holds of every judge is said once.
    assert trust_report(ratings, verdicts).reasons("en")[0] == "no human labels in English"


def test_shares_have_exact_intervals() -> None:
    assert share(0, 10)[2:] == pytest.approx((0, 1 - 0.025**0.1))
    assert share(10, 10)[2:] == pytest.approx((0.025**0.1, 1))
    assert share(3, 40)[2:] == pytest.approx((beta.ppf(0.025, 3, 38), beta.ppf(0.975, 4, 37)))
    assert share(0, 0) == (0, 0, 0, 1)
    assert share(0, 0).value is None


def test_length_is_correlated_within_questions() -> None:
    """Long questions with good answers do not count; the longer answer to the same question does."""
    rows = [Scored(q, q, model, 5 * q + good, 100 * q + long) for q in range(4) for model, good, long in
            (("A", 1, 9), ("B", 2, 5), ("C", 3, 1))]  # fmt: skip
    found = correlation(rows)
    assert found is not None
    assert (found.rho, found.n, found.items) == (pytest.approx(-1), 12, 4)
    # Models differ in nothing else: without their averages nothing is left, and nothing is claimed.
    assert (found.freed, found.p_value) == (None, 1)


def test_length_within_one_group_is_spearmans_and_its_test_is_exact() -> None:
    scores, lengths = [1, 4, 2, 2, 5, 3], [10, 80, 30, 20, 70, 75]
    rows = [Scored("all", i, "A", score, length) for i, (score, length) in enumerate(zip(scores, lengths, strict=True))]
    found = correlation(rows)
    assert found is not None
    assert found.rho == found.freed == pytest.approx(spearmanr(scores, lengths).statistic)
    products = [2.5 * 2.5, 1.5 * 2.5, 1 * 0.5, 1 * 1.5, 2.5 * 0.5, 0.5 * 1.5]
    sums = [abs(sum(sign * one for sign, one in zip(signs, products, strict=True))) for signs in
            product((1, -1), repeat=6)]  # fmt: skip
    assert found.p_value == sum(one >= sums[0] - 1e-9 for one in sums) / 64
    assert found.low <= found.rho <= found.high


def test_a_models_own_average_is_taken_out_of_both() -> None:
    """What is left is the correlation of the ranks less their model's average, computed here with numpy."""
    draw = random.Random(3)
    rows = [Scored("all", i, "AB"[i % 2], draw.random() + i % 2, draw.random() + i % 2) for i in range(20)]
    ranks = [rankdata([row.score for row in rows]), rankdata([row.length for row in rows])]
    left = [[rank - side[i % 2 :: 2].mean() for i, rank in enumerate(side)] for side in ranks]
    found = correlation(rows)
    assert found is not None
    assert found.freed == pytest.approx(np.corrcoef(*left)[0, 1])
    assert found.rho == pytest.approx(np.corrcoef(*ranks)[0, 1])
    assert found.rho > found.freed + 0.2


def test_too_few_items_say_nothing_of_length() -> None:
    assert correlation([Scored(0, 0, "A", 1, 1), Scored(0, 0, "B", 2, 2)]) is None
    assert correlation([Scored(0, i, "A", 3, i) for i in range(9)]) is None


missing = st.sampled_from([None, "unreadable", "empty", "refused", "rejected", "no answer"])
answers = st.builds(
    lambda item, model, text, language: answer(item, model, text, language),
    st.integers(0, 3),
    st.sampled_from("AB"),
    st.sampled_from(["", "a", "bbbb", "cc\x00"]),
    st.sampled_from(["en", "va", "xx"]),
)
rated = st.builds(
    lambda judge, answer, form, score, why: Rating(judge, answer, form, score if why is None else None, "", why),
    st.sampled_from("JK"),
    answers,
    st.integers(0, 2),
    st.integers(1, 5),
    missing,
)
chosen = st.builds(
    lambda judge, first, second, choice, why: Verdict(judge, first, second, choice if why is None else None, "", why),
    st.sampled_from("JK"),
    answers,
    answers,
    st.sampled_from(["1", "2", "tie"]),
    missing,
)
labelled = st.builds(
    lambda answer, score, passes: Label(answer, score if passes is None else None, passes),
    answers,
    st.integers(1, 5),
    st.sampled_from([None, True, False]),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(rated, max_size=30), st.lists(chosen, max_size=12), st.lists(labelled, max_size=12))
def test_whatever_judges_say_every_figure_is_a_number_or_nothing(
    ratings: list[Rating], verdicts: list[Verdict], labels: list[Label]
) -> None:
    people = agreement_with_people(ratings, labels)
    trust = trust_report(ratings, verdicts, people)
    content = json.loads(json.dumps(trust.as_json(), allow_nan=False))
    assert set(content["languages"]) == {*trust.languages}
    assert all(trust.validated(language) == (not trust.reasons(language)) for language in ("en", "va", "xx"))
    json.dumps([one.as_json() for one in findings(ratings, verdicts, people)], allow_nan=False)
