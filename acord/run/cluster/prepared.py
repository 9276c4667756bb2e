"""Everything that a recipe's jobs need, made and checked before the scheduler hears of any of it."""

import os
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from acord.errors import InputError, MachineError
from acord.recipe import Recipe, load_recipe
from acord.recipe.cluster import Profile, load_profile
from acord.run.cluster.jobs import jobs_of, wanted_stages
from acord.run.cluster.script import Command, Places, command_script, job_name, job_script
from acord.run.disk import disk_faults, write_atomically
from acord.run.identity import NotFetched, Outside
from acord.run.line import locate_bundled, steps_of
from acord.run.run_folder import run_folder
from acord.run.stages import STAGES
from acord.run.store import Store

FOLDER = "cluster"
DOCTOR, DOCTOR_TIME = "doctor", "00:30:00"


@dataclass(frozen=True)
class PreparedJob:
    """A job with its script. title: in the queue. script, log: where they will lie; `%j` in log is its number."""

    name: str
    title: str
    stages: tuple[str, ...]
    text: str
    script: Path
    log: str


@dataclass(frozen=True)
class Prepared:
    """Jobs in their order. folder: where their scripts and a copy of the recipe will lie. recipe: a doctor has none."""

    name: str
    profile: Profile
    folder: Path
    jobs: tuple[PreparedJob, ...]
    recipe: Recipe | None = None
    recipe_text: str = ""


@dataclass(frozen=True)
class Options:
    """What of `acord run` goes on to every job."""

    bundle: Path | None = None
    cache: Path | None = None
    tensorboard: Path | None = None
    wandb: str | None = None

    @property
    def folders(self) -> tuple[Path, ...]:
        """Those that are folders, absolute."""
        return tuple(one.absolute() for one in (self.bundle, self.cache, self.tensorboard) if one is not None)

    @property
    def words(self) -> tuple[str, ...]:
        """As they stand on a command line."""
        named = {"bundle": self.bundle, "cache": self.cache, "tensorboard": self.tensorboard}
        words = [word for name, one in named.items() if one is not None for word in (f"--{name}", str(one.absolute()))]
        return (*words, *(("--wandb", self.wandb) if self.wandb is not None else ()))


def prepare_jobs(
    recipe_file: Path,
    profile_file: Path,
    runs: Path,
    *,
    until: str | None = None,
    options: Options = Options(),
) -> Prepared:
    """The jobs of a recipe on a cluster; nothing is written.

    Raises InputError for a recipe, a profile or a path at fault.
    """
    recipe, profile = load_recipe(recipe_file), load_profile(profile_file)
    runs = _absolute(runs)
    folder = run_folder(Store(runs), recipe) / FOLDER
    places = replace(_places(profile, folder, runs), passed=options.words, shown=options.folders)
    _check_paths(places, profile)
    jobs = tuple(
        PreparedJob(
            job.name,
            job_name(recipe.name, job),
            job.stages,
            job_script(job, recipe.name, profile, places),
            folder / f"{job.name}.sh",
            _log(folder, job.name, profile),
        )
        for job in jobs_of(recipe, until)
    )
    return Prepared(recipe.name, profile, folder, jobs, recipe, recipe_file.read_text(encoding="utf-8"))


def prepare_doctor(profile_file: Path, runs: Path, gpus: int | None) -> Prepared:
    """One job that does `acord doctor` where the profile's trainings run. gpus: by default those of one node.

    Raises InputError for a profile or a path at fault.
    """
    profile = load_profile(profile_file)
    runs = _absolute(runs)
    folder = runs / DOCTOR / FOLDER
    places = _places(profile, folder, runs)
    _check_paths(places, profile)
    nodes = profile.nodes_of("align").model_copy(update={"nodes": 1, "time": DOCTOR_TIME})
    words = ("doctor", "--gpus", str(gpus or nodes.processes_a_node), "--runs", str(runs))
    command = Command(DOCTOR, f"acord-{DOCTOR}", "checks", nodes, words)
    text = command_script(command, profile, places, requeues=0)
    log = _log(folder, DOCTOR, profile)
    return Prepared(
        DOCTOR, profile, folder, (PreparedJob(DOCTOR, command.title, (), text, folder / f"{DOCTOR}.sh", log),)
    )


