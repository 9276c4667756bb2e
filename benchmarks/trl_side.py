"""TRL's side of a measurement: its DPOTrainer on ready token ids, in a process of its own.

Its reference runs as it does by default (a second model, one forward pass a batch) or, with `precompute`, in a pass
before training, whose time counts. Timed is what happens between the end of the first optimizer step and the end of the
last: collating, forward passes, backward pass, optimizer. Logging, saving and truncation are off.
"""

import gc
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("TQDM_DISABLE", "1")

import datasets
import torch
import trl
from machine import matrix_rate, peak_memory_gb, wait_for
from measurement import RATE, Job, Setting, answer, read_job
from random_model import random_llama, weight_sum
from real_pairs import batches_of, sequence_lengths, shuffled
from tokenizers import Tokenizer, models
from torch.utils.data import SequentialSampler
from transformers import PreTrainedTokenizerFast, TrainerCallback
from work import padded_work, trl_flops

from acord.align.encoded import Example, read_encoded

# A screened setting is judged by its pace once this share of its work is done.
JUDGED_AFTER = 0.2


class TooSlow(Exception):
    """A screened setting has shown that it will not be the best."""


class Clock(TrainerCallback):  # type: ignore[misc]
    """Times the steps after the first, and stops a setting that is too slow.

    shares: of the timed work, what is done after each batch. limit: seconds that all of it may take.
    """

    def __init__(self, device: str, shares: Sequence[float], limit: float | None) -> None:
        self.device, self.shares, self.limit = device, shares, limit
        self.started = self.ended = 0.0
        self.batches = 0

    def _now(self) -> float:
        wait_for(self.device)
        return time.perf_counter()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002  the interface
        self.ended = self._now()
        if state.global_step == 1:
            self.started = self.ended
        else:
            self._judge()

    def on_substep_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002  the interface
        if state.global_step >= 1:
            self._judge()

    def _judge(self) -> None:
        share = self.shares[self.batches]
        self.batches += 1
        if self.limit is not None and share >= JUDGED_AFTER and (self._now() - self.started) / share > self.limit:
            raise TooSlow


class ReadyTrainer(trl.DPOTrainer):  # type: ignore[misc]
    """DPOTrainer on rows that are token ids already, in the order given; times its reference pass a batch."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.reference_seconds: list[float] = []
        super().__init__(*args, **kwargs)

    def _get_train_sampler(self, *_: Any) -> SequentialSampler:
        return SequentialSampler(self.train_dataset)

    def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
        return dataset

    def compute_ref_log_probs(self, model: Any, inputs: Any) -> Any:
        """As it is, timed."""
        wait_for(self.accelerator.device.type)
        started = time.perf_counter()
        result = super().compute_ref_log_probs(model, inputs)
        wait_for(self.accelerator.device.type)
        self.reference_seconds.append(time.perf_counter() - started)
        return result


def measure(content: dict[str, Any]) -> list[dict[str, Any]]:
    """Every setting's measurement, in order; of one that was stopped only its name and `stopped`."""
    job = read_job(content["job"])
    torch.set_num_threads(job.threads)
    by_id = {example.id: example for example in read_encoded(Path(job.examples))}
    within = content["within"]
    results: list[dict[str, Any]] = []

    def attempt(setting: Setting) -> None:
        known = [result["seconds"] for result in results if "seconds" in result]
        results.append(run(job, setting, by_id, min(known) * within if known and within else None))
        gc.collect()

    for row in content["settings"]:
        attempt(Setting(**row))
    if within:
        best = Setting(**min((row for row in results if "seconds" in row), key=lambda row: row["seconds"])["asked"])
        attempt(replace(best, precompute=True))
        attempt(replace(best, activation_checkpointing=True))
    return results


def order_of(setting: Setting, timed: Sequence[Example]) -> list[Example]:
    """At random, or by falling length: the limit of what length grouping can do, every batch's neighbours alike."""
    if not setting.grouped:
        return shuffled(timed)
    return sorted(timed, key=lambda example: (-max(sequence_lengths(example)), example.id))


