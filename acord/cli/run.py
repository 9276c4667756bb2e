"""Verbs for recipes: what would run, and running it."""

from pathlib import Path
from typing import Annotated

import typer

from acord.cli.cluster import run_on_cluster
from acord.cli.common import RUNS, Json, RecipeFile, Runs, Speech, begin, run_stages, tell, write_json
from acord.cli.logs import Tensorboard, Wandb, ask_for_logs
from acord.errors import InputError


def plan(
    recipe: RecipeFile,
    count: Annotated[
        bool, typer.Option("--count", help="Read the sources that are here to count their pairs.")
    ] = False,
    device: Annotated[
        str,
        typer.Option("--device", metavar="NAME", help="What the estimate is for: here, cpu, or a GPU such as h100."),
    ] = "here",
    processes: Annotated[
        int, typer.Option("--processes", min=1, max=4_096, help="Devices that share the training.")
    ] = 1,
    measure: Annotated[
        bool, typer.Option("--measure", help="Measure this machine's speed first: some seconds to a minute.")
    ] = False,
    rows: Annotated[
        int | None,
        typer.Option(
            "--rows", min=0, max=100, help="Show so many examples, and what is scored of them.", show_default=False
        ),
    ] = None,
    runs: Runs = RUNS,
    as_json: Json = False,
    language: Speech = None,
) -> None:
    """Check a recipe, show what would run and what it takes. Nothing is started or fetched; nothing is written but what
    --count and --measure find out.
    """
    begin(as_json, language)
    from acord.console import write_result
    from acord.recipe import load_recipe
    from acord.run.estimates.costs import Wanted
    from acord.run.render import show_plan
    from acord.run.show_plan import plan_run

    wanted = Wanted(device, processes, measure, rows)
    planned = plan_run(load_recipe(recipe), runs, count=count, wanted=wanted)
    if as_json:
        write_json(planned.as_json())
    else:
        write_result(show_plan(planned))
    if planned.fault is not None:
        tell(planned.fault)
        raise typer.Exit(planned.fault.exit_code)


def run(
    recipe: Annotated[
        Path | None,
        typer.Argument(metavar="RECIPE", help="The recipe, a YAML file; with --bundle, by default its own.",
                       show_default=False),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="STAGE", help="The last stage to run. [default: all]", show_default=False),
    ] = None,
    cluster: Annotated[
        Path | None,
        typer.Option("--cluster", metavar="PROFILE", help="Run it as jobs of a cluster: a YAML file.",
                     show_default=False),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --cluster: print the scripts, and submit nothing.")
    ] = False,
    tensorboard: Tensorboard = None,
    wandb: Wandb = None,
    bundle: Annotated[
        Path | None,
        typer.Option("--bundle", metavar="DIR", help="Run without any network, from what acord bundle wrote.",
                     show_default=False),
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option("--cache", metavar="DIR", help="With --bundle: where it is unpacked. [default: bundles in --runs]",
                     show_default=False),
    ] = None,
    processes: Annotated[
        str,
        typer.Option("--processes", metavar="N", help="Processes that share the work, on each machine. "
                     "auto: one for each GPU, or one."),
    ] = "auto",
    nodes: Annotated[
        int | None,
        typer.Option("--nodes", min=1, help="Machines that share the work; ACORD_LAUNCHER starts a command on each. "
                     "[default: ACORD_NODES, or 1]", show_default=False),
    ] = None,
    runs: Runs = RUNS,
    as_json: Json = False,
    language: Speech = None,
) -> None:  # fmt: skip
    """Run what a recipe needs and is missing; reuse what is there."""
    begin(as_json, language)
    if recipe is None:
        if bundle is None:
            raise InputError("no recipe is given", fix="Give a recipe's file, or --bundle DIR.")
        recipe = bundle / "recipe.yaml"
    if cache is not None and bundle is None:
        raise InputError("--cache goes with --bundle", fix="Leave it out.")
    if cluster is not None:
        if processes != "auto" or nodes is not None:
            raise InputError("the profile says how many processes and nodes", where="--cluster",
                             fix="Leave out --processes and --nodes.")  # fmt: skip
        run_on_cluster(
            recipe, cluster, runs, (bundle, cache, tensorboard, wandb), until=until, dry_run=dry_run, as_json=as_json
        )
        return
    if dry_run:
        raise InputError("--dry-run goes with --cluster", fix="acord plan shows what would run here.")
    from acord.run.crew import crew_of

    crew = crew_of(processes, nodes)
    ask_for_logs(recipe, runs, tensorboard, wandb)
    if bundle is None:
        run_stages(recipe, runs, as_json, until=until, crew=crew)
        return
    from acord.run.bundle.offline import from_bundle

    run_stages(from_bundle(bundle, recipe, runs, cache), runs, as_json, until=until, crew=crew)
