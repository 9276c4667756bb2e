"""The floating-point operations (FLOPs) of training by preference, counted from shapes and lengths.

For a Llama with L layers of width D (full heads), feed-forward width F and vocabulary V, one forward pass over T tokens
of which U rows go through the head, where the tokens attend to A tokens in all (themselves included):

    body       2 (4 D^2 + 3 D F) L T      four projections of attention, three of the feed-forward network
    head       2 D V U                    U: positions whose next token is scored
    attention  4 D L A                    query x key and weights x value, 2 D each for every pair of tokens

A backward pass is two forward passes. An optimizer step of AdamW with a clipped gradient is 18 operations a parameter:
3 to measure and scale the gradient, 15 for the two moments, their corrections, the decay and the update.

DPO needs policy forward, policy backward and reference forward: four forward passes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from acord.tree.trie import Forest

OPTIMIZER = 18
PASSES = 4


@dataclass(frozen=True)
class Shape:
    """A Llama: layers, width, feed-forward width, attention heads, vocabulary; head and embedding are two matrices."""

    layers: int
    hidden: int
    inner: int
    heads: int
    vocabulary: int

    @property
    def body_matrices(self) -> int:
        """Parameters that every token is multiplied by: those of the layers' matrices."""
        return self.layers * (4 * self.hidden**2 + 3 * self.hidden * self.inner)

    @property
    def parameters(self) -> int:
        """All of them: matrices, norms, embedding and head."""
        return self.body_matrices + (2 * self.layers + 1) * self.hidden + 2 * self.vocabulary * self.hidden


class Work(NamedTuple):
    """tokens: through the body. rows: through the head. attended: sum over tokens of how many each attends to."""

    tokens: int
    rows: int
    attended: int


def tree_work(forests: Iterable[Forest]) -> Work:
    """What trees need: every distinct token once, and it attends to its path alone."""
    tokens = rows = attended = 0
    for forest in forests:
        tokens += forest.tokens
        rows += len(np.unique(forest.parent_node_S()))
        attended += int((forest.position_T + 1).sum())
    return Work(tokens, rows, attended)


def padded_work(batches: Iterable[Sequence[int]]) -> Work:
    """What padded batches compute, each given as its sequences' lengths: all positions, all pairs of positions."""
    tokens = rows = attended = 0
    for lengths in batches:
        longest = max(lengths)
        tokens += len(lengths) * longest
        rows += len(lengths) * (longest - 1)
        attended += len(lengths) * longest**2
    return Work(tokens, rows, attended)


def forward_flops(shape: Shape, work: Work) -> int:
    """One forward pass."""
    body = 2 * shape.body_matrices * work.tokens
    head = 2 * shape.hidden * shape.vocabulary * work.rows
    return body + head + 4 * shape.hidden * shape.layers * work.attended


def optimizer_flops(shape: Shape, steps: int) -> int:
    """AdamW with a clipped gradient."""
    return OPTIMIZER * shape.parameters * steps


def acord_flops(shape: Shape, training: Work, reference: Work, steps: int) -> int:
    """The least that DPO on trees takes. Trees of the reference pass may be wider than a step's."""
    passes = 3 * forward_flops(shape, training) + forward_flops(shape, reference)
    return passes + optimizer_flops(shape, steps)


def trl_flops(shape: Shape, work: Work, steps: int, checkpointing: bool, head_again: bool) -> int:
    """What TRL computes on padded batches. head_again: its backward pass computes the logits once more, as on a CPU.

    checkpointing: the layers' forward pass is computed once more.
    """
    body = forward_flops(shape, work._replace(rows=0))
    head = forward_flops(shape, Work(0, work.rows, 0))
    extra = (body if checkpointing else 0) + (head if head_again else 0)
    return PASSES * (body + head) + extra + optimizer_flops(shape, steps)
