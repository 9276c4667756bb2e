"""Checkpoints of a training run: everything it goes on from, in safetensors, written beside and renamed.

A checkpoint after step k holds the fp32 masters, the optimizer's state and what the guard remembers. The order of the
data needs no state: the plan fixes it, so resuming is to load step k and go on at step k + 1.
"""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from acord.console import say

WEIGHTS, STATE = "state.safetensors", "state.json"


class Checkpoint(NamedTuple):
    """steps: optimizer steps done. tensors: the policy's state. memory: what the guard remembers."""

    steps: int
    tensors: dict[str, Tensor]
    memory: dict[str, Any]


def save_checkpoint(folder: Path, checkpoint: Checkpoint, *, keep_earlier: bool = False) -> Path:
    """Write folder/step-N, complete or not at all, and remove the checkpoints before it unless they are wanted."""
    final = folder / f"step-{checkpoint.steps}"
    partial = folder / f".step-{checkpoint.steps}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    save_file({name: tensor.contiguous() for name, tensor in checkpoint.tensors.items()}, partial / WEIGHTS)
    (partial / STATE).write_text(json.dumps({"steps": checkpoint.steps, "memory": checkpoint.memory}) + "\n")
    for file in (partial / WEIGHTS, partial / STATE):
        with file.open("rb") as handle:
            os.fsync(handle.fileno())
    shutil.rmtree(final, ignore_errors=True)
    partial.rename(final)
    for older in [] if keep_earlier else _numbered(folder)[:-1]:
        shutil.rmtree(older)
    return final


def all_checkpoints(folder: Path) -> Iterator[Checkpoint]:
    """Every checkpoint that is there, in the order of their steps. Raises what reading a damaged one raises."""
    for path in _numbered(folder):
        yield _read(path)


def _read(path: Path) -> Checkpoint:
    state = json.loads((path / STATE).read_text())
    return Checkpoint(state["steps"], load_file(path / WEIGHTS), state["memory"])


def latest_checkpoint(folder: Path) -> Checkpoint | None:
    """The newest checkpoint that can be read, None where there is none; says so when it passes over a damaged one."""
    for path in reversed(_numbered(folder)):
        try:
            return _read(path)
        except (OSError, ValueError, KeyError, SafetensorError):
            say(f"the checkpoint {path.name} is damaged and passed over")
    return None


def _numbered(folder: Path) -> list[Path]:
    """Checkpoints in the order of their steps."""
    found = [path for path in folder.glob("step-*") if path.name.removeprefix("step-").isdigit()]
    return sorted(found, key=lambda path: int(path.name.removeprefix("step-")))
