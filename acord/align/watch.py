"""What watches a training: the terminal's view, TensorBoard and Weights & Biases where they are asked for."""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from acord.align.panel import panel_lines, plain_line
from acord.align.progress import Progress, Standing
from acord.align.scalar_logs import ScalarLog, TensorBoardLog, WandbLog, scalars_of
from acord.align.usage import UsageMeter
from acord.console import View, say
from acord.errors import AcordError
from acord.languages import text

# Set by the command line and read here, so that worker processes inherit them.
TENSORBOARD = "ACORD_TENSORBOARD"
WANDB = "ACORD_WANDB"


class _Seen(NamedTuple):
    standing: Standing
    at: float


class Watch:
    """Takes each step's record as it goes into metrics.jsonl."""

    def __init__(self, progress: Progress, logs: Sequence[ScalarLog]) -> None:
        self._progress, self._logs = progress, list(logs)
        self._meter = UsageMeter()
        # Replaced as a whole: the view draws it from another thread.
        self._seen: _Seen | None = None
        self.shown = View(self._panel, self._plain)

    def step(self, record: Mapping[str, Any], pairs: int) -> None:
        """One step is done. record: as in metrics.jsonl. pairs: of its examples."""
        now = time.monotonic()
        self._progress.step(record, pairs, now)
        self._seen = _Seen(self._progress.standing(), now)
        self.shown.update()
        for log in self._logs.copy():
            with self._given_up_where_it_fails(log):
                log.write(int(record["step"]), scalars_of(record))

    def _panel(self) -> list[str]:
        return panel_lines(self._now(), self._meter.read())

    def _plain(self) -> str:
        return plain_line(self._now(), self._meter.read())

    def _now(self) -> Standing:
        """The standing after the last step, with the time that has passed since taken off."""
        assert self._seen is not None  # noqa: S101  the view asks after the first step only
        left = self._seen.standing.seconds_left
        if left is None:
            return self._seen.standing
        passed = time.monotonic() - self._seen.at
        return self._seen.standing._replace(seconds_left=max(0.0, left - passed))

    @contextmanager
    def _given_up_where_it_fails(self, log: ScalarLog) -> Iterator[None]:
        """A training does not end because those who look at it cannot."""
        try:
            yield
        except Exception as error:
            self._logs.remove(log)
            say(text("watch_log_lost", log=log.name, reason=_reason(error)))

    def close(self) -> None:
        """Take the view away and bring the logs to their end."""
        self.shown.close()
        done = self._seen is not None and self._seen.standing.step >= self._seen.standing.steps
        for log in self._logs.copy():
            with self._given_up_where_it_fails(log):
                log.close(done=done)


@contextmanager
def watching(folder: Path, earlier: Sequence[Mapping[str, Any]], steps: int, pairs_left: int) -> Iterator[Watch]:
    """Show a training while it goes on.

    folder: of the artefact that is being built; nothing is written into it. earlier: records of the steps that an
    earlier process made. steps: of the whole training. pairs_left: of the steps still to come.
    """
    progress = Progress(steps, pairs_left, time.monotonic())
    progress.earlier(earlier)
    watch = Watch(progress, _asked_logs(folder, earlier) if len(earlier) < steps else [])
    try:
        yield watch
    finally:
        watch.close()


def _asked_logs(folder: Path, earlier: Sequence[Mapping[str, Any]]) -> list[ScalarLog]:
    """The logs that the environment asks for; one that cannot be opened is told of and left out."""
    name = folder.name.removesuffix(".partial")
    logs: list[ScalarLog] = []
    for variable, opened in ((TENSORBOARD, _tensorboard), (WANDB, _wandb)):
        asked = os.environ.get(variable)
        if not asked:
            continue
        try:
            logs.append(opened(asked, folder.parent, name, earlier))
        except AcordError:
            raise
        except Exception as error:
            say(text("watch_log_lost", log=variable.removeprefix("ACORD_").lower(), reason=_reason(error)))
    return logs


def _tensorboard(asked: str, parent: Path, name: str, earlier: Sequence[Mapping[str, Any]]) -> ScalarLog:  # noqa: ARG001  one signature for both
    return TensorBoardLog(Path(asked) / name, earlier)


def _wandb(asked: str, parent: Path, name: str, earlier: Sequence[Mapping[str, Any]]) -> ScalarLog:
    return WandbLog(asked, parent / f"{name}.wandb", earlier)


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
