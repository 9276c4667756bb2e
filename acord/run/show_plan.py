"""What `acord run` would do with a recipe: stages, sources, mix and values. Nothing is started or fetched."""

import gzip
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from acord.data.published import published
from acord.errors import InputError
from acord.evaluate.availability import RowState, check_rows
from acord.evaluate.suite import Suite, load_suite
from acord.recipe import JudgeModel, Party, Recipe, Source, shown_values
from acord.run.estimates.costs import Costs, Wanted, plan_costs
from acord.run.identity import HUB, NotFetched, Outside
from acord.run.judge_plan import JudgePlan, plan_judging
from acord.run.line import locate_bundled, step_of
from acord.run.stages import STAGES, Stage
from acord.run.store import Store
from acord.run.supply_plan import MixPlan, plan_mix

REUSED, BUILD, UNKNOWN = "reused", "build", "unknown"
PRESENT, MISSING, NOT_FETCHED, TRANSLATED = "present", "missing", "not_fetched", "translated"
COUNT_UP_TO_BYTES = 64 << 20


@dataclass(frozen=True)
class StagePlan:
    """One stage. state: reused, build, or unknown (something it needs is not here). folder: None if unknown."""

    stage: str
    state: str
    folder: str | None


@dataclass(frozen=True)
class SourcePlan:
    """One source. state: present, missing, not_fetched or translated.

    bytes, rows: None where they cannot be had cheaply; of what is not fetched, the rows that the hub states.
    """

    name: str
    format: str
    path: str
    state: str
    bytes: int | None
    rows: int | None


@dataclass(frozen=True)
class ValuePlan:
    """One value of the recipe. inferred: why, where no source states it, else empty."""

    key: str
    value: Any
    inferred: str


@dataclass(frozen=True)
class SuitePlan:
    """The suite that the recipe names, and the state of each of its rows, in the suite's order."""

    suite: Suite
    states: tuple[RowState, ...]

    def as_json(self) -> dict[str, Any]:
        """For `--json`, with the reasons in English."""
        rows = [
            {"row": row.id, "language": row.language, "task": row.task, "data": one.data, "state": one.state}
            | ({"reason": one.reason} if one.reason else {})
            for row, one in zip(self.suite.rows, self.states, strict=True)
        ]
        return {"name": self.suite.name, "title": self.suite.title, "rows": rows}


@dataclass(frozen=True)
class RunPlan:
    """All that `acord plan` shows. suite: None where the recipe evaluates nothing, or its suite cannot be used; judge
    likewise. costs: None where nothing can be said of them. fault: the first thing that would stop the run, None where
    nothing would."""

    recipe: str
    folder: str
    stages: tuple[StagePlan, ...]
    sources: tuple[SourcePlan, ...]
    values: tuple[ValuePlan, ...]
    mix: MixPlan
    suite: SuitePlan | None
    judge: JudgePlan | None = None
    costs: Costs | None = None
    fault: InputError | None = field(default=None, compare=False)

    def as_json(self) -> dict[str, Any]:
        """The plan for `--json`, with the fault as one line."""
        content: dict[str, Any] = {
            "recipe": self.recipe,
            "folder": self.folder,
            "stages": [asdict(stage) for stage in self.stages],
            "sources": [asdict(source) for source in self.sources],
            "mix": asdict(self.mix),
            "values": [asdict(value) for value in self.values],
        }
        if self.suite is not None:
            content["suite"] = self.suite.as_json()
        if self.judge is not None:
            content["judge"] = self.judge.as_json()
        if self.costs is not None:
            content.update(self.costs.as_json())
        return content if self.fault is None else {**content, "error": str(self.fault)}


