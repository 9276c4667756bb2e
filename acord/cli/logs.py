"""The options `--tensorboard` and `--wandb`: a training's scalars for programs that draw them."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from acord.errors import InputError

Tensorboard = Annotated[
    Path | None,
    typer.Option("--tensorboard", metavar="DIR", help="Write each step's scalars for TensorBoard.", show_default=False),
]
Wandb = Annotated[
    str | None,
    typer.Option(
        "--wandb",
        metavar="PROJECT",
        help="Send each step's scalars to Weights & Biases; WANDB_MODE=offline keeps them here.",
        show_default=False,
    ),
]


def ask_for_logs(recipe: Path, runs: Path, tensorboard: Path | None, wandb: str | None) -> None:
    """Ask for them through the environment, which the processes of a training inherit.

    Raises InputError, before anything starts, where a library is missing.
    """
    if tensorboard is None and wandb is None:
        return
    from acord.recipe import load_recipe

    name = load_recipe(recipe).name
    if tensorboard is not None:
        _demand("tensorboard", "--tensorboard")
        os.environ["ACORD_TENSORBOARD"] = str(tensorboard.resolve() / name)
    if wandb is not None:
        _demand("wandb", "--wandb")
        os.environ["ACORD_WANDB"] = wandb
        os.environ.setdefault("WANDB_NAME", name)
        # It makes a folder `wandb` there.
        os.environ.setdefault("WANDB_DIR", str(runs.resolve()))


def _demand(library: str, option: str) -> None:
    if find_spec(library) is None:
        raise InputError(f"{library} is not installed", where=option, fix=f"pip install 'acord[{library}]'")
