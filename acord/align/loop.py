"""The optimizer loop: the plan's steps in order, gradients summed over packs and clipped, one host sync a step."""

import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch

from acord.align.checkpoint import Checkpoint, latest_checkpoint, save_checkpoint
from acord.align.encoded import Example, items_of
from acord.align.guard import Guard
from acord.align.losses import Replies, loss_E, replies_of
from acord.align.metrics import Scored, all_metrics
from acord.align.policy import Policy
from acord.align.reference import ReplyScores
from acord.console import say, track
from acord.recipe import Align
from acord.tree.pack import build_pack

Steps = Sequence[Sequence[Sequence[Example]]]


class StepResult(NamedTuple):
    """loss: mean over the step's examples. gradient_norm: before clipping. skipped: not finite, so no update."""

    loss: float
    gradient_norm: float
    skipped: bool
    scored: list[Scored]
    tokens_distinct: int
    tokens_unshared: int


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


def train_step(
    policy: Policy, packs: Sequence[Sequence[Example]], reference: dict[str, ReplyScores], align: Align, rate: float
) -> StepResult:
    """One update from all packs of a step, or none where loss or gradient is not finite.

    The loss is the mean over the step's examples, so packing does not change the gradient.
    """
    policy.begin_gradient()
    count = sum(len(pack) for pack in packs)
    losses, scores = [], []
    ordered: list[Example] = []
    tokens_distinct = tokens_unshared = 0
    for examples in packs:
        pack = build_pack(items_of(examples))
        mine = [examples[index] for index in pack.items]
        replies = _score(policy, pack.forest, mine, reference)
        loss = (loss_E(replies, align) * replies.weight_E).sum() / count
        loss.backward()  # type: ignore[no-untyped-call]
        losses.append(loss.detach())
        scores.append(replies.policy_R.detach())
        ordered.extend(mine)
        tokens_distinct += pack.forest.tokens
        tokens_unshared += pack.forest.tokens_unshared
    norm = policy.clip(align.max_grad_norm)
    # All that the host wants to know of the step crosses over at once.
    values = torch.cat([torch.stack(losses).sum()[None], norm[None].to(losses[0].dtype), *scores]).tolist()
    loss_value, norm_value, logp = values[0], values[1], iter(values[2:])
    skipped = not (math.isfinite(loss_value) and math.isfinite(norm_value))
    if not skipped:
        policy.update(rate)
    scored = [Scored(e, tuple(next(logp) for _ in e.replies), _known(reference, e)) for e in ordered]
    return StepResult(loss_value, norm_value, skipped, scored, tokens_distinct, tokens_unshared)


def _score(policy: Policy, forest: Any, examples: Sequence[Example], reference: dict[str, ReplyScores]) -> Replies:
    return replies_of(
        policy.scorer(forest).logp_R,
        [_known(reference, example) for example in examples],
        [[len(reply) for reply in example.replies] for example in examples],
        [example.ranks for example in examples],
        [example.weight for example in examples],
    )


def _known(reference: dict[str, ReplyScores], example: Example) -> ReplyScores:
    return reference[example.id]


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
