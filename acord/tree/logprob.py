"""Log-probabilities of given tokens, from hidden states, without keeping all logits.

log p(token) = logit[token] - logsumexp(logits), in fp32 (fp64 for an fp64 model), over chunks of rows. The backward
pass is the gradient of that expression, (onehot - softmax) weighted by the incoming gradient; logits are kept up to a
byte limit and computed again beyond it.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

CHUNK_BYTES = 64 * 2**20
KEEP_BYTES = 512 * 2**20


class TokenScores(NamedTuple):
    """logp_S: fp32 log-probability of each scored token. greedy_S: whether it had the highest logit."""

    logp_S: Tensor
    greedy_S: Tensor


class Head(NamedTuple):
    """A language-model head: weight_VD, bias_V or None, logits times `scale`, then cap * tanh(logits / cap)."""

    weight_VD: Tensor
    bias_V: Tensor | None = None
    scale: float = 1.0
    soft_cap: float | None = None


def _logits(hidden: Tensor, weight_VD: Tensor, bias_V: Tensor | None, scale: float, soft_cap: float | None) -> Tensor:
    logits = torch.nn.functional.linear(hidden, weight_VD, bias_V)
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
    if scale != 1.0:
        logits *= scale
    return logits if soft_cap is None else soft_cap * torch.tanh(logits / soft_cap)


class _TokenLogProb(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, hidden_UD: Tensor, weight_VD: Tensor, bias_V: Tensor | None, row_S: Tensor, target_S: Tensor,
        scale: float, soft_cap: float | None,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        rows, vocabulary = hidden_UD.shape[0], weight_VD.shape[0]
        chunk = max(1, CHUNK_BYTES // (4 * vocabulary))
        needs_grad = hidden_UD.requires_grad or weight_VD.requires_grad
        keep_rows = KEEP_BYTES // (4 * vocabulary) if needs_grad else 0
        starts = list(range(0, rows, chunk))
        # row_S ascends, so each chunk of rows owns one run of scored tokens.
        edges = torch.searchsorted(row_S, torch.tensor([*starts, rows], device=row_S.device)).tolist()
        exact = torch.promote_types(hidden_UD.dtype, torch.float32)
        logp_S = torch.empty(len(row_S), dtype=exact, device=hidden_UD.device)
        greedy_S = torch.empty(len(row_S), dtype=torch.bool, device=hidden_UD.device)
        log_sum_U = torch.empty(rows, dtype=exact, device=hidden_UD.device)
        kept: list[Tensor | None] = []
        for number, start in enumerate(starts):
            stop = min(start + chunk, rows)
            logits = _logits(hidden_UD[start:stop], weight_VD, bias_V, scale, soft_cap)
            log_sum_U[start:stop] = torch.logsumexp(logits, dim=-1)
            mine = slice(edges[number], edges[number + 1])
            local = row_S[mine] - start
            logp_S[mine] = logits[local, target_S[mine]] - log_sum_U[start:stop][local]
            greedy_S[mine] = logits.argmax(dim=-1)[local] == target_S[mine]
            kept.append(logits if stop <= keep_rows else None)
        ctx.save_for_backward(hidden_UD, weight_VD, bias_V, row_S, target_S, log_sum_U)
        ctx.kept, ctx.starts, ctx.edges, ctx.chunk = kept, starts, edges, chunk
        ctx.scale, ctx.soft_cap = scale, soft_cap
        ctx.mark_non_differentiable(greedy_S)
        return logp_S, greedy_S

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        hidden_UD, weight_VD, bias_V, row_S, target_S, log_sum_U = ctx.saved_tensors
        grad_S = grads[0]
        rows = hidden_UD.shape[0]
        grad_hidden = torch.empty_like(hidden_UD)
        # fp32 sums over chunks: accumulating the head's gradient in bf16 loses small contributions.
        exact = grad_S.dtype
        grad_weight = torch.zeros(weight_VD.shape, dtype=exact, device=weight_VD.device)
        grad_bias = None if bias_V is None else torch.zeros_like(bias_V, dtype=exact)
        for number, start in enumerate(ctx.starts):
            stop = min(start + ctx.chunk, rows)
            kept, ctx.kept[number] = ctx.kept[number], None
            chunk_hidden = hidden_UD[start:stop]
            logits = kept if kept is not None else _logits(chunk_hidden, weight_VD, bias_V, ctx.scale, ctx.soft_cap)
            capped = None if ctx.soft_cap is None else 1.0 - (logits / ctx.soft_cap) ** 2
            mine = slice(ctx.edges[number], ctx.edges[number + 1])
            local = row_S[mine] - start
            weight_of_row = torch.zeros(stop - start, dtype=exact, device=logits.device).index_add_(
                0, local, grad_S[mine]
            )
            grad_logits = logits.sub_(log_sum_U[start:stop, None]).exp_().mul_(-weight_of_row[:, None])
            grad_logits.index_put_((local, target_S[mine]), grad_S[mine], accumulate=True)
            if capped is not None:
                grad_logits *= capped
            if ctx.scale != 1.0:
                grad_logits *= ctx.scale
            if grad_bias is not None:
                grad_bias += grad_logits.sum(0)
            grad_logits = grad_logits.to(hidden_UD.dtype)
            grad_hidden[start:stop] = grad_logits @ weight_VD
            if weight_VD.dtype == exact:
                grad_weight.addmm_(grad_logits.T, chunk_hidden)
            else:
                grad_weight += grad_logits.T @ chunk_hidden
        grad_bias = None if bias_V is None or grad_bias is None else grad_bias.to(bias_V.dtype)
        return grad_hidden, grad_weight.to(weight_VD.dtype), grad_bias, None, None, None, None


def token_log_probabilities(hidden_UD: Tensor, head: Head, row_S: Tensor, target_S: Tensor) -> TokenScores:
    """Score target_S[i] with the logits of row row_S[i] (ascending). Exact up to fp32 rounding.

    Raises ValueError for a target outside the vocabulary.
    """
    if len(target_S) and not 0 <= int(target_S.min()) <= int(target_S.max()) < head.weight_VD.shape[0]:
        raise ValueError(f"a token id is outside the head's vocabulary of {head.weight_VD.shape[0]}")
    logp_S, greedy_S = _TokenLogProb.apply(  # type: ignore[no-untyped-call]
        hidden_UD, head.weight_VD, head.bias_V, row_S, target_S, head.scale, head.soft_cap
    )
    return TokenScores(logp_S, greedy_S)
