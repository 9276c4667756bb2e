"""One row of a source file, asked for its columns by name and type; and how a row says that it makes no pair.

A row at fault is dropped, with a reason that is counted, and never ends a build; what is wrong with a whole file does.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from acord.errors import AcordError, InputError

PARQUET = ".parquet"
LONGEST_NAME = 1_000  # characters of an id, a code or a licence: names go into tables, errors and pages
_LONGEST_DETAIL = 200


class NoPair(Exception):
    """A row that cannot be a pair. reason: from a short list, counted; detail: what was found in this row.

    The detail is cut and escaped, since it shows what strangers wrote: it goes into tables and onto terminals.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, printable(detail)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of a source. label: its name within the source; address: where it is from, without machine paths."""

    path: Path
    label: str
    address: str


class Row(NamedTuple):
    """One row. A tuple, since millions of them are made.

    line: counted from 1, of a text file the line, of a Parquet file the row. columns: all that the row has, in a
    Parquet file all that the table has. fault: why nothing could be read; there is no content then.
    """

    content: dict[str, Any]
    file: SourceFile
    line: int
    columns: Collection[str]
    fault: NoPair | None = None

    @property
    def where(self) -> str:
        """The place as an error names it."""
        return place(self.file, self.line)

    @property
    def default_id(self) -> str:
        """An id for a row that brings none: file and line."""
        return f"{self.file.label}:{self.line}"

    def name(self, column: str) -> str:
        """The id in a column; file and line where there is none that can be used. Raises nothing."""
        try:
            return self.identifier(column) or self.default_id
        except NoPair:
            return self.default_id

    def value(self, column: str) -> Any:
        """What stands in a column that every row must have.

        Raises NoPair where the row lacks it, InputError where a Parquet table has no such column for any row.
        """
        if column not in self.content:
            raise self._missing(column)
        return self.content[column]

    def text(self, column: str) -> str:
        """The text of a column that every row must have; null is no text. Raises as `value`, NoPair for no text."""
        value = self.content.get(column)
        return value if type(value) is str else self._as_text(column, self.value(column)) or ""

    def optional_text(self, column: str) -> str | None:
        """The text of a column that may be absent or null. Raises NoPair for another type."""
        return self._as_text(column, self.content.get(column))

    def identifier(self, column: str) -> str | None:
        """An id, a code or another name in a column that may be absent, null or empty; whole numbers are names too.

        Raises NoPair for another type, for a name that is too long, and for one that tables and files cannot hold.
        """
        value = self.content.get(column)
        if type(value) is int:
            return str(value)
        name = value if type(value) is str else self._as_text(column, value)
        if not name:
            return None
        if len(name) > LONGEST_NAME:
            raise NoPair(f"{column} is longer than {LONGEST_NAME:,} characters", name)
        if "\0" in name or not (name.isascii() or is_unicode(name)):
            raise NoPair(f"{column} is not valid Unicode", name)
        return name

    def flag(self, column: str) -> bool | None:
        """True, false, or None where the column is absent or null. Raises NoPair for anything else."""
        value = self.content.get(column)
        if value is None or value is True or value is False:
            return value
        raise self.wrong(column, "true or false", value)

    def _as_text(self, column: str, value: Any) -> str | None:
        if value is None or isinstance(value, str):
            return value
        raise self.wrong(column, "text", value)

    def wrong(self, column: str, wanted: str, value: Any) -> NoPair:
        """The fault of a column that holds something else than it should."""
        return NoPair(f"{column} should be {wanted}", f"it is {kind_of(value)}")

    def _missing(self, column: str) -> NoPair | AcordError:
        if self.fault is not None:
            return self.fault
        there = ", ".join(map(str, self.columns)) or "none"
        if not self.file.path.name.endswith(PARQUET):
            return NoPair(f"the column {column} is missing", f"columns there: {there}")
        return InputError(
            f"the column {column} is missing",
            where=self.where,
            fix=f"Columns there: {printable(there)}. Check the source's format, or rename the column.",
        )


def place(file: SourceFile, line: int) -> str:
    """file:line for text, `file row n` for Parquet."""
    return f"{file.path} row {line}" if file.path.name.endswith(PARQUET) else f"{file.path}:{line}"


def is_unicode(text: str) -> bool:
    """Whether a text can be written as UTF-8: it holds no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def kind_of(value: Any) -> str:
    """The type of a value as JSON calls it."""
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    names |= {int: "a number", float: "a number"}
    return names.get(type(value), type(value).__name__)


def printable(text: str) -> str:
    """The beginning of a text, what is not printable in it escaped."""
    beginning = text[:_LONGEST_DETAIL]
    if not beginning.isprintable():
        beginning = "".join(
            character if character.isprintable() else character.encode("unicode_escape").decode()
            for character in beginning
        )
    return beginning + ("..." if len(text) > _LONGEST_DETAIL else "")
