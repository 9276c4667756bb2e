"""Small random models and pairs for the tests of acord.align."""

import random

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from acord.align.encoded import Example
from acord.align.policy import Policy
from acord.recipe import Align
from acord.tree.scoring import ScoringModel

VOCABULARY = 61


def small_llama(seed: int = 0, **changes: object) -> LlamaForCausalLM:
    """Two layers, 64 wide, random weights."""
    torch.manual_seed(seed)
    shape = {
        "vocab_size": VOCABULARY,
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "max_position_embeddings": 256,
        "pad_token_id": 0,
        "eos_token_id": 1,
    }
    return LlamaForCausalLM(LlamaConfig(**{**shape, **changes})).eval()


def policy_of(model: LlamaForCausalLM, align: Align) -> Policy:
    """The model, ready to train in fp32."""
    return Policy(ScoringModel(model), align)


def random_pairs(count: int, seed: int = 0, longest: int = 12) -> list[Example]:
    """Pairs of random tokens, about three to a conversation, replies ending in token 1."""
    generator = random.Random(seed)

    def tokens(low: int, high: int) -> tuple[int, ...]:
        return tuple(generator.randrange(2, VOCABULARY) for _ in range(generator.randint(low, high)))

    prompts = [tokens(2, longest) for _ in range(max(1, count // 3))]
    pairs = []
    for number in range(count):
        group = generator.randrange(len(prompts))
        pairs.append(
            Example(
                id=f"pair-{number}",
                group=f"conversation-{group}",
                language=generator.choice(["en", "es", "va"]),
                source="sample",
                split="train",
                weight=1.0,
                prompt_ids=prompts[group],
                replies=((*tokens(1, longest), 1), (*tokens(1, longest), 1)),
                ranks=(0, 1),
            )
        )
    return pairs
