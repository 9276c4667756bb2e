"""The verbs `evaluate` and `compare`."""

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from acord.cli.common import RUNS, Json, ModelsFirst, Runs, Speech, begin, tell, write_json
from acord.languages import text

DEFAULT_SUITE = "small"

Models = Annotated[
    list[str],
    typer.Argument(metavar="MODELS", help="Folders, hub names or runs; NAME=MODEL gives a name.", show_default=False),
]
SuiteName = Annotated[str, typer.Option("--suite", help="A suite's name, or a YAML file of one's own.")]


evaluate_app = typer.Typer(
    cls=ModelsFirst,
    help="Measure models on a suite: acord evaluate MODELS --suite SUITE.",
    epilog="Example: acord evaluate runs/demo --suite small",
    rich_markup_mode=None,
)


@evaluate_app.command(
    "models",
    epilog="Example: acord evaluate runs/demo other=models/other --suite small. "
    "Results of others: acord evaluate import --help",
)
def evaluate_models(
    models: Models,
    suite: SuiteName = DEFAULT_SUITE,
    checkpoints: Annotated[
        Literal["none", "all"], typer.Option(help="Of runs, every checkpoint that was kept as well.")
    ] = "none",
    limit: Annotated[
        int | None, typer.Option(min=1, help="Items of each task at most. [default: all]", show_default=False)
    ] = None,
    precision: Annotated[Literal["auto", "float32", "bfloat16"], typer.Option(help="Of the computation.")] = "auto",
    engine: Annotated[Literal["transformers", "vllm"], typer.Option(help="What generates text.")] = "transformers",
    tokenisation: Annotated[
        Literal["acord", "hf"], typer.Option(help="As in training, or as lm-evaluation-harness's own backend.")
    ] = "acord",
    processes: Annotated[int, typer.Option(min=1, help="Processes that share each model's work.")] = 1,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of every draw.")] = 0,
    runs: Runs = RUNS,
    as_json: Json = False,
    language: Speech = None,
) -> None:
    """Measure models on a suite, one after another; what was measured before is not computed again."""
    begin(as_json, language)
    from acord.console import configure, write_result
    from acord.evaluate.parallel import launch
    from acord.evaluate.run import Settings
    from acord.processes import PATIENCE_WITH_ORDERS, join
    from acord.run.evaluations import evaluate

    if processes > 1 and "WORLD_SIZE" not in os.environ:
        raise typer.Exit(launch(_in_world, sys.argv[1:], processes))
    world = join(patience=PATIENCE_WITH_ORDERS)
    if world.follows:
        configure(quiet=True)
    settings = Settings(precision, engine, tokenisation, limit=limit, seed=seed)
    done = evaluate(models, suite, settings, runs=runs, checkpoints=checkpoints == "all", world=world)
    if done is None:
        return
    if as_json:
        write_json(done.as_json())
    else:
        write_result(done.shown())
    if done.failed:
        tell(text("evaluate_failures", rows=", ".join(done.failed)))
        raise typer.Exit(1)


def _in_world(*arguments: str) -> int:
    """The command line once more, in a process that torchrun started."""
    from acord.cli import main_with
    from acord.processes import leave

    code = main_with(list(arguments))
    leave()
    sys.stdout.flush()
    return code


@evaluate_app.command("import", epilog="Example: acord evaluate import results_*.json --name salamandra --suite aitana")
def import_results(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILES", help="results_*.json of lm-evaluation-harness.", show_default=False)
    ],
    name: Annotated[str, typer.Option("--name", help="The model's name in tables.", show_default=False)],
    suite: SuiteName = "aitana",
    runs: Runs = RUNS,
    as_json: Json = False,
    language: Speech = None,
) -> None:
    """Bring in results that others measured with lm-evaluation-harness. They are marked as unverified."""
    begin(as_json, language)
    from acord.console import write_result
    from acord.run.evaluations import bring_in

    brought = bring_in(files, name, suite, runs=runs)
    if as_json:
        write_json(brought.as_json())
    else:
        write_result(brought.shown())


def compare(
    models: Annotated[
        list[str],
        typer.Argument(metavar="MODELS", help="Names of evaluated models, runs, or results.json.", show_default=False),
    ],
    suite: SuiteName = DEFAULT_SUITE,
    before: Annotated[
        str | None, typer.Option(help="Which of them is the model before alignment.", show_default=False)
    ] = None,
    after: Annotated[
        str | None, typer.Option(help="Which is the aligned one. [default: the last]", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of the bootstrap.")] = 0,
    runs: Runs = RUNS,
    as_json: Json = False,
    language: Speech = None,
) -> None:
    """Set evaluated models side by side, with tests: tables in five formats and a forest plot."""
    begin(as_json, language)
    from acord.console import write_result
    from acord.run.evaluations import compare_models

    compared = compare_models(models, suite, before=before, after=after, seed=seed, runs=runs)
    if as_json:
        write_json(compared.as_json())
    else:
        write_result(compared.shown())
