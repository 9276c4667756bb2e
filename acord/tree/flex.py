"""The CUDA kernel: attention over a forest by FlexAttention, with a block mask made from the tree.

A key is seen by a query when it is no later and the query lies in the subtree of the key's segment: one comparison
with the subtree's end, because descendants are contiguous in depth-first order. The same comparison, on the smallest
and largest end of a block of keys, says which blocks are empty, full or partial, so no T x T mask is ever made.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.attention.flex_attention import BlockMask, flex_attention

from acord.tree.trie import Forest, Ints

BLOCK = 128
# Kernels are compiled for few lengths: powers of two, then multiples of this.
LENGTH_STEP = 2_048


def padded_length(tokens: int) -> int:
    """The length a forest is padded to, so that few shapes are ever compiled."""
    length = BLOCK
    while length < min(tokens, LENGTH_STEP):
        length *= 2
    return length if tokens <= length else -(-tokens // LENGTH_STEP) * LENGTH_STEP


def mask_of(forest: Forest, length: int, device: torch.device) -> BlockMask:
    """The forest's block mask over `length` tokens, a multiple of 128; those beyond the forest see themselves alone."""
    end_T = np.arange(1, length + 1)
    end_T[: forest.tokens] = np.repeat(forest.subtree_end_G, forest.length_G)
    subtree_end_T = torch.from_numpy(end_T).to(device)

    def sees(batch: Tensor, head: Tensor, query: Tensor, key: Tensor) -> Tensor:  # noqa: ARG001  the mask's signature
        return (key <= query) & (query < subtree_end_T[key])

    number = np.arange(length // BLOCK)
    first, last = number * BLOCK, number * BLOCK + BLOCK - 1
    ends = end_T.reshape(-1, BLOCK)
    earlier = number[None, :] < number[:, None]  # rows: blocks of queries, columns: blocks of keys
    seen = (ends.max(1)[None, :] > first[:, None]) & (earlier | np.eye(len(number), dtype=bool))
    full = earlier & (ends.min(1)[None, :] > last[:, None])
    return BlockMask.from_kv_blocks(
        *_listed(seen & ~full, device), *_listed(full, device), BLOCK_SIZE=BLOCK, mask_mod=sees
    )


def _listed(blocks: "np.ndarray[Any, Any]", device: torch.device) -> tuple[Tensor, Tensor]:
    """Of each row of blocks: how many, and their columns first, as FlexAttention wants them."""
    counts: Ints = blocks.sum(1)
    columns: Ints = np.argsort(~blocks, axis=1, kind="stable")
    return (
        torch.from_numpy(counts.astype(np.int32)).to(device)[None, None],
        torch.from_numpy(columns.astype(np.int32)).to(device)[None, None],
    )


@cache
def _compiled() -> Any:
    return torch.compile(flex_attention, dynamic=False)


@dataclass(frozen=True)
class MaskAttention:
    """The block mask of one forest, as a kernel."""

    mask: BlockMask

    def __call__(self, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        """query (1, H, T, d), key and value (1, H_kv, T, d) -> (1, H, T, d)."""
        kernel = _compiled() if query.is_cuda else flex_attention
        shared_heads = query.shape[1] != key.shape[1]
        out: Tensor = kernel(query, key, value, block_mask=self.mask, scale=scale, enable_gqa=shared_heads)
        return out
