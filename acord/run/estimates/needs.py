"""What is missing for a run, each with what to do: in the interface's language."""

import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from acord.align.budget import SMALLEST_BUDGET
from acord.align.footprint import Footprint, Pack, Setting, footprint
from acord.errors import InputError
from acord.recipe import Recipe
from acord.run.estimates.estimate import Estimate
from acord.run.estimates.ground import Ground

LONG_DAYS = 3.0
DAY = 86_400
RANK = 16


def programs_missing(recipe: Recipe) -> Iterator[Ground]:
    """Apertium's pairs of languages and vLLM, where the recipe asks for them."""
    for source in recipe.data.sources:
        if source.translate is not None and source.translate.through == "apertium":
            from acord.data.translate.programs import find_mode

            try:
                find_mode(source.translate.language, source.translate.to, recipe.variety)
            except InputError as error:
                yield Ground("need_apertium", {"source": source.name, "what": error.what, "fix": error.fix})
    engine = recipe.evaluate is not None and recipe.evaluate.engine == "vllm"
    serves = recipe.judge is not None and any(judge.serve for judge in recipe.judge.panel)
    if (engine or serves) and find_spec("vllm") is None:
        yield Ground("need_vllm")


def resources_missing(one: Estimate, recipe: Recipe, runs: Path) -> Iterator[Ground]:
    """Memory, time on a CPU and disk, where they are short, with the setting that helps."""
    there, needed = one.device.memory, one.memory.device
    if needed > there:
        yield _less_memory(one, recipe)
    days = one.seconds.total / DAY
    if not one.device.gpu and days > LONG_DAYS:
        yield Ground("need_gpu", {"days": days})
    folder = next((place for place in (runs.absolute(), *runs.absolute().parents) if place.exists()), Path("/"))
    free = shutil.disk_usage(folder).free
    if one.disk.total > free:
        yield Ground("need_disk", {"needs": one.disk.total / 1e9, "free": free / 1e9, "folder": str(folder)})


def _less_memory(one: Estimate, recipe: Recipe) -> Ground:
    """The first of a few settings that would fit."""
    values = {"needs": one.memory.device / 1e9, "there": one.device.memory / 1e9}
    there, setting, pack = one.device.memory, one.setting, one.counted.pack
    again = setting._replace(recompute=True)
    if not setting.recompute and _with(one, again, pack).device <= there:
        return Ground("need_memory_again", values)
    budget = one.budget.tokens // 2
    while budget >= SMALLEST_BUDGET:
        smaller = Pack(min(pack.tokens, budget), pack.rows * min(1.0, budget / max(1.0, pack.tokens)))
        if _with(one, again, smaller).device <= there:
            return Ground("need_memory_budget", {**values, "tokens": budget})
        budget //= 2
    if recipe.align.adapter is None and _with(one, again._replace(rank=RANK), pack).device <= there:
        return Ground("need_memory_adapter", values)
    for processes in (2, 4, 8, 16, 32):
        if processes > setting.processes and _with(one, again._replace(processes=processes), pack).device <= there:
            return Ground("need_memory_processes", {**values, "processes": processes})
    return Ground("need_memory", values)


def _with(one: Estimate, setting: Setting, pack: Pack) -> Footprint:
    return footprint(
        one.base.shape, setting, pack, parameters=one.base.parameters, example_tokens=one.counted.example_tokens,
        writes_checkpoints=one.memory.checkpoint > 0,
    )  # fmt: skip
