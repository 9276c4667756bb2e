"""Checkpoints that are kept: each is a model of its own, measured on the held-out pairs."""

from pathlib import Path

import pytest
import torch

import acord.align.loop as loop
from acord.align.checkpoint import Checkpoint, save_checkpoint
from acord.models import load_model
from acord.recipe import parse_recipe
from acord.run.run_recipe import run_recipe

PAIRS = Path(__file__).parents[1] / "golden" / "pairs.jsonl"


@pytest.mark.parametrize(
    "options", [{"precision": "float32"}, {"precision": "bfloat16"}, {"adapter": {"rank": 4}}], ids=str
)
def test_every_kept_checkpoint_is_a_model_with_its_own_figures(
    options: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: dict[int, dict[str, torch.Tensor]] = {}

    def noting(folder: Path, checkpoint: Checkpoint, *, keep_earlier: bool) -> Path:
        saved[checkpoint.steps] = {name: tensor.clone() for name, tensor in checkpoint.tensors.items()}
        return save_checkpoint(folder, checkpoint, keep_earlier=keep_earlier)

    monkeypatch.setattr(loop, "save_checkpoint", noting)
    align = {"batch_pairs": 2, "learning_rate": 1e-3, "checkpoint_steps": 1, "keep_checkpoints": True, **options}
    content = {
        "name": "kept",
        "model": {"base": "random:llama-1x64", "tokenizer": "train", "vocabulary": 300},
        "data": {"sources": [{"name": "here", "format": "pairs", "path": str(PAIRS)}], "held_out": 0.3},
        "align": align,
    }
    result = run_recipe(parse_recipe(content, where="test"), tmp_path).stage("align")
    steps = result.figures["steps"]
    assert sorted(saved) == list(range(1, steps)), "the recipe is too small to keep anything"
    assert not (result.folder / "checkpoints").exists()
    by_step = result.figures["held_out_by_step"]
    assert list(by_step) == [str(step) for step in range(1, steps + 1)]
    assert by_step[str(steps)] == result.figures["held_out"]["after"]
    assert len({figures["nll"] for figures in by_step.values()}) == steps, "every step is another model"
    if "adapter" in options:
        return
    for step, tensors in saved.items():
        weights = load_model(result.folder / "steps" / f"step-{step}", "float32").state_dict()
        for name, tensor in tensors.items():
            if name.startswith("weight."):
                torch.testing.assert_close(weights[name.removeprefix("weight.")], tensor, rtol=0, atol=0)
