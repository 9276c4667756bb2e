"""The verbs of the group `data`: build pairs, and look at what was built."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from acord.cli.common import (
    RUNS,
    Json,
    RecipeFile,
    Runs,
    Speech,
    begin,
    run_stages,
    show_help_without_a_verb,
    write_json,
)

data_app = typer.Typer(help="Preference data: from sources to pairs.", rich_markup_mode=None)
Run = Annotated[
    str,
    typer.Argument(metavar="RUN", help="A run, a folder with pairs.parquet, or a recipe.", show_default=False),
]


@data_app.callback(invoke_without_command=True)
def _data(context: typer.Context) -> None:
    show_help_without_a_verb(context)


@data_app.command("build", epilog="Example: acord data build recipes/oasst1-small.yaml")
def data_build(recipe: RecipeFile, runs: Runs = RUNS, as_json: Json = False, language: Speech = None) -> None:
    """Build a recipe's pairs only, with a reason for every row that became none."""
    begin(as_json, language)
    run_stages(recipe, runs, as_json, until="pairs")


@data_app.command("stats", epilog="Example: acord data stats runs/demo --picture demo.svg")
def data_stats(
    run: Run,
    picture: Annotated[
        Path | None,
        typer.Option(help="Draw them into this .png or .svg file too; an older one is replaced.", show_default=False),
    ] = None,
    runs: Runs = RUNS,
    as_json: Json = False,
    language: Speech = None,
) -> None:
    """Show figures about built pairs, by source and language: rows, reasons, lengths, origins, quotas, licences."""
    begin(as_json, language)
    from acord.console import write_result
    from acord.run.built_pairs import find_built_pairs
    from acord.run.show_stats import show_stats

    shown = show_stats(find_built_pairs(run, runs), picture)
    if as_json:
        write_json(shown.as_json())
    else:
        write_result(shown.shown())


@data_app.command("show", epilog="Example: acord data show 3f9a runs/demo")
def data_show(
    identity: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="A pair's id or how it begins, or a source's id of a row.", show_default=False
        ),
    ],
    run: Run,
    model: Annotated[
        str | None,
        typer.Option(help="Whose template and tokens to show. [default: the run's base]", show_default=False),
    ] = None,
    runs: Runs = RUNS,
    as_json: Json = False,
    language: Speech = None,
) -> None:
    """Show one pair: where it is from, what was done to it, and its text as the model reads it, scored tokens marked.

    Of a row that became no pair, the reason.
    """
    begin(as_json, language)
    from acord.console import write_result
    from acord.run.built_pairs import find_built_pairs
    from acord.run.show_pair import show_pair

    shown = show_pair(identity, find_built_pairs(run, runs), model)
    if as_json:
        write_json(shown.as_json())
    else:
        write_result(shown.shown())


@data_app.command("export", epilog="Example: acord data export runs/demo --format trl --to demo-pairs")
def data_export(
    run: Run,
    to: Annotated[Path, typer.Option("--to", help="A folder that is empty or not there yet.", show_default=False)],
    form: Annotated[
        Literal["pairs", "trl", "hf-dataset", "llama-factory", "orca"],
        typer.Option("--format", help="hf-dataset writes a data set with its card."),
    ] = "pairs",
    files: Annotated[
        Literal["jsonl", "parquet"] | None,
        typer.Option("--as", help="Of the files. [default: jsonl; a data set is parquet]", show_default=False),
    ] = None,
    pair_language: Annotated[
        list[str] | None, typer.Option(help="Only pairs of this language; may be repeated.", show_default=False)
    ] = None,
    source: Annotated[
        list[str] | None, typer.Option(help="Only pairs of this source; may be repeated.", show_default=False)
    ] = None,
    split: Annotated[Literal["train", "held_out", "all"], typer.Option(help="Only pairs of this split.")] = "all",
    runs: Runs = RUNS,
    as_json: Json = False,
    language: Speech = None,
) -> None:
    """Write pairs in the formats that others read, one file a split, or as a data set with card and licences."""
    begin(as_json, language)
    from acord.console import say, write_result
    from acord.data.export import Selection
    from acord.run.built_pairs import find_built_pairs
    from acord.run.export_pairs import export

    selection = Selection(tuple(pair_language or ()), tuple(source or ()), () if split == "all" else (split,))
    exported = export(find_built_pairs(run, runs), to, form, selection, files)
    for line in exported.warnings():
        say(line)
    if as_json:
        write_json(exported.as_json())
    else:
        write_result(exported.shown())
