"""Which built pairs a user means: a run, an artefact, or a recipe."""

from dataclasses import dataclass
from pathlib import Path

from acord.data.pairs import PAIRS_FILE
from acord.errors import InputError
from acord.manifest import NAME, Manifest, damage, read_manifest
from acord.recipe import Chat, Recipe, load_recipe
from acord.run.disk import disk_faults
from acord.run.identity import NotFetched, Outside
from acord.run.line import locate_bundled, steps_of
from acord.run.stages import STAGES
from acord.run.store import Store

RECIPES = (".yaml", ".yml")


@dataclass(frozen=True)
class BuiltPairs:
    """Where the two tables lie. manifest: None where the folder has none. run: the run's folder, None for others."""

    folder: Path
    manifest: Manifest | None
    run: Path | None

    @property
    def name(self) -> str:
        """What to call them: the run's name, or the folder's."""
        return (self.run or self.folder).resolve().name

    def base_model(self) -> Path | None:
        """The folder of the run's base model, None where the run has none yet."""
        from acord.models import model_path

        base = None if self.run is None else (self.run / "base").resolve()
        return None if base is None or not (base / "base.json").is_file() else model_path(base)

    def chat(self) -> Chat:
        """How the run's recipe writes messages; the usual way where there is no recipe. Raises InputError."""
        recipe = None if self.run is None else self.run / "recipe.yaml"
        return Chat() if recipe is None or not recipe.is_file() else load_recipe(recipe).chat


def find_built_pairs(named: str, runs: Path) -> BuiltPairs:
    """The pairs that an argument names: a run's folder or its name, a folder with pairs.parquet, or a recipe.

    runs: the folder of all runs. Raises InputError where there are none, or they are damaged.
    """
    place = Path(named)
    if place.suffix in RECIPES:
        return _of_recipe(load_recipe(place), named, runs)
    with disk_faults(place):
        try:
            if place.name == PAIRS_FILE and place.is_file():
                place = place.parent
            for folder in (place, runs / named):
                if (folder / "pairs" / PAIRS_FILE).is_file():
                    return _checked(folder / "pairs", folder)
                if (folder / PAIRS_FILE).is_file():
                    return _checked(folder, folder.parent if (folder.parent / "run.json").is_file() else None)
            there = place.exists()
        except ValueError:
            there = False
    what = "no pairs lie there" if there else "no such run, folder or recipe"
    raise InputError(what, where=named, fix="Give a run (runs/NAME), a folder with pairs.parquet, or a recipe.")


def _of_recipe(recipe: Recipe, named: str, runs: Path) -> BuiltPairs:
    store = Store(runs)
    stages = [stage for stage in STAGES if stage.name == "pairs"]
    unbuilt = InputError("its pairs are not built yet", where=named, fix=f"Run acord data build {named} first.")
    try:
        (step,) = steps_of(locate_bundled(recipe), stages, Outside(store.hashes(), fetch=False))
    except NotFetched:
        raise unbuilt from None
    if not store.is_complete("pairs", step.key):
        raise unbuilt
    folder, run = store.folder("pairs", step.key), store.root / recipe.name
    is_of_run = (run / "pairs").resolve() == folder.resolve()
    return _checked(folder, run if is_of_run else None)


def _checked(folder: Path, run: Path | None) -> BuiltPairs:
    if not (folder / NAME).is_file():
        return BuiltPairs(folder, None, run)
    try:
        manifest = read_manifest(folder)
        fault = damage(folder, key=manifest.key)
    except ValueError as error:
        fault = str(error)
    if fault is not None:
        raise InputError(f"it is damaged: {fault}", where=str(folder), fix="Build the pairs again (acord data build).")
    return BuiltPairs(folder, manifest, run)
