"""Faults of the disk where a verb was told by an option of its own where to write."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from acord.errors import MachineError
from acord.run.disk import disk_faults


@contextmanager
def faults_of(option: str, path: Path) -> Iterator[None]:
    """As `disk_faults`, with the remedy that names the option instead of the folder of runs."""
    try:
        with disk_faults(path):
            yield
    except MachineError as error:
        raise MachineError(str(error).replace("--runs", option)) from error
