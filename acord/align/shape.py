"""The shape of a model, and the floating-point operations (FLOPs) of training it, counted from shapes and lengths.

For a Llama with L layers of width D, attention of width A (heads x their width; keys and values K), feed-forward width
F and vocabulary V, one forward pass over T tokens of which U rows go through the head, where the tokens attend to
`attended` tokens in all (themselves included):

    body       2 L (2 D A + 2 D K + 3 D F) T    four projections of attention, three of the feed-forward network
    head       2 D V U                          U: positions whose next token is scored
    attention  4 A L attended                   query x key and weights x value, 2 A each for every pair of tokens

A backward pass is two forward passes: one product for the inputs, one for the weights. Of frozen weights it is one.
AdamW with a clipped gradient takes 18 operations a parameter: 3 to measure and scale the gradient, 15 to update.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

OPTIMIZER_FLOPS = 18


class Shape(NamedTuple):
    """A dense model with gated feed-forward layers. attention, keys: widths of queries and of keys (or values).

    tied: embedding and head are one matrix.
    """

    layers: int
    hidden: int
    inner: int
    attention: int
    keys: int
    vocabulary: int
    tied: bool

    @property
    def layer_matrices(self) -> int:
        """Parameters of one layer that every token is multiplied by."""
        return self.hidden * (2 * self.attention + 2 * self.keys + 3 * self.inner)

    @property
    def body(self) -> int:
        """Parameters of all layers' matrices."""
        return self.layers * self.layer_matrices

    @property
    def parameters(self) -> int:
        """All of them: matrices, norms, embedding and head."""
        ends = self.vocabulary * self.hidden * (1 if self.tied else 2)
        return self.body + (2 * self.layers + 1) * self.hidden + ends

    def adapter(self, rank: int) -> int:
        """Parameters of LoRA adapters of this rank on all linear layers."""
        q_and_o, k_and_v = 2 * (self.hidden + self.attention), 2 * (self.hidden + self.keys)
        return self.layers * rank * (q_and_o + k_and_v + 3 * (self.hidden + self.inner))


class Work(NamedTuple):
    """tokens: through the body. rows: through the head. attended: sum over tokens of how many each attends to."""

    tokens: float = 0
    rows: float = 0
    attended: float = 0

    def plus(self, other: "Work") -> "Work":
        """Both."""
        return Work(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def times(self, factor: float) -> "Work":
        """So many times as much."""
        return Work(*(value * factor for value in self))


class Flops(NamedTuple):
    """The FLOPs of a run's parts."""

    forward: float
    backward: float
    again: float
    optimizer: float
    reference: float
    held_out: float

    @property
    def training(self) -> float:
        """What the optimizer's steps take."""
        return self.forward + self.backward + self.again + self.optimizer

    @property
    def total(self) -> float:
        """Training, the reference pass before it and the held-out pass after it."""
        return self.training + self.reference + self.held_out


def shape_of_config(config: Mapping[str, Any]) -> Shape:
    """The shape that a config.json states, under Llama's names or GPT-2's; what is missing is as in a small model."""
    text = config.get("text_config") or config
    hidden = int(text.get("hidden_size") or text.get("n_embd") or 512)
    heads = int(text.get("num_attention_heads") or text.get("n_head") or max(1, hidden // 64))
    width = int(text.get("head_dim") or hidden // heads)
    return Shape(
        layers=int(text.get("num_hidden_layers") or text.get("n_layer") or 8),
        hidden=hidden,
        inner=int(text.get("intermediate_size") or text.get("n_inner") or 4 * hidden),
        attention=heads * width,
        keys=int(text.get("num_key_value_heads") or heads) * width,
        vocabulary=int(text.get("vocab_size") or 32_000),
        tied=bool(text.get("tie_word_embeddings", config.get("tie_word_embeddings", False))),
    )


def shape_of_random(base: str, vocabulary: int) -> Shape:
    """The shape of `random:llama-LxD`, as acord.models makes it. Raises ValueError for another name."""
    found = re.search(r"llama-(\d+)x(\d+)$", base)
    if found is None:
        raise ValueError(f"{base} is no random base")
    layers, hidden = int(found[1]), int(found[2])
    return Shape(layers, hidden, round(hidden * 8 / 3 / 32) * 32, hidden, hidden, vocabulary, tied=False)


def forward_flops(shape: Shape, work: Work) -> float:
    """One forward pass."""
    return body_flops(shape, work) + 2 * shape.hidden * shape.vocabulary * work.rows


def body_flops(shape: Shape, work: Work) -> float:
    """One forward pass without the head."""
    return 2 * shape.body * work.tokens + 4 * shape.attention * shape.layers * work.attended


class Trained(NamedTuple):
    """How a shape is trained. rank: of LoRA adapters, None for all weights. recompute: layers run again backwards."""

    rank: int | None
    recompute: bool


def run_flops(shape: Shape, trained: Trained, training: Work, once: Work, held_out: Work, steps: int) -> Flops:
    """The FLOPs of a run. training: of all optimizer steps. once: of the reference pass over all examples.

    held_out: of the pass over the held-out examples after training.
    """
    forward = forward_flops(shape, training)
    if trained.rank is None:
        backward, updated = 2 * forward, shape.parameters
    else:
        updated = shape.adapter(trained.rank)
        forward += 2 * updated * training.tokens
        # Frozen matrices give a gradient of their inputs alone; attention has no weights, so it takes both products.
        attention = 4 * shape.attention * shape.layers * training.attended
        backward = forward + attention + 2 * updated * training.tokens
    return Flops(
        forward=forward,
        backward=backward,
        again=body_flops(shape, training) if trained.recompute else 0.0,
        optimizer=float(OPTIMIZER_FLOPS * updated * steps),
        reference=forward_flops(shape, once),
        held_out=forward_flops(shape, held_out),
    )
