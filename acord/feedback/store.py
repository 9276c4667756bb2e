"""The file of preferences, JSON lines: appended to by several processes at once, read strictly, rewritten to delete."""

import os
from pathlib import Path
from typing import NamedTuple

from acord.console import say
from acord.errors import InputError
from acord.feedback.annotators import Roster
from acord.feedback.files import PRIVATE, locked, locked_to_read, replace, trouble, write_all
from acord.feedback.record import Preference, line_of, parsed
from acord.languages import text
from acord.whole import sync

ENDING = ".jsonl"


class FeedbackStore:
    """One file of preferences. Every method may be called from any thread and process.

    path: ends in .jsonl, so that `acord data build` reads it, and need not exist yet. Raises InputError for another
    ending.
    """

    def __init__(self, path: Path) -> None:
        if path.suffix != ENDING:
            raise InputError("preferences are JSON lines", where=str(path), fix=f"Give a file that ends in {ENDING}.")
        # Where a link stands for the file, the file is rewritten, and every name of it has the same lock.
        self.path = path.expanduser().resolve()
        self.roster = Roster(self.path)

    def add(self, preference: Preference) -> None:
        """Append one line; on return it is on disk. What a killed writer left half-written is mended before.

        Raises InputError for a preference that could not be read back, and for a file that cannot be written.
        """
        line = line_of(preference)
        with locked(self.path):
            try:
                is_new = not self.path.exists()
                descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, PRIVATE)
                try:
                    self._append(descriptor, line)
                finally:
                    os.close(descriptor)
                if is_new:
                    sync(self.path.parent)
            except OSError as error:
                raise trouble(error, self.path) from None

    def read(self) -> list[Preference]:
        """Every preference, in the order written; none where there is no file yet.

        Raises InputError that names file and line for a line that is none, but for half a line at the end, which a
        killed writer leaves: it is ignored, with a warning.
        """
        with locked_to_read(self.path):
            return [row.preference for row in self._rows()]

    def delete(self, id_or_annotator: str) -> int:
        """Take out the preference with this id, or all of the annotator with this name, pseudonym or token.

        An annotator leaves the list of those who joined as well. Returns how many preferences are gone. Raises as
        `read`; nothing is changed then.
        """
        with locked(self.path):
            rows = self._rows()
            who = self._who(id_or_annotator)
            kept = [row for row in rows if who not in (row.preference.id, row.preference.annotator)]
            try:
                if len(kept) < len(rows):
                    replace(self.path, b"".join(row.raw + b"\n" for row in kept))
            except OSError as error:
                raise trouble(error, self.path) from None
        self.roster.forget(who)
        return len(rows) - len(kept)

    def knows(self, id_or_annotator: str) -> bool:
        """Whether `delete` would find anything: a preference, or an annotator, even one without preferences.

        Raises as `read`.
        """
        who = self._who(id_or_annotator)
        return self.roster.knows(who) or any(who in (one.id, one.annotator) for one in self.read())

    def _who(self, id_or_annotator: str) -> str:
        return self.roster.shown_of_token(id_or_annotator) or id_or_annotator

    def _append(self, descriptor: int, line: bytes) -> None:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            whole, tail = _split(os.pread(descriptor, size, 0))
            if _is_whole(tail):
                line = b"\n" + line
            else:
                os.ftruncate(descriptor, whole)
                size = whole
        try:
            write_all(descriptor, line)
        except OSError:
            # A full disk may have taken half a line.
            os.ftruncate(descriptor, size)
            raise

    def _rows(self) -> list["_Row"]:
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise trouble(error, self.path) from None
        whole, tail = _split(content)
        rows = []
        for number, raw in enumerate(content[:whole].split(b"\n"), start=1):
            if raw and not raw.isspace():
                rows.append(_Row(raw, parsed(raw, f"{self.path}:{number}")))
        if tail and _is_whole(tail):
            rows.append(_Row(tail, parsed(tail, str(self.path))))
        elif tail:
            say(text("feedback_half_line", file=str(self.path), line=content[:whole].count(b"\n") + 1))
        return rows


class _Row(NamedTuple):
    raw: bytes
    preference: Preference


def _split(content: bytes) -> tuple[int, bytes]:
    """Where the whole lines end, and what stands after them."""
    whole = content.rfind(b"\n") + 1
    return whole, content[whole:]


def _is_whole(tail: bytes) -> bool:
    """Whether a last line lacks nothing but its end: an editor left it out, or the writer was killed just there."""
    try:
        parsed(tail, "")
    except InputError:
        return False
    return True
