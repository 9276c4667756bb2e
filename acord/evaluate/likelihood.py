"""Log-likelihoods of continuations: every request in packs that compute a shared prefix once, each pack stored whole.

Requests are sorted by their token ids, so that those with a common prefix (the choices of a question, the questions
on a passage, all items behind the same examples) stand side by side, and cut into packs where the least is shared.
The packs follow from the requests alone, never from what the store has: an evaluation that was killed and goes on
computes the very passes that an undisturbed one computes, and gives the same figures to the last bit.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np
import torch

from acord.console import track
from acord.evaluate.store import ItemStore
from acord.tree.scoring import ScoringModel
from acord.tree.trie import ScoredRange, TokenSequence, build_forest

# What a pass costs besides its tokens, counted in tokens: cuts are only worth making where they save more.
PACK_COST = 16


class Likelihood(NamedTuple):
    """logp: of the continuation given its context, a sum over tokens in nats. greedy: each token was the likeliest."""

    logp: float
    greedy: bool


class Question(NamedTuple):
    """Token ids: what is read, and what is scored after it. Neither is empty."""

    context: tuple[int, ...]
    continuation: tuple[int, ...]

    def key(self, scorer: str) -> str:
        """sha256 (64 hex digits) over these ids and `scorer`, which names all else that the answer depends on."""
        content = hashlib.sha256(f"likelihood\n{scorer}\n{len(self.context)}\n".encode())
        content.update(np.asarray((*self.context, *self.continuation), dtype="<i8").tobytes())
        return content.hexdigest()

    def sequence(self, longest: int) -> TokenSequence:
        """What the scorer gets; longer ones lose their beginning.

        longest: tokens that the model reads; the last one of the continuation is not read. Raises ValueError for a
        continuation that alone is longer.
        """
        if len(self.continuation) > longest:
            raise ValueError(f"a continuation has {len(self.continuation)} tokens and the model reads {longest}")
        ids = (*self.context, *self.continuation)[-(longest + 1) :]
        return TokenSequence(ids, (ScoredRange(len(ids) - len(self.continuation), len(ids)),))


Pack = tuple[TokenSequence, ...]
Done = Callable[[int, Sequence[Likelihood]], None]


class ScorePacks(Protocol):
    """Scores packs in any order, or side by side: done(number of the pack, its scores) as each is finished."""

    def __call__(self, packs: Sequence[Pack], done: Done) -> None: ...


class LocalPacks(NamedTuple):
    """Scores packs one after the other, in this process."""

    scorer: ScoringModel

    def __call__(self, packs: Sequence[Pack], done: Done) -> None:
        """One pass a pack; only scored positions go through the head."""
        for number, pack in enumerate(packs):
            with torch.inference_mode():
                scores = self.scorer(build_forest(pack))
            done(
                number, [Likelihood(*one) for one in zip(scores.logp_R.tolist(), scores.greedy_R.tolist(), strict=True)]
            )


class Kept(NamedTuple):
    """Where answers are kept and under what name: see Question.key."""

    store: ItemStore | None
    scorer: str


def likelihoods(
    questions: Sequence[Question], score_packs: ScorePacks, kept: Kept, *, longest: int, token_budget: int
) -> list[Likelihood]:
    """Score all questions, those that the store knows aside; each pack is stored when it is done.

    longest: tokens that the model reads at once. token_budget: distinct tokens a pack. Raises ValueError for a
    continuation that is empty or longer than the model reads.
    """
    keys = [question.key(kept.scorer) for question in questions]
    unique = dict(zip(keys, questions, strict=True))
    sequences = {key: question.sequence(longest) for key, question in unique.items()}
    known: dict[str, Likelihood] = {}
    if kept.store is not None:
        known = {key: Likelihood(*value) for key, value in kept.store.get_many(unique).items()}
    plan = [[key for key in pack if key not in known] for pack in plan_packs(sequences, token_budget)]
    plan = [pack for pack in plan if pack]
    with track("log-likelihoods", len(unique), "requests") as progress:
        progress.advance(len(unique) - sum(map(len, plan)))

        def done(number: int, scores: Sequence[Likelihood]) -> None:
            found = dict(zip(plan[number], scores, strict=True))
            if kept.store is not None:
                kept.store.put_many(found)
            known.update(found)
            progress.advance(len(found))

        if plan:
            score_packs([tuple(sequences[key] for key in pack) for pack in plan], done)
    return [known[key] for key in keys]


def plan_packs(sequences: Mapping[str, TokenSequence], token_budget: int) -> list[list[str]]:
    """Which sequences are scored together, by key: of all ways to cut them, one that computes the fewest tokens.

    The keys of a pack stand for at most token_budget distinct tokens; a single sequence may be longer.
    """
    order = sorted(sequences, key=lambda key: (tuple(sequences[key].token_ids), key))
    ids = [np.asarray(sequences[key].token_ids, dtype=np.int64) for key in order]
    shared = [0, *(_shared(before, after) for before, after in pairwise(ids))]
    starts = _cut(np.array([len(one) for one in ids], dtype=np.int64), np.array(shared, dtype=np.int64), token_budget)
    return [order[start:end] for start, end in pairwise([*starts, len(order)])]


def _shared(a: np.ndarray, b: np.ndarray) -> int:
    length = min(len(a), len(b))
    differ = np.flatnonzero(a[:length] != b[:length])
    return int(differ[0]) if len(differ) else length


def _cut(length_N: np.ndarray, shared_N: np.ndarray, token_budget: int) -> list[int]:
    """Where packs of sorted sequences start, so that what is computed twice costs the least.

    shared_N: tokens that each shares with the one before it; a cut there computes them again. Dynamic programming
    over the last pack's start: best[end] is the least cost of the first `end` sequences, and since a pack that starts
    later is never larger, the starts that fit are a sliding window, whose least cost a monotone queue keeps.
    """
    count = len(length_N)
    new_N = length_N - shared_N
    total = np.concatenate([[0], np.cumsum(new_N)]).tolist()
    shared = shared_N.tolist()
    best = [0] * (count + 1)
    start_of = [0] * (count + 1)
    window: deque[int] = deque()
    cost = [0] * count
    for end in range(1, count + 1):
        start = end - 1
        cost[start] = best[start] + shared[start] + PACK_COST
        # Of equal costs the earlier start is kept: fewer, fuller packs.
        while window and cost[window[-1]] > cost[start]:
            window.pop()
        window.append(start)
        while window[0] < start and total[end] - total[window[0]] + shared[window[0]] > token_budget:
            window.popleft()
        best[end] = cost[window[0]]
        start_of[end] = window[0]
    starts: list[int] = []
    end = count
    while end > 0:
        end = start_of[end]
        starts.append(end)
    return starts[::-1]