def run(job: Job, setting: Setting, by_id: dict[str, Example], limit: float | None) -> dict[str, Any]:
    """One training run. limit: seconds at whose pace it is stopped."""
    if job.step_pairs % setting.batch or len(job.timed) % job.step_pairs:
        raise ValueError(f"{len(job.timed)} pairs are no whole steps of {job.step_pairs} in batches of {setting.batch}")
    order = order_of(setting, [by_id[identity] for identity in job.timed])
    batches = batches_of(order, setting.batch)
    tokens = [padded_work([lengths]).tokens for lengths in batches]
    shares = [sum(tokens[: index + 1]) / sum(tokens) for index in range(len(tokens))]
    clock = Clock(job.device, shares, limit)
    rate_before = 0.0 if limit else matrix_rate(job.precision, job.device)
    if job.device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    result: dict[str, Any] = {"setting": str(setting), "asked": asdict(setting)}
    with tempfile.TemporaryDirectory() as folder:
        rows = _rows([*(by_id[identity] for identity in job.warm_up), *order])
        trainer = _trainer(job, setting, rows, Path(folder), clock)
        result["weights"] = weight_sum(trainer.model)
        try:
            trained = trainer.train()
        except TooSlow:
            return {**result, "stopped": True}
    steps = len(job.timed) // job.step_pairs
    reference = sum(trainer.reference_seconds[job.step_pairs // setting.batch :]) if setting.precompute else 0.0
    training = clock.ended - clock.started
    work = padded_work(batches)
    cuda = job.device == "cuda"
    return {
        **result,
        "seconds": reference + training,
        "reference_seconds": reference,
        "training_seconds": training,
        "pairs": len(order),
        "tokens": work.tokens,
        "flops": trl_flops(job.shape, work, steps, setting.activation_checkpointing, head_again=not cuda),
        "rates": [rate_before, 0.0 if limit else matrix_rate(job.precision, job.device)],
        "peak_memory_gb": round(torch.cuda.max_memory_allocated() / 2**30, 2) if cuda else peak_memory_gb(),
        "loss": trained.training_loss,
    }


def _rows(examples: Sequence[Example]) -> list[dict[str, list[int]]]:
    return [
        {"prompt_ids": list(e.prompt_ids), "chosen_ids": list(e.replies[0]), "rejected_ids": list(e.replies[1])}
        for e in examples
    ]


def _trainer(job: Job, setting: Setting, rows: list[dict[str, list[int]]], folder: Path, clock: Clock) -> ReadyTrainer:
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel({"<pad>": 0, "<unk>": 1, "<end>": 2}, unk_token="<unk>")),
        pad_token="<pad>",
        eos_token="<end>",
    )
    args = trl.DPOConfig(
        output_dir=str(folder),
        per_device_train_batch_size=setting.batch,
        gradient_accumulation_steps=job.step_pairs // setting.batch,
        num_train_epochs=1,
        learning_rate=RATE,
        lr_scheduler_type="constant",
        warmup_steps=0,
        beta=0.1,
        max_grad_norm=1.0,
        weight_decay=0.0,
        optim="adamw_torch_fused",
        bf16=job.precision == "bfloat16",
        fp16=False,
        use_cpu=job.device == "cpu",
        gradient_checkpointing=setting.activation_checkpointing,
        gradient_checkpointing_kwargs={"use_reentrant": False},
        precompute_ref_log_probs=setting.precompute,
        max_length=None,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        logging_strategy="no",
        dataloader_pin_memory=False,
    )
    return ReadyTrainer(
        model=random_llama(job.shape, job.device),
        ref_model=None if setting.precompute else random_llama(job.shape, job.device),
        args=args,
        train_dataset=datasets.Dataset.from_list(rows),
        processing_class=tokenizer,
        callbacks=[clock],
    )


if __name__ == "__main__":
    answer(measure)
