"""What the machine allows: device, precision, threads and token budget, each chosen once with its reason."""

import json
import os
import time
from pathlib import Path
from typing import NamedTuple

import torch

from acord.models import stored_dtype
from acord.recipe import Align

TOKEN_BUDGET = {"cpu": 4_096, "cuda": 16_384}
FASTER = 1.3


class Choice(NamedTuple):
    """A value and why it was chosen."""

    value: str
    reason: str


class Budget(NamedTuple):
    """Tokens a pack, whether activations are kept or computed again, and why."""

    tokens: int
    activation_checkpointing: bool
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
    """Tokens a pack, from the free memory and what training keeps of each token.

    Activations are computed again only where keeping them would not leave room for half the usual budget.
    """
    usual = TOKEN_BUDGET[device]
    width = 2 if precision == "bfloat16" else 4
    kept, recomputed = _activation_bytes(model_folder, width)
    free = _free_bytes(device) - _state_bytes(align, model_folder, width)
    fitting = int(free * 0.6 / kept)
    again = fitting < usual // 2 if align.activation_checkpointing == "auto" else align.activation_checkpointing
    if again:
        fitting = int(free * 0.6 / recomputed)
    token = recomputed if again else kept
    about = f"{token / 1e6:.2f} MB a token, {max(free, 0) / 1e9:.1f} GB free beside the weights"
    if align.token_budget != "auto":
        return Budget(align.token_budget, again, "set in the recipe")
    return Budget(max(256, min(usual, fitting)), again, about)


def _activation_bytes(model_folder: Path, width: int) -> tuple[float, float]:
    """Bytes a token that autograd keeps of the body: with every activation, and with each layer's input alone."""
    config = json.loads((model_folder / "config.json").read_text())
    hidden = int(config.get("hidden_size") or config.get("n_embd") or 512)
    layers = int(config.get("num_hidden_layers") or config.get("n_layer") or 8)
    inner = int(config.get("intermediate_size") or 4 * hidden)
    # A Llama layer keeps about ten hidden-wide activations (two of them in fp32) and four inner-wide ones.
    layer = width * (10 * hidden + 4 * inner) + 4 * 2 * hidden
    return float(layers * layer), float(layers * width * hidden + layer)


def _state_bytes(align: Align, model_folder: Path, width: int) -> float:
    """Weights, fp32 masters, gradients and the optimizer's two moments."""
    size = sum(file.stat().st_size for file in model_folder.glob("*.safetensors"))
    parameters = size / (4 if stored_dtype(model_folder) == "float32" else 2)
    if align.adapter is not None:
        return parameters * width * 1.1
    return parameters * (16 + (width if width == 2 else 0))


def _free_bytes(device: str) -> float:
    if device == "cuda":
        return float(torch.cuda.mem_get_info()[0])
    return float(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
