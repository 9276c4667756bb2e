"""How much of the machine a training uses: share of its threads or of the GPU, and memory."""

import os
import time
from pathlib import Path
from typing import NamedTuple

SAMPLED_EVERY_SECONDS = 2.0


class Usage(NamedTuple):
    """device: "cpu" or "gpu". share: 0 to 1 of this process's threads, or of the time in which the GPU computed; None
    where unknown. memory, of: bytes, resident and of the machine, or reserved by torch and of the GPU.
    """

    device: str
    share: float | None
    threads: int
    memory: int
    of: int


class UsageMeter:
    """Samples the use of the machine at most every two seconds, so that looking costs nothing."""

    def __init__(self) -> None:
        self._at, self._busy = time.monotonic(), _busy_seconds()
        self._last: Usage | None = None

    def read(self) -> Usage:
        """The newest sample."""
        import torch

        now = time.monotonic()
        if self._last is None or now - self._at >= SAMPLED_EVERY_SECONDS:
            self._last = _of_gpu() if torch.cuda.is_available() else self._of_cpu(now)
        return self._last

    def _of_cpu(self, now: float) -> Usage:
        import torch

        busy, threads = _busy_seconds(), min(torch.get_num_threads(), os.cpu_count() or 1)
        passed = now - self._at
        share = (busy - self._busy) / (passed * threads) if passed > 0.1 else None
        self._at, self._busy = now, busy
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        # Threads that prepare beside those that compute can take it over the whole.
        return Usage("cpu", None if share is None else min(1.0, share), threads, _resident_bytes(), machine)


def _of_gpu() -> Usage:
    import torch

    try:
        share: float | None = torch.cuda.utilization() / 100
    except Exception:  # without NVIDIA's library for it, and on other makers' GPUs, nobody can say
        share = None
    free, total = torch.cuda.mem_get_info()
    return Usage("gpu", share, 0, int(total - free), int(total))


def _busy_seconds() -> float:
    times = os.times()
    return times.user + times.system


def _resident_bytes() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
