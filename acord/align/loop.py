"""The optimizer loop: the plan's steps in order, from the newest checkpoint on, one line of metrics a step."""

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from acord.align.checkpoints.files import read_tensors, told_state
from acord.align.checkpoints.folder import Checkpoints
from acord.align.checkpoints.when import Call, Schedule, Signals, signals_noted
from acord.align.checkpoints.writer import Moment, Writer
from acord.align.encoded import Example
from acord.align.guard import Guard
from acord.align.journal import Journal
from acord.align.kept import Kept, kept_steps
from acord.align.metrics import all_metrics
from acord.align.policy import Policy
from acord.align.reference import ReplyScores
from acord.align.step import StepResult, train_step
from acord.align.watch import Watch, watching
from acord.console import say
from acord.errors import MachineError, Stopped
from acord.processes import World, agree, world
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
    def kept(self) -> Kept:
        """Steps that are to become models."""
        return kept_steps(self.align, len(self.steps))

    @property
    def checkpoints(self) -> Checkpoints:
        """Gone when the run is complete; those that are kept are models by then."""
        return Checkpoints(self.folder / "checkpoints", self.kept.wanted, self.align.keep_last)


class _Begun(NamedTuple):
    """Where a run begins: what its guard remembers, and the records of the steps that are done."""

    guard: Guard
    journal: Journal


def learning_rate_at(align: Align, step: int, steps: int) -> float:
    """The rate of step 0..steps-1: linear warm-up, then linear to zero (or constant), as transformers schedules it."""
    if step < align.warmup_steps:
        return align.learning_rate * step / align.warmup_steps
    if align.schedule == "constant":
        return align.learning_rate
    return align.learning_rate * (steps - step) / max(1, steps - align.warmup_steps)


def run_steps(policy: Policy, training: Training) -> list[dict[str, Any]]:
    """Train on every step that is not done yet; one line a step in metrics.jsonl. Returns all records.

    Raises CheckFailed when the guard stops the run, Stopped at SIGTERM, after a checkpoint, and what the writing of a
    checkpoint met.
    """
    training.folder.mkdir(parents=True, exist_ok=True)
    here = world()
    guard, journal = _begin(policy, training, here)
    writer = Writer(training.checkpoints, here)
    with ExitStack() as stack:
        stack.enter_context(journal)
        watch = stack.enter_context(_watching(training, journal)) if here.rank == 0 else None
        signals = stack.enter_context(signals_noted())
        stack.enter_context(policy.scorer.tree_attention())
        try:
            _train(policy, training, _Begun(guard, journal), writer, signals, watch)
            writer.wait()
        except BaseException:
            writer.leave()
            raise
    return journal.records


def _train(
    policy: Policy, training: Training, begun: _Begun, writer: Writer, signals: Signals, watch: Watch | None
) -> None:
    align, steps = training.align, training.steps
    guard, journal = begun
    schedule = Schedule(align.checkpoint_steps, align.checkpoint_minutes, training.kept.wanted, len(steps))
    for number in range(len(journal.records), len(steps)):
        started = time.perf_counter()
        rate = learning_rate_at(align, number, len(steps))
        result = train_step(policy, steps[number], training.reference, align, rate)
        if result.skipped:
            guard.skip(number + 1, writer.last_good)
        else:
            guard.watch(number + 1, result.scored, writer.last_good)
        journal.add(_record(number, rate, result, align, time.perf_counter() - started))
        if watch is not None:
            watch.step(journal.records[-1], sum(len(pack) for pack in steps[number]))
        own = Call.FAILED if writer.failed else schedule.after(number + 1, signals, idle=writer.idle)
        call = agree(own)
        if call == Call.FAILED:
            writer.wait()
            raise MachineError("another process could not write its part of a checkpoint", where=str(training.folder))
        if call != Call.GO_ON:
            writer.begin(policy.state(), Moment(number + 1, guard.memory, journal.seal, training.metrics))
            schedule.saved(signals)
        if call == Call.STOP:
            writer.wait()
            agree(Call.GO_ON)  # whoever leaves early would be the end of rank 0, which has the last word
            raise Stopped(
                f"stopped by SIGTERM after step {number + 1} of {len(steps)}, which is saved",
                fix="Run the same command again to go on from there.",
            )


def _watching(training: Training, journal: Journal) -> AbstractContextManager[Watch]:
    left = training.steps[len(journal.records) :]
    pairs = sum(len(pack) for step in left for pack in step)
    return watching(training.folder, journal.records, len(training.steps), pairs)


def _begin(policy: Policy, training: Training, here: World) -> _Begun:
    """Load the newest checkpoint, if a stopped run left one, and forget the metrics of the steps after it."""
    checkpoints = training.checkpoints
    found = checkpoints.newest(training.metrics) if here.rank == 0 else None
    # Rank 0 has looked at every byte; the others take its word for it.
    steps = agree(found or 0)
    if here.rank == 0:
        checkpoints.begin_at(steps)
    if not steps:
        return _Begun(Guard(training.align), Journal(training.metrics, None, writes=here.rank == 0))
    state = told_state(checkpoints.place(steps))
    policy.restore(read_tensors(checkpoints.place(steps), policy.state()))
    say(f"going on after step {steps} of {len(training.steps)}")
    guard = Guard(training.align, state.memory)
    return _Begun(guard, Journal(training.metrics, state.metrics, writes=here.rank == 0))


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
