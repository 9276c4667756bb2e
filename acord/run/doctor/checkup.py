"""All checks in their order, the quick ones first."""

from collections.abc import Iterator
from pathlib import Path

from acord.run.doctor.check import Check
from acord.run.doctor.machine import check_computing
from acord.run.doctor.meeting import check_meeting
from acord.run.doctor.network import check_network
from acord.run.doctor.software import check_software
from acord.run.doctor.storage import check_storage
from acord.run.doctor.training import check_training


def check_machine(runs: Path, processes: int | None) -> Iterator[Check]:
    """Each check as it is done. processes: how many work together, one a GPU; None for the quick checks alone."""
    yield from check_software()
    yield from check_computing(processes or 0)
    yield from check_storage(runs)
    yield check_network()
    if processes is None:
        return
    if processes > 1:
        yield check_meeting(processes)
    yield from check_training(runs, processes)
