"""The head: log-probabilities of given tokens, their gradients, and what is held in memory for them."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

import acord.tree.logprob as logprob
from acord.tree.logprob import Head, token_log_probabilities

ROWS, WIDTH, VOCABULARY = 7, 5, 11
# Several scored tokens in a row, rows without any, a token twice in one row.
ROW_S = torch.tensor([0, 0, 0, 2, 3, 3, 6])
TARGET_S = torch.tensor([1, 4, 4, 10, 0, 7, 3])

HEADS = {
    "plain": {},
    "bias": {"bias": True},
    "scale": {"scale": 0.25},
    "soft cap": {"soft_cap": 1.5},
    "all of it": {"bias": True, "scale": 1.7, "soft_cap": 2.0},
}


@pytest.fixture(params=["one chunk", "chunks kept", "chunks kept and recomputed", "chunks recomputed"])
def memory(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    column = 4 * ROWS
    chunk, keep = {
        "one chunk": (VOCABULARY, VOCABULARY),
        "chunks kept": (3, VOCABULARY),
        "chunks kept and recomputed": (3, 6),
        "chunks recomputed": (4, 0),
    }[request.param]
    monkeypatch.setattr(logprob, "SMALLEST_CHUNK", 1)
    monkeypatch.setattr(logprob, "CHUNK_BYTES", {"cpu": chunk * column})
    monkeypatch.setattr(logprob, "KEEP_BYTES", {"cpu": 2 * keep * column})
    return str(request.param)


def chunks_of(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    """Take the vocabulary in chunks of that many tokens."""
    monkeypatch.setattr(logprob, "SMALLEST_CHUNK", 1)
    monkeypatch.setattr(logprob, "CHUNK_BYTES", {"cpu": columns * 4 * ROWS})


def kept_chunks(logp_S: Tensor) -> list[Any]:
    """What the scores hold of each chunk for their backward pass."""
    node = logp_S.grad_fn
    while not hasattr(node, "kept"):
        node = node.next_functions[0][0]
    return node.kept


def inputs(dtype: torch.dtype = torch.float64, *, bias: bool = False, **options: Any) -> tuple[Tensor, Head]:
    generator = torch.Generator().manual_seed(3)

    def leaf(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype).requires_grad_()

    hidden_UD, weight_VD = leaf(ROWS, WIDTH), leaf(VOCABULARY, WIDTH)
    return hidden_UD, Head(weight_VD, leaf(VOCABULARY) if bias else None, **options)


def oracle(hidden_UD: Tensor, head: Head) -> tuple[Tensor, Tensor]:
    """All logits, log-softmax, gather; and the index of the highest logit."""
    logits = hidden_UD @ head.weight_VD.T
    if head.bias_V is not None:
        logits = logits + head.bias_V
    logits = logits * head.scale
    if head.soft_cap is not None:
        logits = head.soft_cap * torch.tanh(logits / head.soft_cap)
    return logits.log_softmax(-1)[ROW_S].gather(1, TARGET_S[:, None])[:, 0], logits.argmax(-1)[ROW_S]


def gradients(logp_S: Tensor, hidden_UD: Tensor, head: Head) -> list[Tensor]:
    leaves = [tensor for tensor in (hidden_UD, head.weight_VD, head.bias_V) if tensor is not None]
    weight_S = torch.linspace(-1.0, 2.0, len(logp_S), dtype=logp_S.dtype)
    return list(torch.autograd.grad((logp_S * weight_S).sum(), leaves))


@pytest.mark.parametrize("kind", HEADS)
@pytest.mark.usefixtures("memory")
def test_the_gradient_is_that_of_finite_differences(kind: str) -> None:
    hidden_UD, head = inputs(**HEADS[kind])
    leaves = [tensor for tensor in (hidden_UD, head.weight_VD, head.bias_V) if tensor is not None]

    def scored(hidden: Tensor, weight: Tensor, *bias: Tensor) -> Tensor:
        changed = head._replace(weight_VD=weight, bias_V=bias[0] if bias else None)
        return token_log_probabilities(hidden, changed, ROW_S, TARGET_S).logp_S

    assert torch.autograd.gradcheck(scored, leaves, eps=1e-6, atol=1e-7, rtol=1e-5)


@pytest.mark.parametrize("kind", HEADS)
@pytest.mark.usefixtures("memory")
def test_scores_and_gradients_equal_log_softmax_and_gather(kind: str) -> None:
    hidden_UD, head = inputs(**HEADS[kind])
    scores = token_log_probabilities(hidden_UD, head, ROW_S, TARGET_S)
    expected_S, best_S = oracle(hidden_UD, head)
    assert torch.allclose(scores.logp_S, expected_S, atol=1e-12, rtol=1e-12)
    assert scores.greedy_S.tolist() == (best_S == TARGET_S).tolist()
    for ours, theirs in zip(
        gradients(scores.logp_S, hidden_UD, head), gradients(expected_S, hidden_UD, head), strict=True
    ):
        assert torch.allclose(ours, theirs, atol=1e-12, rtol=1e-12)


def test_greedy_is_told_for_the_most_likely_token_alone() -> None:
    hidden_UD, head = inputs()
    best_U = (hidden_UD @ head.weight_VD.T).argmax(-1)
    rows = torch.arange(ROWS)
    assert token_log_probabilities(hidden_UD, head, rows, best_U).greedy_S.all()
    assert not token_log_probabilities(hidden_UD, head, rows, (best_U + 1) % VOCABULARY).greedy_S.any()


def test_kept_and_recomputed_chunks_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    chunks_of(monkeypatch, 3)
    results, held = [], []
    for keep in (0, 6, VOCABULARY):
        monkeypatch.setattr(logprob, "KEEP_BYTES", {"cpu": 2 * keep * 4 * ROWS})
        hidden_UD, head = inputs(torch.float32, bias=True, soft_cap=1.5)
        logp_S = token_log_probabilities(hidden_UD, head, ROW_S, TARGET_S).logp_S
        held.append(sum(part is not None for part in kept_chunks(logp_S)))
        results.append([logp_S.detach(), *gradients(logp_S, hidden_UD, head)])
    assert held == [0, 2, 4]
    for other in results[1:]:
        assert all(torch.equal(mine, first) for mine, first in zip(other, results[0], strict=True))


def test_scores_come_in_the_order_of_the_question() -> None:
    hidden_UD, head = inputs()
    mixed = torch.tensor([4, 0, 6, 2, 5, 1, 3])
    scores = token_log_probabilities(hidden_UD, head, ROW_S[mixed], TARGET_S[mixed])
    assert torch.allclose(scores.logp_S, oracle(hidden_UD, head)[0][mixed], atol=1e-12)


def test_a_frozen_head_gets_no_gradient_and_the_body_still_does() -> None:
    hidden_UD, head = inputs(bias=True)
    logp_S = token_log_probabilities(hidden_UD, head, ROW_S, TARGET_S).logp_S
    (expected,) = torch.autograd.grad(logp_S.sum(), [hidden_UD])
    frozen = head._replace(weight_VD=head.weight_VD.detach(), bias_V=head.bias_V.detach())
    token_log_probabilities(hidden_UD, frozen, ROW_S, TARGET_S).logp_S.sum().backward()
    assert torch.equal(hidden_UD.grad, expected)
    assert frozen.weight_VD.grad is None


def test_bf16_weights_give_fp32_scores_near_those_of_fp32() -> None:
    """bf16 rounds inputs and logits to 8 bits: 2^-8 of the largest logit (about 6 here), gradients 2 % of the largest.

    Both sides start from the same bf16 values, so what is measured is the computation alone.
    """
    hidden_16, head_16 = inputs(torch.bfloat16, bias=True)
    hidden_32 = hidden_16.detach().float().requires_grad_()
    weight_32, bias_32 = (leaf.detach().float().requires_grad_() for leaf in (head_16.weight_VD, head_16.bias_V))
    head_32 = Head(weight_32, bias_32)
    logp_16 = token_log_probabilities(hidden_16, head_16, ROW_S, TARGET_S).logp_S
    logp_32 = token_log_probabilities(hidden_32, head_32, ROW_S, TARGET_S).logp_S
    assert logp_16.dtype == torch.float32
    largest = float((hidden_32 @ head_32.weight_VD.T + head_32.bias_V).detach().abs().max())
    assert float((logp_16 - logp_32).detach().abs().max()) <= 2 * 2**-8 * largest
    for low, high in zip(gradients(logp_16, hidden_16, head_16), gradients(logp_32, hidden_32, head_32), strict=True):
        assert low.dtype == torch.bfloat16
        assert float((low.float() - high).abs().max()) <= 0.02 * float(high.abs().max())


@pytest.mark.parametrize("target", [-1, VOCABULARY])
def test_a_token_outside_the_vocabulary_is_refused(target: int) -> None:
    hidden_UD, head = inputs()
    with pytest.raises(ValueError, match=f"outside the head's vocabulary of {VOCABULARY}"):
        token_log_probabilities(hidden_UD, head, torch.tensor([0]), torch.tensor([target]))


class LargestTensor(TorchDispatchMode):
    """Notes the number of elements of the largest floating tensor that any operation makes."""

    def __init__(self) -> None:
        super().__init__()
        self.elements = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for value in result if isinstance(result, tuple | list) else (result,):
            if isinstance(value, Tensor) and value.is_floating_point():
                self.elements = max(self.elements, value.numel())
        return result


def test_all_logits_are_never_held_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, width, vocabulary = 1_000, 4, 50_000
    monkeypatch.setattr(logprob, "CHUNK_BYTES", {"cpu": 512 * 4 * rows})
    monkeypatch.setattr(logprob, "KEEP_BYTES", {"cpu": 0})
    generator = torch.Generator().manual_seed(0)
    hidden_UD = torch.randn(rows, width, generator=generator, requires_grad=True)
    head = Head(torch.randn(vocabulary, width, generator=generator, requires_grad=True))
    target_S = torch.randint(0, vocabulary, (rows,), generator=generator)
    saved: list[int] = []

    def packed(tensor: Tensor) -> Tensor:
        saved.append(tensor.numel())
        return tensor

    with LargestTensor() as seen, torch.autograd.graph.saved_tensors_hooks(packed, lambda tensor: tensor):
        logp_S = token_log_probabilities(hidden_UD, head, torch.arange(rows), target_S).logp_S
        assert kept_chunks(logp_S) == [None] * 98
        logp_S.sum().backward()
    assert 0 < seen.elements <= 512 * rows
    assert 0 < max(saved) <= vocabulary * width
    assert hidden_UD.grad is not None


def test_a_given_sum_takes_the_gradient_of_the_head(memory: str) -> None:
    """Added to what is there, over two packs, and no array as large as the head is made on the way."""
    hidden_UD, head = inputs(torch.float32, scale=0.5)
    logp_S = token_log_probabilities(hidden_UD, head, ROW_S, TARGET_S).logp_S
    (expected,) = torch.autograd.grad(logp_S.sum(), [head.weight_VD])
    main_grad = torch.ones_like(head.weight_VD)
    given = head._replace(main_grad_VD=main_grad)
    for _ in range(2):
        token_log_probabilities(hidden_UD, given, ROW_S, TARGET_S).logp_S.sum().backward()
    assert head.weight_VD.grad is None
    torch.testing.assert_close(main_grad, 1.0 + 2.0 * expected)
    if memory != "one chunk":
        with LargestTensor() as seen:
            token_log_probabilities(hidden_UD, given, ROW_S, TARGET_S).logp_S.sum().backward()
        assert seen.elements <= max(head.weight_VD.numel() // 2, hidden_UD.numel())


def test_logits_are_kept_up_to_the_limit_and_only_for_a_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    chunks_of(monkeypatch, 3)
    monkeypatch.setattr(logprob, "KEEP_BYTES", {"cpu": 6 * 4 * ROWS})
    hidden_UD, head = inputs(torch.float32)
    logp_S = token_log_probabilities(hidden_UD, head, ROW_S, TARGET_S).logp_S
    kept = kept_chunks(logp_S)
    assert [part is not None for part in kept] == [True, True, False, False]
    logp_S.sum().backward()
    assert kept == [None] * 4, "the backward pass lets go of what it has used"
    with torch.no_grad():
        assert token_log_probabilities(hidden_UD, head, ROW_S, TARGET_S).logp_S.grad_fn is None
