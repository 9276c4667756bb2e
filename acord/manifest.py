"""The manifest of an artefact: what it is, what it was made from, with what, and which files it holds."""

import json
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

from acord.hashing import digest, hash_file

NAME = "manifest.json"
LIBRARIES = ("acord", "torch", "transformers", "tokenizers", "safetensors", "pyarrow", "numpy", "matplotlib")


@dataclass(frozen=True)
class Manifest:
    """What `manifest.json` says.

    inputs: stage name -> {key, files_sha256}: which artefact was read, and a hash of all it held.
    outside: identities of what came from outside. started, finished: UTC, ISO 8601.
    files: relative path -> {sha256, bytes}. figures: what the stage counted and measured.
    """

    stage: str
    stage_version: int
    key: str
    inputs: dict[str, dict[str, str]]
    recipe: dict[str, Any]
    outside: dict[str, Any]
    versions: dict[str, str]
    machine: dict[str, Any]
    started: str
    finished: str
    files: dict[str, dict[str, Any]]
    figures: dict[str, Any]


class Edited(NamedTuple):
    """A file that somebody changed, or took away."""

    name: str
    missing: bool


def files_digest(manifest: Manifest) -> str:
    """One hash of everything an artefact holds."""
    return digest({name: file["sha256"] for name, file in manifest.files.items()})


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write manifest.json into an artefact that is not yet in its place."""
    content = json.dumps(asdict(manifest), ensure_ascii=False, indent=2, allow_nan=False)
    (folder / NAME).write_text(content + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """Read an artefact's manifest. Raises ValueError, with the reason, where it is missing or damaged."""
    try:
        content = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise ValueError(f"{NAME} is missing") from None
    except ValueError:
        raise ValueError(f"{NAME} is not readable as JSON") from None
    try:
        return Manifest(**content)
    except TypeError:
        raise ValueError(f"{NAME} lacks a key or has an unknown one") from None


def damage(folder: Path, *, key: str) -> str | None:
    """Why an artefact cannot be reused, None where it can: manifest, key, and every file's presence and size."""
    try:
        manifest = read_manifest(folder)
    except ValueError as error:
        return str(error)
    if manifest.key != key:
        return "its key is another"
    for name, file in manifest.files.items():
        try:
            size = (folder / name).stat().st_size
        except OSError:
            return f"{name} is missing"
        if size != file["bytes"]:
            return f"{name} has {size} bytes instead of {file['bytes']}"
    return None


def edited_files(folder: Path, files: Mapping[str, Mapping[str, Any]]) -> Iterator[Edited]:
    """Those of a manifest's files that are not, or no longer, as it says. Every file is read."""
    for name, told in files.items():
        missing = not (folder / name).is_file()
        if missing or hash_file(folder / name) != told["sha256"]:
            yield Edited(name, missing)


def list_files(folder: Path) -> dict[str, dict[str, Any]]:
    """Every file under a folder but the manifest, by relative path in sorted order, with sha256 and bytes."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / NAME)
    return {
        path.relative_to(folder).as_posix(): {"sha256": hash_file(path), "bytes": path.stat().st_size} for path in paths
    }


def library_versions_in_use() -> dict[str, str]:
    """Full versions of Acord, Python and the libraries that stages use."""
    versions = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def describe_machine() -> dict[str, Any]:
    """Processor, cores, memory in bytes and, where torch is at work, the accelerator. No host name: it is shared."""
    torch = sys.modules.get("torch")
    accelerator = torch.cuda.get_device_name() if torch is not None and torch.cuda.is_available() else None
    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        "processor": _processor_name(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "accelerator": accelerator,
    }


def _processor_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
