"""One pass without gradients: the log-probability of every reply under the reference, which is the base itself."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import torch

from acord.align.encoded import Example, items_of, read_encoded
from acord.align.plan import Plan, read_plan
from acord.console import track
from acord.models import load_model, model_path
from acord.tree.admission import admitted, cast_parameters
from acord.tree.memory import keep_freed_memory
from acord.tree.pack import build_packs
from acord.tree.scoring import ScoringModel

SCHEMA = pa.schema([("id", pa.string()), ("logp", pa.list_(pa.float64()))])

# Log-probabilities of an example's replies, in their order: sums over tokens, in nats.
ReplyScores = tuple[float, ...]


def build_reference(*, plan_folder: Path, base_folder: Path, folder: Path) -> dict[str, Any]:
    """The `reference` stage: reference.parquet. Figures: examples, and whether prefixes were shared.

    With LoRA this is also the pass of the policy's own weights with the adapters off: they are the base.
    """
    plan = read_plan(plan_folder)
    examples = read_encoded(plan_folder / "encoded.parquet")
    scorer = load_scorer(model_path(base_folder), plan)
    write_scores(score_examples(scorer, examples, plan.token_budget, "reference"), folder / "reference.parquet")
    return {"pairs": len(examples), "shared": scorer.shared, "precision": plan.precision, "device": plan.device}


def load_scorer(model_folder: Path, plan: Plan) -> ScoringModel:
    """The model of a folder as a scorer, on the plan's device and in its precision."""
    torch.set_num_threads(plan.threads)
    keep_freed_memory()
    # Admitted in fp32, as the policy is: bf16 noise would hide what the gate looks for.
    scorer = admitted(load_model(model_folder, "float32").to(plan.device))
    cast_parameters(scorer.model, getattr(torch, plan.precision))
    return scorer


def score_examples(
    scorer: ScoringModel, examples: Sequence[Example], token_budget: int, what: str
) -> dict[str, ReplyScores]:
    """Score every reply, in packs that share whole conversations. By example id, in the order given."""
    scores: dict[str, ReplyScores] = {}
    with torch.no_grad(), track(what, len(examples), "pairs") as progress:
        for pack in build_packs(items_of(examples), token_budget):
            logp = iter(scorer(pack.forest).logp_R.tolist())
            for index in pack.items:
                example = examples[index]
                scores[example.id] = tuple(next(logp) for _ in example.replies)
            progress.advance(len(pack.items))
    return {example.id: scores[example.id] for example in examples}


def write_scores(scores: dict[str, ReplyScores], path: Path) -> None:
    """One row an example: id, and the log-probability of each reply."""
    rows = [{"id": identity, "logp": list(logp)} for identity, logp in scores.items()]
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), path, compression="zstd")


def read_scores(path: Path) -> dict[str, ReplyScores]:
    """Read what write_scores wrote."""
    return {row["id"]: tuple(row["logp"]) for row in pq.read_table(path, schema=SCHEMA).to_pylist()}
