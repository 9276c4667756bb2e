"""The CUDA kernel: attention over a forest by FlexAttention, with a block mask made from the tree.

A key is seen by a query when it is no later and the query lies in the subtree of the key's segment: one comparison
with the subtree's end, because descendants are contiguous in depth-first order.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.attention.flex_attention import BlockMask, create_block_mask, flex_attention

from acord.tree.trie import Forest

# Compiled kernels are reused for every pack of the same padded length.
LENGTH_STEP = 512


def padded_length(tokens: int) -> int:
    """The length a forest is padded to, so that few shapes are ever compiled."""
    return -(-tokens // LENGTH_STEP) * LENGTH_STEP


def mask_of(forest: Forest, length: int, device: torch.device) -> BlockMask:
    """The forest's block mask over `length` tokens; those beyond the forest see themselves alone."""
    end_T = np.arange(1, length + 1)
    end_T[: forest.tokens] = np.repeat(forest.subtree_end_G, forest.length_G)
    subtree_end_T = torch.from_numpy(end_T).to(device)

    def sees(batch: Tensor, head: Tensor, query: Tensor, key: Tensor) -> Tensor:  # noqa: ARG001  the mask's signature
        return (key <= query) & (query < subtree_end_T[key])

    return create_block_mask(sees, None, None, length, length, device=str(device))


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
