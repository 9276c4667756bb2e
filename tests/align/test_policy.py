"""LoRA, bf16 with fp32 masters, tied embeddings, activation checkpointing: what is trained, and what exported."""

import copy
import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, LlamaForCausalLM

import acord.align.loop as loop
from acord.align.encoded import Example
from acord.align.loop import Training, run_steps
from acord.align.plan import Plan
from acord.align.policy import Policy, checkpoint_activations, load_policy, with_adapter
from acord.align.reference import load_scorer, score_examples
from acord.align.step import train_step
from acord.models import load_model
from acord.recipe import Adapter, Align
from acord.tree.scoring import ScoringModel
from tests.align.samples import policy_of, random_pairs, small_llama

FULL = Align(learning_rate=1e-3, batch_pairs=8, checkpoint_steps=2)
LORA = Align(learning_rate=1e-2, batch_pairs=8, checkpoint_steps=2, adapter=Adapter(rank=4, alpha=8))
IDS = torch.tensor([[2, 3, 4, 5, 6, 7, 8, 9, 10]])


def plan(precision: str = "float32", *, again: bool = False) -> Plan:
    return Plan(
        steps=4,
        device="cpu",
        precision=precision,
        token_budget=4_096,
        activation_checkpointing=again,
        threads=1,
        chat={},
    )


@pytest.fixture
def base(tmp_path: Path) -> Path:
    small_llama().save_pretrained(tmp_path / "base")
    return tmp_path / "base"


@pytest.fixture
def tied_base(tmp_path: Path) -> Path:
    small_llama(tie_word_embeddings=True).save_pretrained(tmp_path / "tied")
    return tmp_path / "tied"


def reference_of(base: Path, pairs: list[Example], precision: str = "float32") -> dict[str, tuple[float, ...]]:
    return score_examples(load_scorer(base, plan(precision)), pairs, 4_096, "reference")


def trained(base: Path, align: Align, precision: str = "float32", steps: int = 3) -> Policy:
    pairs = random_pairs(8)
    policy = load_policy(base, plan(precision), align)
    for _ in range(steps):
        train_step(policy, [pairs[:4], pairs[4:]], reference_of(base, pairs, precision), align, align.learning_rate)
    return policy


def logits(model: Any) -> torch.Tensor:
    with torch.no_grad():
        return model(input_ids=IDS).logits


@pytest.mark.parametrize("align", [FULL, LORA], ids=["full", "LoRA"])
def test_the_first_loss_is_ln_2(base: Path, align: Align) -> None:
    pairs = random_pairs(24)
    policy = load_policy(base, plan(), align)
    result = train_step(policy, [pairs[:10], pairs[10:]], reference_of(base, pairs), align, 0.0)
    assert result.loss == pytest.approx(math.log(2), abs=1e-6)


def test_lora_trains_its_adapters_and_nothing_else(base: Path) -> None:
    before = load_policy(base, plan(), LORA)
    names = list(before.masters)
    assert names
    assert all(".lora_A." in name or ".lora_B." in name for name in names)
    # Rank 4 over the seven projections of two layers: q, k, v, o, gate, up, down.
    assert sum(master.numel() for master in before.masters.values()) == 2 * 4 * (4 * (64 + 64) + 3 * (64 + 96))
    after = trained(base, LORA)
    for (name, old), new in zip(before.scorer.model.named_parameters(), after.scorer.model.parameters(), strict=True):
        assert torch.equal(old, new) is (name not in names), name


def test_the_recipe_may_name_the_layers_that_get_adapters(base: Path) -> None:
    align = LORA.model_copy(update={"adapter": Adapter(rank=2, alpha=4, targets=["q_proj"])})
    assert {name.split(".")[-4] for name in load_policy(base, plan(), align).masters} == {"q_proj"}


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_folded_adapters_give_the_adapters_logits_and_load_with_transformers_alone(
    base: Path, tmp_path: Path, precision: str
) -> None:
    policy = trained(base, LORA, precision)
    # The model with its adapters in place, in fp32.
    adapted = with_adapter(load_model(base), LORA.adapter)
    with torch.no_grad():
        for name, parameter in adapted.named_parameters():
            if name in policy.masters:
                parameter.copy_(policy.masters[name])
    merged = policy.trained_model(base, LORA)
    assert torch.allclose(logits(merged), logits(adapted), atol=1e-5, rtol=0)
    assert float((logits(merged) - logits(load_model(base))).abs().max()) > 1e-3, "training must show"
    merged.save_pretrained(tmp_path / "export")
    assert sorted(path.name for path in (tmp_path / "export").glob("adapter*")) == []
    config = json.loads((tmp_path / "export" / "config.json").read_text())
    assert config["architectures"] == ["LlamaForCausalLM"]
    assert not any("lora" in key or "peft" in key or "adapter" in key for key in config)
    plain = AutoModelForCausalLM.from_pretrained(tmp_path / "export")
    assert type(plain) is LlamaForCausalLM
    assert list(plain.state_dict()) == list(small_llama().state_dict())
    assert torch.equal(logits(plain), logits(merged))


