import numpy as np
import pytest

from acord.evaluate.baselines import baseline_of, constant_baseline, is_degenerate, is_degenerate_row
from acord.evaluate.results import Item


def binary(n, share, seed):
    return (np.random.default_rng(seed).random(n) < share).astype(float)


def item(number, *, gold=None, prediction=None, choices=None):
    return Item(number, f"{number:064x}", None, 1.0, "1.0", prediction, gold, choices)


class TestBaseline:
    def test_majority_class(self):
        assert constant_baseline(["1", "0", "1", "1"]) == (0.75, "1")
        assert constant_baseline(["0", "1"]) == (0.5, "0")

    def test_right_choice_always_in_one_place_is_a_guess(self):
        assert constant_baseline(["0"] * 3, [2, 4, 4]) == (pytest.approx(1 / 3), None)
        with pytest.raises(ValueError, match="numbers of choices are not known"):
            constant_baseline(["0"] * 3, [2, None, 4])
        with pytest.raises(ValueError, match="at least one item"):
            constant_baseline([])


class TestDegenerate:
    GOLD = tuple(str(label) for label in binary(500, 0.7, 1).astype(int))

    def mixed(self, right):
        """Predictions right with that probability, else the other class."""
        keep_N = binary(500, right, seed=3)
        return [gold if keep else str(1 - int(gold)) for gold, keep in zip(self.GOLD, keep_N, strict=True)]

    def test_constant(self):
        assert is_degenerate(["1"] * 500, self.GOLD)
        assert is_degenerate(["0"] * 500, self.GOLD)
        assert is_degenerate(["1"] * 480 + ["0"] * 20)
        assert not is_degenerate(["1"] * 450 + ["0"] * 50)

    def test_no_better_than_constant_and_unrelated(self):
        unrelated = [str(label) for label in binary(500, 0.8, 9).astype(int)]
        assert is_degenerate(unrelated, self.GOLD)

    def test_a_model_that_knows_something(self):
        assert not is_degenerate(self.mixed(0.8), self.GOLD)
        assert not is_degenerate(self.GOLD, self.GOLD)

    def test_below_the_baseline_but_related(self):
        related = self.mixed(0.66)
        assert (
            np.mean([a == b for a, b in zip(related, self.GOLD, strict=True)]) < constant_baseline(self.GOLD).accuracy
        )
        assert not is_degenerate(related, self.GOLD)

    def test_published_constant_predictors(self):
        """Escola: accuracy .708 with a coefficient of 0; WNLI ca: 40 and 31 of 71."""
        wnli = ["0"] * 40 + ["1"] * 31
        assert constant_baseline(wnli).accuracy == pytest.approx(0.563, abs=5e-4)
        assert is_degenerate(["0"] * 71, wnli)
        assert is_degenerate(["1"] * 71, wnli)

    def test_one_sided_gold(self):
        assert not is_degenerate(["0"] * 50, ["0"] * 50)
        almost = ["0"] * 97 + ["1"] * 3
        assert not is_degenerate(almost, almost)

    def test_nothing_to_judge(self):
        with pytest.raises(ValueError, match="no answers"):
            is_degenerate([])
        with pytest.raises(ValueError, match="2 answers to 1 items"):
            is_degenerate(["0", "1"], ["0"])


class TestRows:
    def test_baseline(self):
        rows = [item(i, gold=gold, prediction="0", choices=2) for i, gold in enumerate("01101111")]
        assert baseline_of("acc", rows) == 0.75
        assert baseline_of("mcc", rows) == 0.0
        assert baseline_of("bleu", rows) is None
        assert baseline_of("acc", [item(0, prediction="text", gold="text")]) is None

    def test_degenerate_rows(self):
        gold = "01101111" * 10
        constant = [item(i, gold=label, prediction="1", choices=2) for i, label in enumerate(gold)]
        assert is_degenerate_row(constant)
        right = [item(i, gold=label, prediction=label, choices=2) for i, label in enumerate(gold)]
        assert not is_degenerate_row(right)
        always_first = [item(i, gold="0", prediction="0", choices=4) for i in range(20)]
        assert not is_degenerate_row(always_first)
        told_otherwise = [item(i, gold="sí", prediction=label, choices=2) for i, label in enumerate(gold)]
        assert not is_degenerate_row(told_otherwise)
        assert is_degenerate_row([item(i, prediction="", gold="text") for i in range(20)])
        assert not is_degenerate_row([item(0)])
        with pytest.raises(ValueError, match="no answers"):
            is_degenerate_row([])
