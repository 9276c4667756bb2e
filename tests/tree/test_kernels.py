"""The two attention kernels: one formula. FlexAttention has no backward on CPU; there its forward is compared."""

import pytest
import torch
from hypothesis import given, settings

from acord.tree.blocks import BlockAttention, blocks_of
from acord.tree.flex import MaskAttention, mask_of, padded_length
from acord.tree.trie import Forest, ScoredRange, TokenSequence, build_forest
from tests.tree.test_scoring import token_sequences


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(token_sequences())
def test_blocks_and_mask_see_the_same_tokens(sequences: list[TokenSequence]) -> None:
    forest = build_forest(sequences)
    length = padded_length(forest.tokens + 3)
    torch.manual_seed(0)
    query = torch.randn(1, 4, length, 16)
    key, value = torch.randn(1, 2, length, 16), torch.randn(1, 2, length, 16)
    masked = MaskAttention(mask_of(forest, length, torch.device("cpu")))(query, key, value, 0.25)
    inner = slice(0, forest.tokens)
    blocks = BlockAttention(blocks_of(forest))(query[:, :, inner], key[:, :, inner], value[:, :, inner], 0.25)
    assert torch.allclose(masked[:, :, inner], blocks, atol=1e-5)
    assert torch.isfinite(masked).all(), "padding must not make NaN"


def long_forest(branches: int, stem: int, leaf: int) -> Forest:
    """A stem with branches that branch again, longer than several blocks of the mask."""
    sequences = []
    for branch in range(branches):
        for twig in range(2):
            ids = [1] * stem + [2 + branch] * leaf + [90 + twig] * (leaf // 2)
            sequences.append(TokenSequence(ids, (ScoredRange(stem, len(ids)),)))
    return build_forest(sequences)


@pytest.mark.parametrize(("branches", "stem", "leaf"), [(1, 300, 100), (3, 130, 200), (6, 10, 128), (2, 512, 256)])
def test_the_block_mask_is_the_one_that_the_comparison_gives(branches: int, stem: int, leaf: int) -> None:
    forest = long_forest(branches, stem, leaf)
    length = padded_length(forest.tokens)
    mask = mask_of(forest, length, torch.device("cpu"))
    token = torch.arange(length)
    seen = mask.mask_mod(None, None, token[:, None], token[None, :])
    blocks = seen.reshape(length // 128, 128, length // 128, 128).transpose(1, 2).flatten(2)
    listed = mask.to_dense()[0, 0].bool()
    assert torch.equal(listed, blocks.any(-1)), "blocks that are computed are those with something to see"
    full = torch.zeros_like(listed)
    for row, (count, columns) in enumerate(zip(mask.full_kv_num_blocks[0, 0], mask.full_kv_indices[0, 0], strict=True)):
        full[row, columns[:count].long()] = True
    assert torch.equal(full, blocks.all(-1)), "blocks that skip the comparison are those that are seen whole"
    for path in forest.path_of_sequence:
        last = int(path[-1])
        assert torch.equal(seen[last].nonzero()[:, 0], torch.from_numpy(path)), "a token sees its path and no more"


def test_lengths_are_padded_to_few_shapes() -> None:
    lengths = [padded_length(tokens) for tokens in (1, 128, 129, 2048, 2049, 4096, 16_384)]
    assert lengths == [128, 128, 256, 2048, 4096, 4096, 16_384]


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
