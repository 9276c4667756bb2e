"""The bundled model before training: a small Llama, and what trains it."""

from dataclasses import dataclass
from typing import Any

import torch

from acord.align.policy import Policy
from acord.models import CONTEXT, HEAD_WIDTH
from acord.recipe import Align
from acord.tree.admission import admitted
from acord.tree.memory import keep_freed_memory

LONGEST_REPLY = 160  # tokens: the longest that it was trained on


@dataclass(frozen=True)
class Shape:
    """The model: layers, hidden width, width of the feed-forward part, entries of the tokenizer."""

    layers: int
    hidden: int
    inner: int
    vocabulary: int


def new_model(shape: Shape, tokenizer: Any, seed: int) -> Any:
    """A Llama with random weights. The head is the embedding: what is copied then needs no translation inside."""
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

    special = {"bos_token_id": None, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=shape.hidden,
        intermediate_size=shape.inner,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.hidden // HEAD_WIDTH,
        num_key_value_heads=shape.hidden // HEAD_WIDTH,
        max_position_embeddings=CONTEXT,
        # Twice the usual 0.02: at a width of 256 that would leave attention nearly even for hundreds of steps.
        initializer_range=0.04,
        tie_word_embeddings=True,
        **special,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LlamaForCausalLM(config)
    model.generation_config = GenerationConfig(do_sample=False, max_new_tokens=LONGEST_REPLY, **special)
    return model


def new_policy(model: Any, align: Align, precision: str) -> Policy:
    """The model in training, computing in the precision given."""
    keep_freed_memory()
    policy = Policy(admitted(model.eval()), align)
    if precision != "float32":
        policy.compute_in(getattr(torch, precision))
    return policy
