"""The verb `doctor`: whether this machine can do what a run will ask of it."""

from pathlib import Path
from typing import Annotated

import typer

from acord.cli.common import RUNS, Json, Runs, Speech, begin, write_json
from acord.errors import InputError
from acord.languages import text


def doctor(
    gpus: Annotated[
        int | None,
        typer.Option(
            "--gpus", min=1, max=64, show_default=False,
            help="Try out so many processes as well, one a GPU: they meet, train, are killed and go on. Ten minutes.",
        ),
    ] = None,
    cluster: Annotated[
        Path | None,
        typer.Option("--cluster", metavar="PROFILE", show_default=False, help="Do it as a job there: a YAML file."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --cluster: print the script, and submit nothing.")
    ] = False,
    runs: Runs = RUNS,
    as_json: Json = False,
    language: Speech = None,
) -> None:  # fmt: skip
    """Check this machine before it works for hours: what is wrong, and what mends it."""
    begin(as_json, language)
    if cluster is not None:
        from acord.cli.cluster import doctor_on_cluster

        doctor_on_cluster(cluster, runs, gpus=gpus, dry_run=dry_run, as_json=as_json)
        return
    if dry_run:
        raise InputError("--dry-run goes with --cluster", fix="Leave it out: the quick checks take seconds.")
    from acord.console import write_result
    from acord.run.doctor.checkup import check_machine

    checks = []
    for one in check_machine(runs, gpus):
        checks.append(one)
        if not as_json:
            write_result(one.shown())
    faults = [one for one in checks if one.state == "fault"]
    if as_json:
        write_json({"ok": not faults, "checks": [one.as_json() for one in checks]})
    else:
        write_result(text("doctor_faults", faults=len(faults)) if faults else text("doctor_well"))
    if faults:
        raise typer.Exit(1)
