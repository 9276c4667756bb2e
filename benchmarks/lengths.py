"""The shape of real preference pairs without their text: of every conversation its tree of lengths, in lengths.json.

Run: python benchmarks/lengths.py     makes lengths.json again from the two sets (see real_pairs.py)
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from real_pairs import LEARNT, LONGEST, pair_sets, read_examples

from acord.align.encoded import Example, items_of
from acord.tree.pack import build_pack

FILE = Path(__file__).parent / "lengths.json"
# Ids below are left to padding and the like; a segment's first token tells it from its siblings.
FIRST_ID = 16


class Conversation(NamedTuple):
    """segments: parent (-1 for a root) and length of each unbranched run of tokens, parents first.

    pairs: of each pair the prompt's length, then for the chosen and the rejected reply the segment in which prompt and
    reply end and their length together.
    """

    segments: list[tuple[int, int]]
    pairs: list[tuple[int, int, int, int, int]]


def conversations_of(examples: Sequence[Example]) -> list[Conversation]:
    """The trees of the examples' conversations, in the order in which they first appear."""
    groups: dict[str, list[Example]] = {}
    for example in examples:
        groups.setdefault(example.group, []).append(example)
    return [_conversation(members) for members in groups.values()]


def _conversation(members: list[Example]) -> Conversation:
    forest = build_pack(items_of(members)).forest
    segment_T = np.repeat(np.arange(len(forest.start_G)), forest.length_G)
    ends = [(int(segment_T[path[-1]]), len(path)) for path in forest.path_of_sequence]
    segments = list(zip(forest.parent_G.tolist(), forest.length_G.tolist(), strict=True))
    pairs = [(len(example.prompt_ids), *ends[2 * index], *ends[2 * index + 1]) for index, example in enumerate(members)]
    return Conversation(segments, pairs)


def examples_of(conversations: Sequence[Conversation], vocabulary: int, name: str, seed: int = 0) -> list[Example]:
    """Pairs of random tokens with the same trees. Raises ValueError for a vocabulary too small to tell siblings."""
    random = np.random.Generator(np.random.PCG64(seed))
    examples = []
    for number, (segments, pairs) in enumerate(conversations):
        if FIRST_ID + len(segments) > vocabulary:
            raise ValueError(f"a tree of {len(segments)} segments needs a larger vocabulary than {vocabulary}")
        runs = [random.integers(FIRST_ID, vocabulary, length) for _, length in segments]
        for index, run in enumerate(runs):
            run[0] = FIRST_ID + index
        paths: list[np.ndarray] = []
        for index, (parent, _) in enumerate(segments):
            paths.append(runs[index] if parent < 0 else np.concatenate([paths[parent], runs[index]]))
        for place, (prompt, chosen, chosen_end, rejected, rejected_end) in enumerate(pairs):
            replies = (paths[chosen][prompt:chosen_end], paths[rejected][prompt:rejected_end])
            examples.append(
                Example(
                    id=f"{name}-{number}-{place}",
                    group=f"{name}-{number}",
                    language="en",
                    source=name,
                    split="train",
                    weight=1.0,
                    prompt_ids=tuple(paths[chosen][:prompt].tolist()),
                    replies=tuple(tuple(reply.tolist()) for reply in replies),
                    ranks=(0, 1),
                )
            )
    return examples


def read_lengths(path: Path = FILE) -> dict[str, list[Conversation]]:
    """The conversations of each set."""
    sets: dict[str, Any] = json.loads(path.read_text())["sets"]
    return {
        name: [
            Conversation([(p, n) for p, n in one["segments"]], [tuple(pair) for pair in one["pairs"]]) for one in rows
        ]
        for name, rows in sets.items()
    }


def write_lengths(sets: dict[str, list[Conversation]], path: Path = FILE) -> None:
    """One conversation a line."""
    about = f"token counts by a byte-level BPE of at most {LEARNT} learnt on each set, ChatML, {LONGEST} at most"
    blocks = [
        f" {json.dumps(name)}: [\n"
        + ",\n".join("  " + json.dumps(one._asdict(), separators=(",", ":")) for one in conversations)
        + "\n ]"
        for name, conversations in sets.items()
    ]
    path.write_text(f'{{"about": {json.dumps(about)}, "sets": {{\n' + ",\n".join(blocks) + "\n}}\n")


if __name__ == "__main__":
    write_lengths({name: conversations_of(read_examples(pairs)) for name, pairs in pair_sets().items()})
