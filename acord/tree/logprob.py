"""Log-probabilities of given tokens, from hidden states, without ever holding all logits.

log p(token) = logit[token] - logsumexp(logits), in fp32 (fp64 for an fp64 model). The vocabulary is taken in chunks,
with a running log-sum-exp over them (Milakov and Gimelshein 2018, arXiv 1805.02867).

Backward. With E = exp(logits - m) for a chunk's row maxima m, a row's gradient with respect to its logits is
sum_s g_s (onehot(token_s) - c E), c = exp(m - logsumexp). Both products that follow are taken with E itself, and the
row's factor is applied to their small sides:

    d hidden = sum_s g_s W[token_s] - sum over chunks of (sum_s g_s) c (E W)
    d W      = scatter(g_s hidden) - E^T ((sum_s g_s) c hidden), every chunk's rows of W once

so that nothing of the size of the logits is touched again. E is kept up to a byte limit and computed again beyond it.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

CHUNK_BYTES = {"cpu": 8 * 2**20, "cuda": 2**30}
KEEP_BYTES = {"cpu": 512 * 2**20, "cuda": 4 * 2**30}
SMALLEST_CHUNK = 256
CHUNK_MULTIPLE = 64  # matrix kernels are a third slower on sizes that are no multiple of their tiles


class TokenScores(NamedTuple):
    """logp_S: log-probability of each scored token. greedy_S: whether no token had a higher logit."""

    logp_S: Tensor
    greedy_S: Tensor


class Head(NamedTuple):
    """A language-model head: weight_VD, bias_V or None, logits times `scale`, then cap * tanh(logits / cap).

    main_grad_VD: where given, the backward pass adds the weight's gradient to it, chunk by chunk in its own type, and
    returns none: a gradient as large as the head then never exists twice.
    """

    weight_VD: Tensor
    bias_V: Tensor | None = None
    scale: float = 1.0
    soft_cap: float | None = None
    main_grad_VD: Tensor | None = None


class _Chunk(NamedTuple):
    """C tokens of the vocabulary. scored: which of the scored tokens, sorted by target, lie in it."""

    vocabulary: slice
    scored: slice


class _Exponentials(NamedTuple):
    """A chunk's exp_UC = exp(logits - max), the row maxima, the logits of its targets, the slope under a soft cap."""

    exp_UC: Tensor
    max_U: Tensor
    logits_S: Tensor
    slope_UC: Tensor | None


class _Scored(NamedTuple):
    """The scored tokens in the order of their targets: row and target of each, on the head's device."""

    row_S: Tensor
    target_S: Tensor
    chunks: tuple[_Chunk, ...]


def _exponentials(hidden_UD: Tensor, head: Head, scored: _Scored, chunk: _Chunk) -> _Exponentials:
    """Everything the two passes need of a chunk, in one buffer of the chunk's logits."""
    bias = None if head.bias_V is None else head.bias_V[chunk.vocabulary]
    logits = torch.nn.functional.linear(hidden_UD, head.weight_VD[chunk.vocabulary], bias)
    exact = torch.promote_types(logits.dtype, torch.float32)
    slope = None
    if head.soft_cap is not None:
        bent = torch.tanh(logits.to(exact) * (head.scale / head.soft_cap))
        slope = 1.0 - bent.square()
        logits = bent * head.soft_cap
    elif head.scale != 1.0:
        logits = logits.to(exact) * head.scale
    max_U = logits.amax(dim=-1).to(exact)
    row, column = scored.row_S[chunk.scored], scored.target_S[chunk.scored] - chunk.vocabulary.start
    logits_S = logits[row, column].to(exact)
    return _Exponentials(logits.to(exact).sub_(max_U[:, None]).exp_(), max_U, logits_S, slope)


