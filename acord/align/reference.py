"""One pass without gradients: the log-probability of every reply under the reference, which is the base itself.

Several processes share the packs out. Each holds the model whole, or a part of it where it would not fit.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import torch

from acord.align.encoded import Example, items_of, read_encoded
from acord.align.parallel import deal
from acord.align.plan import Plan, read_plan
from acord.align.shards import fits_whole, is_sharded, shard
from acord.console import track
from acord.models import load_model, model_path
from acord.processes import agree, in_turn, mark, summed, threads_here, world
from acord.tree.admission import admitted, cast_parameters
from acord.tree.memory import keep_freed_memory
from acord.tree.pack import Pack, build_packs
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
    scores = score_examples(scorer, examples, plan.token_budget, "reference")
    if not world().follows:
        write_scores(scores, folder / "reference.parquet")
    return {"pairs": len(examples), "shared": scorer.shared, "precision": plan.precision, "device": plan.device}


def load_scorer(model_folder: Path, plan: Plan) -> ScoringModel:
    """The model of a folder as a scorer, on the plan's device and in its precision."""
    torch.set_num_threads(threads_here(plan.threads))
    keep_freed_memory()
    whole = fits_whole(model_folder, plan.device)

    def make() -> ScoringModel:
        # Admitted in fp32, as the policy is: bf16 noise would hide what the gate looks for.
        scorer = admitted(load_model(model_folder, "float32").to(plan.device if whole else "cpu"))
        cast_parameters(scorer.model, getattr(torch, plan.precision))
        if not whole:
            shard(scorer, plan.device, None)
        return scorer

    scorer = in_turn(make, one_by_one=not whole)
    scorer.shared = agree(int(not scorer.shared)) == 0
    return scorer


def score_examples(
    scorer: ScoringModel, examples: Sequence[Example], token_budget: int, what: str
) -> dict[str, ReplyScores]:
    """Score every reply, in packs that share whole conversations. By example id, in the order given.

    Of several processes all call it, and all get all scores.
    """
    starts = [0, *accumulate(len(example.replies) for example in examples)]
    logp = [0.0] * starts[-1]
    turns = _turns(build_packs(items_of(examples), token_budget), scorer)
    with torch.no_grad(), track(what, sum(len(turn.items) for turn in turns), "pairs") as progress:
        for turn in turns:
            mark()
            found = iter(scorer(turn.pack.forest, calls=turn.calls).logp_R.tolist())
            for index in turn.items:
                for reply in range(starts[index], starts[index + 1]):
                    logp[reply] = next(found)
            progress.advance(len(turn.items))
    logp = summed(logp)
    return {
        example.id: tuple(logp[start:end]) for example, (start, end) in zip(examples, pairwise(starts), strict=True)
    }


class _Turn(NamedTuple):
    """A pack to score. items: those whose scores are wanted of this process. calls: how often the body runs."""

    pack: Pack
    items: tuple[int, ...]
    calls: int


def _turns(packs: Sequence[Pack], scorer: ScoringModel) -> list[_Turn]:
    """This process's packs. Where the processes hold the model together, all have equally many."""
    place = world()
    if place.size == 1:
        return [_Turn(pack, pack.items, 0) for pack in packs]
    costs = [pack.forest.tokens for pack in packs]
    dealt = [[(number, True) for number in mine] for mine in deal(costs, place.size)]
    if not is_sharded(scorer):
        return [_Turn(packs[number], packs[number].items, 0) for number, _ in dealt[place.rank]]
    smallest, most = costs.index(min(costs)), max(map(len, dealt))
    filled = [mine + [(smallest, False)] * (most - len(mine)) for mine in dealt]

    def calls(number: int) -> int:
        forest = packs[number].forest
        return scorer.calls(int(forest.position_T.max()) + 1, len(forest.path_of_sequence))

    return [
        _Turn(packs[number], packs[number].items if wanted else (), max(calls(mine[turn][0]) for mine in filled))
        for turn, (number, wanted) in enumerate(filled[place.rank])
    ]


def write_scores(scores: dict[str, ReplyScores], path: Path) -> None:
    """One row an example: id, and the log-probability of each reply."""
    rows = [{"id": identity, "logp": list(logp)} for identity, logp in scores.items()]
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), path, compression="zstd")


def read_scores(path: Path) -> dict[str, ReplyScores]:
    """Read what write_scores wrote."""
    return {row["id"]: tuple(row["logp"]) for row in pq.read_table(path, schema=SCHEMA).to_pylist()}
