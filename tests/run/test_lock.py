"""A lock ends with the process that took it, whatever it forked."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from acord.run.locks import Owner, locked, remove_abandoned

ROOT = Path(__file__).parents[2]
HOLDER = """
import os, subprocess, sys, time
from pathlib import Path
from acord.run.locks import descriptors, locked
with locked(Path(sys.argv[1]), busy=print):
    if sys.argv[2] == "fork":
        child = os.fork()
        if child == 0:
            time.sleep(60)
            os._exit(0)
    else:
        child = subprocess.Popen(["sleep", "60"], pass_fds=descriptors()).pid
    print(child, flush=True)
    time.sleep(60)
"""


def take(path: Path) -> bool:
    """Whether nobody holds the lock."""

    def busy(owner: Owner | None) -> None:
        raise BlockingIOError(owner)

    try:
        with locked(path, busy=busy):
            return True
    except BlockingIOError:
        return False


@contextmanager
def killed_holder(path: Path, how: str) -> Iterator[int]:
    """The process that a holder of the lock started before it was killed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path), how], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    child = int(holder.stdout.readline())
    try:
        assert not take(path)
        holder.kill()
        holder.wait()
        yield child
    finally:
        os.kill(child, signal.SIGKILL)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is forked here")
def test_a_forked_process_does_not_keep_the_lock_of_one_that_was_killed(tmp_path: Path) -> None:
    with killed_holder(tmp_path / "lock", "fork"):
        assert take(tmp_path / "lock")


def test_a_program_that_was_given_the_lock_keeps_it_until_it_ends(tmp_path: Path) -> None:
    with killed_holder(tmp_path / "lock", "start") as child:
        assert not take(tmp_path / "lock")
        os.kill(child, signal.SIGKILL)
        until = time.monotonic() + 10
        while not take(tmp_path / "lock"):
            assert time.monotonic() < until


def test_files_of_locks_that_nobody_holds_are_removed_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "abandoned").write_text("{}")
    with locked(tmp_path / "held", busy=print):
        remove_abandoned(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["held"]
    assert list(tmp_path.iterdir()) == []
