"""One side of eval_vs_lmeval: the harness's hf backend, or Acord's, over one local task, in a process of its own."""

import os

os.environ.setdefault("TQDM_DISABLE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import logging
import time
from pathlib import Path
from typing import Any

import torch
from machine import forget_peak, peak_since_bytes, resident_bytes
from measurement import answer

from acord.tree.memory import keep_freed_memory


def measure(content: dict[str, Any]) -> dict[str, Any]:
    """Load, then run the task: once on two items to warm up, once on all under the clock. Loading is not timed.

    memory: peak while the task ran, less what the process held before, with the model loaded.
    """
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    logging.getLogger("lm_eval").setLevel(logging.ERROR)
    torch.set_num_threads(content["threads"])
    model = _model(content)
    tasks = TaskManager(include_path=content["tasks"], include_defaults=False)

    def run(limit: int | None) -> Any:
        return simple_evaluate(
            model=model, tasks=["task"], task_manager=tasks, limit=limit, bootstrap_iters=0, log_samples=True
        )

    run(2)
    before = resident_bytes()
    forget_peak()
    started = time.perf_counter()
    result = run(None)
    seconds = time.perf_counter() - started
    samples = sorted(result["samples"]["task"], key=lambda sample: sample["doc_id"])
    return {
        "seconds": seconds,
        "memory_gb": (peak_since_bytes() - before) / 1e9,
        "items": len(samples),
        "logp": [[float(one[0]) for one in sample["filtered_resps"]] for sample in samples],
    }


def _model(content: dict[str, Any]) -> Any:
    if content["side"] == "hf":
        from lm_eval.models.huggingface import HFLM

        return HFLM(
            pretrained=content["model"],
            device="cpu",
            dtype=content["precision"],
            batch_size=content["batch"],
            softmax_dtype="float32",
        )
    from acord.evaluate.lm import AcordLM, load

    keep_freed_memory()
    return AcordLM(load(Path(content["model"]), content["precision"]), tokenisation="hf")


if __name__ == "__main__":
    answer(measure)
