"""Whether several processes on this machine reach each other: the sum of their numbers, and how fast sums go.

Run as a program, this is one of the processes; its place is in the environment, as torchrun states it.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from acord.run.doctor.check import Check, fine, wrong

LONGEST_SECONDS = 180.0
ROUNDS = 5
# Numbers of one sum: 64 MB in fp32 where GPUs add, 4 MB where processors do.
NUMBERS = {"nccl": 16_000_000, "gloo": 1_000_000}


def check_meeting(processes: int) -> Check:
    """all_reduce over so many processes: nccl where each has a GPU, gloo elsewhere."""
    with tempfile.TemporaryDirectory(prefix="acord-doctor-") as folder:
        started = [_start(rank, processes, Path(folder)) for rank in range(processes)]
        deadline = time.monotonic() + LONGEST_SECONDS
        said, code = "", 0
        try:
            for rank, one in enumerate(started):
                out, error = one.communicate(timeout=max(0.1, deadline - time.monotonic()))
                said = out if rank == 0 else said
                if one.returncode != 0:
                    code, said = one.returncode, error
                    break
        except subprocess.TimeoutExpired:
            return wrong("meeting", "meeting_silent", processes=processes, seconds=LONGEST_SECONDS)
        finally:
            for one in started:
                one.kill()
                one.wait()
    if code != 0:
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        return wrong("meeting", "meeting_fails", processes=processes, reason=lines[-1][:300] if lines else str(code))
    answer = json.loads(said)
    return fine("meeting", processes=processes, backend=answer["backend"], rate=float(answer["gigabytes_a_second"]))


def _start(rank: int, size: int, folder: Path) -> "subprocess.Popen[str]":
    place = {
        "RANK": str(rank),
        "WORLD_SIZE": str(size),
        "LOCAL_RANK": str(rank),
        "ACORD_DOCTOR_MEETS": str(folder / "store"),
    }
    return subprocess.Popen(  # noqa: S603  this file, by this Python
        [sys.executable, "-m", __name__],
        env={**os.environ, **place, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _take_part() -> None:
    """One process: the sum of all ranks' numbers must be what arithmetic says."""
    import torch
    import torch.distributed as dist

    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    own_gpu = torch.cuda.is_available() and torch.cuda.device_count() >= size
    backend = "nccl" if own_gpu else "gloo"
    device = torch.device("cuda", rank) if own_gpu else torch.device("cpu")
    if own_gpu:
        torch.cuda.set_device(device)
    # A file to meet at needs no port, and so no network.
    dist.init_process_group(
        backend, init_method=f"file://{os.environ['ACORD_DOCTOR_MEETS']}", rank=rank, world_size=size
    )
    numbers = torch.full((NUMBERS[backend],), float(rank + 1), device=device)
    dist.all_reduce(numbers)
    expected = size * (size + 1) / 2
    if not bool((numbers == expected).all()):
        raise RuntimeError(f"the sum of {size} processes came out as {float(numbers[0])}, not {expected}")
    started = time.perf_counter()
    for _ in range(ROUNDS):
        dist.all_reduce(numbers)
    if own_gpu:
        torch.cuda.synchronize()
    seconds = (time.perf_counter() - started) / ROUNDS
    if rank == 0:
        rate = 4 * numbers.numel() / seconds / 1e9
        sys.stdout.write(json.dumps({"backend": backend, "gigabytes_a_second": rate}))
    dist.destroy_process_group()


if __name__ == "__main__":
    _take_part()
