"""Pairs as tokens, and the examples that a method trains on: pairs, rankings, or single replies."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from acord.align.encoded import Example, Ids
from acord.chat import ChatFormat, Refused
from acord.chat import EncodedPair as PairTokens
from acord.console import track
from acord.data.pairs import Pair
from acord.recipe import Align


class Refusal(NamedTuple):
    """A pair that cannot become tokens, and why."""

    id: str
    reason: str
    detail: str


@dataclass(frozen=True)
class EncodedPairs:
    """Pairs with their tokens, those refused, and what encoding did: messages dropped, replies that would merge."""

    pairs: list[tuple[Pair, PairTokens]]
    refused: list[Refusal]

    @property
    def turns_dropped(self) -> int:
        """Messages left out of over-long prompts."""
        return sum(tokens.turns_dropped for _, tokens in self.pairs)

    @property
    def boundary_merges(self) -> int:
        """Replies whose tokens would differ if they were encoded together with their prompt."""
        return sum(tokens.boundary_merges for _, tokens in self.pairs)


def encode(pairs: list[Pair], chat: ChatFormat, max_length: int) -> EncodedPairs:
    """Encode every pair; those that cannot be encoded faithfully are refused with their reason."""
    encoded: list[tuple[Pair, PairTokens]] = []
    refused: list[Refusal] = []
    with track("encoding", len(pairs), "pairs") as progress:
        for pair, tokens in zip(pairs, chat.encode_pairs(pairs, max_length=max_length), strict=True):
            progress.advance()
            if isinstance(tokens, Refused):
                refused.append(Refusal(pair.id, tokens.reason, tokens.detail))
            else:
                encoded.append((pair, tokens))
    return EncodedPairs(encoded, refused)


def examples_for(align: Align, encoded: EncodedPairs) -> list[Example]:
    """What the recipe's method trains on, in the order of the pairs."""
    if align.method == "sft":
        return list(_single_replies(encoded.pairs))
    if align.loss == "plackett_luce":
        return list(_rankings(encoded.pairs))
    return [
        _example(pair, pair.id, tokens.prompt_ids, (tokens.chosen_ids, tokens.rejected_ids), (0, 1))
        for pair, tokens in encoded.pairs
    ]


def _example(pair: Pair, identity: str, prompt: Ids, replies: tuple[Ids, ...], ranks: tuple[int, ...]) -> Example:
    return Example(
        id=identity,
        group=pair.group,
        language=pair.language,
        source=pair.source,
        split=pair.split,
        weight=pair.weight,
        prompt_ids=prompt,
        replies=replies,
        ranks=ranks,
    )


def _single_replies(pairs: Iterable[tuple[Pair, PairTokens]]) -> Iterable[Example]:
    """Each chosen reply once, however many pairs prefer it."""
    seen: set[tuple[Ids, Ids]] = set()
    for pair, tokens in pairs:
        key = (tokens.prompt_ids, tokens.chosen_ids)
        if key not in seen:
            seen.add(key)
            yield _example(pair, pair.id, tokens.prompt_ids, (tokens.chosen_ids,), (0,))


def _rankings(pairs: Iterable[tuple[Pair, PairTokens]]) -> Iterable[Example]:
    """All ranked replies of a prompt as one example; a pair that names no prompt is a ranking of its own two."""
    by_prompt: dict[tuple[str, str, str], list[tuple[Pair, PairTokens]]] = {}
    for pair, tokens in pairs:
        ranked = pair.prompt_id and pair.chosen_rank is not None and pair.rejected_rank is not None
        key = (pair.source, pair.group, str(pair.prompt_id) if ranked else f"pair {pair.id}")
        by_prompt.setdefault(key, []).append((pair, tokens))
    for members in by_prompt.values():
        ranks: dict[Ids, int] = {}
        for pair, tokens in members:
            # A pair that states no rank for both: one rank alone says nothing, but chosen stands above rejected.
            above, below = pair.chosen_rank, pair.rejected_rank
            if above is None or below is None:
                above, below = 0, 1
            ranks[tokens.chosen_ids], ranks[tokens.rejected_ids] = above, below
        ordered = sorted(ranks.items(), key=lambda item: (item[1], item[0]))
        # Pairs of one prompt may have lost different numbers of old turns: what fits the longest reply fits all.
        prompt = min((tokens.prompt_ids for _, tokens in members), key=len)
        best = ordered[0][1]
        yield _example(
            members[0][0],
            members[0][0].id,
            prompt,
            tuple(ids for ids, _ in ordered),
            tuple(rank - best for _, rank in ordered),
        )
