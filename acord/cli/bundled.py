"""The verbs of the group `bundled`: what comes with the package."""

from typing import Annotated

import typer

from acord.cli.common import Json, Speech, begin, show_help_without_a_verb, write_json

bundled_app = typer.Typer(help="What comes with the package, and where it lies.", rich_markup_mode=None)


@bundled_app.callback(invoke_without_command=True)
def _bundled(context: typer.Context) -> None:
    show_help_without_a_verb(context)


@bundled_app.command("path", epilog="Example: acord bundled path preferences")
def bundled_path(
    name: Annotated[str, typer.Argument(help="What to find, such as model or preferences.")] = "model",
    as_json: Json = False,
    language: Speech = None,
) -> None:
    """Print the folder of the bundled model, or of anything else that is bundled."""
    begin(as_json, language)
    from acord.bundled import bundled_path as find
    from acord.console import write_result

    found = str(find(name))
    if as_json:
        write_json({"path": found})
    else:
        write_result(found)
