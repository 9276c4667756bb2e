"""The policy in training: a scorer in the plan's precision, fp32 master weights, and their optimizer.

Of several processes each holds a part of every master (`shards.py`); what follows is for a process alone. In bf16 the
model computes in bf16 while an fp32 copy is what the optimizer moves: at a learning rate of 5e-6 most updates are
smaller than a bf16 step and would be lost. Gradients are summed in the masters' fp32 as they arise.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from acord.align.plan import Plan
from acord.align.shards import Shards, fp32_bytes, free_bytes, shard, shards_of
from acord.errors import InputError
from acord.models import load_model
from acord.processes import agree, in_turn, local_size, threads_here, world
from acord.recipe import Adapter, Align
from acord.tree.admission import admitted
from acord.tree.memory import keep_freed_memory
from acord.tree.scoring import ScoringModel

# Of the free memory, what loading may take.
HALF = 0.5


class Policy:
    """scorer: what is trained. masters: the fp32 weights that the optimizer moves, by name.

    shards: where the scorer's weights are spread over several processes; masters and all that belongs to them are then
    DTensors, and every method is called by all processes.
    """

    def __init__(self, scorer: ScoringModel, align: Align, shards: Shards | None = None) -> None:
        self.scorer = scorer
        self.shards = shards
        self.masters: dict[str, nn.Parameter] = {}
        self._computed: dict[str, nn.Parameter] = {}
        for name, parameter in scorer.model.named_parameters():
            if not parameter.requires_grad:
                continue
            if parameter.dtype == torch.float32:
                self.masters[name] = parameter
            else:
                raise ValueError(f"{name} is trained and not fp32: build the policy before its model is cast")
        self.optimizer = torch.optim.AdamW(
            list(self.masters.values()),
            lr=align.learning_rate,
            betas=(align.adam_betas[0], align.adam_betas[1]),
            eps=align.adam_epsilon,
            weight_decay=align.weight_decay,
            fused=True,
        )
        embedding: Any = scorer.model.get_input_embeddings()  # type: ignore[operator]
        if shards is None and isinstance(embedding, nn.Embedding) and embedding.weight.requires_grad:
            embedding.sparse = True  # a gradient of the rows that were read, not one of the whole table

    def compute_in(self, dtype: torch.dtype) -> None:
        """Let the model compute in `dtype`; trained weights keep their fp32 masters. Buffers stay as they are."""
        for name, parameter in self.scorer.model.named_parameters():
            if parameter.dtype == dtype or "lora_" in name:
                continue
            if name in self.masters:
                master = nn.Parameter(parameter.detach().clone())
                self._replace_master(name, master)
                self._computed[name] = parameter
                parameter.register_post_accumulate_grad_hook(_add_to(master))  # type: ignore[no-untyped-call]
            parameter.data = parameter.data.to(dtype)

    def _replace_master(self, name: str, master: nn.Parameter) -> None:
        group = self.optimizer.param_groups[0]["params"]
        place = next(index for index, parameter in enumerate(group) if parameter is self.masters[name])
        group[place] = self.masters[name] = master

    def clip(self, largest: float) -> Tensor:
        """Scale the gradient to a norm of at most `largest`; the norm before, as a tensor on the device."""
        norm = torch.nn.utils.clip_grad_norm_(list(self.masters.values()), largest)
        return _whole(norm)

    def update(self, rate: float) -> None:
        """One optimizer step at this rate, and the computing weights after it."""
        self.optimizer.param_groups[0]["lr"] = rate
        self.optimizer.step()
        self.refresh()

    def refresh(self) -> None:
        """Copy the masters into the weights that compute."""
        with torch.no_grad():
            for name, parameter in self._computed.items():
                parameter.copy_(self.masters[name])

    def state(self) -> dict[str, Tensor]:
        """All that training goes on from, on the CPU: masters, and the optimizer's two moments of each."""
        tensors: dict[str, Tensor] = {}
        for name, master in self.masters.items():
            tensors[f"weight.{name}"] = master.detach().cpu()
            for moment, value in self.optimizer.state.get(master, {}).items():
                tensors[f"{moment}.{name}"] = value.detach().cpu()
        return tensors

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Go on from what `state` gave. Raises KeyError for the state of another model."""
        with torch.no_grad():
            for name, master in self.masters.items():
                master.copy_(_laid_out_as(master, tensors[f"weight.{name}"]))
                moments = ("step", "exp_avg", "exp_avg_sq")
                if f"step.{name}" in tensors:
                    state = self.optimizer.state[master]
                    for moment in moments:
                        value = tensors[f"{moment}.{name}"]
                        if moment != "step":
                            value = _laid_out_as(master, value)
                        # AdamW counts its steps in a CPU tensor unless it is fused on a GPU, where it moves it itself.
                        state[moment] = value.clone().to(master.device)
        self.refresh()

    def whole_masters(self) -> dict[str, Tensor]:
        """The masters on the CPU, whole. Of several processes, rank 0 alone has any."""
        whole: dict[str, Tensor] = {}
        for name, master in self.masters.items():
            value = _whole(master.detach())
            if not world().follows:
                whole[name] = value.cpu()
        return whole

    def trained_model(self, base: Path, align: Align) -> Any:
        """A plain fp32 model with the trained weights; adapters are folded in. Of several processes, rank 0's alone."""
        if align.adapter is None and self.shards is None:
            own: Any = self.scorer.model
            for name, parameter in self._computed.items():
                parameter.data = self.masters[name].data
            return own
        masters = self.whole_masters()
        if world().follows:
            return None
        model = load_model(base, "float32")
        if align.adapter is not None:
            model = with_adapter(model, align.adapter)
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if name in masters:
                    parameter.copy_(masters[name])
        if align.adapter is not None:
            merge_adapter(model)
        return model

    def begin_gradient(self) -> None:
        """Begin a sum of gradients, at zero.

        Gradients are made once and zeroed: giving them back would cost touching their pages again in every step. The
        head adds its own to `main_grad`: a second array as large as a head is what memory would be spent on. Shards
        have neither: their gradients arise whole and are summed over the processes.
        """
        if self.shards is not None:
            self.optimizer.zero_grad(set_to_none=True)
            return
        for name, master in self.masters.items():
            if master.grad is None:
                master.grad = torch.zeros_like(master)
                computed: Any = self._computed.get(name, master)
                computed.main_grad = master.grad
        self.optimizer.zero_grad(set_to_none=False)

    def begin_pass(self, *, last: bool) -> None:
        """Called before each pass of a step. last: whether no other follows."""
        if self.shards is not None:
            self.shards.begin_pass(last=last)


