"""What the verbs share: options, how to speak, how to answer."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from acord.errors import AcordError
from acord.languages import language_of_locale, set_language
from acord.visible import visible_json, visible_line

if TYPE_CHECKING:
    from acord.recipe import Recipe
    from acord.run.crew import Crew

Language = Literal["en", "es", "va"]
RecipeFile = Annotated[Path, typer.Argument(metavar="RECIPE", help="The recipe, a YAML file.", show_default=False)]
Runs = Annotated[Path, typer.Option("--runs", envvar="ACORD_RUNS", help="The folder for artefacts and runs.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, and no other line.")]
Speech = Annotated[
    Language | None,
    typer.Option("--language", help="The language Acord speaks. [default: from the locale]", show_default=False),
]
RUNS = Path("runs")


class ModelsFirst(TyperGroup):
    """`acord evaluate A B` is `acord evaluate models A B`: a word that is no verb of the group is a model."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or args[0] not in self.commands:
            args = ["models", *args]
        return super().parse_args(ctx, args)


def begin(as_json: bool, language: Language | None) -> None:
    """What every verb does first: how to speak."""
    set_language(language or language_of_locale())
    if as_json:
        from acord.console import configure

        configure(quiet=True)


def write_json(content: dict[str, Any]) -> None:
    """The answer of a verb that was asked for JSON; no text in it can command a terminal."""
    sys.stdout.write(visible_json(json.dumps(content, ensure_ascii=False, indent=2)) + "\n")
    sys.stdout.flush()


def tell(error: AcordError | str) -> None:
    """One line about what went wrong; of several processes, one says it."""
    if os.environ.get("RANK", "0") != "0":
        return
    sys.stderr.write(f"acord: error: {visible_line(str(error))}\n")


def run_stages(
    recipe: "Path | Recipe", runs: Path, as_json: bool, *, until: str | None, crew: "Crew | None" = None
) -> None:
    """Run a recipe up to a stage, or all of it, and answer with what was built.

    crew: the processes that share the work; one where None.
    """
    from acord.console import write_result
    from acord.recipe import load_recipe
    from acord.run.crew import ALONE
    from acord.run.render import show_results
    from acord.run.run_recipe import run_recipe

    read = load_recipe(recipe) if isinstance(recipe, Path) else recipe
    result = run_recipe(read, runs, until=until, crew=crew or ALONE)
    if as_json:
        write_json(result.as_json())
    else:
        write_result(show_results(result))


def show_help_without_a_verb(context: typer.Context) -> None:
    """A group of verbs that was given none says what it has."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(2)
