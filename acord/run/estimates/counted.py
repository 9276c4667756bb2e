"""What a run computes: its examples, steps and tokens, from the finished plan, from a sample of pairs, or assumed."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from acord.align.encoded import SCHEMA, Example, items_of
from acord.align.footprint import Pack
from acord.align.shape import Work
from acord.recipe import Recipe
from acord.run.estimates.ground import Ground
from acord.run.estimates.sample import SampledPairs
from acord.tree.pack import build_pack, build_packs
from acord.tree.trie import Forest

# Up to so many examples, all are counted; of more, a sample.
EXACT = 4_000
SAMPLED_STEPS, SAMPLED_GROUPS = 24, 600
# Tokens of a prompt and of each reply, where nothing can be sampled: about the mean of OASST1's validation pairs.
ASSUMED_PROMPT, ASSUMED_REPLY = 250, 200


@dataclass(frozen=True)
class Counted:
    """pairs: examples of training. training: of all optimizer steps. once: of the reference pass over all examples;
    held_out: over those that are held out. pack: the largest. packs: of all steps. example_tokens: of all prompts and
    replies. ground: where this is from. sample: some examples, for a measurement; empty where there are none.
    """

    pairs: int
    held_out_pairs: int
    steps: int
    training: Work
    tokens_unshared: float
    once: Work
    held_out: Work
    pack: Pack
    packs: float
    example_tokens: float
    ground: Ground
    sample: tuple[Example, ...] = ()


def work_of(forest: Forest) -> Work:
    """Tokens, rows of the head and attended tokens of a forest."""
    return Work(forest.tokens, len(np.unique(forest.parent_node_S())), float((forest.position_T + 1).sum()))


def count_plan(folder: Path, align_steps: int, token_budget: int) -> Counted:
    """Count a finished plan artefact: all of it, or a sample of its steps and conversations where it is large."""
    import pyarrow.parquet as pq

    table = pq.read_table(folder / "encoded.parquet", schema=SCHEMA)
    steps = pq.read_table(folder / "steps.parquet")
    splits = table["split"].to_pylist()
    held = sum(split == "held_out" for split in splits)
    exact = len(splits) <= EXACT
    picked = _picked(align_steps, None if exact else SAMPLED_STEPS)
    place = {identity: row for row, identity in enumerate(table["id"].to_pylist())}
    columns = [steps[name].to_pylist() for name in ("step", "pack", "example")]
    packs: dict[tuple[int, int], list[int]] = {}
    for step, pack, example in zip(*columns, strict=True):
        if step in picked:
            packs.setdefault((step, pack), []).append(place[example])
    needed = sorted({row for rows in packs.values() for row in rows})
    examples = dict(zip(needed, _examples(table.take(needed)), strict=True))
    training, unshared, largest = Work(), 0.0, Pack(0, 0)
    for rows in packs.values():
        forest = build_pack(items_of([examples[row] for row in rows])).forest
        work = work_of(forest)
        training, unshared = training.plus(work), unshared + forest.tokens_unshared
        largest = Pack(max(largest.tokens, work.tokens), max(largest.rows, work.rows))
    scale = align_steps / max(1, len(picked))
    if not exact:
        # Among many packs some are full.
        largest = Pack(max(largest.tokens, token_budget), largest.rows * max(1.0, token_budget / largest.tokens))
    once, held_out, tokens = _passes(table, exact)
    return Counted(
        pairs=len(splits) - held, held_out_pairs=held, steps=align_steps, training=training.times(scale),
        tokens_unshared=unshared * scale, once=once, held_out=held_out, pack=largest, packs=len(packs) * scale,
        example_tokens=tokens,
        ground=Ground("counted") if exact else Ground("sampled_plan", {"steps": len(picked), "of": align_steps}),
        sample=tuple(examples[row] for row in needed[:256]),
    )  # fmt: skip


def _picked(steps: int, most: int | None) -> set[int]:
    if most is None or steps <= most:
        return set(range(steps))
    return {round(number * (steps - 1) / (most - 1)) for number in range(most)}


def _examples(table: Any) -> list[Example]:
    return [
        Example(**{**row, "prompt_ids": tuple(row["prompt_ids"]), "replies": tuple(map(tuple, row["replies"])),
                   "ranks": tuple(row["ranks"])})
        for row in table.to_pylist()
    ]  # fmt: skip


def _passes(table: Any, exact: bool) -> tuple[Work, Work, float]:
    """The pass over all examples, that over the held-out ones, and the tokens that all examples hold."""
    groups: dict[str, list[int]] = {}
    for row, group in enumerate(table["group"].to_pylist()):
        groups.setdefault(group, []).append(row)
    names = list(groups)
    if not exact and len(names) > SAMPLED_GROUPS:
        names = random.Random(0).sample(names, SAMPLED_GROUPS)  # noqa: S311  a sample, no secret
    rows = [row for name in names for row in groups[name]]
    examples = _examples(table.take(rows))
    scale = len(table) / max(1, len(rows))
    by_group: dict[str, list[Example]] = {}
    for example in examples:
        by_group.setdefault(example.group, []).append(example)
    once, held = Work(), Work()
    for members in by_group.values():
        once = once.plus(work_of(build_pack(items_of(members)).forest))
        kept = [example for example in members if example.split == "held_out"]
        if kept:
            held = held.plus(work_of(build_pack(items_of(kept)).forest))
    return once.times(scale), held.times(scale), scale * sum(map(_tokens, examples))


def _tokens(example: Example) -> int:
    return len(example.prompt_ids) + sum(map(len, example.replies))


def count_sample(recipe: Recipe, sampled: SampledPairs, token_budget: int) -> Counted:
    """From a sample of pairs as tokens: laid out in steps as the plan would, and scaled to the number of pairs."""
    from acord.align.order import steps_of_examples

    align, examples = recipe.align, list(sampled.examples)
    train = [example for example in examples if example.split == "train"]
    share = 1 - recipe.data.held_out if sampled.split_unknown else len(train) / max(1, len(examples))
    total = round(sampled.total * share)
    steps = math.ceil(total / align.batch_pairs) * align.epochs
    one = align.model_copy(update={"epochs": 1})
    training, unshared, packs, largest, used = Work(), 0.0, 0, Pack(0, 0), 0
    for batch in steps_of_examples(train, one, recipe.seed):
        for pack in build_packs(items_of(batch), token_budget):
            work = work_of(pack.forest)
            training, unshared, packs = training.plus(work), unshared + pack.forest.tokens_unshared, packs + 1
            largest = Pack(max(largest.tokens, work.tokens), max(largest.rows, work.rows))
        used += len(batch)
    scale = total * align.epochs / max(1, used)
    by_group: dict[str, list[Example]] = {}
    for example in examples:
        by_group.setdefault(example.group, []).append(example)
    once = Work()
    for members in by_group.values():
        once = once.plus(work_of(build_pack(items_of(members)).forest))
    factor = sampled.total / max(1, len(examples))
    held = sampled.total - total
    return Counted(
        pairs=total, held_out_pairs=held, steps=steps, training=training.times(scale),
        tokens_unshared=unshared * scale, once=once.times(factor),
        held_out=once.times(factor * held / max(1, sampled.total)), pack=largest, packs=packs * scale,
        example_tokens=factor * sum(map(_tokens, examples)), ground=sampled.ground, sample=tuple(examples[:256]),
    )  # fmt: skip


def count_assumed(recipe: Recipe, pairs: int, token_budget: int) -> Counted:
    """Where nothing can be sampled: every pair has the tokens of an average one, and shares its prompt alone.

    pairs: with those that are held out.
    """
    prompt = min(ASSUMED_PROMPT, recipe.chat.max_length // 2)
    reply = min(ASSUMED_REPLY, recipe.chat.max_length // 2)
    train = round(pairs * (1 - recipe.data.held_out))
    tokens = prompt + 2 * reply
    attended = prompt**2 / 2 + 2 * (reply * prompt + reply**2 / 2)
    one = Work(tokens, 2 * reply, attended)
    steps = math.ceil(train / recipe.align.batch_pairs) * recipe.align.epochs
    most = min(token_budget, recipe.align.batch_pairs * tokens)
    return Counted(
        pairs=train, held_out_pairs=pairs - train, steps=steps, training=one.times(train * recipe.align.epochs),
        tokens_unshared=float(2 * (prompt + reply) * train * recipe.align.epochs), once=one.times(pairs),
        held_out=one.times(pairs - train), pack=Pack(most, most * 2 * reply / tokens),
        packs=max(steps, train * recipe.align.epochs * tokens / token_budget), example_tokens=float(tokens * pairs),
        ground=Ground("assumed_tokens", {"prompt": prompt, "reply": reply}),
    )  # fmt: skip


def example_of(prompt: Sequence[int], replies: Sequence[Sequence[int]], identity: str, group: str) -> Example:
    """An example of training, as a measurement or a sample makes it."""
    ids = tuple(tuple(reply) for reply in replies)
    return Example(identity, group, "und", "sample", "train", 1.0, tuple(prompt), ids, tuple(range(len(ids))))
