"""What each source can give: its candidates, drawn one after another by language, and the book of its rows."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from acord.console import track
from acord.data.finished import content_of, finish, is_finished
from acord.data.ledger import Ledger, RowCounts, RowKey, WriteDropped
from acord.data.locate import Inputs
from acord.data.read import row_count
from acord.data.sources import ADAPTERS, openorca
from acord.data.spool import Spool, Spooled, SpoolWriter, load, open_spool
from acord.recipe import Source

BEYOND = "beyond the quota"
DUPLICATE = "duplicate"
# Candidates that are read at once beyond those that are needed, since filters take some.
SPARE_SHARE, SPARE = 0.25, 500


class Supply(Protocol):
    """A source's candidates. Entries number them, from 0, in reading order."""

    source: Source
    ledger: Ledger

    def count(self) -> dict[str, int]:
        """How many candidates there are by language, before any filter."""

    def entries(self, language: str) -> Any:
        """The entries of a language, ascending."""

    def draw(self, language: str, need: Callable[[], int | None]) -> Iterator[Spooled]:
        """Candidates of a language in drawing order. need: how many are still wanted, None for all there are."""

    def draw_everything(self, language: str, need: Callable[[], int | None]) -> Iterator[Spooled]:
        """As `draw`, with those that another source has too."""

    def close(self, write: WriteDropped) -> RowCounts:
        """Drop what was not taken, and count."""


class SpoolSupply:
    """A source whose candidates all lie on disk. leave_out_N: duplicates of earlier candidates."""

    def __init__(self, source: Source, spool: Spool, ledger: Ledger) -> None:
        self.source, self.spool, self.ledger = source, spool, ledger
        self.leave_out_N = np.zeros(len(spool), bool)

    def count(self) -> dict[str, int]:
        return self.spool.count(self.leave_out_N)

    def entries(self, language: str) -> Any:
        return np.sort(self.spool.entries(language))

    def draw(self, language: str, need: Callable[[], int | None]) -> Iterator[Spooled]:  # noqa: ARG002
        return self.spool.read(self.spool.entries(language, self.leave_out_N))

    def draw_everything(self, language: str, need: Callable[[], int | None]) -> Iterator[Spooled]:  # noqa: ARG002
        return self.spool.read(self.spool.entries(language))

    def leave_out(self, duplicates: Iterable[tuple[int, str]]) -> None:
        """Refuse entries that are duplicates, each with the particulars."""
        listed = list(duplicates)
        for (entry, detail), spooled in zip(listed, self.spool.read(entry for entry, _ in listed), strict=True):
            self.leave_out_N[entry] = True
            self.ledger.refuse(load(spooled.line).rows, DUPLICATE, detail)

    def close(self, write: WriteDropped) -> RowCounts:
        rest = (entry for entry in range(len(self.spool)) if not self.leave_out_N[entry])
        if len(self.ledger.open_rows()):
            for spooled in self.spool.read(rest):
                self.ledger.refuse(_rows(spooled.line), BEYOND, "")
        return self.ledger.close(write)


def _rows(line: bytes) -> list[RowKey]:
    """The rows of a spooled candidate, without its texts."""
    rows, _ = json.JSONDecoder().raw_decode(line.decode(), 1)
    return [RowKey(*row) for row in rows]


class JoinedSupply:
    """OpenOrca: texts are read in parts, as many as are needed, each part on disk once."""

    def __init__(
        self, source: Source, inputs: Inputs, joined: openorca.Joined, ledger: Ledger, folder: Path, seed: int
    ) -> None:
        self.source, self.ledger = source, ledger
        self._inputs, self._joined, self._folder = inputs, joined, folder
        self._language = openorca.language_of(source)
        self._order = joined.drawing_order(seed)
        self._parts: list[tuple[int, int, Spool]] = []
        self._read = 0

    def count(self) -> dict[str, int]:
        return {self._language: len(self._joined)}

    def entries(self, language: str) -> Any:
        return np.arange(len(self._joined) if language == self._language else 0)

    def draw(self, language: str, need: Callable[[], int | None]) -> Iterator[Spooled]:
        if language != self._language:
            return
        number = 0
        while True:
            if number == len(self._parts):
                if self._read == len(self._joined):
                    return
                self._read_part(need())
            first, count, part = self._parts[number]
            number += 1
            # In the drawing order of all, so that where one part ends and the next begins changes nothing.
            entry_N = np.load(part.path / "entries.npy", allow_pickle=False)
            drawn = self._order[first : first + count]
            drawn = drawn[np.isin(drawn, entry_N)]
            places = np.searchsorted(entry_N, drawn)
            for entry, spooled in zip(drawn, part.read(places), strict=True):
                yield Spooled(int(entry), spooled.line)

    draw_everything = draw

    def _read_part(self, need: int | None) -> None:
        folder = self._folder / f"part-{len(self._parts)}"
        if not is_finished(folder):
            shutil.rmtree(folder, ignore_errors=True)
            left = len(self._joined) - self._read
            count = left if need is None else min(left, int(need * (1 + SPARE_SHARE)) + SPARE)
            self._write_part(folder, np.sort(self._order[self._read : self._read + count]))
        done = content_of(folder)
        for rows, reason, detail in done["refused"]:
            self.ledger.refuse([RowKey(*row) for row in rows], reason, detail)
        self._parts.append((self._read, done["count"], open_spool(folder)))
        self._read += done["count"]

    def _write_part(self, folder: Path, wanted: Any) -> None:
        entries, refused = [], []
        with (
            temporary_files_in(folder),
            track(f"read {self.source.name}", len(wanted), "pairs") as tracker,
            SpoolWriter(folder, seed=0) as spool,
        ):
            for entry, found in openorca.fetch(self.source, self._inputs, self._joined, wanted):
                tracker.advance()
                if isinstance(found, openorca.NotAPair):
                    refused.append(found)
                else:
                    entries.append(entry)
                    spool.write(found)
            spool.close()
        np.save(folder / "entries.npy", np.array(entries, np.int64))
        finish(folder, {"count": len(wanted), "refused": refused})

    def close(self, write: WriteDropped) -> RowCounts:
        self.ledger.mark(self.ledger.open_rows(), BEYOND, "")
        return self.ledger.close(write, names=lambda: openorca.names(self._inputs))


