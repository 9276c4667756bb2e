"""The optimizer loop: one pass over the plan's steps, fp32 weights, AdamW, gradients clipped by their norm."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from acord.align.encoded import EncodedPair, items_of
from acord.align.losses import PairLogProbabilities, dpo_loss_P
from acord.align.metrics import ScoredPair, metrics_by_language, preference_metrics
from acord.align.reference import ReplyLogProbabilities
from acord.console import track
from acord.errors import InputError
from acord.recipe import Align
from acord.tree.pack import Pack, build_pack
from acord.tree.scoring import ScoringModel

Steps = Sequence[Sequence[Sequence[EncodedPair]]]


class StepResult(NamedTuple):
    """One step's loss (mean over its pairs), its gradient norm before clipping, its pairs scored, its tokens."""

    loss: float
    gradient_norm: float
    scored: list[ScoredPair]
    tokens_distinct: int
    tokens_unshared: int


def learning_rate_at(align: Align, step: int, steps: int) -> float:
    """The rate of step 0..steps-1: linear warm-up, then linear to zero (or constant), as transformers schedules it."""
    if step < align.warmup_steps:
        return align.learning_rate * step / align.warmup_steps
    if align.schedule == "constant":
        return align.learning_rate
    return align.learning_rate * (steps - step) / max(1, steps - align.warmup_steps)


def make_optimizer(scorer: ScoringModel, align: Align) -> torch.optim.AdamW:
    """AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101) over every parameter, decay on all of them alike."""
    return torch.optim.AdamW(
        [parameter for parameter in scorer.parameters() if parameter.requires_grad],
        lr=align.learning_rate,
        betas=(align.adam_betas[0], align.adam_betas[1]),
        eps=align.adam_epsilon,
        weight_decay=align.weight_decay,
        fused=True,
    )


def run_steps(
    scorer: ScoringModel, steps: Steps, reference: dict[str, ReplyLogProbabilities], align: Align, metrics: Path
) -> list[dict[str, Any]]:
    """Train on every step in order and write one line a step to `metrics` (metrics.jsonl). Returns those records.

    Raises InputError at the first step whose loss or gradient is not finite; the weights before it are untouched.
    """
    optimizer = make_optimizer(scorer, align)
    records: list[dict[str, Any]] = []
    pairs = sum(len(pack) for step in steps for pack in step)
    with metrics.open("w", encoding="utf-8") as file, track("aligning", pairs, "pairs") as progress:
        for number, packs in enumerate(steps):
            started = time.perf_counter()
            rate = learning_rate_at(align, number, len(steps))
            result = train_step(scorer, optimizer, packs, reference, align, rate)
            if result is None:
                raise InputError(
                    "the loss or its gradient is not finite", where=f"step {number + 1}", fix="Lower the learning rate."
                )
            record = _record(number, rate, result, align, time.perf_counter() - started)
            records.append(record)
            file.write(json.dumps(record) + "\n")
            file.flush()
            progress.advance(len(result.scored))
    return records


def train_step(
    scorer: ScoringModel,
    optimizer: torch.optim.Optimizer,
    packs: Sequence[Sequence[EncodedPair]],
    reference: dict[str, ReplyLogProbabilities],
    align: Align,
    rate: float,
) -> StepResult | None:
    """One update from all packs of a step; None, and no update, where loss or gradient is not finite.

    The loss is the mean over the step's pairs, so packing does not change the gradient.
    """
    optimizer.zero_grad(set_to_none=True)
    count = sum(len(pack) for pack in packs)
    losses, scored = [], []
    tokens_distinct = tokens_unshared = 0
    for pairs in packs:
        pack = build_pack(items_of(pairs))
        ordered = [pairs[index] for index in pack.items]
        logp = _pair_log_probabilities(scorer, pack, ordered, reference)
        loss_P = dpo_loss_P(logp, align.beta)
        weight_P = torch.tensor([pair.weight for pair in ordered], dtype=loss_P.dtype, device=loss_P.device)
        loss = (loss_P * weight_P).sum() / count
        loss.backward()  # type: ignore[no-untyped-call]
        losses.append(loss.detach())
        scored.append((ordered, logp))
        tokens_distinct += pack.forest.tokens
        tokens_unshared += pack.forest.tokens_unshared
    norm = torch.nn.utils.clip_grad_norm_(scorer.parameters(), align.max_grad_norm)
    total = float(sum(losses))
    if not (torch.isfinite(norm) and total == total and abs(total) != float("inf")):
        optimizer.zero_grad(set_to_none=True)
        return None
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()
    return StepResult(total, float(norm), _scored_pairs(scored, reference), tokens_distinct, tokens_unshared)


def _pair_log_probabilities(
    scorer: ScoringModel, pack: Pack, pairs: Sequence[EncodedPair], reference: dict[str, ReplyLogProbabilities]
) -> PairLogProbabilities:
    logp_R = scorer(pack.forest).logp_R
    known = torch.tensor([reference[pair.id] for pair in pairs], dtype=logp_R.dtype, device=logp_R.device)
    return PairLogProbabilities(logp_R[0::2], logp_R[1::2], known[:, 0], known[:, 1])


def _scored_pairs(
    scored: list[tuple[list[EncodedPair], PairLogProbabilities]], reference: dict[str, ReplyLogProbabilities]
) -> list[ScoredPair]:
    return [
        ScoredPair(pair, ReplyLogProbabilities(chosen, rejected), reference[pair.id])
        for pairs, logp in scored
        for pair, chosen, rejected in zip(pairs, logp.chosen_P.tolist(), logp.rejected_P.tolist(), strict=True)
    ]


def _record(number: int, rate: float, result: StepResult, align: Align, seconds: float) -> dict[str, Any]:
    overall = preference_metrics(result.scored, align.beta)
    overall.pop("pairs")
    return {
        "step": number + 1,
        "loss": result.loss,
        "learning_rate": rate,
        "grad_norm": result.gradient_norm,
        "pairs": len(result.scored),
        "tokens_distinct": result.tokens_distinct,
        "tokens_unshared": result.tokens_unshared,
        "seconds": round(seconds, 4),
        **overall,
        "languages": metrics_by_language(result.scored, align.beta),
    }
