"""Real preference pairs as token ids: OASST1's validation split and HH, read and encoded as every recipe's are."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from acord.align.encoded import Example, items_of
from acord.align.examples import encode, examples_for
from acord.align.order import steps_of_examples
from acord.chat import ChatFormat
from acord.data.build import build_pairs
from acord.data.pairs import read_pairs
from acord.models import train_tokenizer
from acord.recipe import Align, Data, Source
from acord.tree.pack import build_pack, build_packs

DATA = Path(__file__).parents[2] / "shared" / "data" / "preferences"
LEARNT, LONGEST = 32_000, 2_048
BATCH = 8
DRAWS = 4_000
FIGURES = ("distinct", "unshared", "padded_1", "padded_8")


@dataclass(frozen=True)
class PairSet:
    """A real set: its file, and the optimizer step it is trained with. Step sizes are pairs."""

    source: Source
    step_pairs: int
    shuffle: str

    @property
    def align(self) -> Align:
        """The recipe's part for it: the reference run's learning rate, this set's steps."""
        return Align(batch_pairs=self.step_pairs, shuffle=self.shuffle)


def pair_sets(data: Path = DATA) -> dict[str, PairSet]:
    """The two sets, read from the folder `data`."""
    oasst1 = str(data / "oasst1_validation_en.messages.jsonl.gz")
    hh = str(data / "hh_harmless_base_test.jsonl.gz")
    return {
        "oasst1": PairSet(Source(name="oasst1", format="oasst", path=oasst1), 64, "conversation"),
        "hh": PairSet(Source(name="hh", format="hh", path=hh, language="en"), 8, "pair"),
    }


def read_examples(pairs: PairSet, vocabulary: int = LEARNT) -> list[Example]:
    """All its pairs as tokens of a byte-level BPE learnt on them, ChatML, at most 2,048 tokens a reply's path."""
    with tempfile.TemporaryDirectory() as folder:
        build_pairs(Data(sources=[pairs.source], held_out=0.0), seed=0, folder=Path(folder))
        found = read_pairs(Path(folder))
    texts = [
        text for pair in found for text in (*(turn["content"] for turn in pair.prompt), pair.chosen, pair.rejected)
    ]
    chat = ChatFormat.build(train_tokenizer(texts, min(vocabulary, LEARNT)))
    return examples_for(pairs.align, encode(found, chat, LONGEST))


def sequence_lengths(example: Example) -> list[int]:
    """Tokens of prompt and reply, for each reply."""
    return [len(example.prompt_ids) + len(reply) for reply in example.replies]


def batches_of(examples: Sequence[Example], batch: int) -> list[list[int]]:
    """The sequences' lengths of each padded batch of `batch` pairs, in the order given."""
    starts = range(0, len(examples), batch)
    return [[size for one in examples[start : start + batch] for size in sequence_lengths(one)] for start in starts]


def padded_tokens(examples: Sequence[Example], batch: int) -> int:
    """Tokens of padded batches, in the order given."""
    return sum(len(lengths) * max(lengths) for lengths in batches_of(examples, batch))


def token_counts(examples: Sequence[Example], step_pairs: int, token_budget: int) -> dict[str, Any]:
    """How many tokens each way of computing the whole set takes, for both shufflings of the pairs into steps."""
    from transformers.trainer_pt_utils import get_length_grouped_indices

    mixed = [examples[index] for index in np.random.Generator(np.random.PCG64(0)).permutation(len(examples))]
    longest = [max(sequence_lengths(example)) for example in examples]
    np.random.seed(0)
    grouped = [examples[index] for index in get_length_grouped_indices(longest, step_pairs)]
    counts: dict[str, Any] = {
        "pairs": len(examples),
        "distinct": build_pack(items_of(examples)).forest.tokens,
        "unshared": sum(size for example in examples for size in sequence_lengths(example)),
        "padded_1": padded_tokens(mixed, 1),
        "padded_8": padded_tokens(mixed, BATCH),
        "padded_8_grouped": padded_tokens(grouped, BATCH),
    }
    for shuffle in ("pair", "conversation"):
        steps = steps_of_examples(examples, Align(batch_pairs=step_pairs, shuffle=shuffle), seed=0)
        counts[shuffle] = {
            "computed": sum(pack.forest.tokens for step in steps for pack in build_packs(items_of(step), token_budget)),
            "distinct_in_step": sum(build_pack(items_of(step)).forest.tokens for step in steps),
        }
    return counts


