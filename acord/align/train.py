"""The `align` stage: train on the plan, export a folder that transformers loads alone, measure the exported weights."""

import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import torch

from acord.align.adapter import save_adapter
from acord.align.checkpoint import all_checkpoints
from acord.align.encoded import Example, read_encoded
from acord.align.loop import Training, run_steps
from acord.align.metrics import Scored, all_metrics
from acord.align.plan import Plan, chat_format, read_plan, read_steps
from acord.align.policy import load_policy
from acord.align.reference import ReplyScores, load_scorer, read_scores, score_examples
from acord.align.totals import totals
from acord.chat import check_self_contained
from acord.models import load_tokenizer, model_path, save_model, stored_dtype
from acord.recipe import Chat, Recipe
from acord.tree.admission import cast_parameters

_LOGP = pa.list_(pa.float64())
HELD_OUT_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("language", pa.string()),
        ("source", pa.string()),
        ("logp_before", _LOGP),
        ("logp_after", _LOGP),
    ]
)


def build_align(
    recipe: Recipe, *, plan_folder: Path, reference_folder: Path, base_folder: Path, folder: Path
) -> dict[str, Any]:
    """Write folder/model, folder/metrics.jsonl and folder/held_out.parquet; goes on from a checkpoint found there.

    Where checkpoints are kept, each becomes folder/steps/step-N; a trained LoRA adapter is kept in folder/adapter,
    beside the model that it is folded into. Figures: first and last loss, tokens, and the held-out metrics before and
    after, and by step: overall, by language, by source.
    """
    plan = read_plan(plan_folder)
    reference = read_scores(reference_folder / "reference.parquet")
    base = model_path(base_folder)
    policy = load_policy(base, plan, recipe.align)
    training = Training(read_steps(plan_folder), reference, recipe.align, folder)
    records = run_steps(policy, training)
    export(policy.trained_model(base, recipe.align), base, recipe.chat, folder / "model")
    if recipe.align.adapter is not None:
        save_adapter(policy, recipe.align.adapter, folder / "adapter")
    if recipe.align.keep_checkpoints:
        for checkpoint in all_checkpoints(training.checkpoints):
            policy.restore(checkpoint.tensors)
            export(policy.trained_model(base, recipe.align), base, recipe.chat, step_folder(folder, checkpoint.steps))
    del policy
    shutil.rmtree(training.checkpoints, ignore_errors=True)
    figures = totals(records)
    held_out = [example for example in read_encoded(plan_folder / "encoded.parquet") if example.split == "held_out"]
    if held_out:
        measured = _measure(held_out, reference, plan, recipe.align.beta, folder)
        figures["held_out"] = measured
        if recipe.align.keep_checkpoints:
            figures["held_out_by_step"] = _by_step(held_out, reference, plan, recipe.align.beta, folder) | {
                str(len(records)): measured["after"]
            }
    return figures


def step_folder(folder: Path, steps: int) -> Path:
    """Where the model after that many steps lies, if it was kept."""
    return folder / "steps" / f"step-{steps}"


def _by_step(
    held_out: list[Example], reference: dict[str, ReplyScores], plan: Plan, beta: float, folder: Path
) -> dict[str, Any]:
    """The held-out metrics of every checkpoint that was kept, by its number of steps."""
    figures = {}
    for steps in sorted(int(path.name.removeprefix("step-")) for path in (folder / "steps").glob("step-*")):
        scores = score_examples(
            load_scorer(step_folder(folder, steps), plan), held_out, plan.token_budget, "held-out pairs"
        )
        scored = [Scored(example, scores[example.id], reference[example.id]) for example in held_out]
        figures[str(steps)] = all_metrics(scored, beta)
    return figures


def export(model: Any, base: Path, chat: Chat, folder: Path) -> None:
    """Save the model in the base's type, with a tokenizer whose template carries the recipe's arguments and system.

    What was saved is read again and must write a conversation in the ids that training saw.
    """
    tokenizer = load_tokenizer(base)
    trained = chat_format(chat, tokenizer)
    tokenizer.chat_template = trained.template
    dtype = getattr(torch, stored_dtype(base))
    cast_parameters(model, dtype)
    model.config.dtype = dtype
    save_model(model, tokenizer, folder)
    check_self_contained(trained, load_tokenizer(folder))


def _measure(
    held_out: list[Example], reference: dict[str, ReplyScores], plan: Plan, beta: float, folder: Path
) -> dict[str, Any]:
    """Score the held-out examples with the weights as exported, and set them beside the base's scores."""
    after = score_examples(load_scorer(folder / "model", plan), held_out, plan.token_budget, "held-out pairs")
    rows = [
        {
            "id": example.id,
            "language": example.language,
            "source": example.source,
            "logp_before": list(reference[example.id]),
            "logp_after": list(after[example.id]),
        }
        for example in held_out
    ]
    pq.write_table(pa.Table.from_pylist(rows, HELD_OUT_SCHEMA), folder / "held_out.parquet", compression="zstd")
    return {
        when: all_metrics([Scored(example, scores[example.id], reference[example.id]) for example in held_out], beta)
        for when, scores in (("before", reference), ("after", after))
    }
