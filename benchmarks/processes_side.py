"""One of the processes of a measurement of `processes.py`, placed in the environment as torchrun places them."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import torch
from acord_side import run
from measurement import RATE, AcordJob, read_job
from random_model import random_llama

from acord.align.encoded import read_encoded
from acord.align.policy import Policy
from acord.align.shards import shard, shards_of
from acord.processes import join, leave
from acord.recipe import Align
from acord.tree.memory import keep_freed_memory
from acord.tree.scoring import ScoringModel


def measure(content: dict[str, Any]) -> dict[str, Any]:
    """Warm up on the first step, run all steps, say what they took; of several processes the time of all together."""
    place = join()
    plan = AcordJob(**{**content, "job": read_job(content["job"])})
    job = plan.job
    align = Align(learning_rate=RATE, batch_pairs=job.step_pairs)
    torch.set_num_threads(job.threads)
    keep_freed_memory()
    scorer = ScoringModel(random_llama(job.shape))
    shards = None
    if place.size > 1:
        shard(scorer, "cpu", getattr(torch, job.precision) if job.precision != "float32" else None)
        shards = shards_of(scorer, "cpu", 4)
    policy = Policy(scorer, align, shards)
    if place.size == 1 and job.precision != "float32":
        policy.compute_in(getattr(torch, job.precision))
    by_id = {example.id: example for example in read_encoded(Path(job.examples))}
    timed = [by_id[identity] for identity in job.timed]
    steps = [timed[start : start + job.step_pairs] for start in range(0, len(timed), job.step_pairs)]
    run(policy, steps[:1], align, plan)
    done = run(policy, steps, align, plan)
    leave()
    return {
        "seconds": done.training_seconds,
        "losses": done.losses,
        "tokens": done.tokens,
        "whole": shards is None or shards.whole,
    }


if __name__ == "__main__":
    job_file, result_file = (Path(argument) for argument in sys.argv[1:3])
    result = measure(json.loads(job_file.read_text()))
    if os.environ.get("RANK", "0") == "0":
        result_file.write_text(json.dumps(result))
