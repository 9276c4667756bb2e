"""The verbs `bundle` and `bundle verify`."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from acord.cli.common import RUNS, Json, RecipeFile, Runs, Speech, begin, show_help_without_a_verb, write_json
from acord.errors import CheckFailed, InputError


class _RecipeFirst(TyperGroup):
    """`acord bundle recipe.yaml` is `acord bundle make recipe.yaml`: a word that is no verb is a recipe."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = ["make", *args]
        return super().parse_args(ctx, args)


bundle_app = typer.Typer(
    cls=_RecipeFirst,
    help="All that a recipe needs in one folder of few files, for machines without a network.",
    epilog="Example: acord bundle recipe.yaml --out my-bundle",
    invoke_without_command=True,
    rich_markup_mode=None,
)
bundle_app.callback()(show_help_without_a_verb)


@bundle_app.command("make", epilog="Example: acord bundle recipe.yaml --out my-bundle")
def make(
    recipe: RecipeFile,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The bundle's folder.", show_default=False)],
    part_gigabytes: Annotated[
        float, typer.Option("--part-gb", min=0.001, help="No file is larger than this (GiB).")
    ] = 8.0,
    artefacts: Annotated[
        bool, typer.Option("--artefacts", help="With the stages that are finished here.")
    ] = False,
    wheels: Annotated[
        Path | None,
        typer.Option("--wheels", metavar="LOCK", help="With wheels of every package in this lock file.",
                     show_default=False),
    ] = None,
    incomplete: Annotated[
        bool, typer.Option("--incomplete", help="Leave out rows of evaluation whose data cannot be fetched.")
    ] = False,
    runs: Runs = RUNS,
    as_json: Json = False,
    language: Speech = None,
) -> None:  # fmt: skip
    """Gather models, data, evaluation sets and the recipe. A stopped bundle goes on where it was."""
    begin(as_json, language)
    from acord.console import write_result
    from acord.run.bundle.gather import make_bundle

    if out.exists() and not out.is_dir():
        raise InputError("a file stands where the bundle should be", where=str(out), fix="Give another --out.")
    made = make_bundle(
        recipe,
        out,
        runs,
        part_bytes=int(part_gigabytes * (1 << 30)),
        artefacts=artefacts,
        wheels=wheels,
        incomplete=incomplete,
    )
    if as_json:
        write_json(made.as_json())
    else:
        write_result(made.shown())


@bundle_app.command("verify", epilog="Example: acord bundle verify my-bundle")
def verify(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The bundle's folder.", show_default=False)],
    as_json: Json = False,
    language: Speech = None,
) -> None:
    """Say which parts are missing or differ, after a copy. Those alone are to be copied again."""
    begin(as_json, language)
    from acord.console import write_result
    from acord.run.bundle.verify import verify as held_against

    verified = held_against(folder)
    if as_json:
        write_json(verified.as_json())
    else:
        write_result(verified.shown())
    if verified.faults:
        raise CheckFailed(
            f"{len(verified.faults)} files are missing or differ",
            where=str(folder),
            fix=f"Copy again: {verified.copy_again()}",
        )
