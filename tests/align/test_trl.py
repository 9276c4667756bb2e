"""Trainer proof: TRL's DPOTrainer and Acord, from the same weights on the same pairs in the same order."""

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.data import SequentialSampler

from acord.align.loop import learning_rate_at
from acord.align.reference import score_examples
from acord.align.step import train_step
from acord.recipe import Align
from tests.align.samples import policy_of, random_pairs, small_llama

trl = pytest.importorskip("trl", reason="the parity test needs the [bench] extra")

STEPS, BATCH, BETA, RATE = 20, 8, 0.1, 5e-4


class Recorded:
    """TRL's loss at every step, and its log-probabilities of the first batch, as computed, not as logged."""

    def __init__(self) -> None:
        self.losses: list[float] = []


def trl_trainer(model: torch.nn.Module, rows: list[dict[str, Any]], folder: Path, recorded: Recorded) -> Any:
    import datasets
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    class Ordered(trl.DPOTrainer):
        def _get_train_sampler(self, *_: Any) -> SequentialSampler:
            return SequentialSampler(self.train_dataset)

        def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
            return dataset  # token ids already: both trainers get the very same ones

        def _compute_loss(self, model: Any, inputs: Any, return_outputs: Any) -> Any:
            result = super()._compute_loss(model, inputs, return_outputs)
            recorded.losses.append(float((result[0] if isinstance(result, tuple) else result).detach()))
            return result

    vocabulary = {f"t{index}": index for index in range(model.config.vocab_size)}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel(vocabulary, unk_token="t0")), pad_token="t0", eos_token="t1"
    )
    args = trl.DPOConfig(
        output_dir=str(folder),
        per_device_train_batch_size=BATCH,
        num_train_epochs=1,
        learning_rate=RATE,
        lr_scheduler_type="linear",
        warmup_steps=0,
        beta=BETA,
        max_grad_norm=1.0,
        weight_decay=0.0,
        optim="adamw_torch",
        bf16=False,
        fp16=False,
        use_cpu=True,
        gradient_checkpointing=False,
        max_length=None,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        logging_strategy="no",
    )
    return Ordered(
        model=model,
        ref_model=copy.deepcopy(model),
        args=args,
        train_dataset=datasets.Dataset.from_list(rows),
        processing_class=tokenizer,
    )


@pytest.mark.slow
def test_twenty_steps_beside_trl(tmp_path: Path) -> None:
    base = small_llama()
    pairs = random_pairs(2 * BATCH, seed=3) * (STEPS // 2)
    rows = [
        {
            "prompt_ids": list(pair.prompt_ids),
            "chosen_ids": list(pair.replies[0]),
            "rejected_ids": list(pair.replies[1]),
        }
        for pair in pairs
    ]
    recorded = Recorded()
    peer_model = copy.deepcopy(base)
    trainer = trl_trainer(peer_model, rows, tmp_path, recorded)
    peer_logp = []
    for start in range(0, len(rows), BATCH):
        chosen, rejected = trainer.compute_ref_log_probs(peer_model, trainer.data_collator(rows[start : start + BATCH]))
        peer_logp.extend(zip(chosen.tolist(), rejected.tolist(), strict=True))

    align = Align(beta=BETA, learning_rate=RATE, batch_pairs=BATCH)
    policy = policy_of(base, align)
    reference = score_examples(policy.scorer, pairs, 4096, "reference")
    for pair, (chosen, rejected) in zip(pairs, peer_logp, strict=True):
        assert reference[pair.id] == pytest.approx((chosen, rejected), abs=1e-4)

    trainer.train()
    losses = []
    for step in range(STEPS):
        batch = pairs[step * BATCH : (step + 1) * BATCH]
        rate = learning_rate_at(align, step, STEPS)
        result = train_step(policy, [batch[:5], batch[5:]], reference, align, rate)
        losses.append(result.loss)
    assert len(recorded.losses) == STEPS
    assert losses[0] == pytest.approx(0.693147, abs=1e-5)
    assert losses == pytest.approx(recorded.losses, abs=1e-4)
    assert min(losses) < 0.66, "twenty steps at this rate must move the loss, or equal losses would prove nothing"
    for (name, ours), theirs in zip(base.named_parameters(), peer_model.parameters(), strict=True):
        assert torch.allclose(ours, theirs, atol=1e-4), name
