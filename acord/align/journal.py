"""metrics.jsonl: one line a step, and the seal of all lines so far, by which a checkpoint knows them again."""

import hashlib
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from acord.align.checkpoints.files import Seal


class Journal:
    """The records of a run. One process writes them; the others only hold them."""

    def __init__(self, path: Path, known: Seal | None, *, writes: bool) -> None:
        """known: the lines that are gone on from. What stands behind them, a torn line too, is forgotten."""
        self._path, self._writes = path, writes
        text = b""
        if known is not None:
            with path.open("rb") as file:
                text = file.read(known.bytes)
        self.records: list[dict[str, Any]] = [json.loads(line) for line in text.splitlines()]
        self._hash, self._bytes = hashlib.sha256(text), len(text)
        self._file: BinaryIO | None = None

    @property
    def seal(self) -> Seal:
        """The lines so far."""
        return Seal(self._bytes, self._hash.hexdigest())

    def __enter__(self) -> "Journal":
        if self._writes:
            self._file = self._path.open("ab")
            os.ftruncate(self._file.fileno(), self._bytes)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, record: dict[str, Any]) -> None:
        """Write a step's record; whoever reads the file sees it at once."""
        line = (json.dumps(record) + "\n").encode()
        self.records.append(record)
        self._hash.update(line)
        self._bytes += len(line)
        if self._file is not None:
            self._file.write(line)
            self._file.flush()
