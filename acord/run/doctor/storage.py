"""The disk under the folder of runs: space, quota, locks, and names that are exchanged at one stroke."""

import getpass
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from acord.run.doctor.check import Check, fine, wrong
from acord.whole import sync

LITTLE_GB, TOO_LITTLE_GB = 20.0, 1.0
FEW_FILES = 10_000
SLOW_SECONDS = 1.0
# Asks for a lock on the file named, and ends with 1 where it got one that another process has.
_TAKER = """
import fcntl, os, sys
descriptor = os.open(sys.argv[1], os.O_RDWR)
try:
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    sys.exit(0)
sys.exit(1)
"""


def check_storage(runs: Path) -> Iterator[Check]:
    """Everything that the store asks of a file system, tried in a folder beside the runs, which is removed again."""
    place = next(one for one in (runs.absolute(), *runs.absolute().parents) if one.is_dir())
    yield _space(place)
    yield from _quota(place)
    try:
        with tempfile.TemporaryDirectory(prefix=".acord-doctor-", dir=place) as folder:
            yield _locks(Path(folder), place)
            yield _renames(Path(folder), place)
    except OSError as error:
        yield wrong("disk", "disk_unwritable", place=str(place), reason=error.strerror or str(error))


def _space(place: Path) -> Check:
    found = os.statvfs(place)
    free = found.f_bavail * found.f_frsize / 1e9
    # A file system that counts no files says that it has none at all.
    files = found.f_favail if found.f_files else FEW_FILES
    if free < TOO_LITTLE_GB:
        return wrong("disk", "disk_full", free=free, place=str(place))
    if files < FEW_FILES:
        return wrong("disk", "disk_files", files=files, place=str(place))
    if free < LITTLE_GB:
        return wrong("disk", "disk_low", "note", free=free, place=str(place))
    return fine("disk", free=free, place=str(place))


def _quota(place: Path) -> Iterator[Check]:
    """What the site's own programs say; a number with a star is over its limit."""
    for command in (["quota", "-w"], ["lfs", "quota", "-q", "-u", getpass.getuser(), str(place)]):
        program = shutil.which(command[0])
        if program is None:
            continue
        try:
            done = subprocess.run(  # noqa: S603  an argument list of our own
                [program, *command[1:]], capture_output=True, text=True, check=False, timeout=60
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        said = " ".join(done.stdout.split())
        if re.search(r"\d\*", said):
            yield wrong("quota", "quota_over", said=said)
        elif done.returncode == 0 and said:
            yield fine("quota", said=said[:200])


def _locks(folder: Path, place: Path) -> Check:
    """A lock that one process holds must be refused to another: else two runs would build one artefact at once."""
    import fcntl

    file = folder / "lock"
    with file.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
        except OSError as error:
            return wrong("locks", "locks_none", place=str(place), reason=error.strerror or "")
        done = subprocess.run(  # noqa: S603  a program of our own
            [sys.executable, "-c", _TAKER, str(file)], check=False, capture_output=True, timeout=60
        )
    if done.returncode != 0:
        return wrong("locks", "locks_none", place=str(place), reason="")
    return fine("locks", place=str(place))


def _renames(folder: Path, place: Path) -> Check:
    """A file and its folder are brought to the disk and renamed, and a link is exchanged, as the store does it."""
    started = time.monotonic()
    try:
        for round_ in ("first", "second"):
            partial = folder / f"{round_}.partial"
            partial.mkdir()
            beside = partial / ".file"
            with beside.open("w") as file:
                file.write(round_)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(partial / "file")
            sync(partial)
            partial.rename(folder / round_)
            (folder / ".link").symlink_to(round_)
            (folder / ".link").replace(folder / "link")
            sync(folder)
        read = (folder / "link" / "file").read_text()
    except OSError as error:
        return wrong("renames", "renames_fail", place=str(place), reason=error.strerror or str(error))
    seconds = time.monotonic() - started
    if read != "second":
        return wrong("renames", "renames_fail", place=str(place), reason=read)
    if seconds > SLOW_SECONDS:
        return wrong("renames", "renames_slow", "note", place=str(place), seconds=seconds)
    return fine("renames", milliseconds=1_000 * seconds)
