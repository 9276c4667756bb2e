"""What training takes of memory, from the model's shape and the tokens of a pack.

Counted: what autograd keeps of a Llama layer, tensor by tensor, and the state of weights and optimizer. Measured: what
a process holds before it trains, and how much more than what it asked for the allocator keeps (see PROCESS, SLACK).
"""

from typing import NamedTuple

from acord.align.shape import Shape

# Resident bytes of a process that has imported torch and transformers, and of one that has built pairs and plan besides
# (what read, filtered and tokenised them stays in memory); measured on Linux with the demo.
FRESH_PROCESS = 500e6
PROCESS = 820e6
# First use of the kernels, their threads and scratch memory.
KERNELS = {"cpu": 60e6, "cuda": 0.0}
# What the allocator holds for each byte of activations that is asked for: packs differ, and so does what fits into
# what was freed. Measured on four shapes on CPU; torch's caching allocator counts what is asked for.
SLACK = {"cpu": 1.4, "cuda": 1.1}
# acord.tree.logprob: exponentials that are kept of a pass through the head, and of a chunk while it is computed.
KEPT_OF_HEAD = {"cpu": 512 * 2**20, "cuda": 4 * 2**30}
CHUNK_OF_HEAD = {"cpu": 8 * 2**20, "cuda": 2**30}
# Python's tuples of token ids, and their copies while they are read; measured.
EXAMPLE_TOKEN = 150.0
MOMENTS, MASTER, GRADIENT = 8, 4, 4


class Footprint(NamedTuple):
    """Bytes on the device that trains, of one process. host: bytes beside a GPU; on a CPU all is one memory.

    process: interpreter and libraries. state: weights, masters, gradients, moments. gathered: parts of other processes'
    weights that are needed at once. activations, head: of the largest pack. checkpoint: a copy of the state to write.
    loading: of weights in fp32 before and after training, when there are no activations.
    """

    process: float
    examples: float
    state: float
    gathered: float
    activations: float
    head: float
    checkpoint: float
    loading: float
    on_gpu: bool

    @property
    def device(self) -> float:
        """Peak bytes of the device."""
        body = max(self.loading, self.state + self.gathered + self.activations + self.head)
        return body if self.on_gpu else body + self.host

    @property
    def host(self) -> float:
        """Peak bytes of the process beside what trains."""
        return self.process + self.examples + self.checkpoint


class Setting(NamedTuple):
    """How a model is trained: on a device (cpu or cuda), in a precision, by so many processes that share the state.

    rank: of LoRA adapters, None where all weights are trained. recompute: activation checkpointing.
    """

    device: str
    precision: str
    recompute: bool
    rank: int | None = None
    processes: int = 1

    @property
    def width(self) -> int:
        """Bytes of a number in the computation."""
        return 2 if self.precision == "bfloat16" else 4


class Pack(NamedTuple):
    """The largest pack. rows: of them, those that go through the head."""

    tokens: float
    rows: float


def layer_bytes(shape: Shape, width: int) -> float:
    """Bytes a token that autograd keeps of one layer.

    Two norms keep their input in fp32, its normalised form and their output; attention queries, keys, values (one for
    each query head) and its output; the feed-forward network its gate before and after the activation, the other half,
    and their product.
    """
    norms = 2 * (4 + width + width) * shape.hidden
    return float(norms + width * (4 * shape.attention + 4 * shape.inner))


def token_bytes(shape: Shape, setting: Setting) -> float:
    """Bytes a token that autograd keeps of all layers."""
    layer = layer_bytes(shape, setting.width)
    if not setting.recompute:
        return shape.layers * layer
    return shape.layers * setting.width * shape.hidden + layer


def head_bytes(shape: Shape, setting: Setting, rows: float) -> float:
    """Bytes that the head keeps of a pack's scored rows, and of the chunk that it computes."""
    exponentials = rows * shape.vocabulary
    kept = min(KEPT_OF_HEAD[setting.device], exponentials * setting.width)
    chunk = min(CHUNK_OF_HEAD[setting.device], exponentials * 4)
    # A chunk's logits, and their exponentials in fp32; the products of the backward pass.
    return kept + 2 * chunk + 2 * rows * shape.hidden * 4


def state_bytes(shape: Shape, setting: Setting, parameters: float | None = None) -> float:
    """Bytes of weights and optimizer on every one of the processes, which share them evenly."""
    weights = float(parameters or shape.parameters)
    trained = weights if setting.rank is None else float(shape.adapter(setting.rank))
    computed = setting.width * weights if setting.rank is not None or setting.width == 2 else 0.0
    return (computed + (MASTER + GRADIENT + MOMENTS) * trained) / setting.processes


def footprint(
    shape: Shape, setting: Setting, pack: Pack, *, parameters: float | None = None,
    example_tokens: float = 0.0, process: float = PROCESS, writes_checkpoints: bool = False,
) -> Footprint:  # fmt: skip
    """The peak of one process. example_tokens: of all prompts and replies. parameters: where the files say more.

    writes_checkpoints: whether a copy of masters and moments is made before the end.
    """
    weights = float(parameters or shape.parameters)
    trained = weights if setting.rank is None else float(shape.adapter(setting.rank))
    slack = SLACK[setting.device]
    gathered = 0.0
    if setting.processes > 1:
        ends = weights - shape.body
        # Embedding and head, and two layers: the one that computes and the next; each with its gradient.
        gathered = 2 * setting.width * (ends + 2 * shape.layer_matrices)
    return Footprint(
        process=process + KERNELS[setting.device],
        examples=EXAMPLE_TOKEN * example_tokens,
        state=state_bytes(shape, setting, parameters),
        gathered=gathered,
        activations=slack * token_bytes(shape, setting) * pack.tokens,
        head=slack * head_bytes(shape, setting, pack.rows),
        loading=_loading_bytes(shape, setting, weights),
        checkpoint=(MASTER + MOMENTS) * trained / setting.processes if writes_checkpoints else 0.0,
        on_gpu=setting.device == "cuda",
    )


def _loading_bytes(shape: Shape, setting: Setting, weights: float) -> float:
    """Weights in fp32 before training. An adapter is folded into others, while those it was trained on are there."""
    if setting.processes > 1:
        return 0.0  # loaded on the host, one process after the other, and spread from there
    return MASTER * weights + (0.0 if setting.rank is None else state_bytes(shape, setting, weights))
