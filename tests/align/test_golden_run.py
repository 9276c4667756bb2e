"""Fifty steps on CPU give the losses that they gave before: golden_50_steps.json.

A change that moves them says why in its commit, and writes them anew: python -m tests.align.test_golden_run
"""

import json
from pathlib import Path

import pytest
import torch

from acord.align.loop import learning_rate_at
from acord.align.reference import score_examples
from acord.align.step import train_step
from acord.recipe import Align
from tests.align.samples import policy_of, random_pairs, small_llama

GOLDEN = Path(__file__).with_name("golden_50_steps.json")
STEPS = 50
ALIGN = Align(learning_rate=5e-4, batch_pairs=6, warmup_steps=5)


def run() -> dict[str, list[float]]:
    """Loss and gradient norm of every step: 60 pairs, five epochs, steps of two packs."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        policy = policy_of(small_llama(seed=7), ALIGN)
        pairs = random_pairs(60, seed=7)
        reference = score_examples(policy.scorer, pairs, 256, "reference")
        losses, norms = [], []
        for step in range(STEPS):
            start = step * 6 % 60
            batch = pairs[start : start + 6]
            rate = learning_rate_at(ALIGN, step, STEPS)
            result = train_step(policy, [batch[:4], batch[4:]], reference, ALIGN, rate)
            losses.append(result.loss)
            norms.append(result.gradient_norm)
    finally:
        torch.set_num_threads(threads)
    return {"loss": losses, "gradient_norm": norms}


def test_fifty_steps_give_the_golden_losses() -> None:
    golden, found = json.loads(GOLDEN.read_text()), run()
    assert found["loss"] == pytest.approx(golden["loss"], abs=1e-6)
    assert found["gradient_norm"] == pytest.approx(golden["gradient_norm"], rel=1e-4)


def test_the_golden_run_is_worth_comparing() -> None:
    losses = json.loads(GOLDEN.read_text())["loss"]
    assert len(losses) == STEPS
    assert losses[0] == pytest.approx(0.693147, abs=1e-6)
    assert sum(losses[-10:]) / 10 < 0.6, "the model learns, so that an error in an early step shows in the late ones"


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(run(), indent=1) + "\n")
