"""Which examples form which step: every example once an epoch, conversations kept together, the seed alone decides."""

import hashlib
import os
import subprocess
import sys
from itertools import groupby
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from acord.align.encoded import Example, items_of
from acord.align.order import steps_of_examples
from acord.recipe import Align
from acord.tree.pack import build_pack

ROOT = Path(__file__).parents[2]


def example(number: int, group: str, prompt: tuple[int, ...] = (2, 3)) -> Example:
    return Example(
        id=f"example-{number}",
        group=group,
        language="en",
        source="sample",
        split="train",
        weight=1.0,
        prompt_ids=prompt,
        replies=((10 + number, 1), (200 + number, 1)),
        ranks=(0, 1),
    )


@st.composite
def examples(draw: st.DrawFn) -> list[Example]:
    groups = draw(st.lists(st.integers(0, 6), min_size=1, max_size=60))
    return [example(number, f"group-{group}") for number, group in enumerate(groups)]


ALIGNS = st.builds(
    Align,
    shuffle=st.sampled_from(["pair", "conversation"]),
    batch_pairs=st.integers(1, 20),
    conversation_pairs=st.integers(1, 25),
    epochs=st.integers(1, 3),
)


@given(examples(), ALIGNS, st.integers(0, 2**32))
def test_every_example_comes_exactly_once_an_epoch_in_steps_of_the_right_size(
    train: list[Example], align: Align, seed: int
) -> None:
    steps = steps_of_examples(train, align, seed)
    an_epoch = -(-len(train) // align.batch_pairs)
    assert len(steps) == an_epoch * align.epochs
    for epoch in range(align.epochs):
        mine = steps[epoch * an_epoch : (epoch + 1) * an_epoch]
        assert [len(step) for step in mine[:-1]] == [align.batch_pairs] * (an_epoch - 1)
        assert len(mine[-1]) == len(train) - align.batch_pairs * (an_epoch - 1)
        assert sorted(one.id for step in mine for one in step) == sorted(one.id for one in train)


@given(examples(), ALIGNS, st.integers(0, 2**32))
def test_the_seed_alone_decides(train: list[Example], align: Align, seed: int) -> None:
    assert steps_of_examples(train, align, seed) == steps_of_examples(list(train), align, seed)


def test_other_seeds_and_other_epochs_give_other_orders() -> None:
    train = [example(number, f"group-{number % 9}") for number in range(60)]
    for shuffle in ("pair", "conversation"):
        align = Align(shuffle=shuffle, batch_pairs=60, epochs=2, conversation_pairs=4)
        orders = [[one.id for one in step] for seed in range(3) for step in steps_of_examples(train, align, seed)]
        assert len({tuple(order) for order in orders}) == 6


def test_a_conversation_comes_in_runs_of_at_most_so_many_pairs() -> None:
    """Runs may happen to stand side by side: lengths are multiples of 4, but for the one run with the remainder."""
    sizes = {"long": 23, "middle": 9, "short": 1}
    train = [example(number, group) for group, size in sizes.items() for number in range(size)]
    align = Align(shuffle="conversation", batch_pairs=64, conversation_pairs=4)
    count = 0
    for seed in range(30):
        (step,) = steps_of_examples(train, align, seed)
        runs = [(group, len(list(members))) for group, members in groupby(step, key=lambda one: one.group)]
        for group, size in sizes.items():
            lengths = [length for name, length in runs if name == group]
            assert sum(lengths) == size
            assert sorted(length % 4 for length in lengths if length % 4) == [size % 4]
        count += sum(name == "long" for name, _ in runs)
    # Six runs among ten in random order stand apart 6 x 5 / 10 = 3 times on average.
    assert 2.5 < count / 30 < 3.5


def branching(conversations: int = 30, depth: int = 12) -> list[Example]:
    """Conversations in which every turn has a pair: prompts are prefixes of one another, 10 tokens a turn."""
    return [
        example(conversation * depth + turn, f"group-{conversation}", tuple(
            1_000 + conversation * 500 + token for token in range(10 * (turn + 1))
        ))
        for conversation in range(conversations)
        for turn in range(depth)
    ]  # fmt: skip


def distinct_tokens(steps: list[list[Example]]) -> int:
    return sum(build_pack(items_of(step)).forest.tokens for step in steps)


def test_conversation_shuffle_makes_a_step_share_what_pair_shuffle_computes_again() -> None:
    train = branching()
    tokens = {
        most: distinct_tokens(
            steps_of_examples(train, Align(shuffle="conversation", batch_pairs=24, conversation_pairs=most), 1)
        )
        for most in (1, 4, 12)
    }
    pair = distinct_tokens(steps_of_examples(train, Align(shuffle="pair", batch_pairs=24), 1))
    unshared = build_pack(items_of(train)).forest.tokens_unshared
    replies = sum(len(reply) for one in train for reply in one.replies)
    # A whole conversation in one step: its longest prompt once, and every reply.
    assert tokens[12] == 30 * 120 + replies
    assert tokens[12] < tokens[4] < 0.8 * pair < pair < unshared
    assert abs(tokens[1] - pair) < 0.1 * pair, "runs of one pair are pair shuffle"


SCRIPT = """
from tests.align.test_order import order_digest
print(order_digest())
"""


def order_digest() -> str:
    """A digest of both shuffles' orders."""
    text = "".join(
        one.id
        for shuffle in ("pair", "conversation")
        for step in steps_of_examples(branching(6, 5), Align(shuffle=shuffle, batch_pairs=7, epochs=2), 11)
        for one in step
    )
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_order_does_not_depend_on_pythons_hash_seed() -> None:
    for hash_seed in ("1", "2"):
        result = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert result.stdout.strip() == order_digest()
