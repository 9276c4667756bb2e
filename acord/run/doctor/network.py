"""Whether the hub can be asked, and what lies here for when it cannot."""

import os
from pathlib import Path

from acord.run.cluster.prepared import hub_folder
from acord.run.cluster.script import OFFLINE
from acord.run.doctor.check import Check, fine, wrong

HUB = "https://huggingface.co"
PATIENCE_SECONDS = 5.0


def check_network() -> Check:
    """Offline mode, as the environment says; else whether the hub answers."""
    models, sets = _cached("models--*"), _cached("datasets--*")
    values: dict[str, str | int] = {"models": models, "sets": sets, "place": str(_cache())}
    on = [name for name in OFFLINE if os.environ.get(name, "").lower() in ("1", "true", "yes", "on")]
    if len(on) == len(OFFLINE):
        return fine("offline", **values)
    if on:
        missing = ", ".join(name for name in OFFLINE if name not in on)
        return wrong("offline", "offline_half", "note", on=", ".join(on), missing=missing)
    hub = os.environ.get("HF_ENDPOINT", HUB)
    if _answers(hub):
        return fine("hub", hub=hub, **values)
    return wrong("hub", "hub_silent", "note", hub=hub, **values)


def _answers(hub: str) -> bool:
    import httpx2

    try:
        httpx2.head(hub, timeout=PATIENCE_SECONDS)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError):
        return False
    return True


def _cache() -> Path:
    named = os.environ.get("HF_HUB_CACHE")
    return Path(named).expanduser() if named else hub_folder() / "hub"


def _cached(pattern: str) -> int:
    return sum(1 for folder in _cache().glob(pattern) if any((folder / "snapshots").glob("*")))
