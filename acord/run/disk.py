"""Faults of the disk, as one line that names the place and the remedy, and writing that survives a crash."""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from acord.errors import AcordError, MachineError
from acord.whole import sync, written_whole

REMEDIES = {
    errno.ENOSPC: ("the disk is full", "Free some space, or give another folder with --runs."),
    errno.EDQUOT: ("the disk quota is used up", "Free some space, or give another folder with --runs."),
    errno.EACCES: ("no permission", "Change the permissions, or give another folder with --runs."),
    errno.EPERM: ("no permission", "Change the permissions, or give another folder with --runs."),
    errno.EROFS: ("the file system is read-only", "Give a folder that can be written with --runs."),
    errno.ENOLCK: ("the file system has no file locks", "Give a folder on another file system with --runs."),
    errno.ENAMETOOLONG: ("the name is too long", "Give a shorter one."),
    errno.EIO: ("the disk does not read or write", "Give a folder on another disk with --runs."),
}
FULL = (errno.ENOSPC, errno.EDQUOT)


def disk_fault(error: BaseException | None) -> int | None:
    """The errno of the disk fault behind an error, None where there is none.

    Libraries written in Rust and C++ raise errors of their own that only quote the number: "(os error 28)",
    "[errno 28]". A full disk is also looked for behind an error that arose while it was being handled: writers that
    are closed then fail once more.
    """
    seen_while_handling = False
    while error is not None:
        number = (error.errno if isinstance(error, OSError) else None) or _quoted_errno(error)
        if number in (FULL if seen_while_handling else REMEDIES):
            return number
        seen_while_handling = seen_while_handling or error.__cause__ is None
        error = error.__cause__ or error.__context__
    return None


def _quoted_errno(error: BaseException) -> int | None:
    quoted = re.search(r"\(os error (\d+)\)|\[errno (\d+)\]", str(error), re.IGNORECASE)
    return int(quoted[1] or quoted[2]) if quoted else None


@contextmanager
def disk_faults(path: Path) -> Iterator[None]:
    """Turn a disk fault while working on `path` into a MachineError of one line; let everything else pass."""
    try:
        yield
    except AcordError:
        raise
    except Exception as error:
        number = disk_fault(error)
        if number is None:
            raise
        what, fix = REMEDIES[number]
        named = error.filename if isinstance(error, OSError) and isinstance(error.filename, str) else str(path)
        raise MachineError(what, where=named, fix=fix) from error


def write_atomically(path: Path, text: str) -> None:
    """Write a small file beside its place, to the disk, then rename it into place."""
    with written_whole(path) as beside, beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    sync(path.parent)


def sync_tree(folder: Path) -> None:
    """Bring every file and folder under `folder`, and itself, to the disk."""
    for place, _, names in os.walk(folder, topdown=False):
        for name in names:
            sync(Path(place) / name)
        sync(Path(place))


def remove(path: Path) -> None:
    """Remove a file, a link or a folder, whichever is there."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)
