"""Several processes for one model: each holds it; packs and prompts are dealt out in turn. lm-eval sees one process.

Rank 0 runs the evaluation and keeps the store; the others follow its orders. What is computed does not depend on their
number: packs are fixed before they are dealt out, and no sum crosses a process. torchrun starts the processes, on one
machine by `launch`, on several by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from acord.processes import World

if TYPE_CHECKING:
    from acord.evaluate.likelihood import Done, Likelihood, Pack, ScorePacks
    from acord.evaluate.lm import AcordLM
    from acord.generate import Generator, Request

# Prompts a process gets at a time: several times the slots that it fills, or each round would wait for its longest.
PROMPTS_AT_ONCE = 128


def launch(function: Callable[..., int], arguments: Sequence[Any], processes: int) -> int:
    """Run a function of a module in that many processes on this machine; the exit code of the first that failed."""
    import logging

    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    # What went wrong, rank 0 says itself, in one line.
    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=processes,
        run_id="acord",
        rdzv_backend="c10d",
        rdzv_endpoint="127.0.0.1:0",
        local_addr="127.0.0.1",
        max_restarts=0,
        start_method="spawn",
    )
    try:
        codes = elastic_launch(config, function)(*arguments)
    except ChildFailedError as error:
        return max(failure.exitcode for failure in error.failures.values()) or 1
    return int(max(codes.values()))


@dataclass(frozen=True)
class DealtPacks:
    """Scores packs over all processes of a world, one each at a time; called on rank 0."""

    local: ScorePacks
    world: World

    def __call__(self, packs: Sequence[Pack], done: Done) -> None:
        """done is called for the packs of a round when all of them are scored."""
        for start in range(0, len(packs), self.world.size):
            share = list(packs[start : start + self.world.size])
            _order(("packs", share))
            for offset, scores in enumerate(_gathered(_score(self.local, share[:1]), self.world)[: len(share)]):
                done(start + offset, scores)


@dataclass(frozen=True)
class DealtPrompts:
    """Answers prompts over all processes of a world, some each at a time; called on rank 0."""

    own_generator: Callable[[], Generator]
    world: World

    def generate(self, requests: Sequence[Request], done: Callable[[int, str], None]) -> None:
        """done is called for the prompts of a round when all of them are answered."""
        local = self.own_generator()
        round_size = PROMPTS_AT_ONCE * self.world.size
        for start in range(0, len(requests), round_size):
            share = list(requests[start : start + round_size])
            _order(("prompts", share))
            answers = _gathered(_answer(local, share[0 :: self.world.size]), self.world)
            for rank, texts in enumerate(answers):
                for place, text in enumerate(texts):
                    done(start + rank + place * self.world.size, text)


def deal_out(lm: AcordLM, world: World) -> None:
    """Let a model's packs and prompts be computed by all processes of a world; called on rank 0."""
    if world.size > 1:
        lm.score_packs = DealtPacks(lm.score_packs, world)
        lm.generator = DealtPrompts(lm.own_generator, world)


def follow(world: World, lm: AcordLM) -> None:
    """What ranks above 0 do with a model: score and answer what rank 0 deals out, until it is done with the model."""
    generator: Generator | None = None
    while True:
        kind, share = _order(None)
        if kind == "packs":
            _gathered(_score(lm.score_packs, share[world.rank : world.rank + 1]), world)
        elif kind == "prompts":
            generator = generator or lm.own_generator()
            _gathered(_answer(generator, share[world.rank :: world.size]), world)
        else:
            return


def dismiss(world: World) -> None:
    """Let the others go on to the next model; called on rank 0, also when the evaluation broke."""
    if world.size > 1:
        _order(("done", []))


def _score(score_packs: ScorePacks, packs: Sequence[Pack]) -> list[Likelihood]:
    found: list[Likelihood] = []
    score_packs(packs, lambda _, scores: found.extend(scores))
    return found


def _answer(generator: Generator, requests: Sequence[Request]) -> list[str]:
    texts = [""] * len(requests)
    generator.generate(requests, texts.__setitem__)
    return texts


def _order(order: Any) -> Any:
    """Rank 0's order, on every rank."""
    import torch.distributed as dist

    box = [order]
    dist.broadcast_object_list(box, src=0)
    return box[0]


def _gathered(mine: Any, world: World) -> list[Any]:
    """Every rank's part, on rank 0; empty elsewhere."""
    import torch.distributed as dist

    parts: list[Any] | None = [None] * world.size if world.rank == 0 else None
    dist.gather_object(mine, parts, dst=0)
    return parts or []