def _absolute(runs: Path) -> Path:
    return Path(os.path.abspath(runs))  # noqa: PTH100  absolute() keeps .., which the scripts should not hold


def _places(profile: Profile, folder: Path, runs: Path) -> Places:
    return Places(
        start=Path.cwd(),
        recipe=folder / "recipe.yaml",
        runs=runs,
        hub=Path(profile.hub).absolute() if profile.hub else hub_folder(),
        acord=_own_program(),
    )


def hub_folder() -> Path:
    """Where this user's fetched models and data sets lie: HF_HOME as huggingface_hub has it."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    return Path(os.environ.get("HF_HOME", f"{cache}/huggingface")).expanduser().absolute()


def write_jobs(prepared: Prepared) -> None:
    """Write the scripts, and the recipe beside them: what is edited later changes no job that waits.

    Raises MachineError for a fault of the disk.
    """
    with disk_faults(prepared.folder):
        prepared.folder.mkdir(parents=True, exist_ok=True)
        if prepared.recipe is not None:
            write_atomically(prepared.folder / "recipe.yaml", prepared.recipe_text)
        for one in prepared.jobs:
            write_atomically(one.script, one.text)


def check_fetched(prepared: Prepared, until: str | None, bundle: Path | None = None) -> None:
    """Whether all that comes from outside is here, where nodes reach no network: after hours it would be late to tell.

    Raises InputError for what is not.
    """
    profile, recipe = prepared.profile, prepared.recipe
    if recipe is None:
        return
    if bundle is not None:
        _check_bundle(bundle, recipe)
        return
    if not profile.offline or (profile.hub is not None and Path(profile.hub).absolute() != hub_folder()):
        return
    wanted = wanted_stages(recipe, until)
    store = Store(prepared.folder.parents[1])
    hashes = store.hashes()
    try:
        steps_of(
            locate_bundled(recipe),
            [stage for stage in STAGES if stage.name in wanted],
            Outside(hashes, fetch=False),
        )
    except NotFetched as missing:
        raise InputError(
            missing.what, where=missing.where, fix="The nodes reach no network: fetch it here first, with hf download."
        ) from None
    if store.root.is_dir():
        hashes.save()


def _check_bundle(bundle: Path, recipe: Recipe) -> None:
    from acord.run.bundle.lacks import missing_from

    lacking = missing_from(bundle, recipe)
    if lacking:
        more = f", and {len(lacking) - 1} more" if len(lacking) > 1 else ""
        raise InputError(f"{lacking[0]}{more}", where=str(bundle), fix="Make the bundle anew, or copy its parts again.")


def _log(folder: Path, name: str, profile: Profile) -> str:
    if profile.scheduler == "local":
        return str(folder / f"{name}.log")
    # In the name of a log, % begins what SLURM fills in.
    return f"{str(folder).replace('%', '%%')}/{name}-%j.log"


def _own_program() -> Path:
    beside = Path(sys.executable).parent / "acord"
    found = str(beside) if beside.exists() else shutil.which("acord")
    if found is None:
        raise MachineError(
            "the program acord is not there",
            where=str(beside),
            fix="Install Acord in this environment: pip install -e .",
        )
    return Path(found).absolute()


def _check_paths(places: Places, profile: Profile) -> None:
    """SLURM reads a backslash in a log's name as a mark of its own, and Apptainer commas and colons in a bind."""
    forbidden = "\\\n\0" if profile.scheduler == "slurm" else "\n\0"
    if profile.environment.container is not None:
        forbidden += ",:"
    for path in (places.start, places.runs, places.hub, *places.shown, *profile.environment.binds):
        wrong = next((mark for mark in forbidden if mark in str(path)), None)
        if wrong is not None:
            raise InputError(
                f"a path with {wrong!r} in it cannot be given to a cluster's job",
                where=repr(str(path)),
                fix="Give the folder another name.",
            )
    for name, value in profile.variables.items():
        if "\0" in value:
            raise InputError("a variable's value holds a NUL", where=f"variables.{name}", fix="Change that value.")
