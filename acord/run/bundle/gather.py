"""Making a bundle: what a recipe needs is fetched, listed with its hashes, and written into parts."""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from acord import __version__
from acord.console import say
from acord.data.locate import locate
from acord.errors import AcordError, InputError, MachineError
from acord.evaluate.availability import check_rows
from acord.evaluate.suite import load_suite
from acord.hashing import hash_file
from acord.languages import text
from acord.models import TOKENIZER_FILES, WEIGHT_FILES
from acord.recipe import Recipe, load_recipe
from acord.run.bundle import local
from acord.run.bundle.hub import fetch
from acord.run.bundle.layout import RECIPE, Bundle, Repository, write_bundle
from acord.run.bundle.parts import WHEELS, Member, forget_progress, write_parts
from acord.run.bundle.wants import (
    HubSource,
    files_of,
    hub_source,
    is_hub_name,
    models_of,
    suite_files_of,
    suites_of,
)
from acord.run.disk import disk_faults, write_atomically
from acord.run.keys import HashCache
from acord.run.store import Store

PART_BYTES = 8 << 30
# A judge is served by another program, which reads more than Acord does; weights are safetensors all the same.
SERVED_FILES = (*WEIGHT_FILES, *TOKENIZER_FILES, "*.json", "*.model", "*.txt", "*.jinja", "*.tiktoken")


@dataclass(frozen=True)
class Made:
    """A bundle as it was made. kept: parts that were there already."""

    folder: Path
    bundle: Bundle
    kept: int

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        bundle = self.bundle
        return {
            "folder": str(self.folder),
            "recipe": bundle.recipe,
            "parts": [part._asdict() for part in bundle.parts],
            "kept": self.kept,
            "bytes": bundle.bytes,
            "repositories": [
                {"kind": one.kind, "name": one.name, "commit": one.commit, "files": len(one.files)}
                for one in bundle.repositories
            ],
            "left_out": bundle.left_out,
        }

    def shown(self) -> str:
        """For people: what is in it, and what to do next."""
        bundle = self.bundle
        lines = [
            text("bundle_repository", kind=text(f"bundle_{one.kind}"), name=one.name, commit=one.commit[:12])
            for one in bundle.repositories
        ]
        made = text(
            "bundle_made",
            folder=str(self.folder),
            files=len(bundle.parts) + 2,
            megabytes=f"{bundle.bytes / 1e6:,.1f}",
            kept=self.kept,
        )
        return "\n".join([*lines, made, text("bundle_next", folder=self.folder.name)])


@dataclass
class _Gathered:
    """What is found on the way. faults: all that could not be had, told together at the end."""

    hashes: HashCache
    members: dict[str, Member] = field(default_factory=dict)
    repositories: dict[tuple[str, str, str | None], Repository] = field(default_factory=dict)
    local: dict[str, str] = field(default_factory=dict)
    rows: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    prepared: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    metrics: list[str] = field(default_factory=list)
    faults: list[AcordError] = field(default_factory=list)

    def add(self, path: str, kind: str, source: Path) -> None:
        """One file, under the path where it is unpacked."""
        if path not in self.members:
            real = source.resolve()
            state = real.stat()
            sha256 = self.hashes.sha256(real)
            self.members[path] = Member(path, kind, real, state.st_size, sha256, state.st_mtime_ns)

    def trying(self, do: Callable[[], None]) -> None:
        """Keep a fault of the user's or of the hub's for later, so that all are told at once."""
        try:
            do()
        except MachineError:
            raise
        except AcordError as error:
            self.faults.append(error)


