"""GPUs and their driver, memory, threads, and what is computed fast here."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

from acord.run.doctor.check import Check, fine, wrong

# The first driver that runs a CUDA of that major version (NVIDIA's table of minor version compatibility).
LEAST_DRIVER = {11: 450, 12: 525, 13: 580}
LEAST_MEMORY_GB = 4.0


def check_computing(gpus: int) -> Iterator[Check]:
    """GPUs, precision, threads, memory. gpus: how many are wanted, 0 for any number."""
    yield check_gpus(gpus)
    yield _threads()
    yield _memory()


def check_gpus(wanted: int) -> Check:
    """GPUs as torch sees them, and the driver. wanted: how many there should be."""
    import torch

    driver = driver_version()
    if torch.cuda.is_available():
        count = torch.cuda.device_count()
        if count < wanted:
            return wrong("gpus", "gpus_few", count=count, wanted=wanted)
        first = torch.cuda.get_device_properties(0)
        return fine(
            "gpus",
            count=count,
            name=first.name,
            memory=first.total_memory / 1e9,
            driver=driver or "?",
            cuda=str(torch.version.cuda),
            nccl=_nccl(),
        )
    if driver is None:
        return wrong("gpus", "gpus_none", "note")
    if torch.version.cuda is None:
        return wrong("gpus", "torch_without_cuda", torch=torch.__version__, driver=driver)
    least = LEAST_DRIVER.get(int(torch.version.cuda.split(".")[0]), 0)
    if int(driver.split(".")[0]) < least:
        return wrong("gpus", "driver_old", driver=driver, cuda=torch.version.cuda, least=str(least))
    return wrong("gpus", "gpus_hidden", driver=driver, visible=os.environ.get("CUDA_VISIBLE_DEVICES", ""))


def _nccl() -> str:
    import torch

    version: Any = torch.cuda.nccl.version  # it has no annotations
    return ".".join(map(str, version()))


def driver_version() -> str | None:
    """NVIDIA's driver, as its own program tells it; None where there is none."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603  an argument list of our own
            [program, "--query-gpu=driver_version", "--format=csv,noheader"],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = done.stdout.split()
    return lines[0] if done.returncode == 0 and lines and lines[0][0].isdigit() else None


def _threads() -> Check:
    from acord.align.machine import choose_device, choose_precision, choose_threads
    from acord.recipe import Align

    precision = choose_precision(Align(), choose_device().value)
    threads, cores = choose_threads(Align()), os.cpu_count() or 1
    return fine("threads", threads=threads, cores=cores, precision=precision.value, reason=precision.reason)


def _memory() -> Check:
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    if free < LEAST_MEMORY_GB:
        return wrong("memory", "memory_low", "note", free=free)
    return fine("memory", free=free)
