"""Items of token sequences into packs under a token budget: deterministic, full, nothing computed twice in a pack.

An item is a set of sequences whose scores are needed together (a pair's two replies, a question's four choices).
Items of one group (a prompt, a conversation) share prefixes and are kept side by side; a group whose tree is larger
than the budget is split between items, and only the path that its parts share is computed again.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from acord.tree.trie import Forest, TokenSequence, build_forest, join_forests


@dataclass(frozen=True)
class Item:
    """Sequences that must stand in one pack, and the group whose items share prefixes with this one."""

    group: Hashable
    sequences: tuple[TokenSequence, ...]


@dataclass(frozen=True)
class Pack:
    """One forward pass: its forest, and which items it scores, in the order of the forest's replies."""

    forest: Forest
    items: tuple[int, ...]


@dataclass(frozen=True)
class _Tree:
    items: tuple[int, ...]
    forest: Forest


def build_packs(items: Sequence[Item], token_budget: int) -> list[Pack]:
    """Pack all items, best fit in falling order of size (ties in the order given).

    A single item larger than the budget gets a pack of its own: the budget bounds memory by what can be divided.
    """
    groups: dict[Hashable, list[int]] = {}
    for index, item in enumerate(items):
        groups.setdefault(item.group, []).append(index)
    trees = [tree for members in groups.values() for tree in _split(items, members, token_budget)]
    trees.sort(key=lambda tree: (-tree.forest.tokens, tree.items))
    bins: list[list[_Tree]] = []
    used: list[int] = []
    for tree in trees:
        room = [(token_budget - used[b] - tree.forest.tokens, b) for b in range(len(bins))]
        fitting = [(left, b) for left, b in room if left >= 0]
        if fitting:
            _, best = min(fitting)
            bins[best].append(tree)
            used[best] += tree.forest.tokens
        else:
            bins.append([tree])
            used.append(tree.forest.tokens)
    packs = []
    for members_of_bin in bins:
        members_of_bin.sort(key=lambda tree: tree.items)
        forest = join_forests([tree.forest for tree in members_of_bin])
        packs.append(Pack(forest, tuple(index for tree in members_of_bin for index in tree.items)))
    packs.sort(key=lambda pack: pack.items)
    return packs


def build_pack(items: Sequence[Item]) -> Pack:
    """All items in one pack, whatever its size, sharing by group: for a plan that is already fixed."""
    return build_packs(items, token_budget=2**62)[0]


def _split(items: Sequence[Item], members: list[int], token_budget: int) -> list[_Tree]:
    whole = _tree(items, members)
    if whole.forest.tokens <= token_budget or len(members) == 1:
        return [whole]
    # Items whose sequences are neighbours in the trie share the most, so parts are runs in that order.
    in_order = sorted(members, key=lambda index: (tuple(items[index].sequences[0].token_ids), index))
    parts: list[_Tree] = []
    current = _tree(items, in_order[:1])
    for index in in_order[1:]:
        wider = _tree(items, [*current.items, index])
        if wider.forest.tokens <= token_budget:
            current = wider
        else:
            parts.append(current)
            current = _tree(items, [index])
    return [*parts, current]


def _tree(items: Sequence[Item], members: Sequence[int]) -> _Tree:
    ordered = tuple(sorted(members))
    return _Tree(ordered, build_forest([sequence for index in ordered for sequence in items[index].sequences]))
