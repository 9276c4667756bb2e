"""The loss, the schedule, and that packing changes nothing."""

import copy
import json
import math
from pathlib import Path

import pytest
import torch
from transformers import get_linear_schedule_with_warmup

from acord.align.loop import learning_rate_at, make_optimizer, run_steps, train_step
from acord.align.losses import PairLogProbabilities, dpo_loss_P
from acord.align.metrics import ScoredPair, preference_metrics
from acord.align.reference import ReplyLogProbabilities, score_pairs
from acord.errors import InputError
from acord.recipe import Align
from acord.tree.scoring import ScoringModel
from tests.align.samples import random_pairs, small_llama

ALIGN = Align(learning_rate=1e-3, batch_pairs=8)


def test_dpo_loss_has_its_closed_form() -> None:
    values = [torch.tensor([v], dtype=torch.float64) for v in (-3.0, -5.0, -4.0, -4.5)]
    loss = dpo_loss_P(PairLogProbabilities(*values), beta=0.5)
    margin = (-3.0 + 4.0) - (-5.0 + 4.5)
    assert float(loss) == pytest.approx(math.log1p(math.exp(-0.5 * margin)), abs=1e-12)


def test_the_schedule_is_that_of_transformers() -> None:
    for warmup in (0, 3):
        align = Align(learning_rate=1.0, warmup_steps=warmup)
        parameter = torch.nn.Parameter(torch.zeros(1))
        optimizer = torch.optim.SGD([parameter], lr=1.0)
        schedule = get_linear_schedule_with_warmup(optimizer, warmup, 10)
        for step in range(10):
            assert learning_rate_at(align, step, 10) == pytest.approx(schedule.get_last_lr()[0], abs=1e-12)
            optimizer.step()
            schedule.step()
    constant = Align(learning_rate=2.0, schedule="constant")
    assert [learning_rate_at(constant, step, 10) for step in (0, 9)] == [2.0, 2.0]


def test_the_first_step_has_loss_ln_2_and_margin_0() -> None:
    scorer = ScoringModel(small_llama())
    pairs = random_pairs(8)
    reference = score_pairs(scorer, pairs, 64, "reference")
    result = train_step(scorer, make_optimizer(scorer, ALIGN), [pairs], reference, ALIGN, 1e-3)
    assert result is not None
    assert result.loss == pytest.approx(math.log(2), abs=1e-6)
    assert preference_metrics(result.scored, 0.1)["margin"] == pytest.approx(0.0, abs=1e-5)


def test_packing_and_accumulation_do_not_change_the_update() -> None:
    pairs = random_pairs(8, seed=5)
    updated = []
    for packs in ([pairs], [pairs[:4], pairs[4:]], [[pair] for pair in pairs]):
        scorer = ScoringModel(small_llama())
        reference = {pair.id: ReplyLogProbabilities(-20.0, -21.0) for pair in pairs}
        optimizer = torch.optim.SGD(scorer.parameters(), lr=1.0)
        result = train_step(scorer, optimizer, packs, reference, ALIGN, 1.0)
        assert result is not None
        updated.append((result.loss, copy.deepcopy(scorer.model.state_dict())))
    for loss, weights in updated[1:]:
        assert loss == pytest.approx(updated[0][0], abs=1e-6)
        for name, value in weights.items():
            assert torch.allclose(value, updated[0][1][name], atol=1e-6), name


def test_training_prefers_the_chosen_replies_and_writes_one_line_a_step(tmp_path: Path) -> None:
    scorer = ScoringModel(small_llama())
    pairs = random_pairs(8, seed=2)
    reference = score_pairs(scorer, pairs, 4096, "reference")
    records = run_steps(scorer, [[pairs]] * 6, reference, ALIGN, tmp_path / "metrics.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert lines == records
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert lines[0]["accuracy"] == pytest.approx(0.5, abs=0.5)
    assert lines[-1]["accuracy"] == 1.0
    assert lines[-1]["loss"] < 0.6 < lines[0]["loss"]
    assert sum(figures["pairs"] for figures in lines[0]["languages"].values()) == 8


def test_a_loss_that_is_not_finite_stops_the_run_and_leaves_the_weights(tmp_path: Path) -> None:
    scorer = ScoringModel(small_llama())
    before = copy.deepcopy(scorer.model.state_dict())
    pairs = random_pairs(4)
    reference = {pair.id: ReplyLogProbabilities(float("nan"), 0.0) for pair in pairs}
    with pytest.raises(InputError, match=r"step 1: the loss or its gradient is not finite\. Lower"):
        run_steps(scorer, [[pairs]], reference, ALIGN, tmp_path / "metrics.jsonl")
    assert all(torch.equal(value, before[name]) for name, value in scorer.model.state_dict().items())


def test_metrics_count_a_tie_half_and_shifts_in_nats() -> None:
    pairs = random_pairs(3)
    reference = ReplyLogProbabilities(-10.0, -12.0)
    policies = [
        ReplyLogProbabilities(-9.0, -12.0),
        ReplyLogProbabilities(-10.0, -12.0),
        ReplyLogProbabilities(-12.0, -13.0),
    ]
    figures = preference_metrics(
        [ScoredPair(pair, policy, reference) for pair, policy in zip(pairs, policies, strict=True)], beta=0.1
    )
    assert figures["accuracy"] == pytest.approx((1 + 0.5 + 0) / 3)
    assert figures["margin"] == pytest.approx(0.1 * (1 + 0 - 1) / 3, abs=1e-12)
    assert figures["chosen_shift"] == pytest.approx((1 + 0 - 2) / 3)
    assert figures["rejected_shift"] == pytest.approx((0 + 0 - 1) / 3)
