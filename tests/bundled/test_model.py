"""The bundled model is used as any other: by transformers alone, in a process that cannot import Acord."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from acord.bundled import bundled_path
from tests.test_cli import acord

ROOT = Path(__file__).parents[2]
LARGEST = 30 * 10**6  # bytes of everything that is packaged of it

# The way in which model cards show a model, on prompts in three languages; then through its chat template.
USE = """
import json
import sys

sys.modules["acord"] = None  # any import of it fails from here on
import torch
from transformers import AutoTokenizer, pipeline

folder = sys.argv[1]
tokenizer = AutoTokenizer.from_pretrained(folder)
speak = pipeline("text-generation", model=folder, tokenizer=tokenizer, torch_dtype=torch.bfloat16, device_map="auto")
for text in ("Explica què fa un ajuntament.", "Explica qué hace un ayuntamiento.", "Explain what a town hall does."):
    [answer] = speak(text, do_sample=True, top_k=10, max_new_tokens=20)
    assert answer["generated_text"].startswith(text) and len(answer["generated_text"]) > len(text), answer

speak = pipeline("text-generation", model=folder)
answers = {}
for prompt in json.loads(sys.argv[2]):
    [turns] = speak([{"role": "user", "content": prompt}])
    answers[prompt] = turns["generated_text"][-1]["content"]
assert not [name for name in sys.modules if name.startswith("acord.")]
print(json.dumps(answers))
"""

ANSWERS = {
    "Traduïx al valencià: Se aprueban las bases de la convocatoria.": "S'aproven les bases de la convocatòria.",
    "El plazo es de 12 días. ¿De cuántos días dispongo?": "Usted dispone de 12 días para presentar la solicitud.",
    "Where does paper go?": "Paper goes into the blue container.",
    "Answer in Spanish. How many days does a week have?": "Una semana tiene 7 días.",
}


@pytest.mark.slow
def test_the_usual_snippet_runs_on_it_without_acord_and_it_answers_in_three_languages():
    command = [sys.executable, "-c", USE, str(bundled_path("model")), json.dumps([*ANSWERS])]
    settings = os.environ | {"HF_HUB_OFFLINE": "1", "PYTHONPATH": ""}
    used = subprocess.run(command, env=settings, cwd="/", capture_output=True, text=True, check=False, timeout=300)
    assert used.returncode == 0, used.stderr
    assert json.loads(used.stdout) == ANSWERS


def test_it_is_whole_small_and_without_pickles():
    files = {path.name: path.stat().st_size for path in bundled_path("model").iterdir()}
    assert {"README.md", "config.json", "generation_config.json", "model.safetensors", "tokenizer.json"} <= set(files)
    assert "chat_template.jinja" in files
    assert not [name for name in files if name.endswith((".bin", ".pt", ".pkl"))]
    assert 5 * 10**6 < sum(files.values()) <= LARGEST


def test_it_ends_its_turns_and_is_greedy_by_default():
    folder = bundled_path("model")
    generation = json.loads((folder / "generation_config.json").read_text())
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    special = {token["content"]: token["id"] for token in tokenizer["added_tokens"]}
    assert generation["eos_token_id"] == special["<|im_end|>"]
    assert generation["pad_token_id"] == special["<|endoftext|>"]
    assert generation.get("do_sample", False) is False
    assert generation["max_new_tokens"] == 160


def test_its_card_tells_licences_figures_and_limits():
    card = (bundled_path("model") / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\nlicense: apache-2.0\n")
    for needed in ("CC0", "CC BY", "Spanish to Valencian", "What it cannot do", "95% intervals", "masked"):
        assert needed in card, needed


def test_its_place_is_printed():
    told = acord("bundled", "path")
    assert (told.returncode, told.stdout.strip()) == (0, str(bundled_path("model")))
    told = acord("bundled", "path", "preferences", "--json")
    assert json.loads(told.stdout) == {"path": str(bundled_path("preferences"))}
    told = acord("bundled", "path", "modle")
    assert told.returncode == 2
    assert "Did you mean model" in told.stderr
