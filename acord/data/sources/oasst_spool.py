"""OASST's flat messages on disk, parted by tree, so that one part of the trees is in memory at a time."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

from acord.data.ledger import RowKey
from acord.data.read import SourceFile
from acord.data.sources.oasst_messages import Message

PART_BYTES = 32 << 20  # of the files as they are read; the messages of a part take about twice that in memory
MOST_PARTS = 256  # each is an open file
COMPRESSED = 4  # OASST's files shrink to about a quarter


def parts_for(files: Sequence[SourceFile]) -> int:
    """How many parts the messages of some files are put into. It depends on nothing but the files' sizes."""
    sizes = [file.path.stat().st_size * (1 if file.path.suffix == ".jsonl" else COMPRESSED) for file in files]
    return min(MOST_PARTS, 1 + sum(sizes) // PART_BYTES)


class MessageSpool:
    """Messages put into parts by a hash of their tree, and read back part by part, in input order within each.

    Where a message that may be in a pair names no tree, nothing says in which part its conversation is: then all are
    read back as one. A context manager, over an empty folder.
    """

    def __init__(self, folder: Path, parts: int) -> None:
        self._files: list[IO[str]] = [
            (folder / f"part-{number}").open("w+", encoding="ascii") for number in range(parts)
        ]
        self._treeless = False

    def write(self, message: Message) -> None:
        """Put a message away."""
        self._treeless = self._treeless or (message.tree is None and not message.fault)
        part = hash64(message.tree) % len(self._files) if message.tree is not None else 0
        self._files[part].write(json.dumps(message) + "\n")

    def parts(self) -> Iterator[list[Message]]:
        """The messages, a part at a time."""
        if self._treeless:
            messages = [message for file in self._files for message in _read(file)]
            yield sorted(messages, key=lambda message: message.row.number)
            return
        for file in self._files:
            yield list(_read(file))

    def __enter__(self) -> "MessageSpool":
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        for file in self._files:
            file.close()


def _read(file: IO[str]) -> Iterator[Message]:
    file.seek(0)
    for line in file:
        row, *rest = json.loads(line)
        yield Message(RowKey(*row), *rest)


def hash64(text: str) -> int:
    """64 bits of a hash that is the same in every run."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