class _TokenLogProb(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, hidden_UD: Tensor, weight_VD: Tensor, bias_V: Tensor | None, scored: _Scored,
        scale: float, soft_cap: float | None, main_grad_VD: Tensor | None,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        head = Head(weight_VD, bias_V, scale, soft_cap)
        exact = torch.promote_types(hidden_UD.dtype, torch.float32)
        logits_S = torch.empty(len(scored.row_S), dtype=exact, device=hidden_UD.device)
        highest_U = log_sum_U = torch.full((len(hidden_UD),), -torch.inf, dtype=exact, device=hidden_UD.device)
        room = KEEP_BYTES[hidden_UD.device.type] if any(ctx.needs_input_grad[:3]) else 0
        kept: list[_Exponentials | None] = []
        for chunk in scored.chunks:
            part = _exponentials(hidden_UD, head, scored, chunk)
            logits_S[chunk.scored] = part.logits_S
            log_sum_U = torch.logaddexp(log_sum_U, part.max_U + part.exp_UC.sum(dim=-1).log())
            highest_U = torch.maximum(highest_U, part.max_U)
            room -= part.exp_UC.numel() * hidden_UD.element_size() * (1 if soft_cap is None else 2)
            kept.append(_shrunk(part, hidden_UD.dtype) if room >= 0 else None)
        ctx.save_for_backward(hidden_UD, weight_VD, bias_V, log_sum_U)
        ctx.kept, ctx.scored, ctx.scale, ctx.soft_cap, ctx.main_grad_VD = kept, scored, scale, soft_cap, main_grad_VD
        greedy_S = logits_S >= highest_U[scored.row_S]
        ctx.mark_non_differentiable(greedy_S)
        return logits_S - log_sum_U[scored.row_S], greedy_S

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        hidden_UD, weight_VD, bias_V, log_sum_U = ctx.saved_tensors
        scored: _Scored = ctx.scored
        head = Head(weight_VD, bias_V, ctx.scale, ctx.soft_cap)
        grad_S, exact = grads[0] * head.scale, grads[0].dtype
        total_U = _sum_rows(grad_S, scored.row_S, len(hidden_UD))
        grad_hidden = torch.zeros(hidden_UD.shape, dtype=exact, device=hidden_UD.device)
        grad_weight = None
        if ctx.needs_input_grad[1]:
            grad_weight = torch.zeros_like(weight_VD) if ctx.main_grad_VD is None else ctx.main_grad_VD
        grad_bias = None if bias_V is None else torch.empty_like(bias_V)
        for number, chunk in enumerate(scored.chunks):
            kept, ctx.kept[number] = ctx.kept[number], None
            part = kept or _shrunk(_exponentials(hidden_UD, head, scored, chunk), hidden_UD.dtype)
            row, target, grad = scored.row_S[chunk.scored], scored.target_S[chunk.scored], grad_S[chunk.scored]
            column = target - chunk.vocabulary.start
            spread = part.exp_UC
            if part.slope_UC is not None:
                grad = grad * part.slope_UC[row, column]
                spread = spread.mul_(part.slope_UC)
            factor_U1 = (total_U * (part.max_U - log_sum_U).exp())[:, None]
            grad_hidden.addcmul_(factor_U1, (spread @ weight_VD[chunk.vocabulary]).to(exact), value=-1.0)
            grad_hidden.index_add_(0, row, grad[:, None] * weight_VD[target])
            if grad_weight is not None:
                share = (spread.T @ (factor_U1 * hidden_UD).to(spread.dtype)).to(exact).neg_()
                grad_weight[chunk.vocabulary] += share.index_add_(0, column, grad[:, None] * hidden_UD[row])
            if grad_bias is not None:
                share = (spread.T @ factor_U1.to(spread.dtype))[:, 0].to(exact).neg_()
                grad_bias[chunk.vocabulary] = share.index_add_(0, column, grad)
        given = None if ctx.main_grad_VD is not None else grad_weight
        return grad_hidden.to(hidden_UD.dtype), given, grad_bias, None, None, None, None


def _shrunk(part: _Exponentials, dtype: torch.dtype) -> _Exponentials:
    """The large tensors in the type in which they are multiplied."""
    slope = None if part.slope_UC is None else part.slope_UC.to(dtype)
    return part._replace(exp_UC=part.exp_UC.to(dtype), slope_UC=slope)


def _sum_rows(values: Tensor, row_S: Tensor, rows: int) -> Tensor:
    """Sum of the values that belong to each row, shape (rows,)."""
    return torch.zeros(rows, dtype=values.dtype, device=values.device).index_add_(0, row_S, values)


def _chunks(rows: int, vocabulary: int, sorted_target_S: Tensor, chunk_bytes: int) -> tuple[_Chunk, ...]:
    size = max(SMALLEST_CHUNK, chunk_bytes // (4 * max(1, rows)))
    if size > CHUNK_MULTIPLE:
        size -= size % CHUNK_MULTIPLE
    size = min(size, vocabulary)
    starts = list(range(0, vocabulary, size))
    edges = torch.searchsorted(sorted_target_S, torch.tensor([*starts, vocabulary])).tolist()
    return tuple(
        _Chunk(slice(start, min(start + size, vocabulary)), slice(edges[index], edges[index + 1]))
        for index, start in enumerate(starts)
    )


def token_log_probabilities(hidden_UD: Tensor, head: Head, row_S: Tensor, target_S: Tensor) -> TokenScores:
    """Score target_S[i] with the logits of row row_S[i]. Exact up to fp32 rounding.

    row_S, target_S: on the CPU, so that no pass waits for the device; the scores are on the head's device. Raises
    ValueError for a target outside the vocabulary.
    """
    vocabulary, device = head.weight_VD.shape[0], head.weight_VD.device
    order = torch.argsort(target_S, stable=True)
    targets = target_S[order]
    if len(targets) and not 0 <= int(targets[0]) <= int(targets[-1]) < vocabulary:
        raise ValueError(f"a token id is outside the head's vocabulary of {vocabulary}")
    chunks = _chunks(len(hidden_UD), vocabulary, targets, CHUNK_BYTES[device.type])
    scored = _Scored(row_S[order].to(device), targets.to(device), chunks)
    logp_S, greedy_S = _TokenLogProb.apply(  # type: ignore[no-untyped-call]
        hidden_UD, head.weight_VD, head.bias_V, scored, head.scale, head.soft_cap, head.main_grad_VD
    )
    back = torch.argsort(order).to(device)
    return TokenScores(logp_S[back], greedy_S[back])
