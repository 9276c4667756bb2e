"""Memory that runs out, as one line that names the setting to change."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from acord.align.budget import SMALLEST_BUDGET
from acord.align.plan import Plan, read_plan
from acord.errors import MachineError
from acord.recipe import Align

# How torch's allocator for the CPU, oneDNN and the C++ library say it, in plain RuntimeErrors.
SAID = ("can't allocate memory", "not enough memory", "could not allocate", "bad_alloc", "Cannot allocate memory")


@contextmanager
def memory_faults(align: Align, plan_folder: Path, doing: str) -> Iterator[None]:
    """Turn memory that runs out into a MachineError of one line; let everything else pass. doing: as in 'scoring'."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_short_of_memory(error):
            raise
        plan = read_plan(plan_folder)
        raise MachineError(
            f"memory ran out while {doing} on {plan.device} with packs of {plan.token_budget:,} tokens",
            where="align.token_budget",
            fix=remedy(align, plan),
        ) from error


def is_short_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory could not be had; torch has one type for GPUs and none for CPUs."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(said in str(error) for said in SAID)


def remedy(align: Align, plan: Plan) -> str:
    """What to set, the least costly first. Another budget is another plan, so nothing trained is gone on from."""
    ways = []
    if plan.token_budget > SMALLEST_BUDGET:
        ways.append(f"set align.token_budget: {max(SMALLEST_BUDGET, plan.token_budget // 2)}")
    if not plan.activation_checkpointing:
        ways.append("set align.activation_checkpointing: true")
    if align.adapter is None:
        ways.append("train an adapter (align.adapter: {rank: 16})")
    ways.append("use several devices (--processes)")
    listed = ", or ".join(ways)
    return f"{listed[0].upper()}{listed[1:]}; a smaller budget is a new plan, and training begins again."
