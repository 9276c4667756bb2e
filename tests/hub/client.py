"""A process whose hub libraries know the stand-in alone: reads a JSON line for each repository to fetch, answers one.

Addresses and caches are read when the libraries are imported, so tests cannot change them in their own process.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.hub.stand_in import StandIn

QUICK = 0.01


def environment(hub: StandIn, home: Path, **more: str) -> dict[str, str]:
    """Variables of a process that knows no hub but the stand-in, and no cache but `home`."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING", "TRANSFORMERS"))
    }
    return {**kept, "HF_ENDPOINT": hub.url, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1", "LC_ALL": "C.UTF-8",
            "NO_PROXY": "127.0.0.1", **more}  # fmt: skip


class Client:
    """The process. said: what it wrote to stderr is read at its end."""

    def __init__(self, hub: StandIn, home: Path, **more: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.hub.client"],
            env=environment(hub, home, **more),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def fetch(self, kind: str, name: str, *patterns: str, revision: str | None = None) -> dict[str, Any]:
        """commit, files and folder; or error and the lines that were said before."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {"kind": kind, "name": name, "revision": revision, "patterns": patterns or ["*"]}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        said = []
        for line in self._process.stdout:
            if line.startswith('{"answer"'):
                return {**json.loads(line)["answer"], "said": "".join(said)}
            said.append(line)
        raise AssertionError("".join(said))

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)


def _serve() -> None:
    from acord.errors import InputError
    from acord.run.bundle import hub

    hub.FIRST_WAIT = QUICK
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            found = hub.fetch(asked["kind"], asked["name"], asked["revision"], asked["patterns"])
            answer: dict[str, Any] = {"commit": found.commit, "files": found.files, "folder": str(found.folder)}
        except InputError as error:
            answer = {"error": str(error)}
        sys.stdout.write(json.dumps({"answer": answer}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve()
