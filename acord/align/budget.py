"""Tokens a pack: what fits into the memory that is free. Neither asks the machine nor imports torch."""

from typing import NamedTuple

from acord.align.footprint import SLACK, Setting, head_bytes, state_bytes, token_bytes
from acord.align.shape import Shape
from acord.recipe import Align

TOKEN_BUDGET = {"cpu": 4_096, "cuda": 16_384}
SMALLEST_BUDGET = 256
# Of the memory that is free beside weights and optimizer, what a pack may take.
SHARE_OF_FREE = 0.8


class Budget(NamedTuple):
    """Tokens a pack, whether activations are kept or computed again, and why."""

    tokens: int
    activation_checkpointing: bool
    reason: str


def budget_for(align: Align, shape: Shape, keep: Setting, free: float, parameters: float | None = None) -> Budget:
    """The recipe's budget, or as much of the usual one as fits. keep: a setting that keeps activations.

    free: bytes of the device before anything is loaded. parameters: where the files say more than the shape.
    Activations are computed again only where keeping them would not leave room for half the usual budget.
    """
    usual = TOKEN_BUDGET[keep.device]
    left = free - state_bytes(shape, keep, parameters)
    again = align.activation_checkpointing
    if again == "auto":
        again = fitting_tokens(shape, keep, left) < usual // 2
    setting = keep._replace(recompute=again)
    about = f"{token_bytes(shape, setting) / 1e6:.2f} MB a token, {max(left, 0) / 1e9:.1f} GB free beside the weights"
    if align.token_budget != "auto":
        return Budget(align.token_budget, again, "set in the recipe")
    return Budget(max(SMALLEST_BUDGET, min(usual, fitting_tokens(shape, setting, left))), again, about)


def fitting_tokens(shape: Shape, setting: Setting, left: float) -> int:
    """Tokens of a pack that fit into the bytes that are left beside weights and optimizer, with room to spare."""
    room, slack = left * SHARE_OF_FREE, SLACK[setting.device]
    low, high = 0, 2 * max(TOKEN_BUDGET.values())
    while low < high:
        tokens = (low + high + 1) // 2
        needed = slack * (token_bytes(shape, setting) * tokens + head_bytes(shape, setting, tokens))
        low, high = (tokens, high) if needed <= room else (low, tokens - 1)
    return low
