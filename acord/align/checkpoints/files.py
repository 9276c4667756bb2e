"""One checkpoint as a folder: written beside its place, sealed with hashes, and checked before a tensor is read.

torch.distributed.checkpoint reads it. Its own writer is not used: it holds the state twice more in memory, keeps the
interpreter to itself for seconds, and makes processes exchange pickled plans, which a thread beside the training's own
messages must not do. safetensors writes the same files from where the tensors lie.
"""

import hashlib
import json
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors.torch import save_file
from torch import Tensor

from acord.hashing import hash_file
from acord.whole import sync

STATE = "state.json"
WEIGHTS, MOMENTS = "weights", "moments"
# The names of Policy.state(): weight.NAME is a master, exp_avg.NAME and the like belong to it.
WEIGHT = "weight."


class Seal(NamedTuple):
    """What a file, or the first bytes of one, must be."""

    bytes: int
    sha256: str


class Part(NamedTuple):
    """A tensor, or this process's piece of it: where in the whole it begins, one offset a dimension."""

    name: str
    tensor: Tensor
    offsets: tuple[int, ...]


@dataclass(frozen=True)
class State:
    """steps: optimizer steps done. memory: what the guard remembers. metrics: the lines of metrics.jsonl until then."""

    steps: int
    processes: int
    memory: dict[str, Any]
    metrics: Seal
    files: dict[str, Seal]


class Damaged(Exception):
    """A checkpoint that cannot be gone on from, and why."""


def write_parts(folder: Path, rank: int, parts: Iterable[Part]) -> dict[str, Seal]:
    """Write this process's tensors into a folder, to the disk; what was written, by file name."""
    sorted_out: dict[str, list[Part]] = {WEIGHTS: [], MOMENTS: []}
    for part in parts:
        sorted_out[WEIGHTS if part.name.startswith(WEIGHT) else MOMENTS].append(part)
    seals = {}
    for kind, mine in sorted_out.items():
        if mine:
            path = folder / f"{kind}-{rank + 1:05}.safetensors"
            offsets = {part.name: {"saved_offsets": part.offsets} for part in mine}
            named = {"format": "pt", "DCP_VERSION": "1.0", "DCP_SHARDING_INFO": json.dumps(offsets)}
            save_file({part.name: part.tensor.contiguous() for part in mine}, path, metadata=named)
            sync(path)
            seals[path.name] = Seal(path.stat().st_size, hash_file(path))
    return seals


def write_state(folder: Path, state: State) -> None:
    """Seal a folder whose other files are all there."""
    path = folder / STATE
    path.write_bytes(_sealed(_as_json(state)))
    sync(path)
    sync(folder)


def read_state(folder: Path, *, weights_only: bool = False) -> State:
    """The state of a checkpoint whose files are all as they were written. Raises Damaged where one is not.

    weights_only: whether files of moments may be missing.
    """
    try:
        state = told_state(folder)
        unknown = {path.name for path in folder.glob("*.safetensors")} - set(state.files)
        if unknown:
            raise Damaged(f"{min(unknown)} does not belong to it")
        for name, seal in state.files.items():
            if not (weights_only and name.startswith(MOMENTS)):
                _check(folder / name, seal)
    except PermissionError:
        raise
    except OSError as error:
        raise Damaged(f"{Path(error.filename or folder).name} cannot be read: {error.strerror}") from None
    return state


def told_state(folder: Path) -> State:
    """What a checkpoint says of itself; its other files are not looked at. Raises Damaged, OSError."""
    return _state_of((folder / STATE).read_bytes())


def read_tensors(folder: Path, offered: Mapping[str, Tensor], *, weights_only: bool = False) -> dict[str, Tensor]:
    """The tensors of a checkpoint that read_state has checked, sharded as the offered ones are.

    offered: a tensor for every weight, and perhaps for its moments; they only show device and sharding.
    """
    from torch.distributed.checkpoint.hf_storage import HuggingFaceStorageReader
    from torch.distributed.checkpoint.state_dict_loader import load

    reader = HuggingFaceStorageReader(str(folder))
    written: Any = reader.read_metadata().state_dict_metadata
    target = {
        name: _like(name, about.size, about.properties.dtype, offered)
        for name, about in written.items()
        if name.startswith(WEIGHT) or not weights_only
    }
    with warnings.catch_warnings():
        # Every process reads its own pieces, without a word to the others: that is what it would warn of.
        warnings.filterwarnings("ignore", message="torch.distributed is disabled")
        load(target, storage_reader=reader, no_dist=True)
    return target


def _like(name: str, size: Sequence[int], dtype: torch.dtype, offered: Mapping[str, Tensor]) -> Tensor:
    """Room for a tensor. A moment that is not there yet lies as its weight does; steps are counted on the CPU."""
    model = offered.get(name, offered.get(WEIGHT + name.partition(".")[2]))
    if model is not None and tuple(model.shape) == tuple(size):
        return torch.empty_like(model, dtype=dtype, requires_grad=False)
    return torch.empty(tuple(size), dtype=dtype)


def _check(path: Path, seal: Seal) -> None:
    size = path.stat().st_size
    if size != seal.bytes:
        raise Damaged(f"{path.name} has {size:,} bytes instead of {seal.bytes:,}")
    if hash_file(path) != seal.sha256:
        raise Damaged(f"{path.name} does not hold what was written")


def _as_json(state: State) -> dict[str, Any]:
    files = {name: seal._asdict() for name, seal in sorted(state.files.items())}
    return {**asdict(state), "metrics": state.metrics._asdict(), "files": files}


def _sealed(content: dict[str, Any]) -> bytes:
    """The bytes of state.json, its own hash among them."""
    body = json.dumps(content, sort_keys=True)
    own = hashlib.sha256(body.encode()).hexdigest()
    return (json.dumps({**content, "sha256": own}, sort_keys=True) + "\n").encode()


def _state_of(raw: bytes) -> State:
    try:
        content = json.loads(raw)
        del content["sha256"]
        # Byte by byte, not value by value: two texts can be read as the same number.
        if _sealed(content) != raw:
            raise Damaged(f"{STATE} does not hold what was written")
        files = {name: Seal(**seal) for name, seal in content.pop("files").items()}
        return State(**{**content, "metrics": Seal(**content["metrics"]), "files": files})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Damaged(f"{STATE} is no state of a checkpoint") from None
