"""What went wrong in another process, as JSON: what a user can be told arrives as the error that it was."""

import json
import traceback
from typing import Any

from acord import errors
from acord.errors import AcordError, MachineError

# What a process meets when another one is gone or does not answer: an effect, hardly ever the cause.
LOST_CONTACT = ("gloo", "nccl", "connection closed", "connection reset", "broken pipe", "socket")


def as_json(error: BaseException) -> str:
    """The error with all that `raised` needs."""
    told: dict[str, Any] = {"kind": type(error).__name__, "line": _line(error), "lost_contact": _is_lost_contact(error)}
    if isinstance(error, AcordError):
        told |= {"acord": True, "what": error.what, "where": error.where, "fix": error.fix}
    elif isinstance(error, OSError) and error.errno is not None:
        told |= {"errno": error.errno, "strerror": error.strerror, "filename": _text(error.filename)}
    else:
        told["trace"] = "".join(traceback.format_exception(error))
    return json.dumps(told)


def read(told: str) -> dict[str, Any]:
    """What as_json wrote."""
    content: dict[str, Any] = json.loads(told)
    return content


def again(told: dict[str, Any]) -> BaseException:
    """The error once more. A defect of Acord is a RuntimeError that tells the other process's traceback."""
    if told.get("acord"):
        kind: type[AcordError] = getattr(errors, told["kind"], MachineError)
        return kind(told["what"], where=told["where"], fix=told["fix"])
    if "errno" in told:
        return OSError(told["errno"], told["strerror"], told["filename"])
    if told["kind"] == "KeyboardInterrupt":
        return KeyboardInterrupt()
    if told["kind"] == "MemoryError":
        return MemoryError(told["line"])
    if told["kind"] == "OutOfMemoryError":
        import torch

        return torch.OutOfMemoryError(told["line"])
    return RuntimeError(f"a worker failed:\n{told['trace']}")


def _is_lost_contact(error: BaseException) -> bool:
    if isinstance(error, AcordError):
        return False
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & {"DistError", "DistBackendError", "DistNetworkError", "DistStoreError"}:
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in LOST_CONTACT)


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())


def _text(name: Any) -> str | None:
    return None if name is None else str(name)
