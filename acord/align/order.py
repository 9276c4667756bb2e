"""Which examples form which optimizer step: fixed before training, by the seed alone."""

from collections.abc import Sequence

import numpy as np

from acord.align.encoded import Example
from acord.recipe import Align


def steps_of_examples(train: Sequence[Example], align: Align, seed: int) -> list[list[Example]]:
    """The examples of every optimizer step, epoch after epoch; only an epoch's last step may be smaller."""
    random = np.random.Generator(np.random.PCG64(seed))
    steps: list[list[Example]] = []
    for _ in range(align.epochs):
        if align.shuffle == "conversation":
            order = _by_conversation(train, align, random)
        else:
            order = [train[index] for index in random.permutation(len(train))]
        steps.extend(order[start : start + align.batch_pairs] for start in range(0, len(order), align.batch_pairs))
    return steps


def _by_conversation(train: Sequence[Example], align: Align, random: np.random.Generator) -> list[Example]:
    """Conversations in random order, each in runs of at most `conversation_pairs` that are shuffled like any other."""
    groups: dict[str, list[Example]] = {}
    for example in train:
        groups.setdefault(example.group, []).append(example)
    runs: list[list[Example]] = []
    for members in groups.values():
        mixed = [members[index] for index in random.permutation(len(members))]
        size = min(align.conversation_pairs, align.batch_pairs)
        runs.extend(mixed[start : start + size] for start in range(0, len(mixed), size))
    return [example for index in random.permutation(len(runs)) for example in runs[index]]
