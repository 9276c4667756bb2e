"""Runs under a folder, as they are found: versions that the history knows, and what lies there besides."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from acord.errors import AcordError, InputError
from acord.recipe import parse_recipe
from acord.run.history import History, Version, read_history
from acord.run.run_facts import MALFORMED, OVERALL, Facts, facts_of, mapping, part
from acord.run.stages import STAGES
from acord.run.store import OWN_NAMES, Store
from acord.sections import read_mapping

COMPLETE, BEGUN, REMOVED = "complete", "begun", "removed"
NO_RUN, UNREADABLE = "no_run", "unreadable"


@dataclass(frozen=True)
class Run:
    """One version of a recipe's run.

    number: None for a run that the history does not know. latest: whether the recipe's folder holds its links. state:
    complete, begun (then `missing` names the stages that are not there), or removed: it was complete, and artefacts
    have been taken away since. folders: of its artefacts that are there, by stage. building: of those that are not,
    where they are built. when: UTC, ISO 8601, of its end or, without one, its beginning; "" where unknown.
    """

    recipe: str
    number: int | None
    latest: bool
    when: str
    state: str
    missing: tuple[str, ...]
    content: dict[str, Any]
    folders: dict[str, Path]
    building: dict[str, Path]
    facts: Facts

    @property
    def name(self) -> str:
        """demo@2; demo for a run that has no number."""
        return self.recipe if self.number is None else f"{self.recipe}@{self.number}"

    def as_json(self) -> dict[str, Any]:
        """For `--json`: what the list shows, unrounded."""
        return {
            "name": self.name,
            "recipe": self.recipe,
            "version": self.number,
            "latest": self.latest,
            "when": self.when,
            "state": self.state,
            "missing": list(self.missing),
            "model": model_of(self),
            "pairs": mapping(self.facts, "pairs", "by_language"),
            "held_out": {when: part(self.facts, "held_out", when, OVERALL) for when in ("before", "after")},
            "evaluation": {key: part(self.facts, "evaluation", key) for key in ("suite", "means")},
            "judge": {key: part(self.facts, "judge", key) for key in ("judges", "validated", "means")},
            "artefacts": {stage: str(folder) for stage, folder in self.folders.items()},
        }


@dataclass(frozen=True)
class Strange:
    """A folder among the runs that is none. reason: NO_RUN (it has no run.json) or UNREADABLE (its run.json)."""

    folder: Path
    reason: str

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {"folder": str(self.folder), "reason": self.reason}


@dataclass(frozen=True)
class RunList:
    """runs: the newest last. strange: what is none. unreadable: lines of the history that were passed over."""

    runs: tuple[Run, ...]
    strange: tuple[Strange, ...]
    unreadable: int

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "runs": [run.as_json() for run in self.runs],
            "strange": [one.as_json() for one in self.strange],
            "unreadable_lines": self.unreadable,
        }


def model_of(run: Run) -> str:
    """The base model that the recipe names."""
    return str(part(run.content, "model", "base") or "")


def list_runs(runs: Path, recipe: str | None = None) -> RunList:
    """Every run under a folder, or those of one recipe's name. What cannot be read is told of, and hinders nothing.

    Raises InputError for a folder that is not there.
    """
    if not runs.is_dir():
        raise InputError("no folder of runs is there", where=str(runs), fix="Run a recipe, or change --runs.")
    store, history = Store(runs), read_history(runs)
    found: list[Run] = []
    strange: list[Strange] = []
    latest: dict[str, Version] = {}
    for folder in _folders(runs):
        if recipe is not None and folder.name != recipe:
            continue
        version = _of_folder(folder)
        if isinstance(version, Strange):
            strange.append(version)
            continue
        known = _in_history(version, history)
        latest[folder.name] = known or version
        if known is None:
            found.append(_run(store, version, latest=True))
    for version in history.versions:
        if recipe is None or version.recipe == recipe:
            found.append(_run(store, version, latest=latest.get(version.recipe) == version))
    found.sort(key=lambda run: (run.when, run.recipe, run.number or 0))
    return RunList(tuple(found), tuple(strange), history.unreadable)


def find_run(named: str, runs: Path) -> Run:
    """The run that a word means: demo@2, demo (its latest state), or a run's folder, of whatever folder of runs.

    Raises InputError where there is none.
    """
    place = Path(named)
    name = named
    if (place / "run.json").is_file():
        runs, name = place.resolve().parent, place.resolve().name
    recipe, _, number = name.partition("@")
    of_name = list_runs(runs, recipe).runs
    chosen = [run for run in of_name if str(run.number) == number] if number else _latest(of_name)
    if not chosen:
        known = [run.name for run in list_runs(runs).runs][-5:]
        fix = f"Among those there: {', '.join(known)}." if known else "Nothing has been run there yet."
        raise InputError("no such run", where=named, fix=fix)
    return chosen[-1]


def _latest(runs: Sequence[Run]) -> Sequence[Run]:
    return [run for run in runs if run.latest] or runs


def _folders(runs: Path) -> Iterator[Path]:
    for path in sorted(runs.iterdir()):
        if path.name not in OWN_NAMES and not path.name.startswith(".") and path.is_dir():
            yield path


def _of_folder(folder: Path) -> Version | Strange:
    """What a recipe's folder says of its latest state."""
    if not (folder / "run.json").is_file():
        return Strange(folder, NO_RUN)
    try:
        told = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        keys = {str(stage["stage"]): str(stage["key"]) for stage in told["stages"]}
        complete = bool(told["complete"])
    except (OSError, *MALFORMED):
        return Strange(folder, UNREADABLE)
    try:
        content = read_mapping(folder / "recipe.yaml", what="recipe", start="name:")
    except AcordError:
        content = {}
    line = tuple(keys) if complete else _line(content, keys)
    return Version(folder.name, 0, content, line, keys, "", None, None)


