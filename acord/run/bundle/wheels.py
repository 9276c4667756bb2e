"""Wheels for an environment on a machine without an index, at the versions of a lock file."""

import re
import subprocess
import sys
from pathlib import Path

from acord.errors import InputError


def download_wheels(lock: Path, folder: Path) -> list[Path]:
    """Download every distribution of a lock file as a wheel for this Python and system into `folder`; build Acord's own
    where its sources stand beside the file. What is there already is not fetched again.

    Indexes are pip's own, with its variables (PIP_INDEX_URL, PIP_EXTRA_INDEX_URL). Raises InputError where pip fails.
    """
    if not lock.is_file():
        raise InputError("no such lock file", where=str(lock), fix="Give requirements.lock.")
    folder.mkdir(parents=True, exist_ok=True)
    _pip("download", "--only-binary=:all:", "--find-links", str(folder), "--dest", str(folder),
         "--requirement", str(lock), where=lock)  # fmt: skip
    if (lock.parent / "pyproject.toml").is_file():
        _pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(lock.parent.resolve()), where=lock)
    return sorted(folder.glob("*.whl"))


def _pip(verb: str, *arguments: str, where: Path) -> None:
    command = [sys.executable, "-m", "pip", verb, "--disable-pip-version-check", "--no-input", "--quiet", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  a list, no shell
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()
        last = lines[-1].removeprefix("ERROR: ") if lines else f"exit code {done.returncode}"
        # An index's address may hold a password.
        last = re.sub(r"//[^/@\s]+@", "//", last)
        raise InputError(f"pip {verb} failed: {last}", where=str(where), fix="See to the index that pip is given.")
