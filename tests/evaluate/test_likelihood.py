"""Packs compute as little as can be, their scores are exact, and being killed costs no more than one of them."""

import itertools
import multiprocessing
import os
import random
import signal
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from acord.evaluate.likelihood import (
    PACK_COST,
    Done,
    Kept,
    Likelihood,
    LocalPacks,
    Pack,
    Question,
    likelihoods,
    plan_packs,
)
from acord.evaluate.store import ItemStore
from acord.tree.scoring import ScoringModel
from acord.tree.trie import ScoredRange, TokenSequence, build_forest
from tests.tree.test_scoring import VOCABULARY, tiny_llama

FORK = multiprocessing.get_context("fork")
LONGEST = 100


class CountingPacks:
    """Scores in this process, and remembers every pack; kills the process after some of them where asked to."""

    def __init__(self, scorer: ScoringModel, kill_after: int | None = None) -> None:
        self.local = LocalPacks(scorer)
        self.kill_after = kill_after
        self.packs: list[Pack] = []

    def __call__(self, packs: Sequence[Pack], done: Done) -> None:
        def counted(number: int, scores: Sequence[Likelihood]) -> None:
            if len(self.packs) == self.kill_after:
                os.kill(os.getpid(), signal.SIGKILL)
            self.packs.append(packs[number])
            done(number, scores)

        self.local(packs, counted)


def random_questions(count: int, seed: int = 0) -> list[Question]:
    """Choices of questions on passages: shared at several depths."""
    draw = random.Random(seed)

    def tokens(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw.randrange(VOCABULARY) for _ in range(draw.randint(low, high)))

    questions = []
    for _ in range(count // 12):
        passage = tokens(5, 30)
        for _ in range(3):
            context = passage + tokens(1, 8)
            questions += [Question(context, tokens(1, 6)) for _ in range(4)]
    return questions


def score(
    questions: Sequence[Question], packs: Any, store: ItemStore | None = None, **options: Any
) -> list[Likelihood]:
    given_ = {"longest": LONGEST, "token_budget": 96, **options}
    return likelihoods(questions, packs, Kept(store, "model fp32 tree"), **given_)


def oracle(model: torch.nn.Module, question: Question) -> Likelihood:
    """One run of the model's own forward over all that it reads."""
    ids = [*question.context, *question.continuation]
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([ids[-LONGEST - 1 :][:-1]])).logits[0].double()
    rows = logits[-len(question.continuation) :]
    target = torch.tensor(question.continuation)
    logp = rows.log_softmax(-1)[torch.arange(len(target)), target].sum()
    return Likelihood(float(logp), bool((rows.argmax(-1) == target).all()))


def test_scores_are_those_of_separate_runs() -> None:
    model = tiny_llama()
    questions = [*random_questions(48), Question((3,), (4,)), Question(tuple([1, 2] * 80), (5, 6))]
    greedy = int(model(input_ids=torch.tensor([[7, 8, 9]])).logits[0, -1].argmax())
    questions.append(Question((7, 8, 9), (greedy,)))
    found = score(questions, LocalPacks(ScoringModel(model)))
    expected = [oracle(model, question) for question in questions]
    assert [one.logp for one in found] == pytest.approx([one.logp for one in expected], abs=1e-4)
    assert [one.greedy for one in found] == [one.greedy for one in expected]
    assert found[-1].greedy


def test_equal_questions_are_computed_once() -> None:
    packs = CountingPacks(ScoringModel(tiny_llama()))
    questions = random_questions(12)
    found = score(questions + questions, packs)
    assert found[:12] == found[12:]
    assert sum(len(pack) for pack in packs.packs) == 12


def test_no_store_is_needed_and_no_question_neither() -> None:
    packs = CountingPacks(ScoringModel(tiny_llama()))
    assert score([], packs) == []
    assert packs.packs == []


def test_a_continuation_must_fit_and_have_tokens() -> None:
    packs = CountingPacks(ScoringModel(tiny_llama()))
    with pytest.raises(ValueError, match="101 tokens and the model reads 100"):
        score([Question((1,), (2,) * 101)], packs)
    with pytest.raises(ValueError, match="empty"):
        score([Question((1, 2), ())], packs)
    (fits,) = score([Question((1, 5), (2,) * 100)], packs)
    assert fits.logp == pytest.approx(oracle(tiny_llama(), Question((1, 5), (2,) * 100)).logp, abs=1e-3)


def test_keys_tell_everything_apart() -> None:
    keys = [
        Question((1, 2), (3,)).key("a"),
        Question((1,), (2, 3)).key("a"),
        Question((1, 2), (3,)).key("b"),
        Question((1, 2), (4,)).key("a"),
    ]
    assert len({*keys}) == 4
    assert Question((1, 2), (3,)).key("a") == keys[0]
    assert all(len(key) == 64 for key in keys)


