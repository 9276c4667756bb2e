"""Verbs for recipes: what would run, and running it."""

from typing import Annotated

import typer

from acord.cli.common import RUNS, Json, RecipeFile, Runs, Speech, begin, run_stages, tell, write_json


def plan(
    recipe: RecipeFile,
    count: Annotated[
        bool, typer.Option("--count", help="Read the sources that are here to count their pairs.")
    ] = False,
    runs: Runs = RUNS,
    as_json: Json = False,
    language: Speech = None,
) -> None:
    """Check a recipe and show what would run. Nothing is started or fetched, and nothing written without --count."""
    begin(as_json, language)
    from acord.console import write_result
    from acord.recipe import load_recipe
    from acord.run.render import show_plan
    from acord.run.show_plan import plan_run

    planned = plan_run(load_recipe(recipe), runs, count=count)
    if as_json:
        write_json(planned.as_json())
    else:
        write_result(show_plan(planned))
    if planned.fault is not None:
        tell(planned.fault)
        raise typer.Exit(planned.fault.exit_code)


def run(recipe: RecipeFile, runs: Runs = RUNS, as_json: Json = False, language: Speech = None) -> None:
    """Run what a recipe needs and is missing; reuse what is there."""
    begin(as_json, language)
    run_stages(recipe, runs, as_json, until=None)