def plan_run(
    recipe: Recipe, runs: Path, *, count: bool = False, wanted: Wanted | None = None, stages: Sequence[Stage] = STAGES
) -> RunPlan:
    """What `run_recipe` would do. Raises InputError for a `bundled:` file that does not exist.

    count: read every source that is here to count what it can give; otherwise small ones only. wanted: of the estimate.
    """
    store = Store(runs)
    located = locate_bundled(recipe)
    keys: dict[str, str] = {}
    shown = []
    fault: InputError | None = None
    outside = Outside(store.hashes(), fetch=False)
    suite = judge = None
    try:
        suite = _plan_suite(recipe)
        judge = plan_judging(recipe)
    except InputError as error:
        fault = error
    for stage in (one for one in stages if one.applies(recipe)):
        try:
            identity = stage.outside(located, outside)
        except NotFetched:
            identity = None
        except InputError as error:
            identity, fault = None, fault or error
        if identity is None or any(name not in keys for name in stage.needs(located)):
            shown.append(StagePlan(stage.name, UNKNOWN, None))
            continue
        keys[stage.name] = step_of(stage, located, keys, identity).key
        folder = store.folder(stage.name, keys[stage.name])
        complete = store.is_complete(stage.name, keys[stage.name]) and stage.unusable(located, folder) is None
        shown.append(StagePlan(stage.name, REUSED if complete else BUILD, str(folder)))
    done = {stage.stage: Path(stage.folder) for stage in shown if stage.state == REUSED and stage.folder is not None}
    mix = plan_mix(recipe, located, done.get("pairs"), outside, count=count)
    pairs = zip(recipe.data.sources, located.data.sources, strict=True)
    return RunPlan(
        recipe.name,
        str(store.root / recipe.name),
        tuple(shown),
        tuple(_plan_source(source, place) for source, place in pairs),
        tuple(_plan_value(*row) for row in shown_values(recipe)),
        mix,
        suite,
        judge,
        plan_costs(recipe, located, done, mix, store.root, wanted or Wanted()),
        fault,
    )


def _plan_suite(recipe: Recipe) -> SuitePlan | None:
    """The suite's rows, looked at without a network. Raises InputError for a suite that cannot be used."""
    if recipe.evaluate is None:
        return None
    suite = load_suite(recipe.evaluate.suite)
    return SuitePlan(suite, check_rows(suite))


def _plan_value(key: str, value: Any, inferred: str) -> ValuePlan:
    """Of a list of sections, what they are called. Sources have a table of their own."""
    if isinstance(value, list):
        value = [_called(one) for one in value]
    return ValuePlan(key, value, inferred)


def _called(value: Any) -> Any:
    if isinstance(value, JudgeModel):
        return f"{value.shown} ({value.endpoint or value.serve})"
    return value.name if isinstance(value, Source | Party) else value


def _plan_source(source: Source, located: Source) -> SourcePlan:
    """source: with paths as the recipe writes them, to show. located: with paths to look at."""
    from acord.data.locate import locate

    if source.translate is not None:
        how = f"{source.translate.from_}: {source.translate.language} > {source.translate.to}"
        return SourcePlan(source.name, "", how, TRANSLATED, None, None)
    path = ", ".join([*source.paths, *source.against_paths])
    try:
        inputs = locate(located, download=False)
    except InputError:
        on_hub = any(place.startswith(HUB) for place in (*source.paths, *source.against_paths))
        facts = {known for place in source.paths if (known := published(place)) is not None}
        stated = facts.pop().rows if on_hub and len(facts) == 1 else None
        return SourcePlan(source.name, str(source.format), path, NOT_FETCHED if on_hub else MISSING, None, stated)
    files = [file.path for file in (*inputs.files, *inputs.against)]
    size = sum(file.stat().st_size for file in files)
    rows = _count_rows(files) if size <= COUNT_UP_TO_BYTES else None
    return SourcePlan(source.name, str(source.format), path, PRESENT, size, rows)


def _count_rows(files: Sequence[Path]) -> int | None:
    """Rows of files; None where one cannot be read: to say what is wrong with it is the run's business."""
    try:
        return sum(map(_rows_of, files))
    except (OSError, EOFError, ValueError, zlib.error):
        return None


def _rows_of(file: Path) -> int:
    if file.name.endswith(".parquet"):
        import pyarrow.parquet as pq

        return int(pq.read_metadata(file).num_rows)
    opened = gzip.open if file.name.endswith(".gz") else open
    with opened(file, "rb") as lines:
        return sum(1 for line in lines if line.strip())
