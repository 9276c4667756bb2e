"""The processes that work on one thing together: who this one is, what they agree on, how they share a machine.

Whoever starts them (`acord.run.crew`, or torchrun) states each one's place in the environment. Nothing that is pickled
goes from one to another: numbers travel as tensors.
"""

import os
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar

from acord.errors import InputError

# Seconds without a sign of life after which a process counts as stalled, and the variable that sets them.
STALL_SECONDS, STALL_VARIABLE = 600.0, "ACORD_STALL_SECONDS"
# Where one process gives orders, it may be busy for long with what it does by itself.
PATIENCE_WITH_ORDERS = 6.0
# host:port of the store that the starting process keeps.
STORE_VARIABLE = "ACORD_STORE"

T = TypeVar("T")


class World(NamedTuple):
    """This process among those that work together. rank: its number. size: how many there are."""

    rank: int
    size: int

    @property
    def follows(self) -> bool:
        """Whether another process writes, speaks and gives the orders."""
        return self.rank > 0


ALONE = World(0, 1)
_progress = [0]


def world() -> World:
    """The processes that this one has joined; ALONE where it has joined none."""
    distributed: Any = sys.modules.get("torch.distributed")
    if distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return ALONE
    return World(distributed.get_rank(), distributed.get_world_size())


def join(*, patience: float = 1.0) -> World:
    """Join the processes that the environment tells of (as torchrun states them); alone where it tells of none.

    A process group of gloo, and of nccl beside it where every process has a GPU of its own. patience: how many times
    as long as usual they wait for each other. Raises InputError for a setting that is no number.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        return ALONE
    import torch
    import torch.distributed as dist

    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    local = local_rank()
    if gpus:
        torch.cuda.set_device(local % gpus)
    if not dist.is_initialized():
        own_gpu = gpus > 0 and local_size() <= gpus
        store, rank = open_store(size), int(os.environ["RANK"])
        _wait_for_all(store, rank, size)
        dist.init_process_group(
            "cpu:gloo,cuda:nccl" if own_gpu else "gloo",
            store=store,
            rank=rank,
            world_size=size,
            timeout=timedelta(seconds=patience * stall_seconds()),
            device_id=torch.device("cuda", local) if own_gpu else None,
        )
    return world()


def _wait_for_all(store: Any, rank: int, size: int) -> None:
    """Return when all have come: some start from a cold disk, which is no stall."""
    store.set(f"come/{rank}", "")
    store.wait([f"come/{other}" for other in range(size)], timedelta(seconds=max(STALL_SECONDS, stall_seconds())))


def leave() -> None:
    """End this process's part."""
    import torch.distributed as dist

    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()


def open_store(size: int) -> Any:
    """A connection to the store where the processes meet: that of who started them, else as torchrun names it."""
    import torch.distributed as dist
    from torch.distributed.rendezvous import rendezvous

    address = os.environ.get(STORE_VARIABLE)
    timeout = timedelta(seconds=stall_seconds())
    if address is not None:
        host, _, port = address.rpartition(":")
        stores: Any = dist  # TCPStore is public, and not in torch's own list
        return stores.TCPStore(host, int(port), is_master=False, timeout=timeout)
    store, _, _ = next(rendezvous("env://", int(os.environ["RANK"]), size, timeout=timeout))
    return store


def stall_seconds() -> float:
    """Seconds that the processes wait for each other. Raises InputError for a setting that is no number above 0."""
    given = os.environ.get(STALL_VARIABLE, "")
    try:
        seconds = float(given or STALL_SECONDS)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise InputError(f"{given} is no number of seconds", where=STALL_VARIABLE, fix="Write 600, say.")
    return seconds


def local_rank() -> int:
    """This process's number on its machine."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def local_size() -> int:
    """Processes on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def threads_here(threads: int) -> int:
    """This process's part of the threads that the machine's processes have together; one at least."""
    return max(1, threads // local_size()) if world().size > 1 else threads


def agree(flag: int) -> int:
    """The largest flag of all processes, on every one of them."""
    if world().size == 1:
        return flag
    import torch
    import torch.distributed as dist

    mark()
    tensor = torch.tensor(flag, dtype=torch.int64)
    dist.all_reduce(tensor, dist.ReduceOp.MAX)
    return int(tensor.item())


def summed(values: Sequence[float]) -> list[float]:
    """Of every place the sum over all processes, in fp64, on every one of them."""
    if world().size == 1:
        return [*values]
    import torch
    import torch.distributed as dist

    mark()
    tensor = torch.tensor(values, dtype=torch.float64)
    dist.all_reduce(tensor)
    total: list[float] = tensor.tolist()
    return total


def in_turn(make: Callable[[], T], *, one_by_one: bool) -> T:
    """What `make` returns, on every process; one after another on each machine where any process asks for that."""
    if not agree(int(one_by_one)):
        return make()
    made: list[T] = []
    for turn in range(agree(local_size())):
        if turn == local_rank():
            made.append(make())
        agree(0)
    return made[0]


def mark() -> None:
    """Note that this process has come further: who waits for whom is told from these notes."""
    _progress[0] += 1


def progress() -> int:
    """How often this process has noted that it has come further."""
    return _progress[0]
