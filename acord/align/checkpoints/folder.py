"""The folder of a run's checkpoints: which one to go on from, which ones to keep, and when older ones may go."""

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from acord.align.checkpoints.files import MOMENTS, Damaged, Seal, read_state, read_tensors
from acord.console import say
from acord.errors import MachineError
from acord.whole import sync

WHOLE, THIN = "step-", "kept-"


@dataclass(frozen=True)
class Checkpoints:
    """Checkpoints under `root`. wanted: steps that are to become models. keep_last: how many to go on from."""

    root: Path
    wanted: frozenset[int] = frozenset()
    keep_last: int = 2

    def place(self, steps: int) -> Path:
        """Where the checkpoint after that many steps lies, or would lie."""
        return self.root / f"{WHOLE}{steps}"

    def partial(self, steps: int) -> Path:
        """Where it is written."""
        return self.root / f".{WHOLE}{steps}.partial"

    def numbers(self) -> list[int]:
        """Steps of the checkpoints that are complete, ascending."""
        return _numbered(self.root, WHOLE)

    def complete(self, steps: int) -> Path:
        """Put a checkpoint whose files are all sealed and on the disk into its place, and let older ones go."""
        final = self.place(steps)
        sync(self.root.parent)
        self.partial(steps).rename(final)
        sync(self.root)
        for older in self.numbers()[: -self.keep_last]:
            self._let_go(older)
        return final

    def newest(self, metrics: Path) -> int | None:
        """The step of the newest checkpoint that a run can go on from, None where there is none; says why it passes one
        over. metrics: the file that holds a line for each of its steps, at least."""
        for steps in reversed(self.numbers()):
            try:
                state = read_state(self.place(steps))
                if state.steps != steps:
                    raise Damaged(f"it holds step {state.steps}")
                _check_metrics(metrics, state.metrics)
                for wanted in sorted(self.wanted):
                    if wanted < steps:
                        self._readable(wanted)
            except Damaged as why:
                say(f"the checkpoint {self.place(steps)} is damaged and passed over: {why}")
            else:
                return steps
        return None

    def begin_at(self, steps: int) -> None:
        """Remove what a killed run left half done, and what came after the step that is gone on from (0: the base)."""
        if not self.root.exists():
            return
        for path in self.root.glob(".*"):
            _remove(path)
        for number in [one for one in self.numbers() if one > steps]:
            _remove(self.place(number))
        for number in _numbered(self.root, THIN):
            if number >= steps or number not in self.wanted:
                _remove(self._thin(number))
            else:
                _drop_moments(self._thin(number))
        sync(self.root)

    def weights(self, steps: int, offered: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The weights after a wanted step. Raises MachineError where the disk has lost them since."""
        try:
            return read_tensors(self._readable(steps), offered, weights_only=True)
        except Damaged as why:
            raise MachineError(
                f"the checkpoint of step {steps} is damaged: {why}",
                where=str(self.root),
                fix="Run the same command again: it goes on from before that step.",
            ) from None

    def remove(self) -> None:
        """Remove them all, at one blow for whoever looks later: half a checkpoint would be told of as damaged."""
        if self.root.exists():
            _remove(self.root)

    def _thin(self, steps: int) -> Path:
        return self.root / f"{THIN}{steps}"

    def _readable(self, steps: int) -> Path:
        """Where the weights after a wanted step lie, checked. Raises Damaged."""
        whole, thin = self.place(steps), self._thin(steps)
        if whole.exists():
            read_state(whole)
            return whole
        if not thin.exists():
            raise Damaged(f"step {steps}, which is to be kept, is missing")
        read_state(thin, weights_only=True)
        return thin

    def _let_go(self, steps: int) -> None:
        """Of a checkpoint that is not gone on from any more: keep what a model needs of it, or nothing."""
        place = self.place(steps)
        if steps not in self.wanted:
            _remove(place)
            return
        thin = self._thin(steps)
        place.rename(thin)
        _drop_moments(thin)
        sync(self.root)


def seal_of(text: bytes) -> Seal:
    """The seal of some bytes."""
    return Seal(len(text), hashlib.sha256(text).hexdigest())


def _check_metrics(path: Path, seal: Seal) -> None:
    try:
        with path.open("rb") as file:
            found = seal_of(file.read(seal.bytes))
    except FileNotFoundError:
        found = seal_of(b"")
    if found != seal:
        raise Damaged(f"{path.name} does not hold the steps before it")


def _drop_moments(folder: Path) -> None:
    for file in folder.glob(f"{MOMENTS}-*"):
        file.unlink()


def _remove(path: Path) -> None:
    """Remove a checkpoint so that no moment shows half of one under its name."""
    if not path.name.startswith("."):
        hidden = path.with_name(f".{path.name}.gone")
        if hidden.exists():
            shutil.rmtree(hidden)
        path = path.rename(hidden)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def _numbered(root: Path, prefix: str) -> list[int]:
    """Numbers of the checkpoints with that prefix, ascending."""
    names = (path.name.removeprefix(prefix) for path in root.glob(f"{prefix}*"))
    return sorted(int(name) for name in names if name.isdecimal())
