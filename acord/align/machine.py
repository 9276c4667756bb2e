"""What the machine allows: device, precision, threads and token budget, each chosen once with its reason."""

import json
import os
import time
from pathlib import Path
from typing import NamedTuple

import torch

from acord.align.budget import Budget, budget_for
from acord.align.footprint import Setting
from acord.align.shape import shape_of_config
from acord.memory import free_host_bytes
from acord.models import stored_dtype
from acord.recipe import Align

FASTER = 1.3


class Choice(NamedTuple):
    """A value and why it was chosen."""

    value: str
    reason: str


def choose_device() -> Choice:
    """The GPU where there is one."""
    if torch.cuda.is_available():
        return Choice("cuda", f"{torch.cuda.get_device_name()} is here")
    return Choice("cpu", "no CUDA device is here")


def choose_threads(align: Align) -> int:
    """Threads of a CPU computation: those that this process may use, unless the recipe says."""
    if align.threads != "auto":
        return align.threads
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def choose_precision(align: Align, device: str) -> Choice:
    """bf16 where the hardware has it and a matrix product proves it faster; fp32 otherwise."""
    if align.precision != "auto":
        return Choice(align.precision, "set in the recipe")
    if device == "cuda":
        if torch.cuda.is_bf16_supported():
            return Choice("bfloat16", "the GPU computes it natively")
        return Choice("float32", "this GPU has no bf16")
    if not _cpu_has_bf16():
        return Choice("float32", "this processor has no bf16 instructions, and without them bf16 is far slower")
    ratio = _product_seconds(torch.float32) / _product_seconds(torch.bfloat16)
    measured = f"a bf16 matrix product is {ratio:.1f} times as fast as fp32 here"
    return Choice("bfloat16" if ratio >= FASTER else "float32", measured)


def _cpu_has_bf16() -> bool:
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.exists():
        return False
    lines = (line.split() for line in cpuinfo.read_text().splitlines())
    # x86 lists `flags`, Arm `Features`.
    return any(
        {"avx512_bf16", "amx_bf16", "bf16"} & {*words} for words in lines if words[:1] in (["flags"], ["Features"])
    )


def _product_seconds(dtype: torch.dtype) -> float:
    """The best of five products of 1024 x 1024 matrices."""
    matrix = torch.ones(1_024, 1_024, dtype=dtype)
    seconds = []
    for _ in range(6):
        started = time.perf_counter()
        matrix @ matrix
        seconds.append(time.perf_counter() - started)
    return min(seconds[1:])


def choose_budget(align: Align, model_folder: Path, device: str, precision: str) -> Budget:
    """Tokens a pack, from the free memory and what training keeps of each token."""
    shape = shape_of_config(json.loads((model_folder / "config.json").read_text(encoding="utf-8")))
    keep = Setting(device, precision, recompute=False, rank=None if align.adapter is None else align.adapter.rank)
    return budget_for(align, shape, keep, _free_bytes(device), stored_parameters(model_folder))


def stored_parameters(model_folder: Path) -> float | None:
    """The number of weights that the files of a folder hold, from their size; None where there are none."""
    size = sum(file.stat().st_size for file in model_folder.glob("*.safetensors"))
    return size / (4 if stored_dtype(model_folder) == "float32" else 2) or None


def _free_bytes(device: str) -> float:
    if device == "cuda":
        return float(torch.cuda.mem_get_info()[0])
    free = free_host_bytes()
    return float("inf") if free is None else float(free)
