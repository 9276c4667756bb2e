"""The reference model's full shape on this machine: create, save, load with transformers, score one pair by its tree.

2,253,490,176 random bf16 weights (24 layers, hidden 2048, ffn 5440, 16 heads, vocabulary 256,000, untied).
Run: python benchmarks/reference_shape.py [FOLDER]   (needs about 5 GB of disk and 10 GB of memory, some minutes)
"""

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

import torch
from machine import describe_machine, peak_memory_gb
from transformers import LlamaConfig, LlamaForCausalLM

from acord.models import load_model
from acord.tree.admission import admit
from acord.tree.pack import Item, build_pack
from acord.tree.scoring import ScoringModel
from acord.tree.trie import ScoredRange, TokenSequence

RESULT = Path(__file__).parent / "results" / "reference_shape.json"
PROMPT, REPLY = 200, 150


def create(folder: Path) -> int:
    """Write the model to the folder; the number of its parameters."""
    config = LlamaConfig(
        vocab_size=256_000,
        hidden_size=2_048,
        intermediate_size=5_440,
        num_hidden_layers=24,
        num_attention_heads=16,
        num_key_value_heads=16,
        max_position_embeddings=8_192,
        tie_word_embeddings=False,
        dtype="bfloat16",
    )
    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16)
    model = LlamaForCausalLM(config)
    torch.set_default_dtype(torch.float32)
    model.save_pretrained(folder)
    return sum(parameter.numel() for parameter in model.parameters())


def one_pair() -> Item:
    """A prompt of 200 tokens with two replies of 150."""
    ids = torch.randint(0, 256_000, (PROMPT + 2 * REPLY,), generator=torch.Generator().manual_seed(1)).tolist()
    prompt, replies = ids[:PROMPT], (ids[PROMPT : PROMPT + REPLY], ids[PROMPT + REPLY :])
    span = (ScoredRange(PROMPT, PROMPT + REPLY),)
    return Item("pair", tuple(TokenSequence(prompt + reply, span) for reply in replies))


def main() -> None:
    folder = Path(tempfile.mkdtemp(dir=sys.argv[1] if len(sys.argv) > 1 else None))
    figures: dict[str, object] = {"machine": describe_machine()}
    try:
        started = time.perf_counter()
        figures["parameters"] = create(folder)
        figures["create_and_save_seconds"] = round(time.perf_counter() - started, 1)
        figures["bytes_on_disk"] = sum(file.stat().st_size for file in folder.iterdir())
        started = time.perf_counter()
        model = load_model(folder, "auto")
        figures["load_seconds"] = round(time.perf_counter() - started, 1)
        figures["dtype"] = str(next(model.parameters()).dtype)
        admission = admit(model)
        figures["shared"] = admission.scorer.shared
        pack = build_pack([one_pair()])
        figures["tokens_distinct"], figures["tokens_unshared"] = pack.forest.tokens, pack.forest.tokens_unshared
        with torch.no_grad():
            for name, scorer in (("tree", admission.scorer), ("separate", ScoringModel(model, shared=False))):
                started = time.perf_counter()
                logp = scorer(pack.forest).logp_R
                figures[f"score_{name}_seconds"] = round(time.perf_counter() - started, 1)
                figures[f"logp_{name}"] = [round(value, 3) for value in logp.tolist()]
        figures["peak_memory_gb"] = peak_memory_gb()
    finally:
        shutil.rmtree(folder)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
