"""A worker: one of several processes that do a stage's work. `python -m acord.run.worker JOB.json`, by `crew.py`."""

import ctypes
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

# What a worker leaves with when who started it is gone.
ORPHANED = 3
PR_SET_PDEATHSIG = 1


def main() -> None:
    """Do this process's part of the job; ends the process."""
    parent = int(os.environ["ACORD_PARENT"])
    _die_with(parent)
    # A wish for a checkpoint: who can write one listens for it, and nobody else need end.
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    path = Path(sys.argv[1])
    job = json.loads(path.read_text(encoding="utf-8"))
    rank = int(os.environ["RANK"])
    _speak(job, rank)
    from acord.processes import PATIENCE_WITH_ORDERS, join, leave, open_store
    from acord.run.supervising import report

    store = None
    try:
        store = open_store(job["size"])
        _Beats(open_store(job["size"]), rank, parent).start()
        join(patience=PATIENCE_WITH_ORDERS if job["stage"] == "evaluate" else 1.0)
        figures = _work(job)
        if rank == 0:
            from acord.run.crew import FIGURES
            from acord.run.disk import write_atomically

            write_atomically(path.with_name(FIGURES), json.dumps(figures))
        store.set(f"left/{rank}", "")
        leave()
    except BaseException as error:
        if store is not None:
            report(store, rank, error)
        sys.stderr.flush()
        # The process group would wait for those that are gone.
        os._exit(1)


def _work(job: dict[str, Any]) -> dict[str, Any]:
    from acord.recipe import parse_recipe
    from acord.run.stages import STAGES, Job

    stage = next(stage for stage in STAGES if stage.name == job["stage"])
    recipe = parse_recipe(job["recipe"], where="the recipe")
    inputs = {name: Path(folder) for name, folder in job["inputs"].items()}
    return stage.build(Job(recipe, Path(job["folder"]), inputs, Path(job["runs"])))


def _speak(job: dict[str, Any], rank: int) -> None:
    """As the run does; rank 0 for all."""
    from acord.console import configure
    from acord.languages import set_language

    set_language(job["language"])
    configure(quiet=job["quiet"] or rank > 0)


def _die_with(parent: int) -> None:
    """End at once when the parent ends, however it does."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(ORPHANED)


class _Beats(threading.Thread):
    """Leaves signs of life in the store, with how far this process has come; ends it when parent or store are gone."""

    def __init__(self, store: Any, rank: int, parent: int) -> None:
        super().__init__(name="acord-beats", daemon=True)
        from acord.processes import stall_seconds

        self._store, self._rank, self._parent = store, rank, parent
        self._every = min(1.0, stall_seconds() / 10)

    def run(self) -> None:
        """Beat until the process ends."""
        from acord.processes import progress

        beat = 0
        while True:
            beat += 1
            try:
                self._store.set(f"beat/{self._rank}", f"{beat} {progress()}")
            except Exception:
                os._exit(ORPHANED)
            if os.getppid() != self._parent:
                os._exit(ORPHANED)
            time.sleep(self._every)


if __name__ == "__main__":
    main()
