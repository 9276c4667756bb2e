"""What the terminal shows: progress with rate and time left, one line of summary a stage.

Human output goes to stderr as bars on a terminal and as plain lines elsewhere, so that stdout stays free for
results and for `--json`.
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

SHOW_AFTER_SECONDS = 2.0
PLAIN_EVERY_SECONDS = 15.0
DRAWN_A_SECOND = 2

_console = Console(stderr=True, highlight=False, soft_wrap=True)
_state = {"quiet": False}


def configure(*, quiet: bool) -> None:
    """Silence every line but errors: `--json` asks for it."""
    _state["quiet"] = quiet


def is_quiet() -> bool:
    """Whether every line but errors is silenced."""
    return _state["quiet"]


def say(line: str) -> None:
    """One plain line for the user; text is never read as markup."""
    if not _state["quiet"]:
        _console.print(line, markup=False)


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.1f} {task.fields['unit']}/s")


class Tracker:
    """Counts what is done. Shown as a bar on a terminal, as a line now and then elsewhere."""

    def __init__(self, description: str, total: int | None, unit: str) -> None:
        self.description, self.total, self.unit = description, total, unit
        self.done = 0
        self.started = time.monotonic()
        self._last_line = self.started
        self._bar: Progress | None = None
        self._task_id = None if _state["quiet"] else -1

    def advance(self, n: int = 1) -> None:
        """Count n more units."""
        self.done += n
        if self._task_id is None:
            return
        now = time.monotonic()
        if now - self.started < SHOW_AFTER_SECONDS:
            return
        if _console.is_terminal:
            self._draw()
        elif now - self._last_line >= PLAIN_EVERY_SECONDS:
            self._last_line = now
            say(self._plain_line(now))

    def _draw(self) -> None:
        if self._bar is None:
            self._bar = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                MofNCompleteColumn(),
                _Rate(),
                TimeRemainingColumn(),
                console=_console,
                transient=True,
            )
            self._bar.start()
            self._task_id = self._bar.add_task(self.description, total=self.total, unit=self.unit)
        assert self._task_id is not None  # noqa: S101  set one line above or on an earlier call
        self._bar.update(self._task_id, completed=self.done)  # type: ignore[arg-type]  # TaskID is an int

    def _plain_line(self, now: float) -> str:
        rate = self.done / max(now - self.started, 1e-9)
        line = f"{self.description}: {self.done:,}"
        if self.total:
            left = (self.total - self.done) / max(rate, 1e-9)
            line += f" of {self.total:,} {self.unit}, {rate:,.1f}/s, {format_seconds(left)} left"
        else:
            line += f" {self.unit}, {rate:,.1f}/s"
        return line

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


@contextmanager
def track(description: str, total: int | None, unit: str) -> Iterator[Tracker]:
    """Progress over `total` units (None: unknown), shown once it has taken more than two seconds."""
    tracker = Tracker(description, total, unit)
    try:
        yield tracker
    finally:
        tracker.close()


class View:
    """A few lines that are drawn anew on a terminal, one line now and then elsewhere, nothing where all is quiet.

    draw: the lines for a terminal; called from another thread. line: the same in one, for logs. Shown once it has taken
    more than two seconds, or at once.
    """

    def __init__(self, draw: Callable[[], Sequence[str]], line: Callable[[], str], *, at_once: bool = False) -> None:
        self._draw, self._line, self._at_once = draw, line, at_once
        self._started = self._last_line = time.monotonic()
        self._live: Live | None = None

    def update(self) -> None:
        """There is something new to show; from now on `draw` and `line` have an answer."""
        now = time.monotonic()
        if _state["quiet"] or not (self._at_once or now - self._started >= SHOW_AFTER_SECONDS):
            return
        if _console.is_terminal:
            self._open()
        elif self._at_once or now - self._last_line >= PLAIN_EVERY_SECONDS:
            self._last_line, self._at_once = now, False
            say(self._line())

    def _open(self) -> None:
        if self._live is None:
            # Drawn by a thread of its own: a step may take minutes, and a terminal changes its size meanwhile.
            self._live = Live(
                get_renderable=self._lines, console=_console, transient=True, refresh_per_second=DRAWN_A_SECOND
            )
            self._live.start(refresh=True)

    def _lines(self) -> Group:
        return Group(*(Text(line, no_wrap=False, overflow="fold") for line in self._draw()))

    def close(self) -> None:
        """Take the lines away."""
        if self._live is not None:
            self._live.stop()
            self._live = None


def bar(share: float, width: int) -> str:
    """A bar of `width` columns that is full to a share of 0 to 1, in signs that the terminal can show."""
    full, empty = ("━", "─") if (_console.encoding or "").lower().startswith("utf") else ("#", "-")
    done = int(width * min(1.0, max(0.0, share)) + 0.5)
    return full * done + empty * (width - done)


def format_seconds(seconds: float) -> str:
    """0.42 s, 12 s, 3 min 20 s, 2 h 05 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def write_result(text: str) -> None:
    """A result for stdout: what a script would read."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
