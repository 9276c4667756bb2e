"""A stage's work by several processes: who they are, how they are started, and what became of them.

The run's own process keeps the store, the locks and the manifest. For a stage it starts workers (`worker.py`), on this
machine by itself, on several through the command in ACORD_LAUNCHER, which starts `node.py` once on each. They meet at a
store that the run's process holds, work in the stage's folder, and leave the stage's figures in a file beside it.
"""

import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from acord import console
from acord.errors import InputError
from acord.languages import interface_language
from acord.processes import world
from acord.run.supervising import Pulse, Supervised, end_all, explain, forwarded, start_workers

if TYPE_CHECKING:
    from acord.run.stages import Job

LAUNCHER, NODES, MEETING = "ACORD_LAUNCHER", "ACORD_NODES", "ACORD_RDZV"
JOB, FIGURES = "job.json", "figures.json"


@dataclass(frozen=True)
class Crew:
    """processes: on each machine, None for all of its GPUs, or one where it has none. nodes: machines.

    launcher: what starts a command once on each of several machines. meeting: host:port where these find each other.
    """

    processes: int | None = 1
    nodes: int = 1
    launcher: tuple[str, ...] = ()
    meeting: str = ""

    def counted(self) -> "Crew":
        """The same with the number of processes settled. Raises InputError for more than there are GPUs."""
        if self.processes == 1:
            return self
        import torch

        gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if self.processes is None:
            return replace(self, processes=max(1, gpus))
        if self.nodes == 1 and 0 < gpus < self.processes:
            raise InputError(
                f"{self.processes} processes want a GPU each, and this machine has {gpus}",
                where="--processes",
                fix=f"Give {gpus} at most.",
            )
        return self

    @property
    def size(self) -> int:
        """All processes, once they are counted."""
        return (self.processes or 1) * self.nodes


ALONE = Crew()


def crew_of(processes: str | None, nodes: int | None, environment: Mapping[str, str] = os.environ) -> Crew:
    """The crew that options and environment ask for. Raises InputError for what does not go together."""
    machines = nodes if nodes is not None else _number(environment.get(NODES) or "1", NODES)
    launcher, meeting = environment.get(LAUNCHER, ""), environment.get(MEETING, "")
    if machines > 1 and not (launcher and meeting):
        missing = LAUNCHER if not launcher else MEETING
        raise InputError(
            f"{machines} machines want a command that starts a process on each",
            where=missing,
            fix='Set ACORD_LAUNCHER="srun --ntasks-per-node=1" and ACORD_RDZV=first-machine:29500, say.',
        )
    try:
        command = tuple(shlex.split(launcher))
    except ValueError as error:
        raise InputError(f"it is no command: {error}", where=LAUNCHER, fix="Close its quotation marks.") from None
    count = None if processes in (None, "auto") else _number(str(processes), "--processes")
    return Crew(count, machines, command if machines > 1 else (), meeting if machines > 1 else "")


def together(stage: str, job: "Job", alone: Callable[["Job"], dict[str, Any]]) -> dict[str, Any]:
    """The figures of a stage, worked on by the job's crew; `alone` does it where that is one process.

    Raises what a worker raised, MachineError where one was killed or stalled.
    """
    if world().size > 1:  # a worker
        return alone(job)
    crew = job.crew.counted()
    folder = job.folder.with_name(f"{job.folder.name}.workers")
    shutil.rmtree(folder, ignore_errors=True)  # of a run that was killed
    if crew.size == 1:
        return alone(replace(job, crew=ALONE))
    folder.mkdir(parents=True)
    try:
        with _Meeting(crew.meeting) as meeting:
            _write_job(stage, job, crew, meeting.address, folder / JOB)
            _supervise(stage, crew, meeting, folder / JOB)
        figures: dict[str, Any] = json.loads((folder / FIGURES).read_text(encoding="utf-8"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {**figures, "processes": crew.size}


def _write_job(stage: str, job: "Job", crew: Crew, address: str, path: Path) -> None:
    content = {
        "stage": stage,
        "recipe": job.recipe.model_dump(mode="json", by_alias=True),
        "folder": str(job.folder.absolute()),
        "inputs": {name: str(folder.absolute()) for name, folder in job.inputs.items()},
        "runs": str(job.runs.absolute()),
        "language": interface_language().tag,
        "quiet": console.is_quiet(),
        "store": address,
        "processes": crew.processes,
        "size": crew.size,
        "one_machine": crew.nodes == 1,
    }
    path.write_text(json.dumps(content), encoding="utf-8")


def _supervise(stage: str, crew: Crew, meeting: "_Meeting", job: Path) -> None:
    from acord.run.locks import descriptors

    if crew.nodes == 1:
        children = start_workers(job, first=0, locks=descriptors())
    else:
        command = [*crew.launcher, sys.executable, "-P", "-m", "acord.run.node", str(job)]
        try:
            launched = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, start_new_session=True)  # noqa: S603  an argument list, no shell
        except OSError as error:
            raise InputError(
                f"it cannot be started: {error.strerror}", where=LAUNCHER, fix="Mend the command."
            ) from None
        children = {-1: launched}
    pulse = Pulse(meeting.store, crew.size)
    team = Supervised(children, pulse)
    try:
        with forwarded(children) as signals:
            team.attend()
    finally:
        meeting.store.set("end", "")
        end_all(children)
    explain(stage, team, signals)


class _Meeting:
    """The store where the processes find each other, kept by this one: on the loopback, unless machines are several."""

    def __init__(self, address: str) -> None:
        self._given = address
        self._socket: socket.socket | None = None
        self.address = address
        self.store: Any = None

    def __enter__(self) -> "_Meeting":
        host, _, port = (self._given or "127.0.0.1:0").rpartition(":")
        try:
            self._socket = socket.create_server((host if not self._given else "", _number(port, MEETING, least=0)))
        except OSError as error:
            raise InputError(
                f"the processes cannot meet there: {error.strerror}", where=self._given, fix=f"Change {MEETING}."
            ) from None
        self.address = f"{host}:{self._socket.getsockname()[1]}"
        import torch.distributed as dist

        stores: Any = dist  # TCPStore is public, and not in torch's own list
        number = self._socket.getsockname()[1]
        # The store closes the descriptor that it is given.
        own = os.dup(self._socket.fileno())
        self.store = stores.TCPStore("127.0.0.1", number, is_master=True, wait_for_workers=False, master_listen_fd=own)
        return self

    def __exit__(self, *unused: object) -> None:
        self.store = None
        if self._socket is not None:
            self._socket.close()


def _number(text: str, where: str, least: int = 1) -> int:
    if not text.isdecimal() or int(text) < least:
        raise InputError(f"{text} is no number of {least} or more", where=where, fix="Write a number, 2 say.")
    return int(text)
