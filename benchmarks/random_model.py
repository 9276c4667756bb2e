"""Random Llamas: the same shape and seed give the same weights in every process on the same kind of device."""

from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM
from work import Shape

HEAD_WIDTH = 64
CONTEXT = 8_192


def shape_of(layers: int, hidden: int, vocabulary: int) -> Shape:
    """The proportions of the project's random bases: heads of 64, feed-forward width 8/3 of the hidden one."""
    return Shape(layers, hidden, round(hidden * 8 / 3 / 32) * 32, hidden // HEAD_WIDTH, vocabulary)


def random_llama(shape: Shape, device: str = "cpu", seed: int = 0) -> Any:
    """An fp32 model in evaluation mode."""
    config = LlamaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        intermediate_size=shape.inner,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=2,
        pad_token_id=0,
    )
    torch.manual_seed(seed)
    with torch.device(device):
        return LlamaForCausalLM(config).eval()


def weight_sum(model: Any) -> float:
    """A figure that two processes compare to know that they hold the same weights."""
    with torch.no_grad():
        return float(sum(parameter.double().abs().sum() for parameter in model.parameters()))
