"""A causal language model as a scorer of forests: body and head in one root module."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from acord.console import say
from acord.tree.attention import NAME, TreeKernel
from acord.tree.blocks import BlockAttention, blocks_of
from acord.tree.flex import MaskAttention, mask_of, padded_length
from acord.tree.logprob import Head, token_log_probabilities
from acord.tree.trie import Forest


class Scores(NamedTuple):
    """logp_R: log-probability of each reply. greedy_R: whether every one of its tokens was the greedy choice.

    Token log-probabilities are fp32; their sums are fp64, because a long reply's sum is in the thousands, where fp32
    steps by 2e-4, as large as the margins of the first optimizer steps.
    """

    logp_R: Tensor
    greedy_R: Tensor


def sliding_window(config: Any) -> int | None:
    """Tokens that the shortest-sighted layer of a model sees, itself included; None where every layer sees all."""
    kinds = getattr(config, "layer_types", None)
    windows = {
        "sliding_attention": getattr(config, "sliding_window", None),
        "chunked_attention": getattr(config, "attention_chunk_size", None),
    }
    if kinds is None:
        return windows["sliding_attention"]
    return min((window for kind, window in windows.items() if kind in kinds and window is not None), default=None)


class ScoringModel(nn.Module):
    """Wraps a transformers causal model.

    shared: score trees, each distinct token once. Otherwise every sequence in a run of its own with the model's own
    attention: what the shared way must reproduce, and the way for models that it cannot.
    """

    def __init__(self, model: nn.Module, *, shared: bool = True) -> None:
        super().__init__()
        self.model = model
        self.shared = shared
        config: Any = model.config
        self.own_attention: str = config._attn_implementation
        self.window = sliding_window(config)
        self._told = False

    def forward(self, forest: Forest, *, calls: int = 0) -> Scores:
        """Score every reply of the forest. Differentiable in the weights through logp_R.

        calls: how often the body runs at least. Processes that hold its weights together must run it equally often.
        """
        head = self.head()
        device = head.weight_VD.device
        depth, sequences = int(forest.position_T.max()) + 1, len(forest.path_of_sequence)
        if self.as_tree(depth):
            node_U, row_S = np.unique(forest.parent_node_S(), return_inverse=True)
            hidden_UD = self._hidden_of_forest(forest, device)[torch.from_numpy(node_U).to(device)]
        else:
            row_S = np.arange(len(forest.node_S))
            self._tell_unshared()
            hidden_UD = self._hidden_one_by_one(forest, device)
        for _ in range(calls - self.calls(depth, sequences)):
            hidden_UD = hidden_UD + 0.0 * self._idle(device)
        token_S = forest.token_T[forest.node_S]
        scores = token_log_probabilities(hidden_UD, head, torch.from_numpy(row_S), torch.from_numpy(token_S))
        reply = _tensor(np.repeat(np.arange(forest.replies), forest.length_R), device)
        zeros_R = torch.zeros(forest.replies, dtype=torch.float64, device=device)
        logp_R = zeros_R.index_add(0, reply, scores.logp_S.double())
        misses_R = zeros_R.index_add(0, reply, (~scores.greedy_S).double())
        return Scores(logp_R, misses_R == 0)

    def head(self) -> Head:
        """The output projection with the logit transforms that the model's configuration names."""
        model: Any = self.model
        layer, config = model.get_output_embeddings(), model.config
        scale = getattr(config, "logit_scale", None)  # Cohere multiplies
        divisor = getattr(config, "logits_scaling", None)  # Granite divides
        return Head(
            layer.weight,
            layer.bias,
            scale=float(scale) if scale is not None else 1.0 / float(divisor) if divisor is not None else 1.0,
            soft_cap=getattr(config, "final_logit_softcapping", None) or getattr(config, "logits_soft_cap", None),
            main_grad_VD=getattr(layer.weight, "main_grad", None),
        )

    def _body(self, token_T: Tensor, position_T: Tensor, **tree: Any) -> Tensor:
        model: Any = self.model
        result = model.base_model(input_ids=token_T[None], position_ids=position_T[None], use_cache=False, **tree)
        hidden_TD: Tensor = result.last_hidden_state[0]
        return hidden_TD

    def _hidden_of_forest(self, forest: Forest, device: torch.device) -> Tensor:
        length = padded_length(forest.tokens) if device.type == "cuda" else forest.tokens
        padding = (0, length - forest.tokens)
        kernel: TreeKernel
        if device.type == "cuda":
            kernel = MaskAttention(mask_of(forest, length, device))
        else:
            kernel = BlockAttention(blocks_of(forest))
        token_T, position_T = (_tensor(np.pad(ids, padding), device) for ids in (forest.token_T, forest.position_T))
        with self.tree_attention():
            return self._body(token_T, position_T, tree=kernel)

    @contextmanager
    def tree_attention(self) -> Iterator[None]:
        """Give the model the tree's attention, and its own back at the end: generate() must find it as it was.

        Scoring does this by itself; a caller that computes activations again in the backward pass holds it until then.
        """
        with self._attention(NAME if self.shared else self.own_attention):
            yield

    @contextmanager
    def _attention(self, name: str) -> Iterator[None]:
        model: Any = self.model
        found = model.config._attn_implementation
        if found == name:
            yield
            return
        model.set_attn_implementation(name)
        try:
            yield
        finally:
            model.set_attn_implementation(found)

    def as_tree(self, depth: int) -> bool:
        """Whether sequences of which the longest has `depth` tokens share prefixes.

        They do not where a layer would see less of a path than all of it, which the tree's attention does not do.
        """
        return self.shared and (self.window is None or depth <= self.window)

    def calls(self, depth: int, sequences: int) -> int:
        """How often the body runs for that many sequences of which the longest has `depth` tokens."""
        return 1 if self.as_tree(depth) else sequences

    def _tell_unshared(self) -> None:
        if self.shared and not self._told:
            say(f"prefixes are not shared where a sequence is longer than the sliding window ({self.window} tokens)")
            self._told = True

    def _idle(self, device: torch.device) -> Tensor:
        """The body on one token: its sum, which is of no use."""
        token_T = torch.zeros(1, dtype=torch.int64, device=device)
        with self._attention(self.own_attention):
            return self._body(token_T, token_T).sum()

    def _hidden_one_by_one(self, forest: Forest, device: torch.device) -> Tensor:
        rows: list[Tensor] = []
        with self._attention(self.own_attention):
            for path, spans in zip(forest.path_of_sequence, forest.scored_of_sequence, strict=True):
                depth = torch.arange(len(path), device=device)
                hidden_TD = self._body(_tensor(forest.token_T[path], device), depth)
                rows.extend(hidden_TD[span.start - 1 : span.end - 1] for span in spans)
        return torch.cat(rows)


def _tensor(values: np.ndarray, device: torch.device) -> Tensor:
    return torch.from_numpy(values).to(device)
