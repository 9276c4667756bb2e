"""The verb `publish`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from acord.cli.common import Json, Speech, begin, write_json
from acord.languages import text


def publish(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="What acord export or acord data export wrote.", show_default=False),
    ],
    to: Annotated[str, typer.Option("--to", help="The repository: owner/name.", show_default=False)],
    kind: Annotated[Literal["model", "dataset"], typer.Option("--as", help="What it is.")] = "model",
    private: Annotated[bool, typer.Option("--private", help="A new repository is for its owner's eyes only.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check it and list what would be sent. Nobody is asked.")
    ] = False,
    as_json: Json = False,
    language: Speech = None,
) -> None:
    """Send a model with its verified card, or a data set, to the hub. The token is HF_TOKEN's or the hub log-in's."""
    begin(as_json, language)
    from acord.card.publish import prepare
    from acord.console import say, write_result

    publication = prepare(folder, to, kind)
    for note in publication.notes:
        say(note)
    if dry_run:
        if as_json:
            write_json({**publication.as_json(), "sent": False})
        else:
            write_result(f"{publication.shown()}\n{text('publish_nothing_sent')}")
        return
    from acord.card.hub import send

    say(text("publish_sending", repository=to, files=len(publication.files)))
    published = send(publication, private=private)
    if as_json:
        write_json({**published.as_json(), "sent": True})
    else:
        write_result(published.shown())