class TranslatedSupply:
    """A source that is the translation of another: its rows are that source's candidates in one language."""

    def __init__(self, source: Source, origin: Supply, folder: Path) -> None:
        assert source.translate is not None  # noqa: S101  the caller's choice
        self.source, self.origin, self._from, self.to = source, origin, source.translate.language, source.translate.to
        self._left_out: set[int] = set()
        self._entry_R = origin.entries(self._from)
        self.ledger = Ledger(source.name, folder)
        self.ledger.add_all(len(self._entry_R))

    def count(self) -> dict[str, int]:
        return {self.to: len(self._entry_R) - len(self._left_out)}

    def entries(self, language: str) -> Any:
        return self._entry_R if language == self.to else self._entry_R[:0]

    def draw(self, language: str, need: Callable[[], int | None]) -> Iterator[Spooled]:
        if language == self.to:
            for spooled in self.origin.draw_everything(self._from, need):
                if spooled.entry not in self._left_out:
                    yield spooled

    draw_everything = draw

    def leave_out(self, duplicates: Iterable[tuple[int, str]]) -> None:
        """Refuse entries that are duplicates, each with the particulars."""
        for entry, detail in duplicates:
            self._left_out.add(entry)
            self.ledger.refuse([self.row(entry, self._name(entry))], DUPLICATE, detail)

    def row(self, entry: int, source_id: str) -> RowKey:
        """The row that stands for a candidate of the origin."""
        return RowKey(int(np.searchsorted(self._entry_R, entry)), source_id)

    def close(self, write: WriteDropped) -> RowCounts:
        self.ledger.mark(self.ledger.open_rows(), BEYOND, "")
        return self.ledger.close(write, names=self._names)

    def _names(self) -> Iterator[list[str]]:
        yield [self._name(entry) for entry in self._entry_R]

    def _name(self, entry: int) -> str:
        return f"{self.origin.source.name}/{entry}"


def read_source(source: Source, inputs: Inputs, folder: Path, *, seed: int) -> Supply:
    """Read a source whole, or go on with what was read before, when `folder` holds it complete."""
    if not is_finished(folder):
        shutil.rmtree(folder, ignore_errors=True)
        _read(source, inputs, folder, seed)
    return _reopened(source, inputs, folder, seed)


def _read(source: Source, inputs: Inputs, folder: Path, seed: int) -> None:
    total = row_count([*inputs.files, *inputs.against])
    with temporary_files_in(folder), track(f"read {source.name}", total, "rows") as tracker, ExitStack() as files:
        ledger = Ledger(source.name, folder, tracker.advance)
        files.callback(ledger.leave)
        if source.format == "openorca":
            openorca.join(source, inputs, ledger).save(folder / "joined.npz")
        else:
            spool = files.enter_context(SpoolWriter(folder, seed))
            for candidate in ADAPTERS[str(source.format)](source, inputs, ledger):
                spool.write(candidate)
            spool.close()
        ledger.save()
    finish(folder, [])


def _reopened(source: Source, inputs: Inputs, folder: Path, seed: int) -> Supply:
    ledger = Ledger.reopen(source.name, folder)
    if source.format == "openorca":
        return JoinedSupply(source, inputs, openorca.Joined.load(folder / "joined.npz"), ledger, folder, seed)
    return SpoolSupply(source, open_spool(folder), ledger)


@contextmanager
def temporary_files_in(folder: Path) -> Iterator[None]:
    """Let adapters put what they part or sort beside the build: the system's own place may be in memory, or small."""
    folder.mkdir(parents=True, exist_ok=True)
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