def make_bundle(
    recipe_file: Path,
    folder: Path,
    runs: Path,
    *,
    part_bytes: int = PART_BYTES,
    artefacts: bool = False,
    wheels: Path | None = None,
    incomplete: bool = False,
) -> Made:
    """Gather all that a recipe needs into `folder`; go on where a stopped call was.

    artefacts: with the stages that are finished under `runs`. wheels: a lock file, whose distributions are fetched as
    wheels. incomplete: rows of a suite whose data cannot be had are left out instead of ending it. Raises InputError,
    after a line for each thing that cannot be had.
    """
    recipe = load_recipe(recipe_file)
    gathered = _Gathered(Store(runs).hashes())
    _models(recipe, gathered)
    _sources(recipe, gathered)
    _files(recipe, gathered)
    for name in suites_of(recipe):
        gathered.trying(lambda name=name: _suite(name, gathered, incomplete))  # type: ignore[misc]  # bound early
    _tell_faults(gathered.faults)
    done = _artefacts(recipe, runs, gathered) if artefacts else []
    if wheels is not None:
        from acord.run.bundle.wheels import download_wheels

        with disk_faults(folder):
            for wheel in download_wheels(wheels, folder / WHEELS):
                gathered.add(f"wheels/{wheel.name}", "wheels", wheel)
    written = write_parts(list(gathered.members.values()), folder, part_bytes=part_bytes)
    with disk_faults(folder):
        write_atomically(folder / RECIPE, recipe_file.read_text(encoding="utf-8"))
        bundle = Bundle(
            recipe=recipe.name,
            recipe_sha256=hash_file(folder / RECIPE),
            acord=__version__,
            made=datetime.now(UTC).isoformat(timespec="seconds"),
            parts=written.parts,
            entries=written.entries,
            repositories=tuple(gathered.repositories.values()),
            local=gathered.local,
            rows=gathered.rows,
            left_out=gathered.left_out,
            prepared=gathered.prepared,
            metrics=tuple(gathered.metrics),
            artefacts=tuple(done),
        )
        write_bundle(bundle, folder)
        forget_progress(folder)
        shutil.rmtree(folder / WHEELS, ignore_errors=True)
    gathered.hashes.save()
    for row, reason in bundle.left_out.items():
        say(text("bundle_left_out", row=row, reason=reason))
    return Made(folder, bundle, written.kept)


def _tell_faults(faults: list[AcordError]) -> None:
    if len(faults) == 1:
        raise faults[0]
    for fault in faults:
        say(str(fault))
    if faults:
        raise InputError(
            f"{len(faults)} things that the recipe needs cannot be had",
            fix="Mend what the lines above name; --incomplete leaves out rows of evaluation that cannot be fetched.",
        )


def _models(recipe: Recipe, gathered: _Gathered) -> None:
    for wanted in models_of(recipe):

        def one(wanted: Any = wanted) -> None:
            if is_hub_name(wanted.place):
                patterns = SERVED_FILES if wanted.whole else (*WEIGHT_FILES, *TOKENIZER_FILES)
                _repository(gathered, "model", wanted.place, wanted.revision, patterns, "models")
                _refuse_other_weights(gathered, wanted.place, wanted.revision)
            else:
                files = local.model_files(wanted.place, whole=wanted.whole)
                _take(gathered, wanted.place, files, "models")

        say(text("bundle_gathers", what=f"{wanted.key}: {wanted.place}"))
        gathered.trying(one)


def _refuse_other_weights(gathered: _Gathered, name: str, revision: str | None) -> None:
    files = gathered.repositories["model", name, revision].files
    if "config.json" not in files or not any(file.endswith(".safetensors") for file in files):
        raise InputError(
            "the model has no .safetensors weights, and pickled ones are never loaded",
            where=name,
            fix="Name a model that is stored as safetensors.",
        )


def _sources(recipe: Recipe, gathered: _Gathered) -> None:
    for source in recipe.data.sources:
        places = [(place, hub_source(place)) for place in (*source.paths, *source.against_paths)]
        on_hub = [(place, one) for place, one in places if one is not None]
        if not on_hub:
            continue
        say(text("bundle_gathers", what=f"data.sources.{source.name}: {', '.join(place for place, _ in on_hub)}"))

        def one(source: Any = source, on_hub: Any = on_hub) -> None:
            for _, hub in on_hub:
                _repository(gathered, "dataset", hub.name, hub.revision, _patterns(str(source.format), hub), "data")
            # Whether what the recipe means is among it, as the run will look for it.
            locate(source, download=False)

        gathered.trying(one)


def _patterns(source_format: str, hub: HubSource) -> list[str]:
    """Files of a data set that a source reads, as `acord.data.locate` chooses them."""
    from acord.data.locate import HUB_FILES
    from acord.data.read import ENDINGS

    if hub.inside:
        return [hub.inside, f"{hub.inside}/*"]
    return [*HUB_FILES.get(source_format, ())] or [f"*{ending}" for ending in ENDINGS]


