"""The held-out split: by group, by hash, never empty where it need not be."""

from hypothesis import given
from hypothesis import strategies as st

from acord.data.split import corrections, fraction, split_of

shares = st.floats(0, 1, exclude_max=True)
names = st.lists(st.text(max_size=5), max_size=12, unique=True)


def splits(groups: list[str], seed: int, share: float) -> dict[str, str]:
    return {group: split_of(seed, group, share) for group in groups} | corrections(groups, seed=seed, share=share)


def test_the_fraction_is_fixed_for_all_time() -> None:
    assert fraction(0, "a") == 0.05168939049863741
    assert fraction(1, "a") != fraction(0, "a")


@given(st.integers(0), st.text())
def test_a_fraction_is_below_one(seed: int, group: str) -> None:
    assert 0 <= fraction(seed, group) < 1


@given(names, st.integers(0, 9), shares)
def test_both_splits_have_a_group_where_there_are_two(groups: list[str], seed: int, share: float) -> None:
    both = splits(groups, seed, share)
    held_out = sum(split == "held_out" for split in both.values())
    if share == 0 or (len(groups) < 2 and not held_out):
        assert held_out == 0
    elif len(groups) >= 2:
        assert 0 < held_out < len(groups)
    assert len(corrections(groups, seed=seed, share=share)) <= 1


@given(names, st.integers(0, 9), shares)
def test_the_order_of_groups_does_not_matter(groups: list[str], seed: int, share: float) -> None:
    assert splits(groups, seed, share) == splits(groups[::-1], seed, share)


def test_about_the_share_is_held_out_and_a_larger_share_holds_out_more() -> None:
    groups = [str(index) for index in range(4_000)]
    small = {group for group, split in splits(groups, 7, 0.05).items() if split == "held_out"}
    large = {group for group, split in splits(groups, 7, 0.2).items() if split == "held_out"}
    assert 160 < len(small) < 240
    assert 720 < len(large) < 880
    assert small < large
