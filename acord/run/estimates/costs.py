"""What `acord plan` says besides stages and sources: the estimate, what is missing, and examples with their mask."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from acord.align.budget import Budget
from acord.align.footprint import FRESH_PROCESS, PROCESS
from acord.errors import InputError
from acord.recipe import Align, Recipe
from acord.run.estimates.base import Base, look_at_base
from acord.run.estimates.calibration import remember
from acord.run.estimates.counted import Counted, count_assumed, count_plan, count_sample
from acord.run.estimates.devices import HERE, Device, find_device
from acord.run.estimates.estimate import Decided, Estimate, decide, estimate
from acord.run.estimates.ground import Ground
from acord.run.estimates.needs import programs_missing, resources_missing
from acord.run.estimates.rows import ShownRow, rows_encoded, rows_of_plan
from acord.run.estimates.sample import all_pairs, sample_pairs, sample_sources
from acord.run.supply_plan import MixPlan

ROWS = 2


class Wanted(NamedTuple):
    """What the user asks of an estimate. measure: whether this machine's speed is measured first. rows: examples to
    show; None for a few where they cost nothing."""

    device: str = HERE
    processes: int = 1
    measure: bool = False
    rows: int | None = None


@dataclass(frozen=True)
class Costs:
    """estimate: None where the base is not known. missing: prerequisites, with what to do. rows: encoded examples."""

    estimate: Estimate | None
    missing: tuple[Ground, ...]
    rows: tuple[ShownRow, ...]

    def as_json(self) -> dict[str, Any]:
        """For `--json`, with reasons in English."""
        return {
            "estimate": None if self.estimate is None else self.estimate.as_json(),
            "missing": [ground.english() for ground in self.missing],
            "rows": [row.as_json() for row in self.rows],
        }


def plan_costs(
    recipe: Recipe, located: Recipe, done: Mapping[str, Path], mix: MixPlan, runs: Path, wanted: Wanted
) -> Costs:
    """done: the folders of finished artefacts by stage. Raises InputError for an unknown device.

    Nothing is written but what `measure` measured.
    """
    device = find_device(wanted.device)
    base = look_at_base(located, done.get("base"))
    missing = [*_not_fetched(recipe, base), *programs_missing(recipe)]
    found = None
    if base is not None:
        found = _estimate(located, base, done, mix, runs, device, wanted)
        missing += resources_missing(found, recipe, runs)
    return Costs(found, tuple(missing), tuple(_rows(located, base, done, wanted)))


def threads_of(align: Align) -> int:
    """Threads of a CPU computation, as acord.align.machine chooses them."""
    if align.threads != "auto":
        return align.threads
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _estimate(
    recipe: Recipe, base: Base, done: Mapping[str, Path], mix: MixPlan, runs: Path, device: Device, wanted: Wanted
) -> Estimate:
    decided = decide(recipe, base, device, wanted.processes, threads_of(recipe.align))
    if "plan" in done:
        decided = planned(done["plan"], decided, device)
    counted = _count(recipe, base, done, mix, decided)
    if wanted.measure:
        if not device.here:
            raise InputError("only this machine can be measured", where="--measure", fix="Leave out --device.")
        from acord.run.estimates.measure import measure

        entry = measure(base.shape, decided.setting, decided.threads, recipe.align, counted.sample,
                        decided.budget.tokens, base.folder)  # fmt: skip
        remember(runs, entry)
    process = FRESH_PROCESS if "plan" in done else PROCESS
    return estimate(recipe, base, counted, decided, device, runs, process)


def planned(plan_folder: Path, decided: Decided, device: Device) -> Decided:
    """What a finished plan decided: its packs, and where it was made for this kind of device its precision."""
    plan = json.loads((plan_folder / "plan.json").read_text(encoding="utf-8"))
    if (plan["device"] == "cuda") != device.gpu:
        return decided._replace(budget=decided.budget._replace(tokens=plan["token_budget"]))
    setting = decided.setting._replace(
        precision=plan["precision"], recompute=plan["activation_checkpointing"], device=plan["device"]
    )
    budget = Budget(plan["token_budget"], plan["activation_checkpointing"], decided.budget.reason)
    return Decided(setting, budget, plan["threads"], Ground("precision_planned", {"precision": plan["precision"]}))


def _count(recipe: Recipe, base: Base, done: Mapping[str, Path], mix: MixPlan, decided: Decided) -> Counted:
    """From the best that is there: the plan, the pairs, the sources, or what the recipe and the hub state."""
    if "plan" in done:
        from acord.manifest import read_manifest

        return count_plan(done["plan"], int(read_manifest(done["plan"]).figures["steps"]), decided.budget.tokens)
    if "pairs" in done:
        sampled = sample_pairs(done["pairs"], base.tokenizer, recipe.chat.max_length)
        return count_sample(recipe, sampled, decided.budget.tokens)
    from_sources = sample_sources(recipe, mix, base.tokenizer)
    if from_sources is not None:
        return count_sample(recipe, from_sources, decided.budget.tokens)
    return count_assumed(recipe, all_pairs(recipe, mix), decided.budget.tokens)


def _not_fetched(recipe: Recipe, base: Base | None) -> list[Ground]:
    if base is not None and (base.folder is not None or recipe.model.base.startswith("random:")):
        return []
    return [Ground("need_model", {"model": recipe.model.base})]


def _rows(recipe: Recipe, base: Base | None, done: Mapping[str, Path], wanted: Wanted) -> list[ShownRow]:
    count = ROWS if wanted.rows is None else wanted.rows
    if base is None or count == 0:
        return []
    if "plan" in done and base.tokenizer is not None:
        return rows_of_plan(done["plan"], base.tokenizer, count)
    if wanted.rows and "pairs" in done and base.folder is not None:
        return rows_encoded(recipe, done["pairs"], base.folder, count)
    return []
