"""Run a recipe: build what is missing, reuse what is there, and say one line about each stage."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from acord.console import say
from acord.recipe import Recipe
from acord.run import summary
from acord.run.identity import Outside
from acord.run.line import Step, locate_bundled, steps_of
from acord.run.manifest import Manifest, describe_machine, library_versions_in_use, list_files
from acord.run.run_folder import publish, run_folder
from acord.run.stages import STAGES, Job, Stage
from acord.run.store import Artefact, Store


@dataclass(frozen=True)
class StageResult:
    """One stage of a run. folder: its artefact. seconds: what this run spent on it."""

    stage: str
    key: str
    folder: Path
    reused: bool
    seconds: float
    figures: dict[str, Any]


@dataclass(frozen=True)
class RunResult:
    """A finished run. folder: runs/<recipe name>, with a link for each stage."""

    recipe: str
    folder: Path
    stages: tuple[StageResult, ...]

    def stage(self, name: str) -> StageResult:
        """The result of one stage. Raises KeyError where the run did not reach it."""
        for result in self.stages:
            if result.stage == name:
                return result
        raise KeyError(name)

    def as_json(self) -> dict[str, Any]:
        """The run for `--json`."""
        stages = [
            {
                "stage": result.stage,
                "key": result.key,
                "folder": str(result.folder),
                "reused": result.reused,
                "seconds": round(result.seconds, 3),
                "figures": result.figures,
            }
            for result in self.stages
        ]
        return {"recipe": self.recipe, "folder": str(self.folder), "stages": stages}


def run_recipe(recipe: Recipe, runs: Path, *, stages: Sequence[Stage] = STAGES, until: str | None = None) -> RunResult:
    """Run the stages of a recipe, up to and including `until`, under the folder `runs`.

    All keys are known before the first stage starts, so what is missing outside is told at once. Raises InputError
    for what the user gave, MachineError for a fault of the disk.
    """
    store = Store(runs)
    folder = run_folder(store, recipe)
    located = locate_bundled(recipe)
    line = [stage.name for stage in stages]
    wanted = stages if until is None else stages[: line.index(until) + 1]
    hashes = store.hashes()
    steps = steps_of(located, wanted, Outside(hashes, fetch=True))
    keys = {step.stage.name: step.key for step in steps}
    results: list[StageResult] = []
    for step in steps:
        results.append(_run_step(step, located, store, results))
        publish(store, recipe, line, wanted=keys, done=[result.stage for result in results])
        hashes.save()
    return RunResult(recipe.name, folder, tuple(results))


def _run_step(step: Step, recipe: Recipe, store: Store, earlier: Sequence[StageResult]) -> StageResult:
    started = time.monotonic()
    inputs = {result.stage: result.folder for result in earlier if result.stage in step.inputs}
    stage = step.stage
    artefact = store.obtain(
        stage.name,
        step.key,
        _maker(step, recipe, inputs),
        unusable=lambda folder: stage.unusable(recipe, folder),
        resumable=stage.resumable,
    )
    seconds = time.monotonic() - started
    say(_summary_line(stage, artefact, seconds))
    return StageResult(stage.name, step.key, artefact.folder, artefact.reused, seconds, artefact.manifest.figures)


def _maker(step: Step, recipe: Recipe, inputs: dict[str, Path]) -> Callable[[Path], Manifest]:
    def make(folder: Path) -> Manifest:
        started = _now()
        figures = step.stage.build(Job(recipe, folder, inputs))
        return Manifest(
            stage=step.stage.name,
            stage_version=step.stage.version,
            key=step.key,
            inputs=step.inputs,
            recipe=step.recipe_part,
            outside=step.outside,
            versions=library_versions_in_use(),
            machine=describe_machine(),
            started=started,
            finished=_now(),
            files=list_files(folder),
            figures=figures,
        )

    return make


def _summary_line(stage: Stage, artefact: Artefact, seconds: float) -> str:
    about = stage.summary(artefact.manifest.figures)
    return f"{stage.name:<10} {about}; {summary.reused() if artefact.reused else summary.seconds(seconds)}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