def test_full_training_exports_the_masters(base: Path, tmp_path: Path) -> None:
    policy = trained(base, FULL, "bfloat16")
    masters = {name: master.detach().clone() for name, master in policy.masters.items()}
    model = policy.trained_model(base, FULL)
    model.save_pretrained(tmp_path / "export")
    exported = dict(AutoModelForCausalLM.from_pretrained(tmp_path / "export").named_parameters())
    assert list(exported) == list(masters)
    for name, value in exported.items():
        assert value.dtype == torch.float32
        assert torch.equal(value, masters[name]), name
    assert not torch.equal(masters["lm_head.weight"], masters["lm_head.weight"].bfloat16().float())


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("align", [FULL, LORA], ids=["full", "LoRA"])
def test_tied_embeddings_stay_tied_in_training_and_export(
    tied_base: Path, tmp_path: Path, align: Align, precision: str
) -> None:
    policy = trained(tied_base, align, precision)
    model = policy.scorer.model
    assert model.get_input_embeddings().weight is model.get_output_embeddings().weight
    assert "lm_head.weight" not in policy.masters
    assert ("model.embed_tokens.weight" in policy.masters) is (align.adapter is None)
    exported = policy.trained_model(tied_base, align)
    expected = logits(exported)
    exported.save_pretrained(tmp_path / "export")
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path / "export")
    assert loaded.get_input_embeddings().weight is loaded.get_output_embeddings().weight
    assert torch.equal(logits(loaded), expected)
    moved = not torch.equal(loaded.get_input_embeddings().weight, load_model(tied_base).get_input_embeddings().weight)
    assert moved is (align.adapter is None)


def test_a_tied_weight_gets_the_gradient_of_both_its_uses(tied_base: Path) -> None:
    pairs = random_pairs(8)
    reference = reference_of(tied_base, pairs)
    moved = []
    for untied in (False, True):
        model = load_model(tied_base)
        if untied:
            model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.detach().clone())
        policy = policy_of(model, FULL)
        policy.optimizer = torch.optim.SGD(list(policy.masters.values()), lr=1.0)
        before = model.model.embed_tokens.weight.detach().clone()
        train_step(policy, [pairs], reference, FULL.model_copy(update={"max_grad_norm": 1e9}), 1.0)
        change = model.model.embed_tokens.weight.detach() - before
        moved.append(change + (model.lm_head.weight.detach() - before) if untied else change)
    assert torch.allclose(moved[0], moved[1], atol=1e-6)
    assert float(moved[0].abs().max()) > 1e-4


def test_in_bf16_masters_stay_fp32_and_rotary_frequencies_are_not_touched(base: Path) -> None:
    policy = load_policy(base, plan("bfloat16"), FULL)
    own = load_model(base)
    assert {parameter.dtype for parameter in policy.scorer.model.parameters()} == {torch.bfloat16}
    for name, parameter in own.named_parameters():
        assert policy.masters[name].dtype == torch.float32
        assert torch.equal(policy.masters[name], parameter), name
    buffers = dict(own.named_buffers())
    assert any("inv_freq" in name for name in buffers)
    for name, buffer in policy.scorer.model.named_buffers():
        assert buffer.dtype == torch.float32, name
        assert torch.equal(buffer, buffers[name]), name


def test_lora_in_bf16_keeps_its_adapters_in_fp32(base: Path) -> None:
    policy = load_policy(base, plan("bfloat16"), LORA)
    for name, parameter in policy.scorer.model.named_parameters():
        assert parameter.dtype == (torch.float32 if name in policy.masters else torch.bfloat16), name


