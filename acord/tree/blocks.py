"""The CPU kernel: attention over a forest as dense blocks, without any mask.

In depth-first order the descendants of a segment are the run of tokens that follows it, so the forest's attention is
a union of dense blocks: every segment with itself (causal), and every segment's keys with the queries of all its
descendants (full). Blocks are merged by their log-sum-exp, forward and backward, as in blockwise attention
(Liu et al. 2023, arXiv 2310.01889): no T x T mask, no copy of the keys along a path.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from acord.tree.trie import Forest

_block_forward = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
_block_backward = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward


@dataclass(frozen=True)
class Block:
    """Tokens `query` attend to tokens `key`. causal: the two are one segment. first: nothing was merged before."""

    query: slice
    key: slice
    causal: bool
    first: bool


def blocks_of(forest: Forest) -> tuple[Block, ...]:
    """The dense blocks whose union is the forest's attention, ancestors before descendants."""
    blocks = []
    columns = (forest.start_G, forest.length_G, forest.subtree_end_G, forest.parent_G)
    for start, length, end, parent in zip(*(column.tolist() for column in columns), strict=True):
        own = slice(start, start + length)
        is_root = parent < 0
        blocks.append(Block(own, own, causal=True, first=is_root))
        if end > own.stop:
            blocks.append(Block(slice(own.stop, end), own, causal=False, first=is_root))
    return tuple(blocks)


class _TreeAttention(torch.autograd.Function):
    """query, key, value (1, H, T, d) with equal heads -> (1, H, T, d).

    Blocks are computed in fp32 at least. On CPU that is faster than bf16 (whose backward kernel is three times slower
    at the lengths of replies), and merging deep paths loses nothing.
    """

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, blocks: tuple[Block, ...], scale: float) -> Tensor:
        exact = torch.promote_types(query.dtype, torch.float32)
        q_all, k_all, v_all = query.to(exact), key.to(exact), value.to(exact)
        out, log_sum = _like_tokens(q_all), _like_tokens(q_all[..., 0])
        for block in blocks:
            q, k, v = q_all[:, :, block.query], k_all[:, :, block.key], v_all[:, :, block.key]
            block_out, block_sum = _block_forward(q, k, v, 0.0, block.causal, scale=scale)
            out_here, sum_here = out[:, :, block.query], log_sum[:, :, block.query]
            if block.first:
                out_here.copy_(block_out)
                sum_here.copy_(block_sum)
            else:
                merged = torch.logaddexp(sum_here, block_sum)
                out_here.mul_((sum_here - merged).exp_().unsqueeze(-1))
                out_here.addcmul_(block_out, (block_sum - merged).exp_().unsqueeze(-1))
                sum_here.copy_(merged)
        out = out.to(query.dtype)
        ctx.save_for_backward(query, key, value, out, log_sum)
        ctx.blocks, ctx.scale = blocks, scale
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        query, key, value, out, log_sum = ctx.saved_tensors
        exact = torch.promote_types(query.dtype, torch.float32)
        q_all, k_all, v_all, out, grad_out = (t.to(exact) for t in (query, key, value, out, grads[0]))
        grad_query, grad_key, grad_value = (_like_tokens(q_all) for _ in range(3))
        for block in ctx.blocks:
            here, there = block.query, block.key
            # With the merged output and log-sum-exp, each block's backward is its exact share of the whole.
            dq, dk, dv = _block_backward(
                grad_out[:, :, here],
                q_all[:, :, here],
                k_all[:, :, there],
                v_all[:, :, there],
                out[:, :, here],
                log_sum[:, :, here],
                0.0,
                block.causal,
                scale=ctx.scale,
            )
            # A segment's keys meet their own queries before those of its descendants.
            for total, share, first in (
                (grad_query[:, :, here], dq, block.first),
                (grad_key[:, :, there], dk, block.causal),
                (grad_value[:, :, there], dv, block.causal),
            ):
                if first:
                    total.copy_(share)
                else:
                    total.add_(share)
        return grad_query.to(query.dtype), grad_key.to(key.dtype), grad_value.to(value.dtype), None, None


def _like_tokens(shape_of: Tensor) -> Tensor:
    """Uninitialised, of the given (1, H, T, ...) shape, laid out by token as the model's next layer reads it."""
    one, heads, tokens, *rest = shape_of.shape
    return torch.empty((one, tokens, heads, *rest), dtype=shape_of.dtype, device=shape_of.device).transpose(1, 2)


@dataclass(frozen=True)
class BlockAttention:
    """The blocks of one forest, as a kernel."""

    blocks: tuple[Block, ...]

    def __call__(self, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        """query (1, H, T, d), key and value (1, H_kv, T, d) -> (1, H, T, d)."""
        groups = query.shape[1] // key.shape[1]
        if groups > 1:
            key, value = key.repeat_interleave(groups, dim=1), value.repeat_interleave(groups, dim=1)
        out: Tensor = _TreeAttention.apply(query, key, value, self.blocks, scale)  # type: ignore[no-untyped-call]
        return out
