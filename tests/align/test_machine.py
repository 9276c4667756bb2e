"""What the machine decides, with its reason: precision, threads, budget; what the recipe says goes first."""

import json
from pathlib import Path

import pytest
import torch
from transformers import LlamaConfig

from acord.align import machine
from acord.align.budget import SHARE_OF_FREE
from acord.align.footprint import SLACK, Setting, head_bytes
from acord.align.machine import choose_budget, choose_device, choose_precision, choose_threads
from acord.align.shape import Shape
from acord.recipe import Adapter, Align

AUTO = Align()
LAYERS, HIDDEN, INNER, PARAMETERS = 8, 512, 1_376, 50_000_000


def products(monkeypatch: pytest.MonkeyPatch, fp32: float, bf16: float) -> None:
    seconds = {torch.float32: fp32, torch.bfloat16: bf16}
    monkeypatch.setattr(machine, "_product_seconds", seconds.__getitem__)


def never(*_: object) -> float:
    raise AssertionError("nothing is measured where the answer is known")


@pytest.mark.parametrize(
    ("ratio", "precision"), [(2.6, "bfloat16"), (1.3, "bfloat16"), (1.2, "float32"), (0.2, "float32")]
)
def test_bf16_is_chosen_where_a_product_proves_it_faster(
    monkeypatch: pytest.MonkeyPatch, ratio: float, precision: str
) -> None:
    monkeypatch.setattr(machine, "_cpu_has_bf16", lambda: True)
    products(monkeypatch, fp32=ratio, bf16=1.0)
    choice = choose_precision(AUTO, "cpu")
    assert choice.value == precision
    assert choice.reason == f"a bf16 matrix product is {ratio:.1f} times as fast as fp32 here"


def test_a_processor_without_bf16_is_not_even_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_cpu_has_bf16", lambda: False)
    monkeypatch.setattr(machine, "_product_seconds", never)
    choice = choose_precision(AUTO, "cpu")
    assert choice.value == "float32"
    assert "no bf16 instructions" in choice.reason


@pytest.mark.parametrize(
    ("flags", "has"),
    [
        ("flags\t\t: fpu avx512f avx512_bf16", True),
        ("flags\t\t: fpu amx_bf16 amx_tile", True),
        ("flags\t\t: fpu avx2 avx512f", False),
        ("Features\t: fp asimd bf16", True),
        ("Features\t: fp asimd", False),
        ("isa\t: rv64imafdc", False),
    ],
)
def test_the_processors_flags_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flags: str, has: bool) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor\t: 0\n\n{flags}\nbugs\t\t: bf16\n")
    monkeypatch.setattr(machine, "Path", lambda _: cpuinfo)
    assert machine._cpu_has_bf16() is has


def test_a_machine_that_lists_no_processor_has_no_bf16(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(machine, "Path", lambda _: tmp_path / "none")
    assert machine._cpu_has_bf16() is False


@pytest.mark.parametrize(("native", "precision"), [(True, "bfloat16"), (False, "float32")])
def test_a_gpu_computes_bf16_where_it_can(monkeypatch: pytest.MonkeyPatch, native: bool, precision: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: native)
    monkeypatch.setattr(machine, "_product_seconds", never)
    assert choose_precision(AUTO, "cuda").value == precision


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_the_recipes_precision_goes_first(monkeypatch: pytest.MonkeyPatch, precision: str, device: str) -> None:
    monkeypatch.setattr(machine, "_product_seconds", never)
    assert choose_precision(Align(precision=precision), device) == (precision, "set in the recipe")


def test_a_gpu_is_used_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device() == ("cpu", "no CUDA device is here")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Some GPU")
    assert choose_device() == ("cuda", "Some GPU is here")


def test_threads_are_those_that_the_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda _: {0, 2, 5}, raising=False)
    assert choose_threads(AUTO) == 3
    assert choose_threads(Align(threads=1)) == 1
    monkeypatch.delattr(machine.os, "sched_getaffinity")
    monkeypatch.setattr(machine.os, "cpu_count", lambda: 7)
    assert choose_threads(AUTO) == 7
    monkeypatch.setattr(machine.os, "cpu_count", lambda: None)
    assert choose_threads(AUTO) == 1


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    config = LlamaConfig(hidden_size=HIDDEN, intermediate_size=INNER, num_hidden_layers=LAYERS, dtype="float32")
    config.save_pretrained(tmp_path)
    with (tmp_path / "model.safetensors").open("wb") as file:
        file.truncate(4 * PARAMETERS)  # a hole: its size counts, not its content
    return tmp_path


