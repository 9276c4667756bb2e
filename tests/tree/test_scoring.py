"""The engine's one promise: scores and gradients equal those of separate, unpadded runs."""

import copy
import itertools

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import LlamaConfig, LlamaForCausalLM

from acord.tree.attention import NAME
from acord.tree.pack import Item, build_pack, build_packs
from acord.tree.scoring import ScoringModel
from acord.tree.trie import ScoredRange, TokenSequence, build_forest

VOCABULARY = 17


def tiny_llama(dtype: torch.dtype = torch.float32, **changes: object) -> LlamaForCausalLM:
    torch.manual_seed(1)
    settings_ = {
        "vocab_size": VOCABULARY,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 128,
    }
    model = LlamaForCausalLM(LlamaConfig(**{**settings_, **changes})).to(dtype)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.mul_(8)  # far from uniform, so that a wrong neighbour shows
    return model.eval()


def oracle(model: torch.nn.Module, sequences: list[TokenSequence]) -> torch.Tensor:
    """Separate runs through the model's own forward and full log-softmax."""
    sums = []
    for sequence in sequences:
        logits = model(input_ids=torch.tensor([list(sequence.token_ids)])).logits[0].log_softmax(-1)
        for start, end in sequence.scored:
            sums.append(sum(logits[t - 1, sequence.token_ids[t]].double() for t in range(start, end)))
    return torch.stack(sums)


@st.composite
def token_sequences(draw: st.DrawFn) -> list[TokenSequence]:
    """Sequences that share prefixes at random: branches, duplicates, prefixes of others, one-token replies."""
    pool: list[list[int]] = [[]]
    for _ in range(draw(st.integers(1, 9))):
        stem = draw(st.sampled_from(pool))
        cut = draw(st.integers(0, len(stem)))
        pool.append(stem[:cut] + draw(st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=6)))
    sequences = []
    for ids in pool[1:]:
        if len(ids) < 2:
            sequences.append(TokenSequence(ids, ()))
            continue
        start = draw(st.integers(1, len(ids) - 1))
        spans = [ScoredRange(start, draw(st.integers(start + 1, len(ids))))]
        if draw(st.booleans()):
            spans.append(ScoredRange(1, len(ids)))
        sequences.append(TokenSequence(ids, tuple(spans)))
    if not any(sequence.scored for sequence in sequences):
        sequences.append(TokenSequence([1, 2], (ScoredRange(1, 2),)))
    return sequences


MODEL = tiny_llama()
MODEL_64 = copy.deepcopy(MODEL).double()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(token_sequences())
def test_scores_equal_separate_runs_and_an_fp64_oracle(sequences: list[TokenSequence]) -> None:
    with torch.no_grad():
        forest = build_forest(sequences)
        tree = ScoringModel(MODEL)(forest).logp_R
        plain = ScoringModel(MODEL, shared=False)(forest).logp_R
        assert torch.allclose(tree, oracle(MODEL, sequences), rtol=1e-5, atol=1e-5)
        assert torch.allclose(tree, plain, rtol=1e-5, atol=1e-5)
        assert torch.allclose(tree, oracle(MODEL_64, sequences), rtol=1e-5, atol=1e-5)


def gradients(model: torch.nn.Module, logp_R: torch.Tensor) -> dict[str, torch.Tensor]:
    weight_R = torch.linspace(-1.0, 1.5, len(logp_R), dtype=torch.float64)
    model.zero_grad()
    (logp_R * weight_R).sum().backward()
    return {name: parameter.grad.clone() for name, parameter in model.named_parameters()}


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(token_sequences())
def test_every_parameters_gradient_equals_that_of_separate_runs(sequences: list[TokenSequence]) -> None:
    forest = build_forest(sequences)
    tree = gradients(MODEL_64, ScoringModel(MODEL_64)(forest).logp_R)
    separate = gradients(MODEL_64, oracle(MODEL_64, sequences))
    tree_32 = gradients(MODEL, ScoringModel(MODEL)(forest).logp_R)
    largest = max(float(expected.abs().max()) for expected in separate.values())
    for name, expected in separate.items():
        assert float((tree[name] - expected).abs().max()) <= 3e-6 * largest, name  # transformers normalises in fp32
        assert float((tree_32[name] - expected).abs().max()) <= 1e-5 * largest, name


