"""Memory of this machine that a process can still have, within the limits of its container or job; its own peak."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
PROC = Path("/proc")


def free_host_bytes() -> int | None:
    """Bytes that can be had without taking them from others; None where the system does not say.

    What the page cache would give back counts as free. The limits of cgroups (containers, jobs of SLURM) count too,
    where they leave less.
    """
    found = [*_available(), *_rooms_of_cgroups()]
    return max(0, min(found)) if found else None


def total_host_bytes() -> int:
    """Bytes of the machine, or of the tightest cgroup around this process where that is less."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([machine, *(limit for _, limit in _limits())])


def forget_peak() -> None:
    """Let `peak_bytes` count from now, where the kernel allows it; otherwise it counts from the process's start."""
    with contextlib.suppress(OSError):
        (PROC / "self" / "clear_refs").write_text("5")


def peak_bytes() -> int | None:
    """Peak resident memory of this process since `forget_peak`; None where the system does not say."""
    return _status("VmHWM")


def resident_bytes() -> int | None:
    """Resident memory of this process now; None where the system does not say."""
    return _status("VmRSS")


def _status(key: str) -> int | None:
    try:
        lines = (PROC / "self" / "status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{key}:")), None)


def _available() -> Iterator[int]:
    try:
        lines = (PROC / "meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return
    yield from (int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))


def _rooms_of_cgroups() -> Iterator[int]:
    for folder, limit in _limits():
        used = _number(folder / "memory.current", folder / "memory.usage_in_bytes")
        if used is not None:
            yield limit - used + _cached(folder)


def _limits() -> Iterator[tuple[Path, int]]:
    """Every cgroup around this process that limits memory, version 2 or 1, with its limit in bytes."""
    for folder in _cgroups():
        limit = _number(folder / "memory.max", folder / "memory.limit_in_bytes")
        # Version 1 writes a number near 2**63 for no limit.
        if limit is not None and limit < 2**60:
            yield folder, limit


def _cgroups() -> Iterator[Path]:
    try:
        lines = (PROC / "self" / "cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "" or "memory" in controllers.split(","):
            mount = CGROUPS if controllers == "" else CGROUPS / "memory"
            inner = mount / path.lstrip("/")
            # In a container the mount may show this process's group as its root, whatever the path says.
            yield from (place for place in (inner, *inner.parents) if place == mount or mount in place.parents)


def _number(*files: Path) -> int | None:
    for file in files:
        with contextlib.suppress(OSError, ValueError):
            return int(file.read_text(encoding="ascii"))
    return None


def _cached(folder: Path) -> int:
    """Of a cgroup's use, file pages that are given back when they are needed."""
    with contextlib.suppress(OSError):
        for line in (folder / "memory.stat").read_text(encoding="ascii").splitlines():
            name, _, value = line.partition(" ")
            if name in ("inactive_file", "total_inactive_file"):
                return int(value)
    return 0