@dataclass(frozen=True)
class Selection:
    """Pairs to measure on.

    warm_up: of the step that is not timed; the shortest of the rest. timed: the others, in order. likeness: for each
    figure (tokens a pair), the selection's and the whole set's.
    """

    warm_up: list[Example]
    timed: list[Example]
    likeness: dict[str, dict[str, float]]


def select(examples: Sequence[Example], shuffle: str, count: int, step_pairs: int) -> Selection:
    """The draw of `count` pairs that is most like the whole set; of whole conversations where these are kept together.

    Of 4,000 draws the one whose tokens a pair (distinct, unshared, padded alone, padded in batches of 8) differ least
    from the set's, the worst of the four counting. Raises ValueError where the set holds no such draw.
    """
    units: dict[str, list[Example]] = {}
    for example in examples:
        units.setdefault(example.group if shuffle == "conversation" else example.id, []).append(example)
    unit_list = list(units.values())
    figures = np.array([_tokens_of(unit) for unit in unit_list])
    whole = figures.sum(axis=0) / len(examples)
    whole_padded = padded_tokens(shuffled(examples), BATCH) / len(examples)
    best: list[Example] = []
    least = float("inf")
    for seed in range(DRAWS):
        chosen = _fill(unit_list, count, seed)
        drawn = [example for index in chosen for example in unit_list[index]]
        means = figures[chosen].sum(axis=0) / count
        padded = padded_tokens(shuffled(drawn), BATCH) / count
        difference = max(float(np.abs(means / whole - 1.0).max()), abs(padded / whole_padded - 1.0))
        if len(drawn) == count and difference < least:
            best, least = drawn, difference
            likeness = dict(zip(FIGURES, [*zip(means, whole, strict=True), (padded, whole_padded)], strict=True))
    if not best:
        raise ValueError(f"{len(examples)} pairs hold no draw of {count}")
    taken = {example.id for example in best}
    rest = sorted((e for e in examples if e.id not in taken), key=lambda e: (max(sequence_lengths(e)), e.id))
    rounded = {
        name: {"selected": round(float(own), 1), "whole": round(float(all_), 1)}
        for name, (own, all_) in likeness.items()
    }
    return Selection(rest[:step_pairs], best, rounded)


def _fill(units: list[list[Example]], count: int, seed: int) -> list[int]:
    """Units at random that hold `count` pairs together, or fewer where it does not come out even."""
    chosen, room = [], count
    for index in np.random.Generator(np.random.PCG64(seed)).permutation(len(units)):
        if len(units[index]) <= room:
            chosen.append(int(index))
            room -= len(units[index])
        if not room:
            break
    return chosen


def _tokens_of(unit: Sequence[Example]) -> tuple[int, int, int]:
    """Tokens of pairs that stand together: distinct, unshared, padded alone (the first three of FIGURES)."""
    distinct = build_pack(items_of(unit)).forest.tokens
    return distinct, sum(size for example in unit for size in sequence_lengths(example)), padded_tokens(unit, 1)


def middle_pairs(examples: Sequence[Example], count: int) -> list[Example]:
    """`count` of the pairs, spread evenly over their lengths, in the order given."""
    by_length = sorted(examples, key=lambda example: (max(sequence_lengths(example)), example.id))
    kept = {by_length[(2 * index + 1) * len(by_length) // (2 * count)].id for index in range(count)}
    return [example for example in examples if example.id in kept]


def shuffled(examples: Sequence[Example]) -> list[Example]:
    """The same pairs in the random order in which a peer is given them."""
    return [examples[index] for index in np.random.Generator(np.random.PCG64(1)).permutation(len(examples))]
