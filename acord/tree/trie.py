"""Token sequences with scored ranges -> a forest of segments in which every shared prefix stands once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


class ScoredRange(NamedTuple):
    """Tokens `start:end` of a sequence whose probability, given all before them, is asked for."""

    start: int
    end: int


@dataclass(frozen=True)
class TokenSequence:
    """One sequence of token ids and the ranges of it to score. Token 0 has no context and cannot be scored."""

    token_ids: Sequence[int]
    scored: tuple[ScoredRange, ...]

    def __post_init__(self) -> None:
        for span in self.scored:
            if not 1 <= span.start < span.end <= len(self.token_ids):
                raise ValueError(
                    f"scored range {span.start}:{span.end} is empty or outside tokens 1:{len(self.token_ids)}"
                )


@dataclass(frozen=True)
class Forest:
    """Prefix trees laid out for one forward pass.

    token_T: token ids, depth first. position_T: depth of each. start_G, length_G: tokens of each segment.
    subtree_end_G: one past the last descendant's token. parent_G: parent segment or -1. node_S: node of each scored
    token, reply after reply in the order of the sequences and their ranges; replies that begin alike name the same
    nodes. length_R: scored tokens of each reply. path_of_sequence: every sequence's nodes, root first.
    """

    token_T: Ints
    position_T: Ints
    start_G: Ints
    length_G: Ints
    subtree_end_G: Ints
    parent_G: Ints
    node_S: Ints
    length_R: Ints
    path_of_sequence: tuple[Ints, ...]
    scored_of_sequence: tuple[tuple[ScoredRange, ...], ...]

    @property
    def tokens(self) -> int:
        """Distinct tokens, the ones the model computes."""
        return len(self.token_T)

    @property
    def tokens_unshared(self) -> int:
        """Tokens that separate, unpadded runs would compute."""
        return sum(len(path) for path in self.path_of_sequence)

    @property
    def replies(self) -> int:
        """Number of scored ranges."""
        return len(self.length_R)

    def parent_node_S(self) -> Ints:
        """The node whose hidden state predicts each scored token, shape (S,)."""
        parent_T = np.arange(-1, self.tokens - 1)
        inner = self.parent_G >= 0
        parents = self.parent_G[inner]
        parent_T[self.start_G[inner]] = self.start_G[parents] + self.length_G[parents] - 1
        return parent_T[self.node_S]


@dataclass
class _Segment:
    start: int
    depth: int
    length: int
    parent: "_Segment | None"
    subtree_end: int = 0
    children: "list[_Segment]" = field(default_factory=list)


class _Builder:
    """Adds sequences in lexicographic order, so that each shares a prefix with the path of the one before."""

    def __init__(self) -> None:
        self.segments: list[_Segment] = []
        self.open: list[_Segment] = []
        self.chunks: list[Ints] = []
        self.tokens = 0

    def add(self, ids: Ints, shared: int) -> None:
        """Add `ids`, whose first `shared` tokens stand already on the current path."""
        while self.open and self.open[-1].depth >= shared:
            self._close()
        if len(ids) == shared:
            return
        parent = self.open[-1] if self.open else None
        if parent is not None and parent.depth + parent.length > shared:
            self._cut(parent, shared - parent.depth)
        new = ids[shared:]
        if parent is not None and parent.depth + parent.length == shared and not parent.children:
            parent.length += len(new)  # a sequence that continues another: still one unbranched run
        else:
            segment = _Segment(self.tokens, shared, len(new), parent)
            if parent is not None:
                parent.children.append(segment)
            self.segments.append(segment)
            self.open.append(segment)
        self.chunks.append(new)
        self.tokens += len(new)

    def finish(self) -> list[_Segment]:
        """Close what is open and give the segments in depth-first order."""
        while self.open:
            self._close()
        return sorted(self.segments, key=lambda segment: segment.start)

    def _close(self) -> None:
        self.open.pop().subtree_end = self.tokens

    def _cut(self, segment: _Segment, keep: int) -> None:
        tail = _Segment(segment.start + keep, segment.depth + keep, segment.length - keep, segment, self.tokens)
        tail.children, segment.children = segment.children, [tail]
        for child in tail.children:
            child.parent = tail
        segment.length = keep
        self.segments.append(tail)


def build_forest(sequences: Sequence[TokenSequence]) -> Forest:
    """Merge the sequences' common prefixes. Sequences that share no first token become trees of their own.

    Raises ValueError for an empty sequence or none at all.
    """
    if not sequences:
        raise ValueError("a forest needs at least one sequence")
    if any(len(sequence.token_ids) == 0 for sequence in sequences):
        raise ValueError("a sequence has no tokens")
    ids = [np.asarray(sequence.token_ids, dtype=np.int64) for sequence in sequences]
    order = sorted(range(len(ids)), key=lambda index: tuple(sequences[index].token_ids))
    builder = _Builder()
    paths: list[Ints] = [np.empty(0, np.int64)] * len(ids)
    before: int | None = None
    for index in order:
        shared = 0 if before is None else _shared_prefix(ids[before], ids[index])
        first_new = builder.tokens
        builder.add(ids[index], shared)
        new = np.arange(first_new, builder.tokens)
        paths[index] = new if before is None else np.concatenate([paths[before][:shared], new])
        before = index
    return _lay_out(builder, paths, tuple(sequence.scored for sequence in sequences))


def _shared_prefix(a: Ints, b: Ints) -> int:
    length = min(len(a), len(b))
    differ = np.flatnonzero(a[:length] != b[:length])
    return int(differ[0]) if len(differ) else length


def _lay_out(builder: _Builder, paths: list[Ints], scored_of_sequence: tuple[tuple[ScoredRange, ...], ...]) -> Forest:
    segments = builder.finish()
    number = {id(segment): index for index, segment in enumerate(segments)}
    position_T = np.empty(builder.tokens, np.int64)
    for segment in segments:
        position_T[segment.start : segment.start + segment.length] = np.arange(
            segment.depth, segment.depth + segment.length
        )
    reply_paths = [
        path[span.start : span.end] for path, spans in zip(paths, scored_of_sequence, strict=True) for span in spans
    ]
    return Forest(
        token_T=np.concatenate(builder.chunks),
        position_T=position_T,
        start_G=np.array([segment.start for segment in segments]),
        length_G=np.array([segment.length for segment in segments]),
        subtree_end_G=np.array([segment.subtree_end for segment in segments]),
        parent_G=np.array([-1 if s.parent is None else number[id(s.parent)] for s in segments]),
        node_S=np.concatenate(reply_paths) if reply_paths else np.empty(0, np.int64),
        length_R=np.array([len(path) for path in reply_paths], np.int64),
        path_of_sequence=tuple(paths),
        scored_of_sequence=scored_of_sequence,
    )


def join_forests(forests: Sequence[Forest]) -> Forest:
    """Lay forests side by side in one. Replies keep their order: all of the first, then all of the second, ..."""
    if len(forests) == 1:
        return forests[0]
    tokens = np.cumsum([0, *(forest.tokens for forest in forests)])
    segments = np.cumsum([0, *(len(forest.start_G) for forest in forests)])
    each = list(enumerate(forests))
    return Forest(
        token_T=np.concatenate([f.token_T for f in forests]),
        position_T=np.concatenate([f.position_T for f in forests]),
        start_G=np.concatenate([f.start_G + tokens[i] for i, f in each]),
        length_G=np.concatenate([f.length_G for f in forests]),
        subtree_end_G=np.concatenate([f.subtree_end_G + tokens[i] for i, f in each]),
        parent_G=np.concatenate([np.where(f.parent_G < 0, -1, f.parent_G + segments[i]) for i, f in each]),
        node_S=np.concatenate([f.node_S + tokens[i] for i, f in each]),
        length_R=np.concatenate([f.length_R for f in forests]),
        path_of_sequence=tuple(path + tokens[i] for i, f in each for path in f.path_of_sequence),
        scored_of_sequence=tuple(spans for f in forests for spans in f.scored_of_sequence),
    )
