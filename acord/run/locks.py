"""Locks between processes: a file each, held by flock, with its owner's name in it.

The kernel lets go of a lock when its owner ends, however it ends: what a file says of an owner who is gone refuses
nobody. A lock passes to programs that are started with its descriptor (`descriptors`), and then ends with the last.
"""

import errno
import fcntl
import getpass
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

# Errors of making a lock's file where nothing can be written: there is nothing to exclude anybody from.
UNWRITABLE = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT)
_MOST_BYTES = 4096
_LONGEST_LOOK_SECONDS = 0.5
_INSTANT_SECONDS = 0.2
# Descriptors of locks that are held. A forked process gets copies, and a copy keeps a lock after its owner is gone.
_held: set[int] = set()


class Owner(NamedTuple):
    """Who holds a lock. since: UTC, ISO 8601."""

    user: str
    process: int
    host: str
    since: str

    def __str__(self) -> str:
        return f"{self.user} (process {self.process} on {self.host}, since {self.since})"


def _let_go() -> None:
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_let_go)


def descriptors() -> tuple[int, ...]:
    """Descriptors of the locks that this process holds, for `pass_fds` of programs that work on under them."""
    return tuple(sorted(_held))


@contextmanager
def locked(path: Path, *, busy: Callable[[Owner | None], None]) -> Iterator[None]:
    """Hold the lock of that file, whose folder must be there; the file is gone when the block ends.

    busy: told once of who holds it, None where that cannot be read; it may raise, else the lock is waited for. Raises
    OSError, ENOLCK where the file system has no locks.
    """
    descriptor = _lock(path, busy)
    _held.add(descriptor)
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(_myself()._asdict()).encode(), 0)
        yield
    finally:
        with suppress(OSError):  # a file without a lock refuses nobody, and is removed when something can be again
            path.unlink()
        _held.discard(descriptor)
        os.close(descriptor)


def remove_abandoned(folder: Path) -> None:
    """Remove the files of locks that nobody holds: a process that is killed leaves its own behind."""
    for path in folder.iterdir() if folder.is_dir() else ():
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDWR)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is_named(descriptor, path):
                    path.unlink()
            finally:
                os.close(descriptor)


def _lock(path: Path, busy: Callable[[Owner | None], None]) -> int:
    told = False
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if not _lock_soon(descriptor):
                if not told:
                    busy(_owner(path))
                told = True
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            # Who held the lock has removed its file: a lock on a file without a name excludes nobody.
            if _is_named(descriptor, path):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _lock_soon(descriptor: int) -> bool:
    """Whether the lock could be had; who only looks for abandoned locks holds one for an instant."""
    until = time.monotonic() + _INSTANT_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                return False
            time.sleep(0.01)
        else:
            return True


def _is_named(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _owner(path: Path) -> Owner | None:
    """Who holds it; who has only just taken it may still be writing the name."""
    until = time.monotonic() + _LONGEST_LOOK_SECONDS
    while time.monotonic() < until:
        try:
            told = json.loads(path.read_bytes()[:_MOST_BYTES])
            return Owner(str(told["user"]), int(told["process"]), str(told["host"]), str(told["since"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            time.sleep(0.01)
    return None


def _myself() -> Owner:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = f"user {os.getuid()}"  # a container's users need no name
    return Owner(user, os.getpid(), socket.gethostname(), datetime.now(UTC).isoformat(timespec="seconds"))
