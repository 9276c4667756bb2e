"""What is counted of memory and FLOPs, held against what torch and the engine do."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

from acord.align.encoded import items_of
from acord.align.footprint import PROCESS, Pack, Setting, footprint, state_bytes, token_bytes
from acord.align.policy import Policy, with_adapter
from acord.align.shape import Shape, Trained, Work, forward_flops, run_flops, shape_of_config, shape_of_random
from acord.recipe import Adapter, Align
from acord.tree.pack import build_pack
from acord.tree.scoring import ScoringModel
from tests.align.samples import random_pairs

SIZES = {"vocab_size": 61, "hidden_size": 128, "intermediate_size": 224, "num_hidden_layers": 3,
         "num_attention_heads": 4, "pad_token_id": 0, "eos_token_id": 1}  # fmt: skip
LLAMA = LlamaConfig(**SIZES)
GROUPED = Qwen2Config(**{**SIZES, "num_key_value_heads": 2})


def kept_bytes(model: torch.nn.Module, items: list) -> tuple[int, int]:
    """Bytes that autograd keeps of one pass besides the weights, and its tokens."""
    forest = build_pack(items).forest
    weights = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    kept: dict[int, tuple[int, torch.Tensor]] = {}

    def note(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = (storage.nbytes(), tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        ScoringModel(model)(forest)
    return sum(size for size, _ in kept.values()), forest.tokens


@pytest.mark.parametrize("config", [LLAMA, GROUPED], ids=["llama", "grouped queries"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_bytes_of_a_layer_are_those_that_autograd_keeps(config: LlamaConfig, precision: str) -> None:
    kinds = {LlamaConfig: LlamaForCausalLM, Qwen2Config: Qwen2ForCausalLM}
    items = items_of(random_pairs(12, longest=40))
    sizes = []
    for layers in (1, 3):
        config.num_hidden_layers = layers
        config.layer_types = ["full_attention"] * layers if hasattr(config, "layer_types") else None
        model = kinds[type(config)](config).to(getattr(torch, precision))
        sizes.append(kept_bytes(model, items))
    (few, tokens), (more, _) = sizes
    counted = token_bytes(shape_of_config(config.to_dict())._replace(layers=2), Setting("cpu", precision, False))
    # The log-sum-exp of attention and the roots of the norms are left out: a number a head or a token.
    assert counted * tokens == pytest.approx(more - few, rel=0.03)


@pytest.mark.parametrize("config", [LLAMA, GROUPED], ids=["llama", "grouped queries"])
def test_the_parameters_of_a_shape_are_those_of_the_model(config: LlamaConfig) -> None:
    model = {LlamaConfig: LlamaForCausalLM, Qwen2Config: Qwen2ForCausalLM}[type(config)](config)
    biases = sum(p.numel() for name, p in model.named_parameters() if name.endswith("bias"))
    found = sum(p.numel() for p in model.parameters()) - biases
    assert shape_of_config(config.to_dict()).parameters == found
    adapted = with_adapter(model, Adapter(rank=4))
    trained = sum(p.numel() for p in adapted.parameters() if p.requires_grad)
    assert shape_of_config(config.to_dict()).adapter(4) == trained


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_state_is_what_the_policy_holds_after_a_step(precision: str) -> None:
    LLAMA.num_hidden_layers = 3
    policy = Policy(ScoringModel(LlamaForCausalLM(LLAMA)), Align())
    if precision == "bfloat16":
        policy.compute_in(torch.bfloat16)
    policy.begin_gradient()
    policy.update(0.0)
    tensors = {p.untyped_storage().data_ptr(): p for p in policy.scorer.model.parameters()}
    for master in policy.masters.values():
        moments = policy.optimizer.state[master]
        for tensor in (master, master.grad, moments["exp_avg"], moments["exp_avg_sq"]):
            tensors[tensor.untyped_storage().data_ptr()] = tensor
    held = sum(tensor.nbytes for tensor in tensors.values())
    assert state_bytes(shape_of_config(LLAMA.to_dict()), Setting("cpu", precision, False)) == held


def test_flops_are_those_that_torch_counts() -> None:
    LLAMA.num_hidden_layers = 3
    model = LlamaForCausalLM(LLAMA)
    model.set_attn_implementation("eager")  # of fused kernels on a CPU torch counts nothing
    tokens = 64
    with FlopCounterMode(display=False) as counter:
        model(torch.zeros(1, tokens, dtype=torch.long), use_cache=False)
    shape = shape_of_config(LLAMA.to_dict())
    # A plain pass computes all pairs of tokens, and every row of the head.
    assert forward_flops(shape, Work(tokens, tokens, tokens**2)) == counter.get_total_flops()


def test_what_a_run_adds_up_to() -> None:
    shape = Shape(2, 8, 16, 8, 8, 32, tied=False)
    work = Work(100, 60, 1_000)
    one = forward_flops(shape, work)
    full = run_flops(shape, Trained(None, recompute=False), work, work, Work(), steps=3)
    assert full.training == 3 * one + 3 * 18 * shape.parameters
    assert full.total == full.training + one
    again = run_flops(shape, Trained(None, recompute=True), work, work, Work(), steps=3)
    assert again.again == one - 2 * shape.hidden * shape.vocabulary * work.rows
    adapted = run_flops(shape, Trained(2, recompute=False), work, work, Work(), steps=3)
    assert one < adapted.backward < full.backward


def test_processes_share_the_state_and_a_gpu_leaves_the_interpreter_to_the_host() -> None:
    shape = shape_of_random("random:llama-4x256", 8_192)
    alone = footprint(shape, Setting("cuda", "bfloat16", recompute=False), Pack(4_096, 3_000), example_tokens=1e6)
    shared = footprint(shape, Setting("cuda", "bfloat16", recompute=False, processes=4), Pack(4_096, 3_000))
    assert shared.state == alone.state / 4
    assert shared.gathered > 0 == alone.gathered
    assert alone.host == PROCESS + alone.examples
    on_cpu = footprint(shape, Setting("cpu", "float32", recompute=False), Pack(4_096, 3_000), writes_checkpoints=True)
    assert on_cpu.device > on_cpu.host > PROCESS
    assert on_cpu.checkpoint == 12 * shape.parameters


def test_random_bases_have_the_shape_that_their_name_says() -> None:
    assert shape_of_random("random:llama-4x256", 8_192).parameters == 7_309_568  # as docs and manifests have it
    with pytest.raises(ValueError, match="no random base"):
        shape_of_random("owner/name", 1_000)
