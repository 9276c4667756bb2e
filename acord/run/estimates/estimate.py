"""The estimate of a run: what is counted, what it costs, and what each figure stands on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from acord.align.budget import Budget, budget_for
from acord.align.footprint import PROCESS, Footprint, Setting, footprint
from acord.align.kept import kept_steps
from acord.align.shape import Flops, Trained, Work, forward_flops, run_flops
from acord.recipe import Align, Recipe
from acord.run.estimates.base import Base
from acord.run.estimates.calibration import RUN, Rates, is_same, nearest
from acord.run.estimates.counted import Counted
from acord.run.estimates.devices import Device, has_bf16
from acord.run.estimates.ground import Ground

# Bytes that an optimizer step moves for a trained parameter: gradient, moments and weights, read and written.
UPDATE_BYTES = 40
# Of what N processes could do, where they wait for each other; a goal of the benchmarks, not a measurement.
PARALLEL = 0.9
# Tokens of an evaluation item with its answers, where items are counted by the recipe's limit alone.
ITEM_TOKENS = 400
# Bytes on disk: an example's token as int32, compressed; a pair with its texts.
TOKEN_ON_DISK, PAIR_ON_DISK = 2.5, 2_000


class Seconds(NamedTuple):
    """Of the stages that compute. training: the optimizer's steps. held_out: scoring after training."""

    training: float
    reference: float
    held_out: float

    @property
    def total(self) -> float:
        return sum(self)


class Disk(NamedTuple):
    """Bytes. models: the aligned one and the kept ones. checkpoints: while it trains. tables: pairs and plan."""

    models: float
    checkpoints: float
    tables: float

    @property
    def total(self) -> float:
        return sum(self)


@dataclass(frozen=True)
class Evaluation:
    """What evaluating takes, where it can be counted. items: None where the recipe sets no limit."""

    rows: int
    models: int
    items: int | None
    flops: float | None


@dataclass(frozen=True)
class Estimate:
    """All figures of a run before it starts. available: bytes of the device. rate: what the seconds stand on."""

    base: Base
    counted: Counted
    setting: Setting
    budget: Budget
    threads: int
    device: Device
    flops: Flops
    memory: Footprint
    seconds: Seconds
    rate: Ground
    precision: Ground
    disk: Disk
    evaluation: Evaluation | None

    @property
    def processors(self) -> int:
        return self.setting.processes

    @property
    def gpu_hours(self) -> float | None:
        """None on a CPU."""
        return self.seconds.total * self.setting.processes / 3_600 if self.device.gpu else None

    @property
    def grounds(self) -> tuple[Ground, ...]:
        """Every assumption, in the order in which the figures are shown."""
        memory = Ground("memory_gpu" if self.device.gpu else "memory_cpu", {"process": self.memory.process / 1e9})
        parallel = (Ground("parallel", {"share": 100 * PARALLEL}),) if self.setting.processes > 1 else ()
        return (self.base.ground, self.counted.ground, self.precision, self.rate, *parallel, memory)

    def as_json(self) -> dict[str, Any]:
        """For `--json` and manifests: bytes, seconds and FLOPs, with the grounds in English."""
        counted = self.counted
        content: dict[str, Any] = {
            "device": self.device.label, "processes": self.setting.processes, "precision": self.setting.precision,
            "token_budget": self.budget.tokens, "activation_checkpointing": self.setting.recompute,
            "parameters": round(self.base.parameters),
            "pairs": counted.pairs, "held_out": counted.held_out_pairs, "steps": counted.steps,
            "tokens_distinct": round(counted.training.tokens), "tokens_unshared": round(counted.tokens_unshared),
            "flops": {**self.flops._asdict(), "total": self.flops.total},
            "memory": {name: round(value) for name, value in self.memory._asdict().items() if name != "on_gpu"},
            "memory_peak": round(self.memory.device), "memory_host": round(self.memory.host),
            "memory_available": round(self.device.memory),
            "seconds": {**{name: round(value, 1) for name, value in self.seconds._asdict().items()},
                        "total": round(self.seconds.total, 1)},
            "gpu_hours": None if self.gpu_hours is None else round(self.gpu_hours, 2),
            "disk": {**{name: round(value) for name, value in self.disk._asdict().items()},
                     "total": round(self.disk.total)},
            "grounds": [ground.english() for ground in self.grounds],
        }  # fmt: skip
        if self.evaluation is not None:
            content["evaluation"] = vars(self.evaluation)
        return content


class Decided(NamedTuple):
    """How a recipe is trained on a device, decided as the plan would, or as it did."""

    setting: Setting
    budget: Budget
    threads: int
    precision: Ground


