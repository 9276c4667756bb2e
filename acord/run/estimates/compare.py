"""The estimate beside what a training took, for its manifest; and its speed, remembered for the next estimate."""

import gc
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from acord.align.shape import Flops
from acord.memory import forget_peak, peak_bytes, resident_bytes
from acord.processes import world
from acord.recipe import Recipe
from acord.run.estimates.base import look_at_base
from acord.run.estimates.calibration import RUN, Rates, entry_of, nearest, remember
from acord.run.estimates.costs import planned, threads_of
from acord.run.estimates.counted import count_plan
from acord.run.estimates.devices import this_cpu, this_gpu
from acord.run.estimates.estimate import UPDATE_BYTES, Estimate, decide, estimate

Figures = dict[str, Any]
# A training shorter than this says little about the machine's speed.
TELLING_SECONDS = 5.0


def compared(
    recipe: Recipe, build: Callable[[], Figures], *, plan_folder: Path, base_folder: Path, folder: Path, runs: Path
) -> Figures:
    """What `build` returns, with `estimate` (before it) and `actual` (peak bytes, seconds) beside it.

    These figures differ from run to run, as times do; no file of the artefact depends on them.
    """
    from acord.tree.memory import give_back_freed_memory

    gc.collect()
    give_back_freed_memory()
    told = estimate_of_plan(recipe, plan_folder, base_folder, runs, float(resident_bytes() or 0))
    on_gpu = told is not None and told.device.gpu
    _forget(on_gpu)
    figures = build()
    if told is None:
        return figures
    seconds = _training_seconds(folder / "metrics.jsonl")
    actual = {
        "memory_peak": _peak(on_gpu),
        "seconds": {"training": round(seconds, 1)},
        "tokens_distinct": figures.get("tokens_distinct"),
    }
    if world().rank == 0 and seconds > TELLING_SECONDS:
        _remember(told, seconds, runs)
    return {**figures, "estimate": told.as_json(), "actual": actual}


def estimate_of_plan(
    recipe: Recipe, plan_folder: Path, base_folder: Path, runs: Path, process: float
) -> Estimate | None:
    """The estimate from a finished plan, on the plan's device. process: bytes that this process holds already."""
    base = look_at_base(recipe, base_folder)
    if base is None:
        return None
    plan = json.loads((plan_folder / "plan.json").read_text(encoding="utf-8"))
    device = (this_gpu() if plan["device"] == "cuda" else None) or this_cpu()
    if device.gpu != (plan["device"] == "cuda"):
        return None  # a GPU that no table knows
    decided = planned(plan_folder, decide(recipe, base, device, world().size, threads_of(recipe.align)), device)
    counted = count_plan(plan_folder, plan["steps"], plan["token_budget"])
    return estimate(recipe, base, counted, decided, device, runs, process)


def _training_seconds(metrics: Path) -> float:
    """Of all steps, those before an interruption included."""
    if not metrics.exists():
        return 0.0
    return sum(float(json.loads(line)["seconds"]) for line in metrics.read_text(encoding="utf-8").splitlines())


def _remember(told: Estimate, seconds: float, runs: Path) -> None:
    """The rates that this training shows; of what it does not show, those known before, or those assumed."""
    counted, flops, setting = told.counted, told.flops, told.setting
    updated = told.base.parameters if setting.rank is None else told.base.shape.adapter(setting.rank)
    known = nearest(runs, told.base.shape, setting, told.threads)
    update = known.rates.update if known is not None else UPDATE_BYTES / told.device.bandwidth
    passes = _passes(flops) / max(0.5 * seconds, seconds - counted.steps * updated * update)
    forward = passes if known is None else passes * known.rates.forward / known.rates.passes
    remember(runs, entry_of(told.base.shape, setting, told.threads, Rates(passes, forward, update), RUN))


def _passes(flops: Flops) -> float:
    return flops.forward + flops.backward + flops.again


def _forget(on_gpu: bool) -> None:
    forget_peak()
    if on_gpu:
        import torch

        torch.cuda.reset_peak_memory_stats()


def _peak(on_gpu: bool) -> int | None:
    torch = sys.modules.get("torch")
    if on_gpu and torch is not None:
        return int(torch.cuda.max_memory_allocated())
    return peak_bytes()
