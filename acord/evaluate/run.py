"""One model on one suite: every row measured, or n/a with its reason, or failed and named; killed anywhere, it goes on.

What the model answered is kept item by item in a store that many evaluations share, so that a second run computes only
what is missing. The figures are written when all rows are done, beside their place and renamed into it.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from acord.console import format_seconds, say
from acord.errors import AcordError
from acord.evaluate.harness import Measured, grouped, measure
from acord.evaluate.parallel import deal_out, dismiss, follow
from acord.evaluate.results import ModelId, Results, RowResult, read_results, with_items, write_results
from acord.evaluate.store import ItemStore
from acord.evaluate.suite import Row, Suite
from acord.languages import text
from acord.processes import ALONE, World
from acord.tree.memory import keep_freed_memory

LONGEST_REASON = 200


@dataclass(frozen=True)
class Settings:
    """How to evaluate. limit: items a task at most, all where None. tokenisation: `acord`, or `hf` as lm-eval's own.

    token_budget: tokens a pack, by the device where None.
    """

    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    engine: Literal["transformers", "vllm"] = "transformers"
    tokenisation: Literal["acord", "hf"] = "acord"
    token_budget: int | None = None
    limit: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class Candidate:
    """A model to evaluate. name: in tables. base: its folder or hub name. step: of a run, where it is a checkpoint."""

    name: str
    base: str
    step: int | None = None


class Outcome(NamedTuple):
    """results: of all rows. file: where they lie. failed: rows whose task broke, which the user must hear of."""

    results: Results
    file: Path
    failed: tuple[str, ...]


def evaluate_model(
    candidate: Candidate,
    suite: Suite,
    settings: Settings,
    *,
    unavailable: Mapping[str, str],
    folder: Path,
    store: Path,
    digest: Callable[[Path], str],
    world: World = ALONE,
) -> Outcome:
    """Measure every row of the suite, and write folder/<name>-<key>/results.json with the items beside it.

    unavailable: row id -> why it cannot be measured here; such rows are n/a. A task that raises leaves the others'
    results. Raises InputError for a model that cannot be loaded, MachineError for a fault of the disk.
    """
    from acord.evaluate.lm import AcordLM, load

    keep_freed_memory()
    loaded = load(candidate.base, settings.precision, digest=digest)
    answers = ItemStore(store)
    lm = AcordLM(
        loaded,
        tokenisation=settings.tokenisation,
        store=answers,
        token_budget=settings.token_budget,
        engine=settings.engine,
        seed=settings.seed,
    )
    deal_out(lm, world)
    identity = ModelId(candidate.name, str(candidate.base), loaded.identity, _step_of(candidate))
    described = _described(settings, loaded.precision)
    target = folder / f"{candidate.name}-{_key(loaded.identity, suite, described)}"
    possible = [row for row in suite.rows if row.id not in unavailable]
    measured: dict[str, Measured] = {}
    failed: dict[str, str] = {}
    started = time.monotonic()
    try:
        for done, rows in enumerate(groups := grouped(possible), start=1):
            try:
                measured |= measure(rows, suite.include, lm, limit=settings.limit, seed=settings.seed)
            except (AcordError, KeyboardInterrupt):
                raise
            except Exception as error:  # other people's tasks: whatever one of them raises must not cost the others
                reason = _reason(error)
                failed |= {row.id: reason for row in rows}
                say(text("evaluate_failed", task=rows[0].task, reason=reason))
                continue
            left = (time.monotonic() - started) / done * (len(groups) - done)
            say(_progress_line(candidate.name, rows, measured, done, len(groups), left))
    finally:
        answers.close()
        dismiss(world)
    rows_out = tuple(_row_result(row, measured, {**unavailable, **failed}, target) for row in suite.rows)
    file = write_results(Results(identity, suite.name, rows_out, described), target)
    return Outcome(read_results(file), file, tuple(failed))


def follow_model(candidate: Candidate, settings: Settings, world: World) -> None:
    """What the other processes of a world do for one model: hold it, and compute what rank 0 deals out."""
    from acord.evaluate.lm import AcordLM, load

    loaded = load(candidate.base, settings.precision)
    follow(world, AcordLM(loaded, tokenisation=settings.tokenisation, engine=settings.engine, seed=settings.seed))


def _row_result(row: Row, measured: Mapping[str, Measured], reasons: Mapping[str, str], folder: Path) -> RowResult:
    found = measured.get(row.id)
    result = RowResult(
        row=row.id,
        task=row.task,
        metric=row.metric,
        filter=row.filter,
        shots=row.shots,
        template=row.template,
        value=None if found is None else found.value,
        stderr=None if found is None else found.stderr,
        n=0 if found is None else len(found.items),
        items=None,
        items_sha256=None,
        reason=reasons.get(row.id),
        verified=True,
        seconds=0.0 if found is None else round(found.seconds, 3),
    )
    return with_items(result, () if found is None else found.items, folder)


def _described(settings: Settings, precision: str) -> dict[str, Any]:
    """What the figures depend on beside model and suite, as results.json tells it."""
    from importlib.metadata import version

    libraries = ("lm_eval", "sacrebleu", "torch", "transformers")
    return {**asdict(settings), "precision": precision, "versions": {name: version(name) for name in libraries}}


def _key(identity: str, suite: Suite, described: Mapping[str, Any]) -> str:
    content = [identity, suite.model_dump(mode="json", exclude={"include"}), dict(described)]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]


def _step_of(candidate: Candidate) -> str | None:
    return None if candidate.step is None else str(candidate.step)


def _reason(error: Exception) -> str:
    line = " ".join(f"{type(error).__name__}: {error}".split())
    return line if len(line) <= LONGEST_REASON else f"{line[: LONGEST_REASON - 3]}..."


def _progress_line(
    model: str, rows: Sequence[Row], measured: Mapping[str, Measured], done: int, total: int, left: float
) -> str:
    values = ", ".join(f"{row.metric} {measured[row.id].value:.3f}" for row in rows)
    return text(
        "evaluate_progress",
        model=model,
        done=done,
        total=total,
        task=rows[0].task,
        values=values,
        left=format_seconds(left),
    )