def test_updates_smaller_than_a_bf16_step_are_not_lost(base: Path) -> None:
    """500 updates of 1e-6 on weights near 0.125, where bf16 steps by 2^-10: none shows at once, all show together."""
    policy = load_policy(base, plan("bfloat16"), FULL)
    name = "model.layers.0.mlp.up_proj.weight"
    with torch.no_grad():
        policy.masters[name].fill_(0.125)
    policy.refresh()
    computed = dict(policy.scorer.model.named_parameters())[name]
    direct = computed.detach().clone()
    for _ in range(500):
        for master in policy.masters.values():
            master.grad = torch.zeros_like(master)
        policy.masters[name].grad = torch.full_like(policy.masters[name], -1.0)
        policy.update(1e-6)
        direct += 1e-6
    assert torch.equal(direct, torch.full_like(direct, 0.125)), "bf16 alone loses them"
    assert torch.allclose(policy.masters[name], torch.full_like(policy.masters[name], 0.1255), atol=1e-6)
    assert torch.equal(computed, policy.masters[name].bfloat16())
    assert float(computed[0, 0].detach()) == 0.125 + 2**-10


def gradients(policy: Policy, packs: list[list[Example]], reference: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What train_step hands to the optimizer, unclipped, by name."""
    found: dict[str, torch.Tensor] = {}

    def noted(_: float) -> None:
        found.update({name: master.grad.clone() for name, master in policy.masters.items()})

    with monkeypatch.context() as patched:
        patched.setattr(policy, "update", noted)
        train_step(policy, packs, reference, FULL.model_copy(update={"max_grad_norm": 1e9, "beta": 1.0}), 0.0)
    return found


def relative_difference(found: Any, expected: Any) -> float:
    """Of whole gradients, as vectors."""
    difference = sum(float((found[name] - expected[name]).double().square().sum()) for name in expected)
    return math.sqrt(difference / sum(float(value.double().square().sum()) for value in expected.values()))


def test_bf16_gradients_are_summed_in_fp32_over_packs(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within 2 % of fp32's, as a vector (bf16 keeps 8 bits, 0.4 %, at every one of some ten operations)."""
    pairs = random_pairs(32, seed=8)
    packs = [pairs[start : start + 2] for start in range(0, 32, 2)]
    reference = {pair.id: (-30.0, -31.0) for pair in pairs}
    exact = gradients(load_policy(base, plan(), FULL), packs, reference, monkeypatch)
    policy = load_policy(base, plan("bfloat16"), FULL)
    found = gradients(policy, packs, reference, monkeypatch)
    assert {value.dtype for value in found.values()} == {torch.float32}
    assert 1e-4 < relative_difference(found, exact) < 0.02
    # Sums in fp32: they are no bf16 numbers any more.
    name = "model.layers.0.mlp.up_proj.weight"
    assert not torch.equal(found[name], found[name].bfloat16().float())
    # One after another they add up to the whole, and nothing stays behind in the computing weights.
    parts = [gradients(policy, [pack], reference, monkeypatch) for pack in packs]
    summed = {name: sum(part[name] for part in parts) / len(packs) for name in exact}
    assert relative_difference(summed, found) < 5e-3
    assert all(parameter.grad is None for parameter in policy.scorer.model.parameters())


def test_the_first_loss_in_bf16_is_ln_2_within_the_packing_noise(base: Path) -> None:
    """bf16 rounds differently where a token stands in another pack: the noise is measured, and the loss held to it."""
    pairs = random_pairs(48, seed=1)
    scorer = load_scorer(base, plan("bfloat16"))
    together = score_examples(scorer, pairs, 4_096, "together")
    apart = score_examples(scorer, pairs, 32, "apart")
    noise = max(
        abs(one - other) for pair in pairs for one, other in zip(together[pair.id], apart[pair.id], strict=True)
    )
    policy = load_policy(base, plan("bfloat16"), FULL)
    packs = [pairs[start : start + 8] for start in range(0, 48, 8)]
    result = train_step(policy, packs, together, FULL, 0.0)
    assert 0 < noise < 0.5, "in nats, of replies of some ten tokens"
    # A margin is off by two scores' noise, and the loss has slope 1/2 there.
    assert abs(result.loss - math.log(2)) <= FULL.beta * noise + 1e-6


class Killed(Exception):
    """Stands for a signal between two steps."""


@pytest.mark.parametrize("again", [False, True], ids=["", "checkpointed"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("align", [FULL, LORA], ids=["full", "LoRA"])
def test_a_killed_run_resumes_to_the_same_bits(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, align: Align, precision: str, again: bool
) -> None:
    pairs = random_pairs(40, seed=4)
    steps = [[pairs[start : start + 4], pairs[start + 4 : start + 8]] for start in range(0, 40, 8)]
    reference = {pair.id: (-30.0, -31.0) for pair in pairs}

    def fresh() -> Policy:
        return load_policy(base, plan(precision, again=again), align)

    whole = fresh()
    run_steps(whole, Training(steps, reference, align, tmp_path / "whole"))
    done = 0

    def dying_step(*arguments: Any) -> Any:
        nonlocal done
        if done == 3:
            raise Killed
        done += 1
        return train_step(*arguments)

    training = Training(steps, reference, align, tmp_path / "killed")
    with monkeypatch.context() as patched:
        patched.setattr(loop, "train_step", dying_step)
        with pytest.raises(Killed):
            run_steps(fresh(), training)
    resumed = fresh()
    run_steps(resumed, training)
    for name, tensor in whole.state().items():
        assert torch.equal(tensor, resumed.state()[name]), name
    for (name, value), other in zip(
        whole.trained_model(base, align).state_dict().items(),
        resumed.trained_model(base, align).state_dict().values(),
        strict=True,
    ):
        assert torch.equal(value, other), name


def test_the_state_of_another_model_is_refused(base: Path) -> None:
    with pytest.raises(KeyError):
        load_policy(base, plan(), FULL).restore(load_policy(base, plan(), LORA).state())


@pytest.mark.parametrize("shared", [True, False], ids=["trees", "separate runs"])
@pytest.mark.parametrize("held", [True, False], ids=["attention held", "attention given back before the backward pass"])
def test_activation_checkpointing_gives_the_same_gradients(
    monkeypatch: pytest.MonkeyPatch, shared: bool, held: bool
) -> None:
    """Also where the tree's attention is gone by then: under the model's own, branches would see one another."""
    pairs = random_pairs(16, seed=6)
    reference = {pair.id: (-30.0, -31.0) for pair in pairs}
    results = []
    for again in (False, True):
        model = small_llama()
        if again:
            checkpoint_activations(model)
        policy = Policy(ScoringModel(model, shared=shared), FULL)
        if held:
            with policy.scorer.tree_attention():
                results.append(gradients(policy, [pairs], reference, monkeypatch))
        else:
            results.append(gradients(policy, [pairs], reference, monkeypatch))
        assert model.config._attn_implementation == policy.scorer.own_attention
    for name, expected in results[0].items():
        assert torch.allclose(results[1][name], expected, atol=1e-6, rtol=0), name


def test_activation_checkpointing_trains_to_the_same_weights(base: Path, tmp_path: Path) -> None:
    pairs = random_pairs(16, seed=6)
    reference = reference_of(base, pairs)
    losses = []
    for again in (False, True):
        policy = load_policy(base, plan(again=again), FULL)
        training = Training([[pairs[:8], pairs[8:]]] * 4, reference, FULL, tmp_path / str(again))
        losses.append([record["loss"] for record in run_steps(policy, training)])
    assert losses[1] == pytest.approx(losses[0], abs=1e-6)
    assert losses[0][-1] < 0.65


def test_activation_checkpointing_holds_a_layers_input_alone() -> None:
    """Tensors that autograd keeps between the passes, without and with it."""
    forests = score_counts()
    assert forests["again"] < forests["kept"] / 3


def score_counts() -> dict[str, int]:
    from acord.align.encoded import items_of
    from acord.tree.pack import build_pack

    forest = build_pack(items_of(random_pairs(16))).forest
    counts = {}
    for name in ("kept", "again"):
        model = small_llama(num_hidden_layers=6)
        if name == "again":
            checkpoint_activations(model)
        saved: list[int] = []

        def packed(tensor: torch.Tensor, saved: list[int] = saved) -> torch.Tensor:
            saved.append(tensor.numel())
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(packed, lambda tensor: tensor):
            ScoringModel(model)(forest)
        counts[name] = sum(saved)
    return counts


def test_activation_checkpointing_leaves_dropout_off() -> None:
    """Some layers (OPT's) drop out by their own training flag, which transformers' switch needs to be on."""
    from transformers import OPTConfig, OPTForCausalLM

    torch.manual_seed(0)
    config = OPTConfig(
        vocab_size=61, hidden_size=32, ffn_dim=48, num_hidden_layers=2, num_attention_heads=2, dropout=0.5,
        max_position_embeddings=64, word_embed_proj_dim=32, pad_token_id=0, bos_token_id=1, eos_token_id=1,
    )  # fmt: skip
    plain = OPTForCausalLM(config).eval()
    model = copy.deepcopy(plain)
    checkpoint_activations(model)
    assert not any(module.training for module in model.modules())
    assert torch.equal(logits(model), logits(plain))
