"""Files that several processes write: a lock beside each, whole lines only, 0600, since they hold personal data."""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from acord.errors import InputError
from acord.whole import sync

PRIVATE = 0o600


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Nobody else writes `path` meanwhile: neither another process nor another thread.

    The lock lies on a file beside it, since a file that is written anew has another inode than the one it replaces.
    Raises InputError where there is no room for it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(_lock_of(path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    except OSError as error:
        raise trouble(error, path) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def locked_to_read(path: Path) -> Iterator[None]:
    """Nobody writes `path` meanwhile. Where there is no lock yet, or no right to it, the file is read as it is."""
    try:
        descriptor = os.open(_lock_of(path), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        yield
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def write_all(descriptor: int, content: bytes) -> None:
    """Write every byte, and have them on disk."""
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
    os.fsync(descriptor)


def replace(path: Path, content: bytes) -> None:
    """Put a file in the place of another at once; whoever reads sees the old one or the new one. Hold its lock.

    The mode stays as it was. Raises OSError.
    """
    mode = path.stat().st_mode & 0o777 if path.exists() else PRIVATE
    # The leading dot keeps it away from whoever reads a whole folder.
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
    try:
        try:
            write_all(descriptor, content)
            os.fchmod(descriptor, mode)
        finally:
            os.close(descriptor)
        new.rename(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    sync(path.parent)


def trouble(error: OSError, path: Path) -> InputError:
    """What the system said about a file, as one line."""
    return InputError(
        f"cannot be read or written: {error.strerror or error}",
        where=str(path),
        fix="Check the path, the permissions and the space on the disk, or give another file.",
    )


def _lock_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")
