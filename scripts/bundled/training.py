"""One training by acord's own engine: steps drawn as they come, the rate falling to zero by the clock or by steps."""

import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acord.align.checkpoints.files import read_tensors, told_state
from acord.align.checkpoints.folder import Checkpoints
from acord.align.checkpoints.writer import Moment, Writer
from acord.align.journal import Journal
from acord.align.metrics import Scored
from acord.align.policy import Policy
from acord.align.reference import ReplyScores
from acord.align.step import StepResult, train_step
from acord.chat import ChatFormat
from acord.console import say
from acord.processes import world
from acord.recipe import Align
from scripts.bundled.draft import Draft
from scripts.bundled.examples import step_examples

Record = dict[str, Any]


@dataclass(frozen=True)
class Budget:
    """How long training lasts: by the clock where `seconds` is given, by steps otherwise.

    rate: the peak learning rate, after a warm-up over `warm_up` of the whole, from where it falls linearly to zero.
    tokens: of a step, a prefix that its examples share counted once. checkpoint_seconds: between checkpoints.
    """

    seconds: float | None
    steps: int
    rate: float
    warm_up: float = 0.05
    tokens: int = 1_024
    checkpoint_seconds: float = 180.0

    def rate_at(self, share: float) -> float:
        """The learning rate when this share of the training is done."""
        return self.rate * min(share / self.warm_up, (1.0 - share) / (1.0 - self.warm_up))

    def share(self, steps: int, seconds: float) -> float:
        """How much of the training is done."""
        return steps / self.steps if self.seconds is None else seconds / self.seconds


@dataclass(frozen=True)
class Course:
    """What is trained on and how. draw_for: given a step's random numbers and the share that is done, what draws one
    example. watch: called at checkpoints with the share; what it returns is recorded."""

    chat: ChatFormat
    draw_for: Callable[[random.Random, float], Callable[[], Draft]]
    align: Align
    budget: Budget
    seed: int
    watch: Callable[[float], Record]


def train(policy: Policy, course: Course, folder: Path) -> list[Record]:
    """Train to the end of the budget, one line a step in folder/metrics.jsonl; goes on from a checkpoint found there.

    The share that was done is in every line, so that a run by the clock is documented step by step. Returns all lines.
    """
    folder.mkdir(parents=True, exist_ok=True)
    metrics, checkpoints = folder / "metrics.jsonl", Checkpoints(folder / "checkpoints")
    journal, spent = _resume(policy, metrics, checkpoints)
    writer = Writer(checkpoints, world())
    started = saved = time.monotonic()
    with journal, policy.scorer.tree_attention():
        while True:
            share = course.budget.share(len(journal.records), spent + time.monotonic() - started)
            if share >= 1.0:
                writer.wait()
                return journal.records
            record = _step(policy, course, len(journal.records), share)
            due = time.monotonic() - saved > course.budget.checkpoint_seconds
            if due:
                record |= course.watch(share)
                say(json.dumps(record))
            journal.add(record)
            if due:
                saved = time.monotonic()
                memory = {"seconds": spent + saved - started}
                writer.begin(policy.state(), Moment(len(journal.records), memory, journal.seal, metrics))


def _step(policy: Policy, course: Course, number: int, share: float) -> Record:
    began = time.perf_counter()
    rng = random.Random(f"{course.seed}/{number}")  # noqa: S311  nothing is kept secret
    examples = step_examples(course.draw_for(rng, share), course.chat, course.budget.tokens)
    # Single replies are compared with no reference.
    reference: dict[str, ReplyScores] = {example.id: (0.0,) for example in examples}
    rate = course.budget.rate_at(share)
    result = train_step(policy, [examples], reference, course.align, rate)
    return _record(number, share, rate, result) | {"seconds": round(time.perf_counter() - began, 4)}


def _record(number: int, share: float, rate: float, result: StepResult) -> Record:
    return {
        "step": number + 1,
        "share": round(share, 5),
        "loss": None if result.skipped else result.loss,
        "nats_a_token": _nats_by_task(result.scored),
        "learning_rate": rate,
        "grad_norm": None if result.skipped else result.gradient_norm,
        "examples": len(result.scored),
        "tokens_distinct": result.tokens_distinct,
        "tokens_unshared": result.tokens_unshared,
        "tokens_scored": sum(len(one.example.replies[0]) for one in result.scored),
    }


def _nats_by_task(scored: Sequence[Scored]) -> dict[str, float]:
    """Loss a scored token, of each task in the step."""
    sums: dict[str, list[float]] = {}
    for one in scored:
        total = sums.setdefault(one.example.source, [0.0, 0.0])
        total[0] -= one.policy[0]
        total[1] += len(one.example.replies[0])
    return {task: round(total / tokens, 4) for task, (total, tokens) in sorted(sums.items())}


def _resume(policy: Policy, metrics: Path, checkpoints: Checkpoints) -> tuple[Journal, float]:
    """The lines of the steps that are done, and the seconds that they took."""
    steps = checkpoints.newest(metrics) or 0
    checkpoints.begin_at(steps)
    if not steps:
        return Journal(metrics, None, writes=True), 0.0
    place = checkpoints.place(steps)
    state = told_state(place)
    policy.restore(read_tensors(place, policy.state()))
    say(f"going on after step {steps}")
    return Journal(metrics, state.metrics, writes=True), float(state.memory["seconds"])
