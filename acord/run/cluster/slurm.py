"""SLURM's programs, called without a shell: queue jobs that wait for each other, look for them, take them back."""

import getpass
import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from acord.errors import InputError, MachineError
from acord.run.cluster.prepared import Prepared, PreparedJob
from acord.run.disk import disk_faults, write_atomically

RECORD = "jobs.json"
# A busy controller answers late; one that is gone never does.
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True)
class Queued:
    """A job in the queue. after: the number of the job that has to end well first."""

    name: str
    number: str
    stages: tuple[str, ...]
    after: str | None
    script: Path
    log: str

    def as_json(self) -> dict[str, Any]:
        """For `--json` and jobs.json."""
        return {
            "name": self.name,
            "id": self.number,
            "stages": list(self.stages),
            "after": self.after,
            "script": str(self.script),
            "log": self.log,
        }


def submit_jobs(prepared: Prepared) -> list[Queued]:
    """Queue all jobs, each to start when the one before has ended well. The scripts have been written.

    Raises InputError where sbatch refuses one, and MachineError where it cannot be asked; those that were queued
    before it are cancelled then, so that nothing is queued.
    """
    queued: list[Queued] = []
    try:
        for one in prepared.jobs:
            number = _submit(one, queued[-1].number if queued else None)
            queued.append(
                Queued(
                    one.name,
                    number,
                    one.stages,
                    queued[-1].number if queued else None,
                    one.script,
                    one.log.replace("%j", number).replace("%%", "%"),
                )
            )
            _record(prepared, queued)
    except BaseException as error:
        _take_back(queued, error)
        raise
    return queued


def check_none_queued(prepared: Prepared) -> None:
    """Raises InputError where jobs of this recipe wait or run: two trainings of one recipe would only wait in turn."""
    try:
        content = json.loads((prepared.folder / RECORD).read_text(encoding="utf-8"))
        earlier = {str(job["id"]) for job in content["jobs"]}
    except (OSError, ValueError, KeyError, TypeError):
        return
    there = earlier & {*_run(["squeue", "--noheader", f"--user={getpass.getuser()}", "--format=%i"]).split()}
    if there:
        numbers = sorted(there, key=int)
        raise InputError(
            f"jobs of this recipe are still in the queue: {', '.join(numbers)}",
            where=str(prepared.folder / RECORD),
            fix=f"Wait for them, or cancel them: scancel {' '.join(numbers)}",
        )


def _submit(one: PreparedJob, after: str | None) -> str:
    waits = [] if after is None else [f"--dependency=afterok:{after}"]
    answer = _run(["sbatch", "--parsable", f"--output={one.log}", *waits, str(one.script)], what=f"the job {one.title}")
    number = answer.strip().split(";")[0]
    if not number.isdecimal():
        raise MachineError(f"sbatch answered {answer.strip()[:80]!r}, which is no job's number", where=one.title)
    return number


def _record(prepared: Prepared, queued: Sequence[Queued]) -> None:
    content = {
        "recipe": prepared.name,
        "submitted": datetime.now(UTC).isoformat(timespec="seconds"),
        "jobs": [one.as_json() for one in queued],
    }
    with disk_faults(prepared.folder):
        write_atomically(prepared.folder / RECORD, json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def _take_back(queued: Sequence[Queued], error: BaseException) -> None:
    """Cancel what was queued, and say so in the error that ended the rest."""
    if not queued:
        return
    numbers = [one.number for one in queued]
    try:
        _run(["scancel", *numbers])
        said = f"Nothing is queued: {', '.join(numbers)} cancelled again."
    except (InputError, MachineError) as fault:
        said = f"Still queued: {', '.join(numbers)}, since scancel failed too ({fault.what}). Cancel them by hand."
    if isinstance(error, InputError | MachineError):
        raise type(error)(error.what, where=error.where, fix=f"{error.fix} {said}".strip()) from None


def _run(command: Sequence[str], what: str = "") -> str:
    """What one of SLURM's programs prints. what: what it was asked for, where its refusal is the user's to mend."""
    program = shutil.which(command[0])
    if program is None:
        raise MachineError(
            f"the program {command[0]} is not here",
            where="--cluster",
            fix="Submit on a login node of the cluster, or see the scripts with --dry-run.",
        )
    try:
        done = subprocess.run(  # noqa: S603  an argument list; no shell reads it
            [program, *command[1:]], capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise MachineError(
            f"{command[0]} gave no answer within {PATIENCE_SECONDS:.0f} s", where="--cluster", fix="Try again later."
        ) from None
    except OSError as error:
        raise MachineError(f"{command[0]} cannot be run: {error.strerror}", where=program) from None
    if done.returncode != 0:
        lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        why = lines[-1].strip() if lines else f"it ended with exit code {done.returncode}"
        if what:
            raise InputError(f"{command[0]} refused {what}: {why}", where="--cluster", fix="Change the profile.")
        raise MachineError(f"{command[0]} failed: {why}", where="--cluster", fix="Try again later.")
    return done.stdout
