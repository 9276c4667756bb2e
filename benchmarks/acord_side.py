"""Acord's side of a measurement: packing, reference pass, training steps, optimizer; in a process of its own."""

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from machine import forget_peak, matrix_rate, peak_memory_gb, peak_since_bytes, resident_bytes, wait_for
from measurement import RATE, AcordJob, Job, answer, read_job
from random_model import random_llama, weight_sum
from work import Shape, acord_flops, tree_work

from acord.align.encoded import Example, items_of, read_encoded
from acord.align.policy import Policy, checkpoint_activations
from acord.align.reference import score_examples
from acord.align.step import train_step
from acord.recipe import Align
from acord.tree.admission import admitted
from acord.tree.memory import keep_freed_memory
from acord.tree.pack import build_packs


class Timed(NamedTuple):
    """Seconds of the reference pass (with its packing) and of the training steps (with theirs), tokens, losses."""

    reference_seconds: float
    training_seconds: float
    tokens: int
    losses: list[float]
    skipped: int


def measure(content: dict[str, Any]) -> dict[str, Any]:
    """Warm up, run the job's steps, say what they took."""
    plan = AcordJob(**{**content, "job": read_job(content["job"])})
    job = plan.job
    align = Align(learning_rate=RATE, batch_pairs=job.step_pairs)
    torch.set_num_threads(job.threads)
    keep_freed_memory()
    rate_before = matrix_rate(job.precision, job.device)
    before = resident_bytes()
    model = random_llama(job.shape, job.device)
    weights = weight_sum(model)
    if plan.activation_checkpointing:
        checkpoint_activations(model)
    policy = Policy(admitted(model), align)
    if job.precision != "float32":
        policy.compute_in(getattr(torch, job.precision))
    by_id = {example.id: example for example in read_encoded(Path(job.examples))}
    warm_up, timed = ([by_id[identity] for identity in ids] for ids in (job.warm_up, job.timed))
    steps = [timed[start : start + job.step_pairs] for start in range(0, len(timed), job.step_pairs)]
    started = time.perf_counter()
    if warm_up:
        run(policy, [warm_up], align, plan)
    for _ in range(2 if plan.rehearse else 0):
        run(policy, steps, align, plan)
    warm_up_seconds = time.perf_counter() - started
    forget_peak()
    if job.device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    done = run(policy, steps, align, plan)
    peak = peak_since_bytes()
    return {
        "seconds": done.reference_seconds + done.training_seconds,
        "reference_seconds": done.reference_seconds,
        "training_seconds": done.training_seconds,
        "warm_up_seconds": warm_up_seconds,
        "pairs": len(timed),
        "tokens": done.tokens,
        "flops": flops_of(job.shape, steps, plan.token_budget),
        "rates": [rate_before, matrix_rate(job.precision, job.device)],
        "peak_memory_gb": _peak_gb(job),
        "memory_beyond_state_gb": None if job.device == "cuda" else (peak - before - state_bytes(job)) / 1e9,
        "losses": done.losses,
        "skipped": done.skipped,
        "weights": weights,
        "shared": policy.scorer.shared,
    }


def run(policy: Policy, steps: Sequence[Sequence[Example]], align: Align, plan: AcordJob) -> Timed:
    """One reference pass over all pairs, then every step."""
    device = plan.job.device
    wait_for(device)
    started = time.perf_counter()
    everything = [example for step in steps for example in step]
    reference = score_examples(policy.scorer, everything, plan.token_budget, "reference")
    wait_for(device)
    between = time.perf_counter()
    losses, tokens, skipped = [], 0, 0
    with policy.scorer.tree_attention():
        for step in steps:
            packs = build_packs(items_of(step), plan.token_budget)
            result = train_step(policy, [[step[i] for i in p.items] for p in packs], reference, align, RATE)
            losses.append(result.loss)
            tokens += result.tokens_distinct
            skipped += result.skipped
    wait_for(device)
    ended = time.perf_counter()
    if not all(math.isfinite(loss) for loss in losses):
        raise FloatingPointError(f"losses {losses}")
    return Timed(between - started, ended - between, tokens, losses, skipped)


def flops_of(shape: Shape, steps: Sequence[Sequence[Example]], token_budget: int) -> int:
    """What these packs take at least: the reference over whole conversations, training by steps, the optimizer."""
    everything = [example for step in steps for example in step]
    reference = tree_work(pack.forest for pack in build_packs(items_of(everything), token_budget))
    training = tree_work(pack.forest for step in steps for pack in build_packs(items_of(step), token_budget))
    return acord_flops(shape, training, reference, len(steps))


def state_bytes(job: Job) -> int:
    """fp32 weights, gradients and two moments; a 16-bit copy of the weights where it computes in one."""
    return job.shape.parameters * (16 + (0 if job.precision == "float32" else 2))


def _peak_gb(job: Job) -> float:
    return round(torch.cuda.max_memory_allocated() / 2**30, 2) if job.device == "cuda" else peak_memory_gb()


if __name__ == "__main__":
    answer(measure)
