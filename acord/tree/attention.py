"""How the tree reaches the model's layers: a function registered with transformers' AttentionInterface."""

from typing import Any, Protocol

from torch import Tensor, nn
from transformers import AttentionInterface

NAME = "acord_tree"


class TreeKernel(Protocol):
    """Attention in which a token sees its ancestors and itself: acord.tree.blocks on CPU, acord.tree.flex on CUDA."""

    def __call__(self, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        """query (1, H, T, d), key and value (1, H_kv, T, d) -> (1, H, T, d)."""


def tree_attention(
    module: nn.Module,  # noqa: ARG001  part of the interface
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    *,
    tree: TreeKernel | None = None,
    **unused: Any,
) -> tuple[Tensor, None]:
    """What transformers calls in every layer: query (1, H, T, d), key, value (1, H_kv, T, d) -> ((1, T, H, d), None).

    Raises RuntimeError when the model is called without its tree, or with a mask, a soft cap or dropout, which this
    attention does not apply.
    """
    if tree is None:
        raise RuntimeError(f"the attention {NAME} was called without its tree: score through acord.tree.ScoringModel")
    if attention_mask is not None or unused.get("softcap") is not None or unused.get("dropout", 0.0):
        raise RuntimeError(f"the attention {NAME} applies no mask, no soft cap and no dropout")
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    return tree(query, key, value, scale).transpose(1, 2), None


# No mask function is registered beside it: transformers then builds no mask at all, which is right here.
AttentionInterface.register(NAME, tree_attention)
