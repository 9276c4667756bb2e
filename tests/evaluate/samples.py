"""Small random models with tokenizers of the kinds that matter, and local tasks of the harness."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import yaml
from lm_eval.api.instance import Instance
from transformers import LlamaConfig, LlamaForCausalLM

from acord.generate import Request
from acord.models import save_model, train_tokenizer
from tests.chat.chat_tokenizers import LINES, LLAMA3, tokenizer

CONTEXT = 128


def save_small_model(folder: Path, *, kind: str = "trained", seed: int = 0, context: int = CONTEXT) -> Path:
    """Two layers, 32 wide, far from uniform. kind: of tokenizer, `trained` (no BOS) or `bos` (as Llama 3)."""
    built = train_tokenizer(LINES, 500) if kind == "trained" else tokenizer("metaspace-first", LLAMA3)
    torch.manual_seed(seed)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(built),
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=context,
            bos_token_id=built.bos_token_id,
            eos_token_id=built.eos_token_id,
            pad_token_id=built.pad_token_id,
        )
    )
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.mul_(8)
    save_model(model, built, folder)
    return folder


def asked(*arguments: Sequence[Any], kind: str = "loglikelihood") -> list[Instance]:
    """Requests of the harness with these arguments."""
    return [
        Instance(request_type=kind, doc={}, arguments=tuple(one), idx=number, metadata=("sample", number, 1))
        for number, one in enumerate(arguments)
    ]


class FakeGenerator:
    """Answers with the number of tokens it read; remembers what it was asked, and can stop after a few."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.requests: list[Request] = []
        self.stop_after = stop_after

    def generate(self, requests: Sequence[Request], done: Any) -> None:
        """Last request first, as a batch that does not wait would."""
        for count, (number, request) in enumerate(reversed([*enumerate(requests)])):
            if count == self.stop_after:
                raise KeyboardInterrupt
            self.requests.append(request)
            done(number, f"{len(request.ids)} read, seed {request.seed}")


def write_task(folder: Path, name: str, rows: Sequence[dict[str, Any]], **settings: Any) -> Path:
    """A task of the harness over a JSONL file, both in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / f"{name}.jsonl"
    data.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    content = {
        "task": name,
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(data)}},
        "test_split": "test",
        **settings,
    }
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return folder
