"""One trial: a run that is killed at one place, started again, and held against a run that nobody disturbed."""

import contextlib
import errno
import importlib
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import yaml

from scripts.chaos.calls import KILL, TEAR, WRITES, Call, Ended, Verdict, run_watched
from scripts.chaos.state import State, changed_places, state_of, with_digests

ROOT = Path(__file__).parents[2]
RECIPE = Path(__file__).with_name("recipe.yaml")
SECONDS = 240.0
ROWS = 60
FAST = 1000.0  # manifests count whole seconds: of two such runs none takes as many


class Point(NamedTuple):
    """A place to kill a run: before the call with that number of a stage, or in the middle of what it writes."""

    stage: str
    number: int
    torn: bool
    call: Call

    def __str__(self) -> str:
        where = "in the middle of" if self.torn else "before"
        place = self.call.path.rsplit("/runs/", 1)[-1]
        return f"stage {self.stage}, {where} call {self.number}, {self.call.name} of {place}"


class Fault(NamedTuple):
    """What goes wrong with the disk from a call on: with that number, and where it lasts, with all later ones.

    number: of the errno. calls: names of those that meet it; what only removes still works on a full disk.
    """

    name: str
    number: int
    lasts: bool
    calls: frozenset[str]

    def decide(self, first: int) -> Callable[[int, Call], Verdict]:
        """The verdict on calls, where the first to meet the fault has that number."""

        def verdict(number: int, call: Call) -> Verdict:
            met = number >= first if self.lasts else number == first
            return self.number if met and call.name in self.calls else None

        return verdict


_NEED_SPACE = ("write", "pwrite64", "writev", "sendfile", "copy_file_range", "ftruncate", "fallocate", "mkdir",
               "mkdirat", "symlink", "symlinkat")  # fmt: skip
_CHANGE = ("open", "openat", "creat", "rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat",
           "rmdir", "truncate")  # fmt: skip
FAULTS = (
    Fault("full disk", errno.ENOSPC, lasts=True, calls=frozenset(_NEED_SPACE)),
    Fault("read-only disk", errno.EROFS, lasts=True, calls=frozenset((*_NEED_SPACE, *_CHANGE))),
    Fault("disk that fails once", errno.EIO, lasts=False, calls=frozenset((*_NEED_SPACE, "fsync", "fdatasync"))),
)


class Undisturbed(NamedTuple):
    """A run stage by stage. before: a copy of the folder of runs as each stage found it, and at "" as the last left it.

    calls: what each stage did to files. varying: places that differ between two such runs by themselves: times.
    seconds: of the whole run.
    """

    stages: tuple[str, ...]
    before: dict[str, Path]
    calls: dict[str, list[Call]]
    varying: set[str]
    seconds: float

    def after(self, stage: str) -> Path:
        """What a stage left."""
        return self.before[(*self.stages, "")[self.stages.index(stage) + 1]]

    def faults(self) -> list[tuple[Fault, Point]]:
        """Every fault of the disk at every call that can meet it."""
        whole = [point for point in self.points() if not point.torn]
        return [(fault, point) for fault in FAULTS for point in whole if point.call.name in fault.calls]

    def points(self) -> list[Point]:
        """Every place to kill it: before each call, and within each write of two bytes and more."""
        return [
            Point(stage, number, torn, call)
            for stage in self.stages
            for number, call in enumerate(self.calls[stage], start=1)
            for torn in ([False, True] if call.name in WRITES and call.size > 1 else [False])
        ]


def let_through(number: int, call: Call) -> Verdict:  # noqa: ARG001  one signature for all
    """Disturb nothing."""
    return None


def _note(seen: list[Call], number: int, call: Call) -> Verdict:  # noqa: ARG001  one signature for all
    seen.append(call)
    return None


def run_until(place: Path, stage: str, decide: Callable[[int, Call], Verdict], *, speed: float = 1.0) -> Ended:
    """Run the recipe in place/runs, up to a stage. What it says goes to place.log. speed: of its clock."""

    def work() -> int:
        os.chdir(place)
        _to_log(place.with_suffix(".log"))
        _run_clock(speed)
        return _run(stage)

    return run_watched(work, place, decide, seconds=SECONDS)


def undisturbed(place: Path, names: tuple[str, ...]) -> Undisturbed:
    """Run the stages twice, one clock faster than the other, and keep what each stage found."""
    before, calls, started = {}, {}, time.monotonic()
    work = _fresh(place / "work")
    for stage in names:
        before[stage] = _copy(work, place / f"before-{stage}")
        seen: list[Call] = []
        _check(run_until(work, stage, partial(_note, seen)), work)
        calls[stage] = seen
    seconds = time.monotonic() - started
    before[""] = _copy(work, place / "after")
    other = _fresh(place / "other" / "work")
    time.sleep(1.0)  # dates that the clock below does not reach, such as the history's, count whole seconds too
    for stage in names:
        _check(run_until(other, stage, let_through, speed=FAST), other)
    states = [state_of(folder / "runs") for folder in (before[""], other)]
    varying = with_digests(changed_places(*states), states[0])
    return Undisturbed(names, before, calls, varying, seconds)


def try_point(expected: Undisturbed, point: Point, place: Path) -> list[str]:
    """What is wrong after a run that was killed there was started again; empty where all is as it should be."""
    work = _copy(expected.before[point.stage], place / "work")
    end = TEAR if point.torn else KILL
    ended = run_until(work, point.stage, lambda number, call: end if number == point.number else None)  # noqa: ARG005
    if ended.code not in (-signal.SIGKILL, 0):  # 0: a thread writes beside, and this time there were fewer calls
        return [f"it ended with {ended.code} before it was killed: {_last_line(work)}"]
    return _finished(work, point.stage, state_of(expected.after(point.stage) / "runs"), expected.varying)


