"""`--cluster` of `run` and `doctor`: as jobs of a cluster."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from acord.cli.common import write_json

if TYPE_CHECKING:
    from acord.run.cluster.prepared import Prepared

# --bundle, --cache, --tensorboard, --wandb: what every job is given as well.
Passed = tuple[Path | None, Path | None, Path | None, str | None]


def run_on_cluster(
    recipe: Path, profile: Path, runs: Path, passed: Passed, *, until: str | None, dry_run: bool, as_json: bool
) -> None:
    """Write the scripts of a recipe's jobs and hand them over, or print them.

    Ends with the exit code of the first job that failed, where jobs run here.
    """
    from acord.run.cluster.prepared import Options, check_fetched, prepare_jobs

    options = Options(*passed)
    prepared = prepare_jobs(recipe, profile, runs, until=until, options=options)
    if not dry_run:
        check_fetched(prepared, until, options.bundle)
    _hand_over(prepared, dry_run=dry_run, as_json=as_json)


def doctor_on_cluster(profile: Path, runs: Path, *, gpus: int | None, dry_run: bool, as_json: bool) -> None:
    """Check one node of a cluster, in a job."""
    from acord.run.cluster.prepared import prepare_doctor

    _hand_over(prepare_doctor(profile, runs, gpus), dry_run=dry_run, as_json=as_json)


def _hand_over(prepared: "Prepared", *, dry_run: bool, as_json: bool) -> None:
    from acord.console import write_result
    from acord.run.cluster import local, show, slurm
    from acord.run.cluster.prepared import write_jobs

    if dry_run:
        if as_json:
            write_json(show.scripts_as_json(prepared))
        else:
            write_result(show.show_scripts(prepared))
        return
    if prepared.profile.scheduler == "slurm":
        slurm.check_none_queued(prepared)
        write_jobs(prepared)
        queued = slurm.submit_jobs(prepared)
        if as_json:
            write_json(show.queued_as_json(prepared, queued))
        else:
            write_result(show.show_queued(prepared, queued))
        return
    write_jobs(prepared)
    ran = local.run_jobs(prepared, quiet=as_json)
    if as_json:
        write_json({"recipe": prepared.name, "jobs": [one.as_json() for one in ran]})
    else:
        write_result(show.show_ran(ran))
    raise typer.Exit(next((one.code for one in ran if one.code != 0), 0))
