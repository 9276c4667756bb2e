"""A training's scalars for TensorBoard and for Weights & Biases, each step once, however often the run was resumed."""

import json
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from acord.align.progress import tokens_a_second
from acord.console import say
from acord.errors import InputError
from acord.languages import text
from acord.whole import written_whole

OVERALL = ("loss", "learning_rate", "grad_norm", "nll", "accuracy", "margin", "chosen_shift", "rejected_shift")
BY_LANGUAGE = ("nll", "accuracy", "margin", "chosen_shift", "rejected_shift")
WANDB_LETTERS = 8
WANDB_ANSWERS_WITHIN_SECONDS = 30.0


class ScalarLog(Protocol):
    """Where scalars go. name: what people call it."""

    name: str

    def write(self, step: int, scalars: Mapping[str, float]) -> None:
        """The scalars of one step, 1 being the first."""

    def close(self, *, done: bool) -> None:
        """Nothing comes any more. done: nor will a later process go on with this training."""


def scalars_of(record: Mapping[str, Any]) -> dict[str, float]:
    """A step's scalars by name: "loss", "accuracy", "accuracy/va", "tokens/s" and the like; those alone that it has."""
    found = {name: record.get(name) for name in OVERALL}
    for tag, figures in record.get("languages", {}).items():
        found |= {f"{name}/{tag}": figures.get(name) for name in BY_LANGUAGE}
    found["tokens/s"] = tokens_a_second([record])
    return {name: float(value) for name, value in found.items() if value is not None}


class TensorBoardLog:
    """Event files in a folder. earlier: steps that are done; what the folder holds of later ones is hidden."""

    name = "TensorBoard"

    def __init__(self, folder: Path, earlier: Sequence[Mapping[str, Any]]) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise InputError(
                "tensorboard is not installed", fix="pip install 'acord[tensorboard]', or leave out --tensorboard."
            ) from None
        begun = folder.is_dir() and any(folder.glob("events.out.tfevents.*"))
        purge = len(earlier) + 1 if begun else None
        self._writer = SummaryWriter(str(folder), purge_step=purge)
        for record in () if begun else earlier:
            self.write(int(record["step"]), scalars_of(record))

    def write(self, step: int, scalars: Mapping[str, float]) -> None:
        """In the file at once: what a killed run left there and what its checkpoint says then fit together."""
        for name, value in scalars.items():
            self._writer.add_scalar(name, value, step)
        self._writer.flush()

    def close(self, *, done: bool) -> None:  # noqa: ARG002  one signature for both
        """Close the file."""
        self._writer.close()


class _Note(NamedTuple):
    """Which of W&B's runs a training is, and how many steps it was told of."""

    identity: str
    steps: int


class WandbLog:
    """A run of Weights & Biases, or its offline folder where WANDB_MODE says so or nobody answers.

    project: "project", or "entity/project". note: a file that remembers the run, gone when the training is done.
    Nothing but scalars is sent: no command line, code, name of the machine or its user, nor lines of the terminal.
    """

    name = "Weights & Biases"

    def __init__(self, project: str, note: Path, earlier: Sequence[Mapping[str, Any]]) -> None:
        self._path = note
        known = _read_note(note)
        self._note = known or _Note(secrets.token_hex(WANDB_LETTERS // 2), 0)
        self._run = _open_run(project, self._note.identity)
        for record in earlier:
            self.write(int(record["step"]), scalars_of(record))

    def write(self, step: int, scalars: Mapping[str, float]) -> None:
        """A step that was told of before is not told of again: a resumed run makes the same ones."""
        if step <= self._note.steps:
            return
        self._run.log(dict(scalars), step=step)
        self._note = self._note._replace(steps=step)
        with written_whole(self._path) as beside:
            beside.write_text(json.dumps(self._note._asdict()), encoding="utf-8")

    def close(self, *, done: bool) -> None:
        """Wait until everything is sent, or in the offline folder."""
        self._run.finish()
        if done:
            self._path.unlink(missing_ok=True)


def _read_note(path: Path) -> _Note | None:
    try:
        return _Note(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _open_run(project: str, identity: str) -> Any:
    """Raises InputError where the library is missing."""
    try:
        import wandb
    except ImportError:
        raise InputError("wandb is not installed", fix="pip install 'acord[wandb]', or leave out --wandb.") from None
    entity, _, name = project.rpartition("/")
    settings = wandb.Settings(
        silent=True, console="off", save_code=False, disable_code=True, disable_git=True, x_disable_meta=True,
        x_disable_machine_info=True, init_timeout=WANDB_ANSWERS_WITHIN_SECONDS,
    )  # fmt: skip
    given = {"project": name, "entity": entity or None, "id": identity, "resume": "allow", "settings": settings}
    if os.environ.get("WANDB_MODE", "online") != "online":
        return wandb.init(**given)
    try:
        # Without a key it would ask for one on the terminal, and wait.
        if not wandb.login(prompt=False):
            raise wandb.errors.UsageError("there is no key: see `wandb login`")
        return wandb.init(**given)
    except wandb.errors.Error as error:
        say(text("watch_wandb_offline", reason=_shortly(error)))
        # What failed still holds the run's id.
        wandb.teardown()
        return wandb.init(**given, mode="offline")


def _shortly(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
