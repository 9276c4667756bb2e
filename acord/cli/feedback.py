"""The verbs of the group `feedback`: what people preferred in chats and sessions."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from acord.cli.common import Json, Speech, begin, show_help_without_a_verb, write_json

if TYPE_CHECKING:
    from acord.feedback.store import FeedbackStore

feedback_app = typer.Typer(help="Preferences from chats and sessions: export, delete, progress.", rich_markup_mode=None)
File = Annotated[Path, typer.Argument(metavar="FILE", help="The file that chat or server wrote.", show_default=False)]


@feedback_app.callback(invoke_without_command=True)
def _feedback(context: typer.Context) -> None:
    show_help_without_a_verb(context)


@feedback_app.command("export", epilog="Example: acord feedback export preferences.jsonl --anonymous --to shared.jsonl")
def feedback_export(
    file: File,
    to: Annotated[Path | None, typer.Option("--to", help="A new file. [default: stdout]", show_default=False)] = None,
    form: Annotated[
        Literal["feedback", "pairs"],
        typer.Option("--format", help="As they are, or chosen and rejected without the ties."),
    ] = "feedback",
    anonymous: Annotated[
        bool, typer.Option("--anonymous", help="Leave out who answered, the hour, ids and order; texts stay.")
    ] = False,
    as_json: Json = False,
    language: Speech = None,
) -> None:
    """Write preferences as JSON lines, a recipe's format feedback or pairs."""
    begin(as_json, language)
    import json

    from acord.console import write_result
    from acord.feedback.export import rows_of, write_rows
    from acord.languages import text
    from acord.visible import visible_json

    rows = rows_of(_store(file).read(), form, anonymous=anonymous)
    if to is not None:
        write_rows(to, rows)
    if as_json:
        write_json({"rows": len(rows), "file": str(to)} if to is not None else {"rows": rows})
    elif to is not None:
        write_result(text("feedback_exported", rows=len(rows), file=str(to)))
    else:
        for row in rows:
            write_result(visible_json(json.dumps(row, ensure_ascii=False)))


@feedback_app.command("delete", epilog="Example: acord feedback delete preferences.jsonl anon-3f9a1c07")
def feedback_delete(
    file: File,
    identity: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="Of one preference; or an annotator's name, pseudonym or token.", show_default=False
        ),
    ],
    as_json: Json = False,
    language: Speech = None,
) -> None:
    """Delete one preference, or all of an annotator and their place in every session of the file."""
    begin(as_json, language)
    from acord.console import say, write_result
    from acord.errors import InputError
    from acord.languages import text

    store = _store(file)
    if not store.knows(identity):
        raise InputError(
            "no preference and no annotator is called that",
            where=str(file),
            fix="Look at the names: acord feedback progress.",
        )
    deleted = store.delete(identity)
    say(text("feedback_still_built"))
    if as_json:
        write_json({"deleted": deleted})
    else:
        write_result(text("feedback_deleted", number=deleted))


@feedback_app.command("progress", epilog="Example: acord feedback progress preferences.jsonl --session session.yaml")
def feedback_progress(
    file: File,
    session: Annotated[
        Path | None,
        typer.Option(help="The session's YAML file, to set answers against its prompts.", show_default=False),
    ] = None,
    as_json: Json = False,
    language: Speech = None,
) -> None:
    """Show who has answered how much, and how far annotators agree (Krippendorff's alpha with its 95% interval)."""
    begin(as_json, language)
    from acord.console import write_result
    from acord.feedback.overview import overview_of, shown
    from acord.feedback.session import load_session

    store = _store(file, may_be_missing=session is not None)
    overviews = overview_of(store, None if session is None else load_session(session))
    if as_json:
        content: list[dict[str, Any]] = [one.as_json() for one in overviews]
        write_json({"sessions": content})
    else:
        write_result("\n\n".join(shown(one) for one in overviews))


def _store(file: Path, *, may_be_missing: bool = False) -> "FeedbackStore":
    from acord.errors import InputError
    from acord.feedback.store import FeedbackStore

    store = FeedbackStore(file)
    if not may_be_missing and not store.path.exists():
        raise InputError(
            "no such file", where=str(file), fix="Give the file of preferences that acord chat or acord serve wrote."
        )
    return store
