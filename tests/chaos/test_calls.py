"""The watch over a process's calls: what it sees, and that it ends, tears and refuses what it is told to."""

import errno
import os
import signal
import threading
from pathlib import Path

import pytest

from scripts.chaos.calls import KILL, TEAR, Call, Ended, can_watch, run_watched

pytestmark = pytest.mark.skipif(not can_watch(), reason="this kernel does not let a process watch another's calls")


def let_through(number: int, call: Call) -> None:
    """Disturb nothing."""


def write(path: Path) -> int:
    path.write_bytes(b"0123456789")
    path.replace(path.with_name("renamed"))
    return 7


def test_calls_of_every_thread_and_helper_are_seen_in_one_order(tmp_path):
    def work():
        (tmp_path / "read").read_bytes()
        thread = threading.Thread(target=write, args=(tmp_path / "a",))
        thread.start()
        thread.join()
        child = os.fork()
        if child == 0:
            os._exit(write(tmp_path / "b"))
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    (tmp_path / "read").write_bytes(b"")
    seen = []
    assert run_watched(work, tmp_path, lambda number, call: seen.append((number, *call))) == Ended(7, 6)
    assert seen == [
        (number, name, str(tmp_path / file), size)
        for number, (name, file, size) in enumerate(
            [(name, file, size) for path in "ab"
             for name, file, size in (("openat", path, 0), ("write", path, 10), ("rename", "renamed", 0))], start=1
        )
    ]  # fmt: skip


@pytest.mark.parametrize(("verdict", "left"), [(KILL, b""), (TEAR, b"01234")])
def test_a_process_is_killed_before_or_within_a_write(tmp_path, verdict, left):
    ended = run_watched(lambda: write(tmp_path / "a"), tmp_path, lambda number, _: verdict if number == 2 else None)
    assert ended == Ended(-signal.SIGKILL, 2)
    assert (tmp_path / "a").read_bytes() == left


def test_a_call_is_refused(tmp_path):
    def work():
        with pytest.raises(OSError, match="No space left"):
            write(tmp_path / "a")
        return 3

    assert run_watched(work, tmp_path, lambda _, call: errno.ENOSPC if call.name == "write" else None).code == 3
    assert run_watched(lambda: write(tmp_path / "a"), tmp_path / "other", let_through) == Ended(7, 0)


def test_a_process_that_goes_on_for_ever_is_ended(tmp_path):
    with pytest.raises(TimeoutError):
        run_watched(lambda: signal.pause() or 0, tmp_path, let_through, seconds=0.2)
