"""The verbs `card build`, `card verify` and `card audit`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from acord.cli.common import Json, Speech, begin, show_help_without_a_verb, write_json
from acord.languages import text

card_app = typer.Typer(
    help="Model cards: built from a run, verified figure by figure, and anybody's audited.",
    epilog="Example: acord card build runs/demo",
    invoke_without_command=True,
    rich_markup_mode=None,
)


@card_app.callback()
def _card(context: typer.Context) -> None:
    show_help_without_a_verb(context)


@card_app.command(epilog="Example: acord card build runs/demo --language va")
def build(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A finished run, such as runs/demo.", show_default=False)],
    key: Annotated[
        Path | None,
        typer.Option("--sign", metavar="KEY", help="Sign the evidence with a key of OpenSSH.", show_default=False),
    ] = None,
    as_json: Json = False,
    language: Speech = None,
) -> None:
    """Write card and report of a run, in three languages, with the evidence for every figure."""
    begin(as_json, language)
    from acord.console import write_result
    from acord.run.card import build_card_of

    built = build_card_of(run)
    if key is not None:
        from acord.card.signing import sign

        sign(built.folder, key)
    if as_json:
        write_json(built.as_json())
    else:
        write_result(built.shown())


@card_app.command(epilog="Example: acord card verify runs/demo/card --weights runs/demo/align/model")
def verify(
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help="A card's folder, with README.md and evidence/.", show_default=False),
    ],
    weights: Annotated[
        Path | None,
        typer.Option("--weights", help="Where the model lies. [default: beside the card]", show_default=False),
    ] = None,
    signers: Annotated[
        Path | None,
        typer.Option(
            "--signers",
            help="Also check by whom it is signed: a file of allowed signers of OpenSSH.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
    language: Speech = None,
) -> None:
    """Compute every figure of a card again from its evidence. Exit code 1, with file and line, where one differs."""
    begin(as_json, language)
    from acord.card.publishable import verify_with_weights
    from acord.card.signing import signer_of
    from acord.console import write_result

    found = verify_with_weights(folder, weights)
    if as_json:
        signer = signer_of(folder, signers) if signers is not None else None
        write_json({**found.as_json(), "signer": signer})
    else:
        write_result(found.shown())
        if signers is not None:
            write_result(text("card_signed", signer=signer_of(folder, signers)))
    if not found.holds:
        raise typer.Exit(1)


@card_app.command(epilog="Example: acord card audit README.md")
def audit(
    card: Annotated[
        Path, typer.Argument(metavar="CARD", help="A model card in Markdown, whoever wrote it.", show_default=False)
    ],
    as_json: Json = False,
    language: Speech = None,
) -> None:
    """Say what in a card cannot be right, misleads or is missing. Exit code 1 where something cannot be right."""
    begin(as_json, language)
    from acord.card.audit.audit import audit_file
    from acord.card.audit.show import as_json as audit_json
    from acord.card.audit.show import as_text

    found = audit_file(card)
    sys.stdout.write(audit_json(found) if as_json else as_text(found))
    if found.counted()["error"]:
        raise typer.Exit(1)
