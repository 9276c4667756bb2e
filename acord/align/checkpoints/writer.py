"""Writes checkpoints while training goes on: the state is copied, and a thread writes, hashes, syncs and renames it."""

import json
import shutil
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from acord.align.checkpoints.files import Part, Seal, State, write_parts, write_state
from acord.align.checkpoints.folder import Checkpoints
from acord.console import say
from acord.memory import free_host_bytes
from acord.processes import World
from acord.whole import sync, written_whole

LOOK_EVERY_SECONDS = 0.05
# Of the memory that is free, what a second copy of the state may take.
SHARE_OF_FREE = 0.7


class Moment(NamedTuple):
    """What a checkpoint holds besides tensors. lines: the file of metrics, of which `metrics` seals the beginning."""

    steps: int
    memory: dict[str, Any]
    metrics: Seal
    lines: Path


class Abandoned(Exception):
    """A checkpoint that another process will never finish."""


class Writer:
    """Writes one checkpoint at a time. What went wrong is raised by the next call, once, and never lost."""

    def __init__(self, checkpoints: Checkpoints, world: World) -> None:
        self._checkpoints, self._world = checkpoints, world
        self._copies = _Copies()
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None
        self._given_up = threading.Event()
        self._newest = max(checkpoints.numbers(), default=0)

    @property
    def last_good(self) -> str:
        """The newest checkpoint that is complete, for people."""
        return str(self._checkpoints.place(self._newest)) if self._newest else "the base"

    @property
    def idle(self) -> bool:
        """Whether nothing is being written."""
        return self._thread is None or not self._thread.is_alive()

    @property
    def failed(self) -> bool:
        """Whether something went wrong that has not been raised yet."""
        return self._error is not None

    def begin(self, tensors: Mapping[str, Tensor], moment: Moment) -> None:
        """Copy the state and start to write it; waits for the checkpoint before. Raises what that one met."""
        self.wait()
        parts = [part for name, tensor in tensors.items() if (part := _own_part(name, tensor, self._world)) is not None]
        copied = self._copies.take(parts)
        if copied is None:
            self._write(parts, None, moment)
            self.wait()
            return
        self._thread = threading.Thread(
            target=self._write, args=(copied.parts, copied.done, moment), name="acord-checkpoint", daemon=True
        )
        self._thread.start()

    def wait(self) -> None:
        """Return when nothing is being written. Raises what went wrong."""
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def leave(self) -> None:
        """The run breaks off: let the checkpoint be finished that this process can finish, and say what failed."""
        if self._world.size > 1:
            self._given_up.set()
        try:
            self.wait()
        except Abandoned:
            pass
        except Exception as error:
            say(f"a checkpoint could not be written: {error}")

    def _write(self, parts: list[Part], copied: Any, moment: Moment) -> None:
        try:
            if copied is not None:
                copied.synchronize()
            self._write_whole(parts, moment)
        except BaseException as error:
            self._error = error
            # A disk that is full should not stay so for the sake of half a checkpoint.
            if self._world.size == 1:
                shutil.rmtree(self._checkpoints.partial(moment.steps), ignore_errors=True)

    def _write_whole(self, parts: list[Part], moment: Moment) -> None:
        partial = self._checkpoints.partial(moment.steps)
        partial.mkdir(parents=True, exist_ok=True)
        files = write_parts(partial, self._world.rank, parts)
        if self._world.rank > 0:
            _tell(partial, self._world.rank, files)
            return
        for rank in range(1, self._world.size):
            files |= self._told(partial, rank)
        sync(moment.lines)
        write_state(partial, State(moment.steps, self._world.size, moment.memory, moment.metrics, files))
        self._checkpoints.complete(moment.steps)
        self._newest = moment.steps

    def _told(self, partial: Path, rank: int) -> dict[str, Seal]:
        """What another process wrote; waited for."""
        note = _note(partial, rank)
        while not note.exists():
            if self._given_up.is_set():
                raise Abandoned
            time.sleep(LOOK_EVERY_SECONDS)
        files = {name: Seal(**seal) for name, seal in json.loads(note.read_text()).items()}
        note.unlink()
        return files


def _tell(partial: Path, rank: int, files: Mapping[str, Seal]) -> None:
    """Leave rank 0 a note of what was written: files on the disk that all share, and no message between threads."""
    with written_whole(_note(partial, rank)) as beside:
        beside.write_text(json.dumps({name: seal._asdict() for name, seal in files.items()}))


def _note(partial: Path, rank: int) -> Path:
    return partial / f"written-{rank + 1:05}.json"


def _own_part(name: str, tensor: Tensor, world: World) -> Part | None:
    """What this process writes of a tensor: its shard, or the whole on rank 0; None where others write it."""
    sharded: Any = tensor
    if not hasattr(tensor, "placements"):
        return Part(name, tensor.detach(), (0,) * tensor.dim()) if world.rank == 0 else None
    # Where a mesh replicates, the first of the replicas writes.
    coordinates = sharded.device_mesh.get_coordinate() or []
    if any(place.is_replicate() and at for place, at in zip(sharded.placements, coordinates, strict=True)):
        return None
    local = sharded.to_local().detach()
    if not local.numel():
        return None
    return Part(name, local, tuple(sharded.__create_chunk_list__()[0].offsets))


class _Copied(NamedTuple):
    """done: to be synchronized before the copies are read, None where they are there."""

    parts: list[Part]
    done: Any


class _Copies:
    """Memory on the host for one copy of the state, pinned beside a GPU, and used again for every checkpoint."""

    def __init__(self) -> None:
        self._buffers: dict[str, Tensor] = {}
        self._told = False

    def take(self, parts: list[Part]) -> _Copied | None:
        """Copies of all parts; None where memory is too short for them."""
        missing = [part for part in parts if part.name not in self._buffers]
        free = free_host_bytes()
        if free is not None and sum(part.tensor.nbytes for part in missing) > free * SHARE_OF_FREE:
            if not self._told:
                say("memory is short for a copy of the training's state: training waits while a checkpoint is written")
            self._told = True
            return None
        for name, tensor, _ in missing:
            self._buffers[name] = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=tensor.is_cuda)
        copied = [Part(part.name, self._buffers[part.name], part.offsets) for part in parts]
        for part, copy in zip(parts, copied, strict=True):
            copy.tensor.copy_(part.tensor, non_blocking=True)
        if not any(part.tensor.is_cuda for part in parts):
            return _Copied(copied, None)
        # The next update is queued behind these copies on the device, so they cannot see half of it.
        done: Any = torch.cuda.Event()  # type: ignore[no-untyped-call]
        done.record()
        return _Copied(copied, done)