def decide(recipe: Recipe, base: Base, device: Device, processes: int, threads: int) -> Decided:
    """Precision, budget and checkpointing by the rules of acord.align.machine, but without its measurement of bf16."""
    align = recipe.align
    precision, ground = align.precision, Ground("precision_set")
    if precision == "auto":
        precision = "bfloat16" if device.gpu or has_bf16() else "float32"
        ground = Ground("precision_assumed", {"precision": precision})
    rank = None if align.adapter is None else align.adapter.rank
    keep = Setting("cuda" if device.gpu else "cpu", precision, recompute=False, rank=rank, processes=processes)
    budget = budget_for(align, base.shape, keep, device.memory, base.parameters)
    return Decided(keep._replace(recompute=budget.activation_checkpointing), budget, threads, ground)


def estimate(
    recipe: Recipe, base: Base, counted: Counted, decided: Decided, device: Device, runs: Path,
    process: float = PROCESS,
) -> Estimate:  # fmt: skip
    """All figures. runs: where this machine's speed is remembered. process: bytes that the process already holds."""
    setting, align = decided.setting, recipe.align
    trained = Trained(setting.rank, setting.recompute)
    flops = run_flops(base.shape, trained, counted.training, counted.once, counted.held_out, counted.steps)
    updated = base.parameters if setting.rank is None else base.shape.adapter(setting.rank)
    rates, rate = _rates(base, decided, device, runs)
    share = PARALLEL * setting.processes if device.gpu and setting.processes > 1 else 1.0
    seconds = Seconds(
        rates.training_seconds(flops, updated, counted.steps) / share,
        rates.forward_seconds(flops.reference) / share,
        rates.forward_seconds(flops.held_out) / share,
    )
    memory = footprint(
        base.shape, setting, counted.pack, parameters=base.parameters, example_tokens=counted.example_tokens,
        process=process, writes_checkpoints=_writes_checkpoints(align, counted.steps, seconds.training),
    )  # fmt: skip
    if not device.gpu and memory.device > device.memory:
        # Where memory is short, training waits while a checkpoint is written, and no copy is made.
        memory = memory._replace(checkpoint=0.0)
    disk = _disk(align, base, counted, updated)
    evaluation = _evaluation(recipe, base)
    return Estimate(base, counted, setting, decided.budget, decided.threads, device, flops, memory, seconds, rate,
                    decided.precision, disk, evaluation)  # fmt: skip


def _rates(base: Base, decided: Decided, device: Device, runs: Path) -> tuple[Rates, Ground]:
    """The remembered rates of this machine; for a named device, and where nothing is remembered, those assumed."""
    entry = nearest(runs, base.shape, decided.setting, decided.threads) if device.here else None
    if entry is not None:
        values = {"date": entry.date[:10], "shape": entry.shape_named}
        if is_same(entry, base.shape, decided.setting):
            return entry.rates, Ground("by_run" if entry.how == RUN else "by_measure", values)
        return entry.rates, Ground("by_other_shape", values)
    rate = device.rate(decided.setting.precision)
    return Rates(rate, rate, UPDATE_BYTES / device.bandwidth / decided.setting.processes), device.ground


def _writes_checkpoints(align: Align, steps: int, seconds: float) -> bool:
    late = align.checkpoint_minutes is not None and seconds > 60 * align.checkpoint_minutes
    return steps > align.checkpoint_steps or late


def _disk(align: Align, base: Base, counted: Counted, updated: float) -> Disk:
    kept = len(kept_steps(align, counted.steps).wanted)
    writes = counted.steps > align.checkpoint_steps
    state = 12 * updated
    # One is being written beside those that stay.
    checkpoints = (align.keep_last + 1 + kept) * state if writes else state
    own = base.stored * base.parameters if base.folder is None else 0.0
    tables = counted.example_tokens * TOKEN_ON_DISK + (counted.pairs + counted.held_out_pairs) * PAIR_ON_DISK
    return Disk((1 + kept) * base.stored * base.parameters + own, checkpoints, tables)


def _evaluation(recipe: Recipe, base: Base) -> Evaluation | None:
    section = recipe.evaluate
    if section is None:
        return None
    from acord.evaluate.suite import load_suite

    rows, models = len(load_suite(section.suite).rows), 2 + len(section.against)
    if section.limit is None:
        return Evaluation(rows, models, None, None)
    items = rows * section.limit
    work = Work(ITEM_TOKENS, ITEM_TOKENS / 2, ITEM_TOKENS**2 / 2).times(items * models)
    return Evaluation(rows, models, items, forward_flops(base.shape, work))
