"""The exported model is used as any other: transformers' pipeline, in a process that cannot import Acord."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

USE = """
import sys

sys.modules["acord"] = None  # any import of it fails from here on
import torch
from transformers import AutoTokenizer, pipeline

folder = sys.argv[1]
speak = pipeline(
    "text-generation",
    model=folder,
    tokenizer=AutoTokenizer.from_pretrained(folder),
    torch_dtype=torch.bfloat16,
    device_map="auto",
)
assert speak.model.dtype == torch.bfloat16, speak.model.dtype
for question in ("Com es demana el padró?", "¿Cómo se pide el padrón?", "How do I get on the register?"):
    [answer] = speak(question, do_sample=True, top_k=10, max_new_tokens=5)
    assert answer["generated_text"].startswith(question), answer
    assert len(answer["generated_text"]) > len(question), answer
[turns] = speak([{"role": "user", "content": "Bon dia"}], do_sample=True, top_k=10, max_new_tokens=5)
assert [turn["role"] for turn in turns["generated_text"]] == ["user", "assistant"], turns
assert not [name for name in sys.modules if name.startswith("acord.")]
print("done")
"""


def run(*command: str) -> subprocess.CompletedProcess:
    settings = os.environ | {"HF_HUB_OFFLINE": "1", "PYTHONPATH": ""}
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=settings, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.mark.slow
def test_the_usual_snippet_runs_on_an_exported_model_without_acord(tmp_path):
    recipe = str(ROOT / "tests" / "golden" / "recipe.yaml")
    made = run("-c", "from acord.cli import main; main()", "run", recipe, "--runs", str(tmp_path))
    assert made.returncode == 0, made.stderr
    used = run("-c", USE, str(tmp_path / "golden" / "align" / "model"))
    assert used.returncode == 0, used.stderr
    assert used.stdout.endswith("done\n")