def _whole(tensor: Tensor) -> Tensor:
    """A tensor as it is, or put together from all processes."""
    sharded: Any = tensor
    whole: Tensor = sharded.full_tensor() if _is_sharded(tensor) else tensor
    return whole


def _laid_out_as(master: Tensor, value: Tensor) -> Tensor:
    """A whole tensor, or one that already lies as the master does, as the master lies."""
    if not _is_sharded(master) or _is_sharded(value):
        return value
    from torch.distributed.tensor import distribute_tensor

    sharded: Any = master
    return distribute_tensor(value.to(master.device), sharded.device_mesh, sharded.placements)


def _is_sharded(tensor: Tensor) -> bool:
    """Whether it is a DTensor, whose module takes a second to import: a process alone has none."""
    return hasattr(tensor, "device_mesh")


def _add_to(master: nn.Parameter) -> Any:
    def add(parameter: Tensor) -> None:
        gradient = parameter.grad
        parameter.grad = None
        if gradient is not None:
            total: Any = master.grad
            total.add_(gradient.to(master.dtype))

    return add


def load_policy(model_folder: Path, plan: Plan, align: Align) -> Policy:
    """The base, ready to train: on the plan's device, with LoRA adapters where the recipe asks for them.

    Called by all processes where there are several; the weights are then spread over them.
    """
    torch.set_num_threads(threads_here(plan.threads))
    keep_freed_memory()
    if world().size > 1:
        return _sharded_policy(model_folder, plan, align)
    policy = Policy(_scorer_to_train(model_folder, plan, align, plan.device), align)
    if plan.precision != "float32":
        policy.compute_in(getattr(torch, plan.precision))
    return policy


