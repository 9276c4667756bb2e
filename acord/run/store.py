"""The store: artefacts by key, written beside their place and renamed into it when complete.

runs/artefacts/<stage>-<key>/           a complete artefact with its manifest.json
runs/artefacts/<stage>-<key>.partial/   one that is being built, or that a killed run left; never read
runs/locks/                             one file for each artefact that is being built, and each recipe that is run
runs/hashes.json                        sha256 of files that were read
runs/evaluations/                       figures of models on suites (`evaluations.py`)
runs/judgements/                        what judges say of models' answers (`judgements.py`)
runs/translations/                      what was translated, by content (`surroundings.py`)
runs/bundles/                           what was unpacked of bundles (`bundle/`)
runs/history.jsonl                      every version of every recipe that was run (`history.py`)
runs/tensorboard/, runs/wandb/          what training told these, where asked (`acord run --tensorboard`, `--wandb`)
runs/supply.json                        what sources were counted to hold (`supply_plan.py`)
runs/<recipe>/                          links to the artefacts of one recipe (`run_folder.py`)
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from acord.console import say
from acord.errors import InputError, MachineError
from acord.languages import text
from acord.manifest import Manifest, damage, read_manifest, write_manifest
from acord.run.disk import disk_faults, remove, sync_tree
from acord.run.keys import HashCache
from acord.run.locks import UNWRITABLE, Owner, locked, remove_abandoned
from acord.whole import remove_beside_files, sync

KEY_DIGITS = 12
HISTORY = "history.jsonl"
OWN_NAMES = (
    "artefacts",
    "locks",
    "hashes.json",
    "evaluations",
    "judgements",
    "translations",
    "supply.json",
    "bundles",
    HISTORY,
    "tensorboard",
    "wandb",
)


@dataclass(frozen=True)
class Artefact:
    """A complete artefact: where it lies, what it is, and whether it was there already."""

    folder: Path
    manifest: Manifest
    reused: bool


@dataclass(frozen=True)
class Store:
    """Artefacts under one folder, `root`. Several processes may share it."""

    root: Path

    def folder(self, stage: str, key: str) -> Path:
        """Where the artefact of a stage with that key lies, or would lie."""
        return self.root / "artefacts" / f"{stage}-{key[:KEY_DIGITS]}"

    def is_complete(self, stage: str, key: str) -> bool:
        """Whether the artefact is there and undamaged."""
        folder = self.folder(stage, key)
        with disk_faults(folder):
            return damage(folder, key=key) is None

    def hashes(self) -> HashCache:
        """The hashes of files that were read, as far as they are remembered."""
        return HashCache(self.root / "hashes.json")

    def obtain(
        self,
        stage: str,
        key: str,
        make: Callable[[Path], Manifest],
        *,
        unusable: Callable[[Path], str | None],
        resumable: bool,
        fresh_after_fault: bool = False,
    ) -> Artefact:
        """The artefact with that key: reused where it is complete, else made by `make` and put into its place.

        make: fills the folder it is given and returns the manifest. The folder is empty, or, where the stage is
        resumable, as a run that was stopped left it (or nothing, where fresh_after_fault and the input was at fault).
        unusable: why a complete artefact must be made again, or None.
        Raises MachineError for a fault of the disk, and whatever `make` raises; nothing that could be taken for an
        artefact is left then.
        """
        final = self.folder(stage, key)

        def fault() -> str | None:
            return damage(final, key=key) or unusable(final)

        with disk_faults(final):
            if fault() is None:
                return Artefact(final, read_manifest(final), reused=True)
            self._make_root()
            with self._building(stage, final.name):
                reason = fault()
                if reason is None:
                    return Artefact(final, read_manifest(final), reused=True)
                if final.exists():
                    say(text("stage_rebuilt", stage=stage, folder=str(final), reason=reason))
                    remove(final)
                return Artefact(final, self._build(final, make, resumable, fresh_after_fault), reused=False)

    def _build(
        self, final: Path, make: Callable[[Path], Manifest], resumable: bool, fresh_after_fault: bool
    ) -> Manifest:
        partial = final.with_name(f"{final.name}.partial")
        if not resumable:
            remove(partial)
        partial.mkdir(parents=True, exist_ok=True)
        try:
            manifest = make(partial)
            write_manifest(manifest, partial)
            sync_tree(partial)
            partial.rename(final)
        except BaseException as error:
            if not resumable or (fresh_after_fault and isinstance(error, InputError)):
                remove(partial)
            raise
        sync(final.parent)
        return manifest

    def _make_root(self) -> None:
        for folder in (self.root / "artefacts", self.root / "locks"):
            try:
                str(folder).encode()
                folder.mkdir(parents=True, exist_ok=True)
            except (FileExistsError, NotADirectoryError):
                raise InputError(
                    "a file stands where the folder for runs should be", where=str(folder), fix="Change --runs."
                ) from None
            except UnicodeEncodeError:
                raise InputError(
                    "the name is not valid Unicode", where=ascii(str(folder)), fix="Change --runs."
                ) from None
            except FileNotFoundError:
                raise InputError("no folder can be made there", where=str(folder), fix="Change --runs.") from None

    @contextmanager
    def _building(self, stage: str, name: str) -> Iterator[None]:
        """Nobody else builds that artefact meanwhile; who does is told of, and waited for."""

        def busy(owner: Owner | None) -> None:
            folder = str(self.root / "artefacts" / name)
            known = {} if owner is None else {**owner._asdict(), "process": str(owner.process)}
            who = text("lock_owner", **known) if known else text("another_process")
            say(text("stage_waits", stage=stage, folder=folder, owner=who))

        with locked(self.root / "locks" / name, busy=busy):
            yield

    @contextmanager
    def running(self, recipe: str) -> Iterator[None]:
        """Nobody else runs the recipe of that name in this store meanwhile. What killed runs left of it is removed.

        Raises InputError, with the owner's name, where somebody does, and MachineError for a fault of the disk. Where
        nothing can be written there is no lock, and a run that reuses everything needs none.
        """

        def busy(owner: Owner | None) -> None:
            who = "another process" if owner is None else str(owner)
            raise InputError(
                f"the recipe {recipe} is being run by {who}",
                where=str(self.root / recipe),
                fix="Wait for that run or end it, or give another folder with --runs.",
            )

        path = self.root / "locks" / f"run-{recipe}"
        with ExitStack() as held:
            try:
                with disk_faults(path):
                    self._make_root()
                    held.enter_context(locked(path, busy=busy))
                    self._remove_leftovers(recipe)
            except MachineError as error:
                if not isinstance(error.__cause__, OSError) or error.__cause__.errno not in UNWRITABLE:
                    raise
            yield

    def _remove_leftovers(self, recipe: str) -> None:
        """What killed processes left, and no later step would write over."""
        remove_abandoned(self.root / "locks")
        remove_beside_files(self.root / recipe)
        self.hashes().tidy()