def free(monkeypatch: pytest.MonkeyPatch, gigabytes: float) -> None:
    monkeypatch.setattr(machine, "_free_bytes", lambda _: gigabytes * 1e9)


SHAPE = Shape(LAYERS, HIDDEN, INNER, HIDDEN, HIDDEN, 32_000, tied=False)
KEEP = Setting("cpu", "float32", recompute=False)
KEPT_MB = LAYERS * 4 * (10 * HIDDEN + 4 * INNER) / 1e6
STATE = PARAMETERS * 16 / 1e9


def needed_gb(tokens: int) -> float:
    """Free memory in which so many tokens just fit beside the state."""
    return STATE + SLACK["cpu"] * (KEPT_MB * 1e6 * tokens + head_bytes(SHAPE, KEEP, tokens)) / SHARE_OF_FREE / 1e9


def test_enough_memory_gives_the_usual_budget_and_keeps_activations(
    monkeypatch: pytest.MonkeyPatch, model_folder: Path
) -> None:
    free(monkeypatch, 50)
    cpu = choose_budget(AUTO, model_folder, "cpu", "float32")
    assert (cpu.tokens, cpu.activation_checkpointing) == (4_096, False)
    assert cpu.reason == f"{KEPT_MB:.2f} MB a token, 49.2 GB free beside the weights"
    assert choose_budget(AUTO, model_folder, "cuda", "float32").tokens == 16_384


def test_less_memory_gives_a_smaller_budget_before_activations_are_computed_again(
    monkeypatch: pytest.MonkeyPatch, model_folder: Path
) -> None:
    free(monkeypatch, needed_gb(3_000))
    budget = choose_budget(AUTO, model_folder, "cpu", "float32")
    assert budget.tokens == pytest.approx(3_000, abs=1)
    assert not budget.activation_checkpointing


def test_small_memory_turns_activation_checkpointing_on(monkeypatch: pytest.MonkeyPatch, model_folder: Path) -> None:
    free(monkeypatch, needed_gb(1_900))
    budget = choose_budget(AUTO, model_folder, "cpu", "float32")
    assert budget.activation_checkpointing
    assert budget.tokens == 4_096, "a layer's inputs alone are small: the usual budget fits again"
    assert not choose_budget(
        Align(activation_checkpointing=False), model_folder, "cpu", "float32"
    ).activation_checkpointing


def test_no_memory_at_all_still_gives_a_budget(monkeypatch: pytest.MonkeyPatch, model_folder: Path) -> None:
    free(monkeypatch, 0.001)
    budget = choose_budget(AUTO, model_folder, "cpu", "float32")
    assert (budget.tokens, budget.activation_checkpointing) == (256, True)
    assert "0.0 GB free" in budget.reason


def test_the_recipes_budget_and_checkpointing_go_first(monkeypatch: pytest.MonkeyPatch, model_folder: Path) -> None:
    free(monkeypatch, 50)
    align = Align(token_budget=777, activation_checkpointing=True)
    assert choose_budget(align, model_folder, "cpu", "float32") == (777, True, "set in the recipe")


def test_bf16_keeps_smaller_activations_and_lora_a_smaller_state(
    monkeypatch: pytest.MonkeyPatch, model_folder: Path
) -> None:
    free(monkeypatch, needed_gb(600))
    choices = {
        name: choose_budget(
            Align(activation_checkpointing=False, adapter=adapter), model_folder, "cpu", precision
        ).tokens
        for name, precision, adapter in (
            ("fp32", "float32", None),
            ("LoRA", "float32", Adapter()),
            ("LoRA in bf16", "bfloat16", Adapter()),
        )
    }
    assert choices["fp32"] == pytest.approx(600, abs=1)
    assert choices["fp32"] < choices["LoRA"] < choices["LoRA in bf16"]


def test_models_that_name_their_shape_as_gpt_2_does(monkeypatch: pytest.MonkeyPatch, model_folder: Path) -> None:
    named = {"n_embd": HIDDEN, "n_layer": LAYERS, "n_head": 8, "n_inner": None}
    (model_folder / "config.json").write_text(json.dumps(named))
    free(monkeypatch, 50)
    expected = LAYERS * 4 * (10 * HIDDEN + 4 * 4 * HIDDEN) / 1e6
    assert choose_budget(AUTO, model_folder, "cpu", "float32").reason.startswith(f"{expected:.2f} MB a token")
