"""The two attention kernels: one formula. FlexAttention has no backward on CPU; there its forward is compared."""

import pytest
import torch
from hypothesis import given, settings

from acord.tree.blocks import BlockAttention, blocks_of
from acord.tree.flex import MaskAttention, mask_of, padded_length
from acord.tree.trie import ScoredRange, TokenSequence, build_forest
from tests.tree.test_scoring import token_sequences


@settings(max_examples=25, deadline=None)
@given(token_sequences())
def test_blocks_and_mask_see_the_same_tokens(sequences: list[TokenSequence]) -> None:
    forest = build_forest(sequences)
    length = forest.tokens + 3
    torch.manual_seed(0)
    query = torch.randn(1, 4, length, 16)
    key, value = torch.randn(1, 2, length, 16), torch.randn(1, 2, length, 16)
    masked = MaskAttention(mask_of(forest, length, torch.device("cpu")))(query, key, value, 0.25)
    inner = slice(0, forest.tokens)
    blocks = BlockAttention(blocks_of(forest))(query[:, :, inner], key[:, :, inner], value[:, :, inner], 0.25)
    assert torch.allclose(masked[:, :, inner], blocks, atol=1e-5)
    assert torch.isfinite(masked).all(), "padding must not make NaN"


def test_lengths_are_padded_to_few_shapes() -> None:
    assert [padded_length(tokens) for tokens in (1, 512, 513, 4096)] == [512, 512, 1024, 4096]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
def test_a_gpu_scores_and_trains_as_the_cpu_does() -> None:
    from acord.tree.scoring import ScoringModel
    from tests.align.samples import small_llama

    forest = build_forest(
        [
            TokenSequence([2, 3, 4, *range(5, 30)], (ScoredRange(3, 28),)),
            TokenSequence([2, 3, 4, 9, 9], (ScoredRange(3, 5),)),
        ]
    )
    results = []
    for device in ("cpu", "cuda"):
        model = small_llama().to(device)
        logp_R = ScoringModel(model)(forest).logp_R
        logp_R.sum().backward()
        results.append((logp_R.detach().cpu(), model.model.layers[0].self_attn.q_proj.weight.grad.cpu()))
    assert torch.allclose(results[0][0], results[1][0], atol=1e-3)
    assert torch.allclose(results[0][1], results[1][1], atol=1e-3)
