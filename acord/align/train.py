"""The `align` stage: train on the plan, export a folder that transformers loads alone, measure the exported weights."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import torch

from acord.align.encoded import EncodedPair, read_encoded
from acord.align.loop import run_steps
from acord.align.metrics import ScoredPair, metrics_by_language, preference_metrics
from acord.align.plan import Plan, chat_format, read_plan, read_steps
from acord.align.reference import ReplyLogProbabilities, load_scorer, read_scores, score_pairs
from acord.chat import check_self_contained
from acord.models import load_tokenizer, model_path, save_model, stored_dtype
from acord.recipe import Chat, Recipe

HELD_OUT_SCHEMA = pa.schema(
    [("id", pa.string()), ("language", pa.string()), ("source", pa.string())]
    + [(f"{reply}_logp_{when}", pa.float64()) for when in ("before", "after") for reply in ("chosen", "rejected")]
)


def build_align(
    recipe: Recipe, *, plan_folder: Path, reference_folder: Path, base_folder: Path, folder: Path
) -> dict[str, Any]:
    """Write folder/model, folder/metrics.jsonl and folder/held_out.parquet.

    Figures: first and last loss, tokens, and the held-out pairs' metrics before and after, overall and by language.
    """
    plan = read_plan(plan_folder)
    reference = read_scores(reference_folder / "reference.parquet")
    base = model_path(base_folder)
    scorer = load_scorer(base, plan)
    records = run_steps(scorer, read_steps(plan_folder), reference, recipe.align, folder / "metrics.jsonl")
    export(scorer.model, base, recipe.chat, folder / "model")
    del scorer
    held_out = [pair for pair in read_encoded(plan_folder / "encoded.parquet") if pair.split == "held_out"]
    figures: dict[str, Any] = {
        "steps": len(records),
        "loss_first": records[0]["loss"],
        "loss_last": records[-1]["loss"],
        "pairs": sum(record["pairs"] for record in records),
        "tokens_distinct": sum(record["tokens_distinct"] for record in records),
        "tokens_unshared": sum(record["tokens_unshared"] for record in records),
        "seconds": round(sum(record["seconds"] for record in records), 2),
    }
    if held_out:
        figures["held_out"] = _measure(held_out, reference, plan, recipe.align.beta, folder)
    return figures


def export(model: Any, base: Path, chat: Chat, folder: Path) -> None:
    """Save the model in the base's type, with a tokenizer whose template carries the recipe's arguments and system.

    What was saved is read again and must write a conversation in the ids that training saw.
    """
    tokenizer = load_tokenizer(base)
    trained = chat_format(chat, tokenizer)
    tokenizer.chat_template = trained.template
    save_model(model.to(getattr(torch, stored_dtype(base))), tokenizer, folder)
    check_self_contained(trained, load_tokenizer(folder))


def _measure(
    held_out: list[EncodedPair],
    reference: dict[str, ReplyLogProbabilities],
    plan: Plan,
    beta: float,
    folder: Path,
) -> dict[str, Any]:
    """Score the held-out pairs with the weights as exported, and set them beside the base's scores."""
    after = score_pairs(load_scorer(folder / "model", plan), held_out, plan.token_budget, "held-out pairs")
    rows = [
        {
            "id": pair.id,
            "language": pair.language,
            "source": pair.source,
            "chosen_logp_before": reference[pair.id].chosen,
            "rejected_logp_before": reference[pair.id].rejected,
            "chosen_logp_after": after[pair.id].chosen,
            "rejected_logp_after": after[pair.id].rejected,
        }
        for pair in held_out
    ]
    pq.write_table(pa.Table.from_pylist(rows, HELD_OUT_SCHEMA), folder / "held_out.parquet", compression="zstd")
    figures = {}
    for when, scores in (("before", reference), ("after", after)):
        scored = [ScoredPair(pair, scores[pair.id], reference[pair.id]) for pair in held_out]
        figures[when] = {**preference_metrics(scored, beta), "languages": metrics_by_language(scored, beta)}
    return figures