def as_sequences(ids: Sequence[Sequence[int]]) -> dict[str, TokenSequence]:
    return {f"{number:03d}": TokenSequence(one, (ScoredRange(1, len(one)),)) for number, one in enumerate(ids)}


@pytest.mark.slow
@given(
    st.lists(st.lists(st.integers(0, 2), min_size=2, max_size=9), min_size=1, max_size=9),
    st.integers(4, 24),
    st.randoms(use_true_random=False),
)
@settings(deadline=None)
def test_a_plan_scores_all_within_the_budget_at_the_least_cost(
    ids: list[list[int]], budget: int, shuffler: random.Random
) -> None:
    sequences = as_sequences(ids)
    plan = plan_packs(sequences, budget)
    assert sorted(itertools.chain(*plan)) == sorted(sequences)

    def tokens(keys: Sequence[str]) -> int:
        return build_forest([sequences[key] for key in keys]).tokens

    assert all(tokens(pack) <= budget or len(pack) == 1 for pack in plan)
    order = [*itertools.chain(*plan)]
    costs = []
    for cuts in itertools.product([False, True], repeat=len(order) - 1):
        edges = [0, *(place for place, cut in enumerate(cuts, start=1) if cut), len(order)]
        packs = [order[start:end] for start, end in itertools.pairwise(edges)]
        if all(tokens(pack) <= budget or len(pack) == 1 for pack in packs):
            costs.append(sum(tokens(pack) + PACK_COST for pack in packs))
    assert sum(tokens(pack) + PACK_COST for pack in plan) == min(costs)
    keys = [*sequences]
    shuffler.shuffle(keys)
    assert plan_packs({key: sequences[key] for key in keys}, budget) == plan


def test_a_second_run_computes_nothing(tmp_path: Path) -> None:
    packs = CountingPacks(ScoringModel(tiny_llama()))
    questions = random_questions(48)
    with ItemStore(tmp_path / "items.sqlite") as store:
        first = score(questions, packs, store)
        computed = len(packs.packs)
        assert computed > 3
        assert score(questions[::-1], packs, store) == first[::-1]
        assert len(packs.packs) == computed
        more = random_questions(24, seed=1)
        score(questions + more, packs, store)
        assert sum(len(pack) for pack in packs.packs) == 48 + 24


def test_another_model_shares_nothing(tmp_path: Path) -> None:
    questions = random_questions(12)
    packs = CountingPacks(ScoringModel(tiny_llama()))
    with ItemStore(tmp_path / "items.sqlite") as store:
        for scorer in ("one fp32 tree", "other fp32 tree", "one bf16 tree", "one fp32 unshared"):
            likelihoods(questions, packs, Kept(store, scorer), longest=LONGEST, token_budget=96)
        assert len(store) == 4 * 12
    assert sum(len(pack) for pack in packs.packs) == 4 * 12


def _killed(path: Path, questions: Sequence[Question], kill_after: int) -> None:
    with ItemStore(path) as store:
        score(questions, CountingPacks(ScoringModel(tiny_llama()), kill_after), store)


@pytest.mark.slow
def test_killed_at_every_pack_it_goes_on_to_identical_scores(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    # A forked process has none of its parent's OpenMP threads, and would wait for them.
    request.addfinalizer(partial(torch.set_num_threads, torch.get_num_threads()))
    torch.set_num_threads(1)
    questions = random_questions(144)
    whole = CountingPacks(ScoringModel(tiny_llama()))
    undisturbed = score(questions, whole)
    assert len(whole.packs) >= 10
    for kill_after in range(len(whole.packs)):
        path = tmp_path / f"{kill_after}.sqlite"
        process = FORK.Process(target=_killed, args=(path, questions, kill_after))
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        with ItemStore(path) as store:
            assert len(store) == sum(len(pack) for pack in whole.packs[:kill_after])
            rest = CountingPacks(ScoringModel(tiny_llama()))
            assert score(questions, rest, store) == undisturbed
        assert rest.packs == whole.packs[kill_after:]


def test_packs_may_come_back_in_any_order(tmp_path: Path) -> None:
    model = ScoringModel(tiny_llama())
    questions = random_questions(48)

    def backwards(packs: Sequence[Pack], done: Done) -> None:
        LocalPacks(model)(packs[::-1], lambda number, scores: done(len(packs) - 1 - number, scores))

    with ItemStore(tmp_path / "items.sqlite") as store:
        assert score(questions, backwards, store) == score(questions, LocalPacks(model))
