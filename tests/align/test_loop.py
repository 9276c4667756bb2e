"""The schedule, the first step, packing that changes nothing, resuming, and what stops a run."""

import copy
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import get_linear_schedule_with_warmup

from acord.align.loop import Training, learning_rate_at, run_steps
from acord.align.metrics import Scored, preference_metrics
from acord.align.reference import score_examples
from acord.align.step import train_step
from acord.errors import CheckFailed
from acord.recipe import Align
from tests.align.samples import policy_of, random_pairs, small_llama

ALIGN = Align(learning_rate=1e-3, batch_pairs=8, checkpoint_steps=2)


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
    policy = policy_of(small_llama(), ALIGN)
    pairs = random_pairs(8)
    reference = score_examples(policy.scorer, pairs, 64, "reference")
    result = train_step(policy, [pairs], reference, ALIGN, 1e-3)
    assert result.loss == pytest.approx(math.log(2), abs=1e-6)
    assert preference_metrics(result.scored, 0.1)["margin"] == pytest.approx(0.0, abs=1e-5)


def test_packing_and_accumulation_do_not_change_the_update() -> None:
    pairs = random_pairs(8, seed=5)
    reference = {pair.id: (-20.0, -21.0) for pair in pairs}
    updated = []
    for packs in ([pairs], [pairs[:4], pairs[4:]], [[pair] for pair in pairs]):
        policy = policy_of(small_llama(), ALIGN)
        policy.optimizer = torch.optim.SGD(list(policy.masters.values()), lr=1.0)
        result = train_step(policy, packs, reference, ALIGN, 1.0)
        updated.append((result.loss, copy.deepcopy(policy.scorer.model.state_dict())))
    for loss, weights in updated[1:]:
        assert loss == pytest.approx(updated[0][0], abs=1e-6)
        for name, value in weights.items():
            assert torch.allclose(value, updated[0][1][name], atol=1e-6), name


def test_training_prefers_the_chosen_replies_and_writes_one_line_a_step(tmp_path: Path) -> None:
    policy = policy_of(small_llama(), ALIGN)
    pairs = random_pairs(8, seed=2)
    reference = score_examples(policy.scorer, pairs, 4096, "reference")
    records = run_steps(policy, Training([[pairs]] * 6, reference, ALIGN, tmp_path))
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert lines == records
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert lines[-1]["accuracy"] == 1.0
    assert lines[-1]["loss"] < 0.6 < lines[0]["loss"]
    assert sum(figures["pairs"] for figures in lines[0]["languages"].values()) == 8
    assert list(lines[0]["sources"]) == ["sample"]


class Killed(Exception):
    """Stands for a signal between two steps."""


@pytest.mark.parametrize("killed_after", [1, 2, 3, 4, 5])
def test_a_killed_run_resumes_to_the_same_bits(
    tmp_path: Path, killed_after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = random_pairs(48, seed=4)
    steps = [[pairs[start : start + 4], pairs[start + 4 : start + 8]] for start in range(0, 48, 8)]
    reference = {pair.id: (-30.0, -31.0) for pair in pairs}

    whole = policy_of(small_llama(), ALIGN)
    expected = run_steps(whole, Training(steps, reference, ALIGN, tmp_path / "whole"))

    import acord.align.loop as loop

    done = 0

    def dying_step(*arguments: object, **named: object) -> object:
        nonlocal done
        if done == killed_after:
            raise Killed
        done += 1
        return train_step(*arguments, **named)  # type: ignore[arg-type]

    training = Training(steps, reference, ALIGN, tmp_path / "killed")
    with monkeypatch.context() as patched:
        patched.setattr(loop, "train_step", dying_step)
        with pytest.raises(Killed):
            run_steps(policy_of(small_llama(), ALIGN), training)
    resumed = policy_of(small_llama(), ALIGN)
    records = run_steps(resumed, training)

    def untimed(record: dict[str, object]) -> dict[str, object]:
        return {name: value for name, value in record.items() if name != "seconds"}

    assert [untimed(record) for record in records] == [untimed(record) for record in expected]
    for (name, value), other in zip(
        whole.scorer.model.state_dict().items(), resumed.scorer.model.state_dict().values(), strict=True
    ):
        assert torch.equal(value, other), name


def test_a_gradient_that_is_not_finite_is_skipped_counted_and_the_run_ends_well(tmp_path: Path) -> None:
    policy = policy_of(small_llama(), ALIGN)
    pairs = random_pairs(4)
    poisoned = [replace(pair, id=f"bad-{pair.id}") for pair in random_pairs(4, seed=9)]
    reference = score_examples(policy.scorer, pairs, 4096, "reference")
    reference.update({pair.id: (float("nan"), 0.0) for pair in poisoned})
    records = run_steps(policy, Training([[pairs], [poisoned], [pairs]], reference, ALIGN, tmp_path))
    assert [record["skipped"] for record in records] == [False, True, False]
    assert records[1]["loss"] is None
    assert records[2]["loss"] < records[0]["loss"]
    assert all(torch.isfinite(value).all() for value in policy.scorer.model.state_dict().values())


def test_skips_beyond_the_budget_stop_the_run_and_leave_the_weights(tmp_path: Path) -> None:
    align = Align(learning_rate=1e-3, skipped_updates=1)
    policy = policy_of(small_llama(), align)
    before = copy.deepcopy(policy.scorer.model.state_dict())
    pairs = random_pairs(4)
    reference = {pair.id: (float("nan"), 0.0) for pair in pairs}
    with pytest.raises(CheckFailed, match=r"step 2: 2 updates had a gradient that is not finite.*last good checkpoint"):
        run_steps(policy, Training([[pairs]] * 5, reference, align, tmp_path))
    assert all(torch.equal(value, before[name]) for name, value in policy.scorer.model.state_dict().items())


def test_displacement_stops_the_run_in_the_language_where_it_happens(tmp_path: Path) -> None:
    align = Align(learning_rate=1e-3, on_displacement="stop", displacement_floor=0.5)
    policy = policy_of(small_llama(), align)
    pairs = random_pairs(40)
    reference = score_examples(policy.scorer, pairs, 4096, "reference")
    # A reference that found the Valencian chosen replies a nat a token likelier: the policy has fallen below it.
    for pair in pairs:
        if pair.language == "va":
            reference[pair.id] = (reference[pair.id][0] + 1.0 * len(pair.replies[0]), reference[pair.id][1])
    with pytest.raises(CheckFailed, match=r"chosen replies in va fell by .* nats a token"):
        run_steps(policy, Training([[pairs]] * 10, reference, align, tmp_path))


def test_metrics_count_a_tie_half_and_shifts_in_nats() -> None:
    pairs = random_pairs(3)
    reference = (-10.0, -12.0)
    policies = [(-9.0, -12.0), (-10.0, -12.0), (-12.0, -13.0)]
    figures = preference_metrics(
        [Scored(pair, policy, reference) for pair, policy in zip(pairs, policies, strict=True)], beta=0.1
    )
    assert figures["accuracy"] == pytest.approx((1 + 0.5 + 0) / 3)
    assert figures["margin"] == pytest.approx(0.1 * (1 + 0 - 1) / 3, abs=1e-12)
    assert figures["chosen_shift"] == pytest.approx((1 + 0 - 2) / 3)
    assert figures["rejected_shift"] == pytest.approx((0 + 0 - 1) / 3)
