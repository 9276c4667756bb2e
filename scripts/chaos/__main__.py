"""Kill a small run at every write, fsync and rename, and at random moments; each must end in the same bytes.

    python -m scripts.chaos                             # every place of every stage, 50 moments, 200 faults
    python -m scripts.chaos --stages align              # the places of one stage
    python -m scripts.chaos --sample 40 --faults 40     # some of the places, drawn by --seed

The same is asked of runs that meet a full disk, one that has become read-only, and one that fails once: each ends with
one line and is started again.

Exit code 1 where a run that was started again ended differently. What was tried and what failed is printed.
"""

import argparse
import gc
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

os.environ["OMP_NUM_THREADS"] = "1"  # a process with threads of its own could not be forked safely
os.environ["TQDM_DISABLE"] = "1"
os.environ["TRANSFORMERS_VERBOSITY"] = "error"

from scripts.chaos.calls import can_watch
from scripts.chaos.trials import (
    Undisturbed,
    load_everything,
    moments,
    stages_until,
    try_fault,
    try_moment,
    try_point,
    undisturbed,
)

SHOWN_PLACES = 5
T = TypeVar("T")


class Trial(NamedTuple):
    """name: what befalls the run, and where. run: what is wrong afterwards, given a place."""

    name: str
    run: Callable[[Path], list[str]]


def main() -> None:
    """Parse the command line, try, and tell."""
    parser = argparse.ArgumentParser(prog="python -m scripts.chaos", description="Kill runs and start them again.")
    parser.add_argument("--stages", nargs="*", default=[], help="only the places of these stages")
    parser.add_argument("--sample", type=int, help="in how many places to kill it; all by default")
    parser.add_argument("--faults", type=int, default=200, help="at how many calls the disk is at fault")
    parser.add_argument("--moments", type=int, default=50, help="random moments of a whole run")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="for what is drawn")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    given = parser.parse_args()
    if not can_watch():
        sys.exit("this kernel does not let a process watch another's calls (Linux 5.5, x86_64 or aarch64)")
    started = time.monotonic()
    names = stages_until(given.stages)
    with tempfile.TemporaryDirectory(prefix="acord-chaos-") as folder:
        place = Path(folder)
        load_everything(place / "load", names[-1])
        gc.freeze()  # a collection in a forked process would write to every page that it shares with this one
        expected = undisturbed(place / "expected", names)
        trials = _trials(expected, given)
        print(f"{len(trials)} trials, seed {given.seed}", flush=True)
        failed = list(_failures(trials, place, given.workers))
    for name, wrong in failed:
        print(f"FAILED {name}")
        for line in wrong[:SHOWN_PLACES]:
            print(f"    {line[:300]}")
    print(f"{len(trials)} trials, {len(failed)} failed; {time.monotonic() - started:.0f} s")
    sys.exit(1 if failed else 0)


def _trials(expected: Undisturbed, given: argparse.Namespace) -> list[Trial]:
    """What is asked for, and a line on each stage."""
    asked = given.stages or expected.stages
    points = [point for point in expected.points() if point.stage in asked]
    faults = [(fault, point) for fault, point in expected.faults() if point.stage in asked]
    for stage, number in Counter(point.stage for point in points).items():
        print(f"{stage:<10} {len(expected.calls[stage])} calls, {number} places to kill it")
    draw = random.Random(given.seed)  # noqa: S311  no secret
    return [
        *(Trial(f"killed: {one}", partial(try_point, expected, one)) for one in _some(points, given.sample, draw)),
        *(
            Trial(f"{fault.name}: {one}", partial(try_fault, expected, fault, one))
            for fault, one in _some(faults, given.faults, draw)
        ),
        *(
            Trial(f"killed after {one:.3f} s", partial(try_moment, expected, one))
            for one in moments(expected, given.moments, given.seed)
        ),
    ]


def _some(everything: list[T], number: int | None, draw: random.Random) -> list[T]:
    return draw.sample(everything, len(everything) if number is None else min(number, len(everything)))


def _failures(trials: Sequence[Trial], place: Path, workers: int) -> Iterator[tuple[str, list[str]]]:
    """Try all, side by side; the names of those that failed, and why."""
    processes = []
    for number in range(workers):
        pid = os.fork()
        if pid == 0:
            _work(trials[number::workers], place / f"worker-{number}")
        processes.append(pid)
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in processes]
    for number, code in enumerate(codes):
        lines = (place / f"worker-{number}.jsonl").read_text(encoding="utf-8").splitlines()
        yield from (tuple(json.loads(line)) for line in lines)
        if code != 0:
            yield f"worker {number}", [f"it ended with {code}"]


def _work(trials: Sequence[Trial], place: Path) -> None:
    code = 1
    try:
        with place.with_suffix(".jsonl").open("w", encoding="utf-8") as file:
            for number, trial in enumerate(trials):
                wrong = _tried(trial, place)
                if wrong:
                    file.write(json.dumps([trial.name, wrong]) + "\n")
                    file.flush()
                    print(f"failed: {trial.name}: {wrong[0][:200]}", flush=True)
                if number % 50 == 49:
                    print(f"{number + 1} of {len(trials)}", flush=True)
        code = 0
    finally:
        os._exit(code)


def _tried(trial: Trial, place: Path) -> list[str]:
    try:
        return trial.run(place)
    except Exception as error:  # whatever a trial meets is its result
        return [f"{type(error).__name__}: {error}"]
    finally:
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    main()
