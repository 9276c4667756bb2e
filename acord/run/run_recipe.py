"""Run a recipe: build what is missing, reuse what is there, and say one line about each stage."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from acord.console import say
from acord.errors import InputError
from acord.manifest import (
    Manifest,
    describe_machine,
    files_digest,
    library_versions_in_use,
    list_files,
    read_manifest,
)
from acord.recipe import Recipe
from acord.run import summary
from acord.run.crew import ALONE, Crew
from acord.run.disk import remove
from acord.run.identity import Outside
from acord.run.line import Step, locate_bundled, step_of, steps_of
from acord.run.run_folder import publish, run_folder
from acord.run.stages import STAGES, Job, Stage
from acord.run.store import Artefact, Store

# Of every input: its key, and a hash of all it holds.
Read = dict[str, dict[str, str]]


@dataclass(frozen=True)
class StageResult:
    """One stage of a run. folder: its artefact. files_sha256: hash of all it holds. seconds: this run spent on it."""

    stage: str
    key: str
    folder: Path
    files_sha256: str
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


def run_recipe(
    recipe: Recipe,
    runs: Path,
    *,
    stages: Sequence[Stage] = STAGES,
    until: str | None = None,
    crew: Crew = ALONE,
) -> RunResult:
    """Run the stages of a recipe, up to and including `until`, under the folder `runs`.

    crew: the processes that share the work of stages that can be shared; what they make does not depend on it.

    All keys are known before the first stage starts, so what is missing outside is told at once. Raises InputError
    for what the user gave, MachineError for a fault of the disk.
    """
    store = Store(runs)
    folder = run_folder(store, recipe)
    located = locate_bundled(recipe)
    stages = [stage for stage in stages if stage.applies(recipe)]
    line = [stage.name for stage in stages]
    if until is not None and until not in line:
        raise InputError(f"the recipe has no stage {until}", where="--until", fix=f"It has: {', '.join(line)}.")
    wanted = stages if until is None else stages[: line.index(until) + 1]
    hashes = store.hashes()
    steps = steps_of(located, wanted, Outside(hashes, fetch=True))
    keys = {step.stage.name: step.key for step in steps}
    results: list[StageResult] = []
    with store.running(recipe.name):
        for step in steps:
            results.append(_run_step(step, located, store, results, crew))
            publish(store, recipe, line, wanted=keys, done=[result.stage for result in results])
            hashes.save()
    return RunResult(recipe.name, folder, tuple(results))


def finish_run(recipe: Recipe, runs: Path, made: Sequence[Artefact], *, stages: Sequence[Stage] = STAGES) -> RunResult:
    """Run the stages that come after artefacts that are there, and take these as they are, whatever their keys would be
    today: another version of a stage, or a source that is gone, does not make them anew.

    Raises as run_recipe does.
    """
    store = Store(runs)
    folder = run_folder(store, recipe)
    located = locate_bundled(recipe)
    line = [stage for stage in stages if stage.applies(recipe)]
    results = [_reused(artefact) for artefact in made]
    keys = {result.stage: result.key for result in results}
    outside = Outside(store.hashes(), fetch=False)
    with store.running(recipe.name):
        for stage in (stage for stage in line if stage.name not in keys):
            step = step_of(stage, located, keys, stage.outside(located, outside))
            keys[stage.name] = step.key
            results.append(_run_step(step, located, store, results))
        publish(store, recipe, [stage.name for stage in line], wanted=keys, done=list(keys))
    return RunResult(recipe.name, folder, tuple(results))


def _reused(artefact: Artefact) -> StageResult:
    manifest = artefact.manifest
    contents = files_digest(manifest)
    return StageResult(manifest.stage, manifest.key, artefact.folder, contents, True, 0.0, manifest.figures)


def _run_step(
    step: Step, recipe: Recipe, store: Store, earlier: Sequence[StageResult], crew: Crew = ALONE
) -> StageResult:
    started = time.monotonic()
    inputs = {result.stage: result for result in earlier if result.stage in step.inputs}
    read = {name: {"key": result.key, "files_sha256": result.files_sha256} for name, result in inputs.items()}
    stage = step.stage
    artefact = store.obtain(
        stage.name,
        step.key,
        _maker(
            step,
            Job(
                recipe,
                store.root,
                {name: result.folder for name, result in inputs.items()},
                store.root,
                crew,
            ),
            read,
        ),
        unusable=lambda folder: _other_inputs(folder, read) or stage.unusable(recipe, folder),
        resumable=stage.resumable,
        fresh_after_fault=stage.fresh_after_fault,
    )
    seconds = time.monotonic() - started
    say(_summary_line(stage, artefact, seconds))
    contents = files_digest(artefact.manifest)
    figures = artefact.manifest.figures
    return StageResult(stage.name, step.key, artefact.folder, contents, artefact.reused, seconds, figures)


def _other_inputs(folder: Path, read: Read) -> str | None:
    """Why an artefact is stale although its key is right: an input was made again and came out differently.

    What the machine decides (precision, packing) is no part of a key, so the same key can hold other contents.
    """
    made_from = read_manifest(folder).inputs
    changed = sorted(name for name in read if made_from.get(name) != read[name])
    return f"its input {changed[0]} has changed" if changed else None


def _maker(step: Step, job: Job, read: Read) -> Callable[[Path], Manifest]:
    """What builds a step's artefact; the job is given its folder then."""

    def make(folder: Path) -> Manifest:
        started, at = datetime.now(UTC), time.monotonic()
        with _begun_from(folder, read, step.stage):
            figures = step.stage.build(replace(job, folder=folder))
        return Manifest(
            stage=step.stage.name,
            stage_version=step.stage.version,
            key=step.key,
            inputs=read,
            recipe=step.recipe_part,
            outside=step.outside,
            versions=library_versions_in_use(),
            machine=describe_machine(),
            started=started.isoformat(timespec="seconds"),
            # Not the date by then: a clock that was set meanwhile would tell of hours, or of fewer than none.
            finished=(started + timedelta(seconds=time.monotonic() - at)).isoformat(timespec="seconds"),
            files=list_files(folder),
            figures=figures,
        )

    return make


@contextmanager
def _begun_from(folder: Path, read: Read, stage: Stage) -> Iterator[None]:
    """Empty the folder that a stopped run left if it had begun from other inputs; note meanwhile which these are."""
    if not stage.resumable:
        yield
        return
    note = folder.parent / f"{folder.name}.inputs"
    now = json.dumps(read, sort_keys=True)
    if any(folder.iterdir()) and (not note.exists() or note.read_text(encoding="utf-8") != now):
        remove(folder)
        folder.mkdir()
    note.write_text(now, encoding="utf-8")
    try:
        yield
    except InputError:
        if stage.fresh_after_fault:
            note.unlink()
        raise
    note.unlink()


def _summary_line(stage: Stage, artefact: Artefact, seconds: float) -> str:
    about = stage.summary(artefact.manifest.figures)
    return f"{stage.name:<10} {about}; {summary.reused() if artefact.reused else summary.seconds(seconds)}"
