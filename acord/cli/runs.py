"""The verbs `runs list`, `runs diff` and `runs watch`."""

from typing import Annotated

import typer

from acord.cli.common import RUNS, Json, Runs, Speech, begin, show_help_without_a_verb, write_json

Named = Annotated[
    str, typer.Argument(metavar="RUN", help="demo, its second version demo@2, or a run's folder.", show_default=False)
]

runs_app = typer.Typer(
    help="Runs as a history: listed, set side by side, watched.",
    epilog="Example: acord runs list",
    invoke_without_command=True,
    rich_markup_mode=None,
)


@runs_app.callback()
def _runs(context: typer.Context) -> None:
    show_help_without_a_verb(context)


@runs_app.command("list", epilog="Example: acord runs list demo")
def list_(
    recipe: Annotated[
        str | None, typer.Argument(metavar="RECIPE", help="Runs of one recipe's name alone.", show_default=False)
    ] = None,
    runs: Runs = RUNS,
    as_json: Json = False,
    language: Speech = None,
) -> None:
    """Every version of every recipe that was run, the newest last: data, results, and what is missing."""
    begin(as_json, language)
    from acord.console import write_result
    from acord.run.run_list import list_runs
    from acord.run.show_runs import show_runs

    found = list_runs(runs, recipe)
    if as_json:
        write_json(found.as_json())
    else:
        write_result(show_runs(found))


@runs_app.command(epilog="Example: acord runs diff demo@1 demo")
def diff(first: Named, second: Named, runs: Runs = RUNS, as_json: Json = False, language: Speech = None) -> None:
    """What differs between two runs: recipe, data, plan, results side by side, versions, machine and time."""
    begin(as_json, language)
    from acord.console import write_result
    from acord.run.run_diff import diff_runs
    from acord.run.run_list import find_run
    from acord.run.show_runs import show_diff

    found = diff_runs(find_run(first, runs), find_run(second, runs), (first, second))
    if as_json:
        write_json(found.as_json())
    else:
        write_result(show_diff(found))


@runs_app.command(epilog="Example: acord runs watch demo")
def watch(run: Named, runs: Runs = RUNS, as_json: Json = False, language: Speech = None) -> None:
    """Watch a training that goes on in another process. With --json, say where it stands and end."""
    begin(as_json, language)
    from acord.run.follow import follow, standing_of
    from acord.run.run_list import find_run

    found = find_run(run, runs)
    if as_json:
        write_json(standing_of(found)._asdict())
    else:
        follow(found)
