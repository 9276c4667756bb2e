"""The optimizer loop: the plan's steps in order, from the newest checkpoint on, one line of metrics a step."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acord.align.checkpoint import Checkpoint, latest_checkpoint, save_checkpoint
from acord.align.encoded import Example
from acord.align.guard import Guard
from acord.align.metrics import all_metrics
from acord.align.policy import Policy
from acord.align.reference import ReplyScores
from acord.align.step import StepResult, train_step
from acord.console import say, track
from acord.recipe import Align

Steps = Sequence[Sequence[Sequence[Example]]]


@dataclass(frozen=True)
class Training:
    """A run's fixed parts: its steps, the reference's scores, the recipe, the folder of metrics and checkpoints."""

    steps: Steps
    reference: dict[str, ReplyScores]
    align: Align
    folder: Path

    @property
    def metrics(self) -> Path:
        """One JSON object a step."""
        return self.folder / "metrics.jsonl"

    @property
    def checkpoints(self) -> Path:
        """Gone when the run is complete; those that are kept are models by then."""
        return self.folder / "checkpoints"


def learning_rate_at(align: Align, step: int, steps: int) -> float:
    """The rate of step 0..steps-1: linear warm-up, then linear to zero (or constant), as transformers schedules it."""
    if step < align.warmup_steps:
        return align.learning_rate * step / align.warmup_steps
    if align.schedule == "constant":
        return align.learning_rate
    return align.learning_rate * (steps - step) / max(1, steps - align.warmup_steps)


def run_steps(policy: Policy, training: Training) -> list[dict[str, Any]]:
    """Train on every step that is not done yet; one line a step in metrics.jsonl. Returns all records.

    Raises CheckFailed when the guard stops the run.
    """
    align, steps = training.align, training.steps
    training.folder.mkdir(parents=True, exist_ok=True)
    guard, records = _resume(policy, training)
    last_good = f"{training.checkpoints}/step-{len(records)}" if records else "the base"
    total = sum(len(pack) for step in steps[len(records) :] for pack in step)
    with (
        training.metrics.open("a", encoding="utf-8") as file,
        track("aligning", total, "pairs") as progress,
        policy.scorer.tree_attention(),
    ):
        for number in range(len(records), len(steps)):
            started = time.perf_counter()
            rate = learning_rate_at(align, number, len(steps))
            result = train_step(policy, steps[number], training.reference, align, rate)
            if result.skipped:
                guard.skip(number + 1, last_good)
            else:
                guard.watch(number + 1, result.scored, last_good)
            records.append(_record(number, rate, result, align, time.perf_counter() - started))
            file.write(json.dumps(records[-1]) + "\n")
            file.flush()
            if (number + 1) % align.checkpoint_steps == 0 and number + 1 < len(steps):
                state = Checkpoint(number + 1, policy.state(), guard.memory)
                kept = align.keep_checkpoints
                last_good = str(save_checkpoint(training.checkpoints, state, keep_earlier=kept))
            progress.advance(sum(len(pack) for pack in steps[number]))
    return records


def _resume(policy: Policy, training: Training) -> tuple[Guard, list[dict[str, Any]]]:
    """Load the newest checkpoint, if a stopped run left one, and forget the metrics of the steps after it."""
    checkpoint = latest_checkpoint(training.checkpoints)
    if checkpoint is None:
        training.metrics.unlink(missing_ok=True)
        return Guard(training.align), []
    policy.restore(checkpoint.tensors)
    lines = training.metrics.read_text(encoding="utf-8").splitlines()[: checkpoint.steps]
    training.metrics.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    say(f"going on after step {checkpoint.steps} of {len(training.steps)}")
    return Guard(training.align, checkpoint.memory), [json.loads(line) for line in lines]


def _record(number: int, rate: float, result: StepResult, align: Align, seconds: float) -> dict[str, Any]:
    figures = all_metrics(result.scored, align.beta) if not result.skipped else {"pairs": len(result.scored)}
    return {
        "step": number + 1,
        "loss": None if result.skipped else result.loss,
        "learning_rate": rate,
        "grad_norm": None if result.skipped else result.gradient_norm,
        "skipped": result.skipped,
        "tokens_distinct": result.tokens_distinct,
        "tokens_unshared": result.tokens_unshared,
        "seconds": round(seconds, 4),
        **figures,
    }
