"""Supervised fine-tuning with held-out replies, from recipe to what is shown: there are no pairs to be right about."""

from pathlib import Path

from acord.recipe import parse_recipe
from acord.run.render import show_results
from acord.run.run_recipe import run_recipe

PAIRS = Path(__file__).parents[1] / "golden" / "pairs.jsonl"


def test_a_run_on_replies_alone_is_shown_without_an_accuracy(tmp_path: Path) -> None:
    content = {
        "name": "sft",
        "model": {"base": "random:llama-1x64", "tokenizer": "train", "vocabulary": 300},
        "data": {"sources": [{"name": "here", "format": "pairs", "path": str(PAIRS)}], "held_out": 0.3},
        "align": {"method": "sft", "batch_pairs": 2, "learning_rate": 1e-3},
    }
    result = run_recipe(parse_recipe(content, where="test"), tmp_path)
    held_out = result.stage("align").figures["held_out"]
    assert held_out["after"]["nll"] < held_out["before"]["nll"]
    shown = show_results(result)
    assert "model" in shown
    assert "accuracy" not in shown
