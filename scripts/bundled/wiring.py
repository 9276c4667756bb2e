"""Copying, written into the weights before training: one head looks a token back, three copy what followed.

Models learn this circuit by themselves (Elhage et al. 2021, "A mathematical framework for transformer circuits";
Olsson et al. 2022, arXiv 2209.11895), after a long plateau. A translation between close languages is mostly a copy, so
the plateau is the greater part of a short training; here it is left out. Everything stays trainable.

    layer 0, head 0   attends to the token before (by its rotary phases alone) and writes who that was
    layer 1, heads 0-2    attend to where the present token stood before, one token on, and write what stood there
"""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

CONSTANT = 8.0  # of dimension 0, in standard deviations of the embedding: what positions alone are read from
LOOK_BACK = 6.0  # by how much the token before outscores its neighbours, in logits
MATCH = 1.6  # of the queries and the keys that match tokens
WRITE_PREVIOUS = 0.1
WRITE_COPY = 0.6
LOUD = 1.5  # of the embedding: as the head, it says how sure a copy is
QUIET = 0.05  # what is left of the random weights that write
COPYING = (0, 1, 2)  # heads of the second layer
SLOW = 16  # rotary planes from this one on turn by less than a radian over a sentence: in them tokens are matched


class _Bases(NamedTuple):
    """Orthonormal rows: `match` of who a token is, `previous` of where that is written, `copied` of what is copied."""

    match: Tensor
    previous: Tensor
    copied: Tensor


def wire_copying(model: Any, seed: int) -> None:
    """Write the circuit into a Llama with heads of 64 and at least two layers and heads; smaller ones stay as they are.

    The rest of the weights keeps its random values, so that training can take from it what it needs.
    """
    config = model.config
    if config.num_hidden_layers < 2 or config.num_attention_heads < 4:
        return
    width = config.head_dim
    generator = torch.Generator().manual_seed(seed)
    bases = _bases(config.hidden_size, width, generator)
    with torch.no_grad():
        for layer in model.model.layers:
            # Random writing at full size would bury who the tokens are.
            layer.self_attn.o_proj.weight *= QUIET
            layer.mlp.down_proj.weight *= QUIET
        embedding = model.get_input_embeddings().weight
        embedding *= LOUD
        embedding[:, 0] = CONSTANT * LOUD * config.initializer_range
        first, second = (layer.self_attn for layer in model.model.layers[:2])
        _look_back(first, bases, model.model.rotary_emb.inv_freq, width)
        for head in COPYING:
            _copy_what_followed(second, bases, head, width)


def _bases(hidden: int, width: int, generator: torch.Generator) -> _Bases:
    """All of them orthogonal to dimension 0."""
    rows = torch.zeros(3 * width, hidden)
    square = torch.linalg.qr(torch.randn(hidden - 1, hidden - 1, generator=generator)).Q
    rows[:, 1:] = square[: 3 * width]
    copied = torch.zeros(len(COPYING) * width, hidden)
    other = torch.linalg.qr(torch.randn(hidden - 1, hidden - 1, generator=generator)).Q
    copied[:, 1:] = other[: len(COPYING) * width]
    return _Bases(match=rows[:width], previous=rows[width : 2 * width], copied=copied)


def _look_back(attention: Any, bases: _Bases, turns: Tensor, width: int) -> None:
    """Keys of one phase, queries turned back by one position: their product is largest one token before."""
    planes = torch.arange(8)  # the fast ones, which tell neighbours apart
    angle = turns[planes].float()
    # What the constant is after the first norm.
    constant = CONSTANT / math.sqrt(1.0 + CONSTANT**2 / bases.match.shape[1])
    apart = float((1.0 - angle.cos()).sum()) / math.sqrt(width)
    scale = math.sqrt(LOOK_BACK / apart) / constant
    query, key = attention.q_proj.weight[:width], attention.k_proj.weight[:width]
    query.zero_()
    key.zero_()
    query[planes, 0] = scale * angle.cos()
    query[planes + width // 2, 0] = -scale * angle.sin()
    key[planes, 0] = scale
    attention.v_proj.weight[:width] = bases.match
    attention.o_proj.weight[:, :width] = WRITE_PREVIOUS * bases.previous.T


def _copy_what_followed(attention: Any, bases: _Bases, head: int, width: int) -> None:
    """Queries: who the token is. Keys: who stood before. Values: a part of who stands there."""
    slow = torch.cat([torch.arange(SLOW, width // 2), torch.arange(SLOW + width // 2, width)])
    rows = slice(head * width, (head + 1) * width)
    start = (head * len(slow)) % width
    part = slice(start, start + len(slow))
    query, key = attention.q_proj.weight[rows], attention.k_proj.weight[rows]
    query.zero_()
    key.zero_()
    query[slow] = MATCH * bases.match[part]
    key[slow] = MATCH * bases.previous[part]
    attention.v_proj.weight[rows] = bases.copied[rows]
    attention.o_proj.weight[:, rows] = WRITE_COPY * bases.copied[rows].T
