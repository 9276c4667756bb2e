"""The policy in training: a scorer in the plan's precision, fp32 master weights, and their optimizer.

In bf16 the model computes in bf16 while an fp32 copy is what the optimizer moves: at a learning rate of 5e-6 most
updates are smaller than a bf16 step and would be lost. Gradients are summed in the masters' fp32 as they arise.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from acord.align.plan import Plan
from acord.errors import InputError
from acord.models import load_model
from acord.recipe import Adapter, Align
from acord.tree.admission import admitted
from acord.tree.memory import keep_freed_memory
from acord.tree.scoring import ScoringModel


class Policy:
    """scorer: what is trained. masters: the fp32 weights that the optimizer moves, by name."""

    def __init__(self, scorer: ScoringModel, align: Align) -> None:
        self.scorer = scorer
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
        if isinstance(embedding, nn.Embedding) and embedding.weight.requires_grad:
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
        return torch.nn.utils.clip_grad_norm_(list(self.masters.values()), largest)

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
                master.copy_(tensors[f"weight.{name}"])
                moments = ("step", "exp_avg", "exp_avg_sq")
                if f"step.{name}" in tensors:
                    state = self.optimizer.state[master]
                    for moment in moments:
                        value = tensors[f"{moment}.{name}"]
                        # AdamW counts its steps in a CPU tensor unless it is fused on a GPU, where it moves it itself.
                        state[moment] = value.clone().to(master.device)
        self.refresh()

    def trained_model(self, base: Path, align: Align) -> Any:
        """A plain fp32 model with the trained weights; adapters are folded in."""
        if align.adapter is None:
            model: Any = self.scorer.model
            for name, parameter in self._computed.items():
                parameter.data = self.masters[name].data
            return model
        model = with_adapter(load_model(base, "float32"), align.adapter)
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if name in self.masters:
                    parameter.copy_(self.masters[name])
        merge_adapter(model)
        return model

    def begin_gradient(self) -> None:
        """Begin a sum of gradients, at zero.

        Gradients are made once and zeroed: giving them back would cost touching their pages again in every step. The
        head adds its own to `main_grad`: a second array as large as a head is what memory would be spent on.
        """
        for name, master in self.masters.items():
            if master.grad is None:
                master.grad = torch.zeros_like(master)
                computed: Any = self._computed.get(name, master)
                computed.main_grad = master.grad
        self.optimizer.zero_grad(set_to_none=False)


def _add_to(master: nn.Parameter) -> Any:
    def add(parameter: Tensor) -> None:
        gradient = parameter.grad
        parameter.grad = None
        if gradient is not None:
            total: Any = master.grad
            total.add_(gradient.to(master.dtype))

    return add


def load_policy(model_folder: Path, plan: Plan, align: Align) -> Policy:
    """The base, ready to train: on the plan's device, with LoRA adapters where the recipe asks for them."""
    torch.set_num_threads(plan.threads)
    keep_freed_memory()
    model = load_model(model_folder, "float32")
    if align.adapter is not None:
        model = with_adapter(model, align.adapter)
    model.to(plan.device)
    if plan.activation_checkpointing:
        checkpoint_activations(model)
    scorer = admitted(model)
    policy = Policy(scorer, align)
    if plan.precision != "float32":
        policy.compute_in(getattr(torch, plan.precision))
    return policy


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
