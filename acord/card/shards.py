"""Weights on their way into an export: which files hold them, and the same tensors in other files or another type."""

import json
import math
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from acord.errors import InputError

Dtype = Literal["float32", "bfloat16", "float16"]

SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"
# As transformers cut them for years: what file systems, proxies and the hub's own tools take without a thought.
SHARD_BYTES = 5 * 10**9
DAMAGED = "Save the model again with save_pretrained."
# Bytes of a value, by safetensors' names of the types; those that a cast changes.
FLOATS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}
NAMES: Mapping[Dtype, str] = {"float32": "F32", "bfloat16": "BF16", "float16": "F16"}


class _Part(NamedTuple):
    """A tensor. bytes: as it is to be written."""

    name: str
    file: Path
    bytes: int


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The files that transformers reads: model.safetensors, else those that the index names.

    Raises InputError where there are none, or the index names what is no file of this folder.
    """
    if (folder / SINGLE).is_file():
        return (folder / SINGLE,)
    index = folder / INDEX
    try:
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    except FileNotFoundError:
        raise InputError(f"there is no {SINGLE}, and no {INDEX}", where=str(folder), fix=DAMAGED) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InputError("this is no index of weights", where=str(index), fix=DAMAGED) from None
    for name in names:
        if not isinstance(name, str) or Path(name).name != name or not (folder / name).is_file():
            raise InputError(f"it names {name}, which is not there", where=str(index), fix=DAMAGED)
    return tuple(folder / name for name in names)


def fits_as_it_is(folder: Path) -> bool:
    """Whether no file of the weights is larger than a shard should be."""
    return all(path.stat().st_size <= SHARD_BYTES for path in weight_files(folder))


def copy_weights(source: Path, folder: Path) -> None:
    """The same files, byte for byte."""
    for path in weight_files(source):
        shutil.copyfile(path, folder / path.name)
    if not (source / SINGLE).is_file():
        shutil.copyfile(source / INDEX, folder / INDEX)


def write_weights(source: Path, folder: Path, dtype: Dtype | None) -> None:
    """The same tensors in shards of SHARD_BYTES at most; what is floating point as `dtype`, where one is given.

    A shard at a time is in memory. A tensor that is larger than a shard has one of its own. Raises InputError for
    damaged weights, and for a cast of weights that are quantised.
    """
    import torch
    from safetensors.torch import save_file

    groups = _groups(_parts(source, dtype), SHARD_BYTES)
    names = [SINGLE] if len(groups) == 1 else [
        f"model-{number:05d}-of-{len(groups):05d}.safetensors" for number in range(1, len(groups) + 1)
    ]  # fmt: skip
    for name, group in zip(names, groups, strict=True):
        tensors = {
            part: value.to(getattr(torch, dtype)) if dtype and value.is_floating_point() else value
            for part, value in _read(group).items()
        }
        save_file(tensors, folder / name, metadata={"format": "pt"})
    if len(groups) > 1:
        _write_index(names, groups, folder)


def same_tensors(source: Path, folder: Path) -> bool:
    """Whether both hold tensors of the same names, types and values, to the bit."""
    import torch

    here, there = ({part.name: part for part in _parts(one, None)} for one in (source, folder))
    if set(here) != set(there):
        return False
    for name, part in here.items():
        one, other = _read([part])[name], _read([there[name]])[name]
        if one.dtype != other.dtype or one.shape != other.shape:
            return False
        # As bytes: NaN is not equal to itself, and minus zero is equal to zero.
        if not torch.equal(one.contiguous().view(torch.uint8), other.contiguous().view(torch.uint8)):
            return False
    return True


def cast_config(content: dict[str, Any], dtype: Dtype) -> dict[str, Any]:
    """A model's configuration that names the new type, in its parts too. Raises InputError for a quantised model."""
    if "quantization_config" in content:
        raise InputError("quantised weights cannot be cast", where="--dtype", fix="Leave it out.")
    named = {
        key: cast_config(value, dtype) if isinstance(value, dict) and "dtype" in value else value
        for key, value in content.items()
        if key != "torch_dtype"
    }
    return {**named, "dtype": dtype}


def _parts(folder: Path, dtype: Dtype | None) -> list[_Part]:
    from safetensors import SafetensorError, safe_open

    parts = []
    for path in weight_files(folder):
        try:
            with safe_open(str(path), framework="pt") as weights:
                for name in weights.keys():  # noqa: SIM118  the handle is no dict
                    part = weights.get_slice(name)
                    kind, count = str(part.get_dtype()), math.prod(part.get_shape())
                    parts.append(_Part(name, path, count * _width(kind, dtype, path)))
        except SafetensorError as error:
            raise InputError(f"the weights are damaged: {error}", where=str(path), fix=DAMAGED) from None
    return parts


def _width(kind: str, dtype: Dtype | None, path: Path) -> int:
    """Bytes of a value as it will be written."""
    if dtype and kind in FLOATS:
        return FLOATS[NAMES[dtype]]
    if dtype and kind.startswith("F"):
        raise InputError(f"it holds {kind} weights, which cannot be cast", where=str(path), fix="Leave out --dtype.")
    digits = "".join(sign for sign in kind.partition("_")[0] if sign.isdigit())
    return FLOATS.get(kind) or max(1, int(digits or 8) // 8)


def _groups(parts: Sequence[_Part], most: int) -> list[list[_Part]]:
    """In their order, each group as large as a shard may be."""
    groups: list[list[_Part]] = [[]]
    room = most
    for part in parts:
        if groups[-1] and part.bytes > room:
            groups.append([])
            room = most
        groups[-1].append(part)
        room -= part.bytes
    return groups


def _read(parts: Sequence[_Part]) -> dict[str, Any]:
    from safetensors import safe_open

    found = {}
    for path in dict.fromkeys(part.file for part in parts):
        with safe_open(str(path), framework="pt") as weights:
            found.update({part.name: weights.get_tensor(part.name) for part in parts if part.file == path})
    return found


def _write_index(names: Sequence[str], groups: Sequence[Sequence[_Part]], folder: Path) -> None:
    content = {
        "metadata": {"total_size": sum(part.bytes for group in groups for part in group)},
        "weight_map": {part.name: name for name, group in zip(names, groups, strict=True) for part in group},
    }
    (folder / INDEX).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
