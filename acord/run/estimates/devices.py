"""Devices by name: what their makers state, and the share of it that training reaches.

Peaks are dense (no sparsity) with fp32 accumulation, memory in bytes, bandwidth in bytes a second.
"""

import os
from pathlib import Path
from typing import NamedTuple

from acord.errors import InputError
from acord.run.estimates.ground import Ground

T, G = 1e12, 1e9
# Pre-training of Llama 3 on H100s: 38 to 43% of the bf16 peak (arXiv 2407.21783, table 4). Preference training of
# others reaches less (about 22% to 32% in published runs), because they pad; Acord's packs are full.
UTILISATION = 0.40
# Of a CPU: vector units of 16 fp32 numbers, one multiply-add a cycle, at 2.5 GHz; matrix libraries reach half of it.
CPU_FLOPS_A_CORE, CPU_UTILISATION = 2.5e9 * 32, 0.4
CPU_BF16_FACTOR = 3.0


class Device(NamedTuple):
    """name: for --device. peaks: FLOP/s. utilisation: the share that is assumed. gpu: whether it is one. here: whether
    it is this machine's, so that what was measured here counts."""

    name: str
    label: str
    peak_bf16: float
    peak_fp32: float
    memory: float
    bandwidth: float
    gpu: bool = True
    utilisation: float = UTILISATION
    here: bool = False

    def rate(self, precision: str) -> float:
        """FLOP/s that are assumed in a precision."""
        return self.utilisation * (self.peak_bf16 if precision == "bfloat16" else self.peak_fp32)

    @property
    def ground(self) -> Ground:
        """What the rate stands on."""
        return Ground("by_device" if self.gpu else "by_cores", {"device": self.label, "share": 100 * self.utilisation})


# fp32 runs on the CUDA cores: torch leaves TF32 off unless it is told.
DEVICES = {
    device.name: device
    for device in (
        Device("h200", "NVIDIA H200 (141 GB)", 989 * T, 67 * T, 141 * G, 4_800 * G),
        Device("h100", "NVIDIA H100 SXM (80 GB)", 989 * T, 67 * T, 80 * G, 3_350 * G),
        Device("h100-64", "NVIDIA H100 (64 GB), as in MareNostrum 5", 989 * T, 67 * T, 64 * G, 2_020 * G),
        Device("h100-pcie", "NVIDIA H100 PCIe (80 GB)", 756 * T, 51 * T, 80 * G, 2_000 * G),
        Device("a100", "NVIDIA A100 SXM (80 GB)", 312 * T, 19.5 * T, 80 * G, 2_039 * G),
        Device("a100-64", "NVIDIA A100 (64 GB), as in Leonardo", 312 * T, 19.5 * T, 64 * G, 1_640 * G),
        Device("a100-40", "NVIDIA A100 (40 GB)", 312 * T, 19.5 * T, 40 * G, 1_555 * G),
        Device("l40s", "NVIDIA L40S (48 GB)", 362 * T, 91.6 * T, 48 * G, 864 * G),
        Device("a10", "NVIDIA A10 (24 GB)", 125 * T, 31.2 * T, 24 * G, 600 * G),
        Device("l4", "NVIDIA L4 (24 GB)", 121 * T, 30.3 * T, 24 * G, 300 * G),
        Device("rtx4090", "NVIDIA RTX 4090 (24 GB)", 165 * T, 82.6 * T, 24 * G, 1_008 * G),
        Device("rtx3090", "NVIDIA RTX 3090 (24 GB)", 71 * T, 35.6 * T, 24 * G, 936 * G),
    )
}
HERE, CPU = "here", "cpu"
GPUS = Path("/proc/driver/nvidia/gpus")


def find_device(name: str) -> Device:
    """The device of that name; `here` is this machine's GPU, or its CPU where it has none. Raises InputError."""
    if name in DEVICES:
        return DEVICES[name]
    if name == CPU:
        return this_cpu()
    if name == HERE:
        return this_gpu() or this_cpu()
    raise InputError(
        f"no device is called {name}", where="--device", fix=f"Give one of: {', '.join([HERE, CPU, *DEVICES])}."
    )


def this_gpu() -> Device | None:
    """This machine's GPU as its driver names it, without loading torch; None where there is none that is known."""
    for file in sorted(GPUS.glob("*/information")):
        model = next((line.partition(":")[2].strip() for line in file.read_text().splitlines()
                      if line.startswith("Model:")), "")  # fmt: skip
        squeezed = model.lower().replace(" ", "").replace("-", "")
        for device in sorted(DEVICES.values(), key=lambda device: -len(device.name)):
            if all(part in squeezed for part in device.name.split("-") if not part.isdigit()):
                return device._replace(label=model, here=True)
    return None


def this_cpu() -> Device:
    """This machine's processor: its cores, and the memory that is free or that the job may use."""
    from acord.manifest import describe_machine
    from acord.memory import free_host_bytes, total_host_bytes

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    label = str(describe_machine()["processor"]) or "CPU"
    peak = cores * CPU_FLOPS_A_CORE
    return Device(
        name=CPU, label=f"{label}, {cores} cores", peak_bf16=peak * (CPU_BF16_FACTOR if has_bf16() else 0.2),
        peak_fp32=peak, memory=float(free_host_bytes() or total_host_bytes()), bandwidth=20 * G, gpu=False,
        utilisation=CPU_UTILISATION, here=True,
    )  # fmt: skip


def has_bf16() -> bool:
    """Whether the processor multiplies bf16 matrices, as acord.align.machine asks it before it measures."""
    try:
        words = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    except OSError:
        return False
    return bool({"avx512_bf16", "amx_bf16"} & words)
