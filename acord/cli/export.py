"""The verb `export`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from acord.cli.common import RUNS, Json, Runs, Speech, begin, write_json


def export(
    named: Annotated[
        str,
        typer.Argument(metavar="RUN|MODEL", help="A run, or a model's folder or hub name.", show_default=False),
    ],
    out: Annotated[Path, typer.Option("--out", help="A folder that is empty or not there yet.", show_default=False)],
    form: Annotated[
        Literal["merged", "adapter"],
        typer.Option(help="Whole weights, or the LoRA adapter that a run trained."),
    ] = "merged",
    dtype: Annotated[
        Literal["float32", "bfloat16", "float16"] | None,
        typer.Option(help="Of merged weights. [default: as they are stored]", show_default=False),
    ] = None,
    runs: Runs = RUNS,
    as_json: Json = False,
    language: Speech = None,
) -> None:
    """Write a model as others load it, with its card. It is left only if it reads and says what its source does."""
    begin(as_json, language)
    from acord.console import write_result
    from acord.run.exporting import export_model

    exported = export_model(named, runs, out, form, dtype)
    if as_json:
        write_json(exported.as_json())
    else:
        write_result(exported.shown())
