"""Python, the libraries against the lock, and the programs that some recipes need."""

import importlib.metadata
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

import acord
from acord.errors import InputError
from acord.run.doctor.check import Check, fine, wrong

LOCK = Path(acord.__file__).parents[1] / "requirements.lock"
SHOWN = 5


def check_software(lock: Path = LOCK) -> Iterator[Check]:
    """Versions of Python and of what Acord stands on; Apertium; vLLM."""
    yield fine("python", version=platform.python_version(), acord=acord.__version__, place=sys.prefix)
    yield _libraries(lock)
    yield _apertium()
    yield _vllm()


def locked_versions(lock: Path) -> dict[str, str]:
    """Distribution -> version of a lock file."""
    lines = (line.split("#")[0].split(";")[0].strip() for line in lock.read_text(encoding="utf-8").splitlines())
    return dict(line.split("==", 1) for line in lines if "==" in line)


def _libraries(lock: Path) -> Check:
    missing = [name for name in _needed() if _installed(name) is None]
    if missing:
        return wrong("libraries", "libraries_missing", names=", ".join(missing))
    if not lock.is_file():
        return Check("libraries", "ok", _torch_line())
    other = []
    for name, version in locked_versions(lock).items():
        found = _installed(name)
        # A build's label (2.13.0+cpu) is no other version.
        if found is not None and found.split("+")[0] != version.split("+")[0]:
            other.append(f"{name} {found} ({version})")
    if other:
        named = ", ".join(other[:SHOWN]) + (", ..." if len(other) > SHOWN else "")
        return wrong("libraries", "libraries_other", "note", names=named, lock=str(lock))
    return fine("libraries", torch=_installed("torch") or "", transformers=_installed("transformers") or "")


def _torch_line() -> str:
    return f"torch {_installed('torch')}, transformers {_installed('transformers')}"


def _needed() -> list[str]:
    """The distributions that Acord cannot do without, as its own metadata names them."""
    try:
        required = importlib.metadata.requires("acord") or []
    except importlib.metadata.PackageNotFoundError:
        return []
    plain = [one for one in required if "extra ==" not in one]
    return ["".join(mark if mark.isalnum() or mark in "._-" else " " for mark in one).split()[0] for one in plain]


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _apertium() -> Check:
    from acord.data.translate.programs import apertium_tool, find_mode

    try:
        tool = apertium_tool(find_mode("es", "va", "any"))
    except InputError as error:
        return Check("apertium", "note", error.what, error.fix)
    return fine("apertium", tool=f"{tool.tool} ({tool.version.split(', ')[0]})")


def _vllm() -> Check:
    from acord.serve.vllm import vllm_program

    try:
        return fine("vllm", program=vllm_program("doctor", "none"))
    except InputError:
        return wrong("vllm", "vllm_missing", "note")
