"""A scorer whose weights are spread over all processes by FSDP2 (torch.distributed.fsdp.fully_shard).

Every decoder layer is gathered when it computes; body and head stand in one root module, since calling a part of a
sharded model alone would mix whole weights with shards. Masters stay in fp32 and sharded; a layer is gathered in the
type that computes.
"""

import gc
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from acord.memory import free_host_bytes
from acord.models import stored_dtype
from acord.processes import agree, local_size, world
from acord.tree.scoring import ScoringModel

# Of the memory that is free beside shards and moments, what whole weights and gradients may take: packs need the rest.
WHOLE_SHARE = 0.4
FITTING_SHARE = 0.8


@dataclass(frozen=True)
class Shards:
    """How a sharded scorer communicates. whole: weights stay gathered and gradients summed where they arise from the
    first pass of a step to the last, so that each travels once a step; otherwise layer by layer in every pass.
    """

    root: Any
    whole: bool

    def begin_pass(self, *, last: bool) -> None:
        """Called before each pass of a step. last: whether gradients are summed over all processes after it."""
        if self.whole:
            self.root.set_requires_gradient_sync(last)
            self.root.set_reshard_after_backward(last)
            self.root.set_is_last_backward(last)


def shard(scorer: ScoringModel, device: str, precision: torch.dtype | None) -> None:
    """Spread the scorer's weights, in place. precision: in which they compute, None for the one they have.

    Each process has loaded them all; it keeps its part, on its device.
    """
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard

    # A pass's inputs are what the embedding gave, in its own type; rotary tables stay in fp32.
    types = MixedPrecisionPolicy(
        param_dtype=precision, reduce_dtype=None if precision is None else torch.float32, cast_forward_inputs=False
    )
    mesh = init_device_mesh(device, (world().size,))
    for module in [*_layers(scorer.model), scorer]:
        sharded: Any = fully_shard(module, mesh=mesh, mp_policy=types)
        # The loss is already divided by the step's pairs: gradients are summed, which gloo can and a mean it cannot.
        sharded.set_gradient_divide_factor(1.0)
        sharded.set_force_sum_reduction_for_comms(True)


def shards_of(scorer: ScoringModel, device: str, width: int) -> Shards:
    """How a scorer that `shard` has spread communicates. width: bytes of a weight where it computes."""
    root: Any = scorer
    trained = sum(parameter.numel() for parameter in scorer.parameters() if parameter.requires_grad)
    everything = sum(parameter.numel() for parameter in scorer.parameters())
    moments = 8 * trained / world().size
    room = free_bytes(device) - moments
    whole = agree(int(4 * trained + width * everything > WHOLE_SHARE * room)) == 0
    root.set_reshard_after_forward(not whole)
    return Shards(root, whole)


def is_sharded(scorer: ScoringModel) -> bool:
    """Whether `shard` has spread its weights."""
    return hasattr(scorer, "set_requires_gradient_sync")


def fits_whole(model_folder: Path, device: str) -> bool:
    """Whether every process can hold the model, in fp32, on its own."""
    return agree(int(fp32_bytes(model_folder) > FITTING_SHARE * free_bytes(device))) == 0


def fp32_bytes(model_folder: Path) -> float:
    """What a model's weights take in fp32."""
    size = sum(file.stat().st_size for file in model_folder.glob("*.safetensors"))
    return size * (1.0 if stored_dtype(model_folder) == "float32" else 2.0)


def free_bytes(device: str) -> float:
    """Free memory for this process: its GPU's, or its part of the machine's."""
    if device == "cuda":
        gc.collect()
        torch.cuda.empty_cache()  # what the allocator keeps of tensors that are gone counts as taken
        return float(torch.cuda.mem_get_info()[0])
    free = free_host_bytes()
    return float("inf") if free is None else free / local_size()


def _layers(model: nn.Module) -> list[nn.Module]:
    """The model's decoder layers: those that transformers can compute again, or the longest list of modules."""
    from transformers.modeling_layers import GradientCheckpointingLayer

    found = [module for module in model.modules() if isinstance(module, GradientCheckpointingLayer)]
    if found:
        return found
    lists = [module for module in model.modules() if isinstance(module, nn.ModuleList)]
    return [*max(lists, key=len)] if lists else []
