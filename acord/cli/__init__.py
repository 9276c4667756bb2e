"""The verbs of the command line: arguments in, results out, one line for whatever the user can mend.

Nothing heavy is imported here but inside a verb, so that --help answers at once.
"""

import errno
import io
import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from acord import __version__
from acord.cli.bundle import bundle_app
from acord.cli.bundled import bundled_app
from acord.cli.card import card_app
from acord.cli.chat import chat
from acord.cli.common import (
    RUNS,
    Json,
    Runs,
    Speech,
    begin,
    show_help_without_a_verb,
    tell,
    write_json,
)
from acord.cli.data import data_app
from acord.cli.doctor import doctor
from acord.cli.evaluation import compare, evaluate_app
from acord.cli.export import export
from acord.cli.feedback import feedback_app
from acord.cli.judge import judge_app
from acord.cli.publish import publish
from acord.cli.run import plan, run
from acord.cli.runs import runs_app
from acord.cli.serve import serve
from acord.cli.stopping import TERMINATED, Terminated, ended_by_sigterm, tell_stopped
from acord.errors import AcordError, MachineError, Stopped
from acord.visible import visible_line

INTERRUPTED = 130
UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EIO)

app = typer.Typer(
    help="Acord aligns language models with preference data in several languages.",
    epilog="Start with: acord demo",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(data_app, name="data")
app.add_typer(evaluate_app, name="evaluate")
app.add_typer(judge_app, name="judge")
app.add_typer(card_app, name="card")
app.add_typer(bundle_app, name="bundle")
app.add_typer(bundled_app, name="bundled")
app.add_typer(feedback_app, name="feedback")
app.add_typer(runs_app, name="runs")
app.command(epilog="Example: acord plan recipes/oasst1-small.yaml")(plan)
app.command(epilog="Example: acord run recipes/oasst1-small.yaml")(run)
app.command(epilog="Example: acord doctor --gpus 4")(doctor)
app.command(epilog="Example: acord export runs/demo --out demo-model")(export)
app.command(epilog="Example: acord publish demo-model --to owner/name --dry-run")(publish)
app.command(epilog="Example: acord serve runs/demo/align/model")(serve)
app.command(epilog="Example: acord compare runs/demo salamandra --suite small")(compare)
app.command(epilog='Example: acord chat runs/demo/align/model --prompt "What is the padrón?"')(chat)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"acord {__version__}")
        raise typer.Exit


@app.callback()
def _acord(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001  its callback answers
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    show_help_without_a_verb(context)


@app.command(epilog="Example: acord demo --language va")
def demo(runs: Runs = RUNS, as_json: Json = False, language: Speech = None) -> None:
    """Run every stage on bundled sample preferences. It needs no network."""
    begin(as_json, language)
    from acord.console import write_result
    from acord.run.answers import PROMPTS
    from acord.run.demo import run_demo
    from acord.run.show_demo import show_demo

    result = run_demo(runs)
    command = f'{_program()} chat {shlex.quote(str(result.model))} --prompt "{PROMPTS["va"][0]}"'
    if as_json:
        write_json(result.as_json() | {"next": command})
    else:
        write_result(show_demo(result, command))


def _program() -> str:
    """Acord as the user can call it again from where they are."""
    called = sys.argv[0]
    found = shutil.which("acord")
    if found is not None and Path(called).exists() and Path(found).samefile(called):
        return "acord"
    return shlex.quote(min(called, os.path.relpath(called), key=len))


def _drop_output() -> None:
    """What waits to be written would be tried again at the end of the process, which then would complain once more."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def main() -> None:
    """The command `acord`. Exit codes: 0 done, 1 a check failed, 2 the input or the machine is at fault."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that cannot show a letter gets a question mark in its place, not a traceback.
        sys.stdout.reconfigure(errors="replace")
    # The libraries' own warnings are for developers; what a user needs to know, Acord says itself.
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TQDM_DISABLE", "1")
    # Threads that wait soon sleep: on a machine that others use too, spinning made a step five times slower.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    # oneDNN and torch keep compiled bf16 kernels for the last 1,024 shapes each. Packs differ in length: memory would
    # grow by some MB a pack, and hardly any of it is used again.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")
    os.environ.setdefault("LRU_CACHE_CAPACITY", "32")
    sys.exit(main_with(sys.argv[1:]))


def main_with(arguments: list[str]) -> int:
    """The exit code for a command line, with what went wrong told in one line."""
    try:
        with ended_by_sigterm(arguments):
            code = app(arguments, prog_name="acord", standalone_mode=False)
    except Terminated:
        tell_stopped()
        return TERMINATED
    except Stopped as stopped:
        tell_stopped(visible_line(str(stopped)))
        return stopped.exit_code
    except AcordError as error:
        line, code = str(error), error.exit_code
    except OSError as error:
        if error.errno not in UNWRITABLE or error.filename is not None:
            raise
        fault = MachineError(f"the output cannot be written: {error.strerror}", fix="Send it somewhere else.")
        tell(fault)
        _drop_output()
        return fault.exit_code
    except typer.TyperException as error:
        line, code = f"{' '.join(error.format_message().split())} Try: acord --help", 2
    else:
        if code == INTERRUPTED:
            tell_stopped()
        return int(code or 0)
    if "--json" in arguments:
        write_json({"error": line})
    tell(line)
    return code
