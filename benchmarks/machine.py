"""What a figure was measured on (processor, cores, memory, versions), and what that machine can do at best."""

import os
import platform
import resource
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

LIBRARIES = ("acord", "trl", "accelerate", "datasets")
CPU_PRODUCT, CUDA_PRODUCT = 2_048, 8_192


def describe_machine() -> dict[str, Any]:
    """Processor, cores, memory in GB, accelerator, and the versions that matter."""
    import torch
    import transformers

    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    flags = ""
    if cpuinfo.exists():
        lines = cpuinfo.read_text().splitlines()
        processor = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), processor)
        flags = next((line for line in lines if line.startswith("flags")), "")
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "avx512_bf16": "avx512_bf16" in flags,
        "memory_gb": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "accelerator": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        **{name: _version(name) for name in LIBRARIES},
    }


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def peak_memory_gb() -> float:
    """The process's peak resident memory so far, in GiB."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2)


def resident_bytes() -> int:
    """The process's resident memory now."""
    return _status_bytes("VmRSS")


def forget_peak() -> None:
    """Let `peak_since_bytes` count from now, where the kernel allows it; otherwise it counts from the start."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def peak_since_bytes() -> int:
    """Peak resident memory since `forget_peak`."""
    return _status_bytes("VmHWM")


def _status_bytes(key: str) -> int:
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024
    line = next(line for line in status.read_text().splitlines() if line.startswith(f"{key}:"))
    return int(line.split()[1]) * 1_024


def matrix_rate(precision: str, device: str = "cpu", repeats: int = 3) -> float:
    """FLOP/s of a product of two square matrices (2,048 wide on a CPU, 8,192 on a GPU), the best of `repeats`."""
    import torch

    size = CUDA_PRODUCT if device == "cuda" else CPU_PRODUCT
    left, right = (torch.randn(size, size, device=device).to(getattr(torch, precision)) for _ in range(2))
    seconds = []
    for _ in range(repeats + 1):
        wait_for(device)
        started = time.perf_counter()
        left @ right
        wait_for(device)
        seconds.append(time.perf_counter() - started)
    return float(2 * size**3 / min(seconds[1:]))


def wait_for(device: str) -> None:
    """Wait until the device has done what it was given; a CPU always has."""
    if device == "cuda":
        import torch

        torch.cuda.synchronize()