def try_fault(expected: Undisturbed, fault: Fault, point: Point, place: Path) -> list[str]:
    """What is wrong with how a run ended that met a fault of the disk there, or after it was started again.

    It ends with one line and code 2; or it does not need that call, and ends as it should.
    """
    work = _copy(expected.before[point.stage], place / "work")
    ended = run_until(work, point.stage, fault.decide(point.number))
    said = work.with_suffix(".log").read_text(encoding="utf-8").splitlines()
    wrong = []
    if ended.code not in (0, 2) or any(line.startswith("Traceback") for line in said):
        wrong.append(f"it ended with {ended.code}: {_last_line(work)}")
    elif ended.code == 2 and not said[-1].startswith("acord: error: "):
        wrong.append(f"its last line is {said[-1]}")
    return wrong + _finished(work, point.stage, state_of(expected.after(point.stage) / "runs"), expected.varying)


def try_moment(expected: Undisturbed, moment: float, place: Path) -> list[str]:
    """The same for a whole run that is killed after so many seconds."""
    work = _fresh(place / "work")
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            os.chdir(work)
            _to_log(work.with_suffix(".log"))
            code = _run(expected.stages[-1])
        finally:
            os._exit(code)
    time.sleep(moment)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return _finished(work, expected.stages[-1], state_of(expected.before[""] / "runs"), expected.varying)


def moments(expected: Undisturbed, number: int, seed: int) -> list[float]:
    """Random moments within a run."""
    draw = random.Random(seed)  # noqa: S311  no secret
    return sorted(draw.uniform(0.0, expected.seconds) for _ in range(number))


def load_everything(place: Path, until: str) -> None:
    """Import what a run up to that stage imports, so that the processes forked from this one need not."""
    work = _fresh(place / "work")

    def work_and_tell() -> int:
        os.chdir(work)
        _to_log(work.with_suffix(".log"))
        code = _run(until)
        work.with_suffix(".modules").write_text("\n".join(sys.modules), encoding="utf-8")
        return code

    _check(run_watched(work_and_tell, place, let_through, seconds=SECONDS), work)
    for name in work.with_suffix(".modules").read_text(encoding="utf-8").splitlines():
        with contextlib.suppress(Exception):  # some modules are made by others, and cannot be imported by name
            importlib.import_module(name)


def stages_until(names: Sequence[str]) -> tuple[str, ...]:
    """The stages of the recipe in order, up to the last of these; all of them where none is named."""
    from acord.recipe import load_recipe
    from acord.run.stages import STAGES

    recipe = load_recipe(RECIPE)
    line = [stage.name for stage in STAGES if stage.applies(recipe)]
    return tuple(line[: max((line.index(name) for name in names), default=len(line) - 1) + 1])


def _finished(work: Path, stage: str, wanted: State, varying: set[str]) -> list[str]:
    ended = run_until(work, stage, let_through)
    if ended.code != 0:
        return [f"started again, it ended with {ended.code}: {_last_line(work)}"]
    found = state_of(work / "runs")
    wrong = sorted(changed_places(wanted, found) - varying)
    return [f"{place} is {found.get(place)} instead of {wanted.get(place)}" for place in wrong]


def _last_line(work: Path) -> str:
    lines = work.with_suffix(".log").read_text(encoding="utf-8").splitlines()
    return lines[-1] if lines else "it said nothing"


def _run(stage: str) -> int:
    from acord.errors import AcordError
    from acord.recipe import parse_recipe
    from acord.run.run_recipe import run_recipe

    os.environ["TMPDIR"] = str(Path("tmp").resolve())
    runs = Path("runs")
    content = yaml.safe_load(RECIPE.read_text(encoding="utf-8"))
    content["evaluate"]["suite"] = str(ROOT / content["evaluate"]["suite"])
    recipe = parse_recipe(content, where=str(RECIPE))
    try:
        run_recipe(recipe, runs, until=stage)
    except AcordError as error:
        print(f"acord: error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _to_log(log: Path) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)


def _run_clock(speed: float) -> None:
    """Let the clocks of Python run at another speed, so that whatever holds a time differs."""
    if speed == 1.0:
        return
    for name in ("time", "monotonic", "perf_counter"):
        setattr(time, name, partial(_faster, getattr(time, name), getattr(time, name)(), speed))


def _faster(real: Callable[[], float], start: float, speed: float) -> float:
    return start + speed * (real() - start)


def _fresh(place: Path) -> Path:
    """An empty place for a run, with the rows that it reads. They look old, or their hash would not be remembered."""
    from acord.bundled import bundled_path

    (place / "tmp").mkdir(parents=True)
    sample = (bundled_path("preferences") / "oasst.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    rows = place / "rows.jsonl"
    rows.write_text("".join(sample[:ROWS]), encoding="utf-8")
    os.utime(rows, (0, 0))
    return place


def _copy(place: Path, target: Path) -> Path:
    return Path(shutil.copytree(place, target, symlinks=True))


def _check(ended: Ended, work: Path) -> None:
    if ended.code != 0:
        said = work.with_suffix(".log").read_text(encoding="utf-8")
        raise RuntimeError(f"the undisturbed run ended with {ended.code}: {said[-2000:]}")