@settings(max_examples=60, deadline=None)
@given(token_sequences())
def test_forest_keeps_every_path_and_no_token_twice(sequences: list[TokenSequence]) -> None:
    forest = build_forest(sequences)
    for sequence, path in zip(sequences, forest.path_of_sequence, strict=True):
        assert forest.token_T[path].tolist() == list(sequence.token_ids)
        assert forest.position_T[path].tolist() == list(range(len(path)))
    prefixes = {tuple(s.token_ids[:n]) for s in sequences for n in range(1, len(s.token_ids) + 1)}
    assert forest.tokens == len(prefixes)
    assert forest.tokens_unshared == sum(len(s.token_ids) for s in sequences)
    for start, length, end, parent in zip(
        forest.start_G, forest.length_G, forest.subtree_end_G, forest.parent_G, strict=True
    ):
        assert length >= 1
        assert start + length <= end <= forest.tokens
        if parent >= 0:
            assert forest.start_G[parent] < start
            assert end <= forest.subtree_end_G[parent]


def test_replies_that_begin_alike_share_their_nodes() -> None:
    forest = build_forest(
        [TokenSequence([1, 2, 3, 4], (ScoredRange(2, 4),)), TokenSequence([1, 2, 3, 5], (ScoredRange(2, 4),))]
    )
    assert forest.tokens == 5
    assert forest.length_G.tolist() == [3, 1, 1]
    assert forest.parent_G.tolist() == [-1, 0, 0]
    assert forest.node_S.tolist() == [2, 3, 2, 4]
    assert forest.parent_node_S().tolist() == [1, 2, 1, 2]


def test_a_token_without_context_cannot_be_scored() -> None:
    with pytest.raises(ValueError, match="outside tokens 1:2"):
        TokenSequence([1, 2], (ScoredRange(0, 1),))


def test_greedy_says_whether_every_token_was_the_most_likely() -> None:
    with torch.no_grad():
        ids = [3, 1]
        for _ in range(4):
            ids.append(int(MODEL(input_ids=torch.tensor([ids])).logits[0, -1].argmax()))
        other = [*ids[:-1], (ids[-1] + 1) % VOCABULARY]
        scores = ScoringModel(MODEL)(
            build_forest([TokenSequence(ids, (ScoredRange(2, 6),)), TokenSequence(other, (ScoredRange(2, 6),))])
        )
    assert scores.greedy_R.tolist() == [True, False]


def test_the_models_own_attention_is_back_after_scoring_and_the_trees_refuses_to_run_alone() -> None:
    model = tiny_llama()
    before = model.config._attn_implementation
    ScoringModel(model)(build_forest([TokenSequence([1, 2, 3], (ScoredRange(1, 3),))]))
    assert model.config._attn_implementation == before != NAME
    model.set_attn_implementation(NAME)
    with pytest.raises(RuntimeError, match="called without its tree"):
        model(input_ids=torch.tensor([[1, 2]]))


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(token_sequences(), min_size=1, max_size=6), st.integers(4, 60))
def test_packs_hold_every_item_once_within_the_budget_and_score_the_same(
    groups: list[list[TokenSequence]], budget: int
) -> None:
    items = [Item(group, (sequence,)) for group, members in enumerate(groups) for sequence in members]
    packs = build_packs(items, budget)
    assert sorted(itertools.chain.from_iterable(pack.items for pack in packs)) == list(range(len(items)))
    for pack in packs:
        assert pack.forest.tokens <= budget or len(pack.items) == 1
        sequences = [sequence for index in pack.items for sequence in items[index].sequences]
        if any(sequence.scored for sequence in sequences):
            with torch.no_grad():
                assert torch.allclose(
                    ScoringModel(MODEL)(pack.forest).logp_R, oracle(MODEL, sequences), rtol=1e-5, atol=1e-5
                )
    again = build_packs(items, budget)
    assert [pack.items for pack in again] == [pack.items for pack in packs]
    assert len(build_pack(items).items) == len(items)
