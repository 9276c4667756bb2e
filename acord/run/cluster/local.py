"""One workstation: the same scripts, run here one after another, each with a log beside it."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NamedTuple

from acord.errors import MachineError
from acord.run.cluster.prepared import Prepared, PreparedJob
from acord.run.disk import disk_faults

PASSED = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)


class Ran(NamedTuple):
    """A job that has run here. code: its exit code."""

    name: str
    stages: tuple[str, ...]
    log: str
    code: int

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {"name": self.name, "stages": list(self.stages), "log": self.log, "exit_code": self.code}


def run_jobs(prepared: Prepared, *, quiet: bool = False) -> list[Ran]:
    """Run the scripts, which have been written, in their order; the first that fails is the last. quiet: logs alone.

    Raises MachineError where there is no bash.
    """
    ran: list[Ran] = []
    for one in prepared.jobs:
        ran.append(Ran(one.name, one.stages, one.log, _run(one, quiet)))
        if ran[-1].code != 0:
            break
    return ran


def _run(one: PreparedJob, quiet: bool) -> int:
    with disk_faults(one.script), open(one.log, "ab") as log:  # noqa: PTH123  the log's name is text that SLURM shares
        try:
            # A group of its own: Ctrl-C reaches the script once, from here, and not its children beside it.
            process = subprocess.Popen(  # noqa: S603  an argument list; no shell reads it
                ["/bin/bash", str(one.script)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except FileNotFoundError:
            raise MachineError("there is no /bin/bash", where="--cluster", fix="Install bash.") from None
        assert process.stdout is not None  # noqa: S101  it was asked for
        with process.stdout as lines, _passed_on(process):
            for line in lines:
                log.write(line)
                log.flush()
                if not quiet:
                    sys.stderr.write(line.decode(errors="replace"))
                    sys.stderr.flush()
            return process.wait()


@contextmanager
def _passed_on(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Signals to this process go to the script, which passes them on and ends in its own time."""

    def pass_on(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  as signal has it
        if process.poll() is None:
            process.send_signal(number)

    before = {number: signal.signal(number, pass_on) for number in PASSED}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