def _line(content: dict[str, Any], keys: dict[str, str]) -> tuple[str, ...]:
    """The stages of an incomplete run, of which run.json names only those that are there."""
    try:
        recipe = parse_recipe(content, where="")
    except AcordError:
        # A recipe of another version: a stage without a name keeps the run from looking complete.
        return (*keys, "?")
    return tuple(stage.name for stage in STAGES if stage.applies(recipe))


def _in_history(version: Version, history: History) -> Version | None:
    """The history's version whose artefacts a folder's links are."""
    of_keys = [known for known in history.of(version.recipe) if version.keys.items() <= known.keys.items()]
    # Versions can share all artefacts: marks of what is inferred, say, are part of none.
    of_recipe = [known for known in of_keys if known.content == version.content]
    chosen = of_recipe or of_keys
    return chosen[-1] if chosen and version.keys else None


def _run(store: Store, version: Version, *, latest: bool) -> Run:
    folders = {name: store.folder(name, key) for name, key in version.keys.items()}
    there = {name: folder for name, folder in folders.items() if _is_there(store, name, version.keys[name])}
    missing = tuple(name for name in version.line if name not in there)
    known = facts_of(there)
    run = Run(
        recipe=version.recipe,
        number=version.number or None,
        latest=latest,
        when=version.finished or version.begun or _finished(there),
        state=COMPLETE if not missing else BEGUN if version.facts is None else REMOVED,
        missing=missing,
        content=version.content,
        folders=there,
        building={
            name: folder.with_name(f"{folder.name}.partial") for name, folder in folders.items() if name not in there
        },
        facts=known,
    )
    # Figures outlive the artefacts that they were measured on.
    return replace(run, facts={**version.facts, **known}) if version.facts else run


def _is_there(store: Store, stage: str, key: str) -> bool:
    try:
        return store.is_complete(stage, key)
    except (AcordError, *MALFORMED, OSError):
        return False


def _finished(folders: dict[str, Path]) -> str:
    """When the last of some artefacts was finished."""
    times = []
    for folder in folders.values():
        try:
            times.append(str(json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["finished"]))
        except (OSError, *MALFORMED):
            continue
    return max(times, default="")
