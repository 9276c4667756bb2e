"""The same documents under two models: matched by their hash, never by position."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from acord.evaluate.metrics import sample_of_items
from acord.evaluate.resampling import Sample
from acord.evaluate.results import Item


@dataclass(frozen=True)
class Side:
    """One model's items on one row, and what its metric needs of them."""

    items: tuple[Item, ...]
    sample: Sample


class Matched(NamedTuple):
    """Two models on the documents that both answered, in one order. left_out: documents that only one answered."""

    a: Sample
    b: Sample
    left_out: int


def side_of(metric: str, items: Sequence[Item]) -> Side | None:
    """The items with their sample; None for no items, and for a metric whose values cannot be resampled."""
    ordered = tuple(sorted(items, key=lambda item: item.item))
    try:
        return Side(ordered, sample_of_items(metric, ordered))
    except ValueError:
        return None


def match(metric: str, a: Side, b: Side) -> Matched | None:
    """The documents of both sides; None where they share none.

    A document that stands twice in a data set is matched in the order of its appearance. Where one side alone knows
    clusters, they hold for both: they are of the documents.
    """
    of_b = dict(zip(_keys(b.items), b.items, strict=True))
    pairs = [(item, of_b[key]) for key, item in zip(_keys(a.items), a.items, strict=True) if key in of_b]
    if not pairs:
        return None
    left_out = len(a.items) + len(b.items) - 2 * len(pairs)
    joined = [_one_cluster(one, other) for one, other in pairs]
    first, second = tuple(pair[0] for pair in joined), tuple(pair[1] for pair in joined)
    return Matched(
        a.sample if first == a.items else sample_of_items(metric, first),
        b.sample if second == b.items else sample_of_items(metric, second),
        left_out,
    )


def _keys(items: Sequence[Item]) -> list[tuple[str, int]]:
    seen: Counter[str] = Counter()
    keys = []
    for item in items:
        keys.append((item.document, seen[item.document]))
        seen[item.document] += 1
    return keys


def _one_cluster(a: Item, b: Item) -> tuple[Item, Item]:
    if a.cluster == b.cluster:
        return a, b
    cluster = a.cluster if a.cluster is not None else b.cluster
    return replace(a, cluster=cluster), replace(b, cluster=cluster)
