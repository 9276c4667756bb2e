"""One pass without gradients: the log-probability of every reply under the reference, which is the base itself."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import torch

from acord.align.encoded import EncodedPair, items_of, read_encoded
from acord.align.plan import Plan, read_plan
from acord.console import say, track
from acord.models import load_model, model_path
from acord.tree.admission import admit
from acord.tree.pack import build_packs
from acord.tree.scoring import ScoringModel

SCHEMA = pa.schema([("id", pa.string()), ("chosen_logp", pa.float64()), ("rejected_logp", pa.float64())])


class ReplyLogProbabilities(NamedTuple):
    """Sums over the tokens of a pair's two replies, in nats."""

    chosen: float
    rejected: float


def build_reference(*, plan_folder: Path, base_folder: Path, folder: Path) -> dict[str, Any]:
    """The `reference` stage: reference.parquet. Figures: replies, tokens computed, shared or why not."""
    plan = read_plan(plan_folder)
    pairs = read_encoded(plan_folder / "encoded.parquet")
    scorer = load_scorer(model_path(base_folder), plan)
    scores = score_pairs(scorer, pairs, plan.token_budget, "reference")
    write_scores(scores, folder / "reference.parquet")
    return {"pairs": len(pairs), "shared": scorer.shared}


def load_scorer(model_folder: Path, plan: Plan) -> ScoringModel:
    """The model of a folder as a scorer, as the plan says; says so where prefixes cannot be shared."""
    torch.set_num_threads(plan.threads)
    admission = admit(load_model(model_folder, plan.precision))
    if admission.reason:
        say(f"prefixes are not shared: {admission.reason}")
    return admission.scorer


def score_pairs(
    scorer: ScoringModel, pairs: Sequence[EncodedPair], token_budget: int, what: str
) -> dict[str, ReplyLogProbabilities]:
    """Score every pair, in packs that share whole conversations. By pair id, in the order given."""
    packs = build_packs(items_of(pairs), token_budget)
    scores: dict[str, ReplyLogProbabilities] = {}
    with torch.no_grad(), track(what, len(pairs), "pairs") as progress:
        for pack in packs:
            logp = scorer(pack.forest).logp_R.tolist()
            for place, index in enumerate(pack.items):
                scores[pairs[index].id] = ReplyLogProbabilities(logp[2 * place], logp[2 * place + 1])
            progress.advance(len(pack.items))
    return {pair.id: scores[pair.id] for pair in pairs}


def write_scores(scores: dict[str, ReplyLogProbabilities], path: Path) -> None:
    """One row a pair: id, chosen_logp, rejected_logp."""
    rows = [
        {"id": identity, "chosen_logp": score.chosen, "rejected_logp": score.rejected}
        for identity, score in scores.items()
    ]
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), path, compression="zstd")


def read_scores(path: Path) -> dict[str, ReplyLogProbabilities]:
    """Read what write_scores wrote."""
    rows = pq.read_table(path, schema=SCHEMA).to_pylist()
    return {row["id"]: ReplyLogProbabilities(row["chosen_logp"], row["rejected_logp"]) for row in rows}