def _repository(
    gathered: _Gathered, kind: str, name: str, revision: str | None, patterns: Iterable[str], part: str
) -> None:
    """Fetch a repository and list its files, beside those of it that are listed already."""
    snapshot = fetch(kind, name, revision, [*patterns])
    if not snapshot.files and kind == "dataset":
        from acord.data.read import ENDINGS

        snapshot = fetch(kind, name, revision, [f"*{ending}" for ending in ENDINGS])
    key = kind, name, revision
    before = gathered.repositories.get(key)
    files = dict(before.files) if before is not None else {}
    repository = Repository(kind, name, revision, snapshot.commit, files)
    for file in snapshot.files:
        place = snapshot.folder / file
        blob = place.resolve().name if place.is_symlink() else gathered.hashes.sha256(place)
        path = f"{repository.folder}/blobs/{blob}"
        gathered.add(path, part, place)
        files[file] = path
    gathered.repositories[key] = repository


def _files(recipe: Recipe, gathered: _Gathered) -> None:
    for wanted in files_of(recipe):
        gathered.trying(lambda one=wanted: _take(gathered, one.place, local.source_files(one.place), "files"))  # type: ignore[misc]  # bound early
    for wanted in suite_files_of(recipe):
        gathered.trying(lambda one=wanted: _take(gathered, one.place, local.suite_files(one.place), "files"))  # type: ignore[misc]  # bound early


def _take(gathered: _Gathered, place: str, files: Iterable[Path], kind: str) -> None:
    """Files of this machine, and the place that the recipe writes for them."""
    for file in files:
        gathered.add(local.bundled_place(str(file)), kind, file)
    gathered.local[place] = local.bundled_place(place)


def _suite(name: str, gathered: _Gathered, incomplete: bool) -> None:
    from acord.run.bundle.evaluation import comes_along, fetch_metric, prepare

    suite = load_suite(name)
    unavailable = {one.row: one.reason for one in check_rows(suite) if one.state == "unavailable"}
    prepared: dict[tuple[str, str | None], str] = {}
    for row in suite.rows:
        key = f"{suite.name}/{row.id}"
        if row.id in unavailable:
            gathered.left_out[key] = unavailable[row.id]
            continue
        if comes_along(row, suite.include):
            gathered.rows[key] = ""
            continue
        task = row.task, row.turn
        if task not in prepared:
            say(text("bundle_gathers", what=f"{key}"))
            try:
                found = prepare(row, suite.include)
                metrics = {one: fetch_metric(one) for one in row.offline if one not in gathered.metrics}
            except InputError as error:
                if incomplete:
                    gathered.left_out[key] = str(error)
                else:
                    gathered.faults.append(error)
                continue
            for path, file in found.files.items():
                gathered.add(f"datasets/{path}", "evaluation", file)
            for metric, files in metrics.items():
                gathered.metrics.append(metric)
                for path, file in files.items():
                    gathered.add(f"modules/{path}", "evaluation", file)
            if found.splits:
                gathered.prepared[row.task] = {
                    split: [f"datasets/{path}" for path in paths] for split, paths in found.splits.items()
                }
            prepared[task] = found.data
        gathered.rows[key] = prepared[task]


def _artefacts(recipe: Recipe, runs: Path, gathered: _Gathered) -> list[str]:
    """Finished stages of the recipe, as they would be reused here."""
    from acord.run.identity import Outside
    from acord.run.line import locate_bundled, steps_of
    from acord.run.stages import STAGES

    store = Store(runs)
    done = []
    for step in steps_of(locate_bundled(recipe), STAGES, Outside(gathered.hashes, fetch=True)):
        folder = store.folder(step.stage.name, step.key)
        if store.is_complete(step.stage.name, step.key):
            done.append(folder.name)
            for file in sorted(file for file in folder.rglob("*") if file.is_file()):
                gathered.add(f"artefacts/{folder.name}/{file.relative_to(folder).as_posix()}", "artefacts", file)
    return done
