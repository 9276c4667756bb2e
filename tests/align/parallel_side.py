"""One, two and four processes that train the same steps: `python -m tests.align.parallel_side FOLDER`.

They are forked from one process, which has imported torch for all of them. Of each number rank 0 writes what came out.
"""

import json
import os
import shutil
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

import torch

from acord.align.encoded import Example
from acord.align.loop import Training, run_steps
from acord.align.policy import Policy, with_adapter
from acord.align.reference import score_examples
from acord.align.shards import Shards, shard, shards_of
from acord.align.step import train_step
from acord.processes import join, leave, world
from acord.recipe import Adapter, Align
from acord.tree.scoring import ScoringModel
from tests.align.samples import random_pairs, small_llama

STEPS, SAVED_AFTER, RESUMED_TO = 30, 3, 6
ALIGN = Align(learning_rate=1e-4, schedule="constant", checkpoint_steps=SAVED_AFTER)
WEIGHTS, FIGURES = "weights.pt", "figures.json"


def steps_of(pairs: list[Example]) -> list[list[list[Example]]]:
    """Steps of eight pairs in three packs: nobody's number of processes."""
    return [[pairs[at : at + 3], pairs[at + 3 : at + 5], pairs[at + 5 : at + 8]] for at in range(0, len(pairs), 8)]


def policy_for(align: Align, *, shared: bool = True, bf16: bool = False, whole: bool = True) -> Policy:
    """The small model, alone or spread over the processes."""
    model: Any = small_llama()
    if align.adapter is not None:
        model = with_adapter(model, align.adapter)
    scorer = ScoringModel(model, shared=shared)
    if world().size == 1:
        policy = Policy(scorer, align)
        if bf16:
            policy.compute_in(torch.bfloat16)
        return policy
    shard(scorer, "cpu", torch.bfloat16 if bf16 else None)
    shards = shards_of(scorer, "cpu", 4)
    if not whole:
        shards.root.set_reshard_after_forward(True)
    return Policy(scorer, align, Shards(shards.root, whole))


def trained(policy: Policy, align: Align, count: int) -> list[dict[str, Any]]:
    """Loss, gradient norm, tokens and every reply's log-probability by pair, of that many steps."""
    pairs = random_pairs(8 * STEPS, seed=3)
    reference = {pair.id: (-20.0, -21.0) for pair in pairs}
    found = []
    with policy.scorer.tree_attention():
        for packs in steps_of(pairs)[:count]:
            result = train_step(policy, packs, reference, align, align.learning_rate)
            scores = {one.example.id: one.policy for one in result.scored}
            counted = [result.tokens_distinct, result.tokens_unshared]
            found.append({"loss": result.loss, "norm": result.gradient_norm, "tokens": counted, "scores": scores})
    return found


def everything() -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """Figures of every way to train, and the weights after the first."""
    torch.set_num_threads(1)
    policy = policy_for(ALIGN)
    lora = ALIGN.model_copy(update={"adapter": Adapter(rank=4)})
    figures = {
        "plain": trained(policy, ALIGN, STEPS),
        "resharded": trained(policy_for(ALIGN, whole=False), ALIGN, 3),
        "unshared": trained(policy_for(ALIGN, shared=False), ALIGN, 3),
        "adapter": trained(policy_for(lora), lora, 3),
        "bf16": trained(policy_for(ALIGN, bf16=True), ALIGN, 3),
    }
    pairs = random_pairs(20, seed=8)
    scored = score_examples(policy.scorer, pairs, 64, "reference")
    return {**figures, "scored": scored}, policy.whole_masters()


def trained_until(steps: int, folder: Path) -> tuple[list[dict[str, Any]], dict[str, torch.Tensor]]:
    """Go on in a folder up to that many steps, from the checkpoint that lies there: the records, and the weights."""
    torch.set_num_threads(1)
    policy = policy_for(ALIGN)
    pairs = random_pairs(8 * RESUMED_TO, seed=5)
    reference = {pair.id: (-20.0, -21.0) for pair in pairs}
    records = run_steps(policy, Training(steps_of(pairs)[:steps], reference, ALIGN, folder))
    return records, policy.whole_masters()


def take_part(folder: Path) -> None:
    """What each process does; rank 0 writes."""
    place = join()
    figures, weights = everything()
    begun = folder / "begun"
    records, resumed = trained_until(RESUMED_TO if begun.exists() else SAVED_AFTER + 1, begun)
    if place.rank == 0:
        (folder / FIGURES).write_text(json.dumps({**figures, "records": records}))
        torch.save({"plain": weights, "resumed": resumed}, folder / WEIGHTS)
    leave()


def fork(rank: int, size: int, port: str, folder: Path) -> int:
    """Start a process, placed as torchrun places one; its number."""
    number = os.fork()
    if number:
        return number
    place = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": size, "LOCAL_WORLD_SIZE": size, "MASTER_PORT": port}
    os.environ.update({name: str(value) for name, value in place.items()})
    os.environ.update(MASTER_ADDR="127.0.0.1", GLOO_SOCKET_IFNAME="lo", ACORD_STALL_SECONDS="60")
    code = 1
    try:
        take_part(folder)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def main(folder: Path) -> int:
    """Two, then four that go on from where two were, then one that does, and one that did it all."""
    failed = 0
    for name, size, earlier in (("2", 2, None), ("4", 4, "2"), ("again", 1, "2"), ("whole", 1, None)):
        (folder / name).mkdir()
        if earlier is not None:
            shutil.copytree(folder / earlier / "begun", folder / name / "begun")
        if name == "whole":
            (folder / name / "begun").mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        numbers = [fork(rank, size, port, folder / name) for rank in range(size)]
        failed += sum(os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]) != 0 for number in numbers)
    return failed


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
