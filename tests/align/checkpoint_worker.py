"""One of two processes that write a sharded checkpoint and read it, and one that a single process wrote.

Run by test_checkpoint_shards.py: python -m tests.align.checkpoint_worker FOLDER, with torchrun's variables set.
"""

import sys
from pathlib import Path

import torch
import torch.distributed as dist
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import DTensor, Replicate, Shard, distribute_tensor

from acord.align.checkpoints.files import read_tensors
from acord.align.checkpoints.folder import Checkpoints, seal_of
from acord.align.checkpoints.writer import Moment, Writer
from acord.processes import world

# Five rows on two processes: uneven shards; one row: nothing on the second.
SHAPES = {"weight.a": (5, 3), "exp_avg.a": (5, 3), "weight.b": (1,), "exp_avg.b": (1,)}


def whole_state() -> dict[str, torch.Tensor]:
    """What both sides expect."""
    generator = torch.Generator().manual_seed(3)
    state = {name: torch.randn(shape, generator=generator) for name, shape in SHAPES.items()}
    return {**state, "step.a": torch.tensor(4.0), "step.b": torch.tensor(4.0), "weight.c": torch.arange(3.0)}


def main(folder: Path) -> None:
    dist.init_process_group("gloo")
    mesh = init_device_mesh("cpu", (2,))
    state = {
        name: distribute_tensor(tensor, mesh, [Replicate() if name == "weight.c" else Shard(0)])
        if tensor.dim()
        else tensor
        for name, tensor in whole_state().items()
    }
    checkpoints = Checkpoints(folder / "two")
    lines = folder / "metrics.jsonl"
    writer = Writer(checkpoints, world())
    writer.begin(state, Moment(4, {}, seal_of(b""), lines))
    writer.wait()
    dist.barrier()
    offered = {name: torch.zeros_like(tensor) for name, tensor in state.items() if name.startswith("weight.")}
    for place in (checkpoints.place(4), folder / "one" / "step-4"):
        found = read_tensors(place, offered)
        for name, tensor in whole_state().items():
            value = found[name]
            assert isinstance(value, DTensor) == bool(tensor.dim()), name
            assert torch.equal(value.full_tensor() if isinstance(value, DTensor) else value, tensor), (place, name)
    dist.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