def _scorer_to_train(model_folder: Path, plan: Plan, align: Align, device: str) -> ScoringModel:
    model = load_model(model_folder, "float32")
    if align.adapter is not None:
        model = with_adapter(model, align.adapter)
    model.to(device)
    if plan.activation_checkpointing:
        checkpoint_activations(model)
    return admitted(model)


def _sharded_policy(model_folder: Path, plan: Plan, align: Align) -> Policy:
    """Every process loads the model and keeps its part; one after another where the machine could not hold them all."""
    computes = getattr(torch, plan.precision)
    size = fp32_bytes(model_folder)
    # On a GPU the gate proves the kernel that will be used, if the model fits there once.
    device = plan.device if size < HALF * free_bytes(plan.device) else "cpu"

    def make() -> ScoringModel:
        scorer = _scorer_to_train(model_folder, plan, align, device)
        if align.adapter is not None:
            # Frozen weights have no masters: they are kept as they compute. The adapter computes in fp32.
            for name, parameter in scorer.model.named_parameters():
                if "lora_" not in name:
                    parameter.data = parameter.data.to(computes)
        lowered = align.adapter is None and computes != torch.float32
        shard(scorer, plan.device, computes if lowered else None)
        return scorer

    scorer = in_turn(make, one_by_one=size * local_size() > HALF * free_bytes("cpu") * local_size())
    # The gate may decide by a hair: what one process cannot share, none does, or they would not run alike.
    scorer.shared = agree(int(not scorer.shared)) == 0
    return Policy(scorer, align, shards_of(scorer, plan.device, computes.itemsize))


def with_adapter(model: Any, adapter: Adapter) -> Any:
    """The same model with LoRA adapters in it, which alone are trained; they start as the identity."""
    from peft import LoraConfig, get_peft_model

    targets = adapter.targets if isinstance(adapter.targets, str) else list(adapter.targets)
    config = LoraConfig(
        r=adapter.rank,
        lora_alpha=adapter.alpha,
        lora_dropout=0.0,
        target_modules=targets,
        task_type="CAUSAL_LM",
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        try:
            return get_peft_model(model, config).get_base_model()
        except ValueError as error:
            raise InputError(
                f"the model has no layers of that name: {str(error).splitlines()[0].rstrip('.')}",
                where="align.adapter.targets",
                fix="Write all-linear, or names of the model's linear layers.",
            ) from None


def merge_adapter(model: Any) -> None:
    """Fold LoRA adapters into the weights, in place: the result is a plain model."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    for name, module in list(model.named_modules()):
        if isinstance(module, BaseTunerLayer):
            module.merge()
            parent = model.get_submodule(name.rpartition(".")[0])
            setattr(parent, name.rpartition(".")[2], module.get_base_layer())


def checkpoint_activations(model: Any) -> None:
    """Compute each layer's activations again in the backward pass.

    Transformers' own switch works in training mode only, which would turn on the dropout of some layers.
    """
    from transformers.modeling_layers import GradientCheckpointingLayer

    for module in model.modules():
        if isinstance(module, GradientCheckpointingLayer):
            module.forward = _computed_again(module.forward, model)


def _computed_again(forward: Callable[..., Any], model: Any) -> Callable[..., Any]:
    def run(*inputs: Any, **named: Any) -> Any:
        attention = model.config._attn_implementation

        def layer(*inputs: Any, **named: Any) -> Any:
            found = model.config._attn_implementation
            if found == attention:
                return forward(*inputs, **named)
            # Another attention than the forward pass used would give gradients of another function, silently.
            model.set_attn_implementation(attention)
            try:
                return forward(*inputs, **named)
            finally:
                model.set_attn_implementation(found)

        return checkpoint(layer, *inputs, use_reentrant=False, preserve_rng_state=False, **named)

    return run
