"""Rows of a file, one at a time: JSON lines, plain or gzipped, and Parquet.

A file that cannot be read ends in one line that names the file and the line.
"""

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from acord.errors import InputError

ENDINGS = (".jsonl", ".jsonl.gz", ".parquet")
BATCH_ROWS = 1_024
GET_AGAIN = "Fetch or write the file again."


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of a source. label: its name within the source; address: where it is from, without machine paths."""

    path: Path
    label: str
    address: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row. line: counted from 1, of a text file the line, of a Parquet file the row. columns: all that it has."""

    content: dict[str, Any]
    file: SourceFile
    line: int
    columns: Sequence[str]

    @property
    def where(self) -> str:
        """The place as an error names it."""
        return place(self.file, self.line)

    @property
    def default_id(self) -> str:
        """An id for a row that brings none: file and line."""
        return f"{self.file.label}:{self.line}"

    def value(self, column: str) -> Any:
        """What stands in a column that every row must have. Raises InputError where the column is missing."""
        if column not in self.content:
            there = ", ".join(map(str, self.columns)) or "none"
            raise InputError(
                f"the column {column} is missing",
                where=self.where,
                fix=f"Columns there: {there}. Check the source's format, or rename the column.",
            )
        return self.content[column]

    def text(self, column: str) -> str:
        """The text of a column that every row must have; null is no text. Raises InputError for another type."""
        return self._as_text(column, self.value(column)) or ""

    def optional_text(self, column: str) -> str | None:
        """The text of a column that may be absent or null. Raises InputError for another type."""
        return self._as_text(column, self.content.get(column))

    def identifier(self, column: str) -> str | None:
        """An id, a code or another name in a column that may be absent, null or empty; whole numbers are names too.

        Raises InputError for another type, and for half a surrogate pair, which no table can hold.
        """
        value = self.content.get(column)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        name = self._as_text(column, value)
        if name and any("\ud800" <= character <= "\udfff" for character in name):
            raise InputError(f"{column} is not valid Unicode", where=self.where, fix="Mend that row.")
        return name or None

    def _as_text(self, column: str, value: Any) -> str | None:
        if value is None or isinstance(value, str):
            return value
        raise self.wrong(column, "text", value)

    def wrong(self, column: str, wanted: str, value: Any) -> InputError:
        """The error for a column that holds something else than it should."""
        return InputError(
            f"{column} should be {wanted} and is {_json_type(value)}", where=self.where, fix="Mend that row."
        )


def place(file: SourceFile, line: int) -> str:
    """file:line for text, `file row n` for Parquet."""
    return f"{file.path} row {line}" if file.path.name.endswith(".parquet") else f"{file.path}:{line}"


def row_count(files: Sequence[SourceFile]) -> int | None:
    """How many rows the files state to have; None where one of them states nothing (JSON lines) or is damaged."""
    if not all(file.path.name.endswith(".parquet") for file in files):
        return None
    try:
        return sum(int(pq.read_metadata(file.path).num_rows) for file in files)
    except (pa.lib.ArrowException, OSError):
        return None


def read_rows(file: SourceFile, columns: Sequence[str]) -> Iterator[Row]:
    """The rows of a file in order. columns: those of interest; a Parquet file is read for these only.

    Raises InputError for a file that is unreadable, empty, cut off, not UTF-8 or not JSON, or a row that is no object.
    """
    rows = _parquet_rows(file, columns) if file.path.name.endswith(".parquet") else _json_rows(file)
    empty = True
    try:
        for row in rows:
            empty = False
            yield row
    except InputError:
        raise
    except EOFError:
        raise InputError("the gzip file is cut off", where=str(file.path), fix=GET_AGAIN) from None
    except (gzip.BadGzipFile, zlib.error):
        raise InputError("no valid gzip file", where=str(file.path), fix=GET_AGAIN) from None
    except pa.lib.ArrowException as error:
        detail = str(error).splitlines()[0][:120]
        raise InputError(f"no valid Parquet file ({detail})", where=str(file.path), fix=GET_AGAIN) from None
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror or error})", where=str(file.path), fix="Check the path and permissions."
        ) from None
    if empty:
        raise InputError("the file is empty", where=str(file.path), fix="Give a file with rows, or leave it out.")


def _json_rows(file: SourceFile) -> Iterator[Row]:
    with _open(file.path) as stream:
        for line, raw in enumerate(stream, start=1):
            if raw.isspace():
                continue
            content = _parse(raw, place(file, line), first=line == 1)
            yield Row(content, file, line, content.keys())  # type: ignore[arg-type]  # only listed, and only in errors


def _open(path: Path) -> BinaryIO:
    return gzip.open(path, "rb") if path.name.endswith(".gz") else path.open("rb")  # type: ignore[return-value]


def _parse(raw: bytes, where: str, *, first: bool) -> dict[str, Any]:
    try:
        # Windows programs put a byte order mark before the first line, which JSON does not allow.
        content = json.loads(raw.decode("utf-8-sig" if first else "utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 at byte {error.start + 1}", where=where, fix="Save the file as UTF-8.") from None
    except json.JSONDecodeError as error:
        raise InputError(
            f"not JSON ({error.msg} at column {error.colno})", where=where, fix="Write one JSON object a line."
        ) from None
    except RecursionError:
        raise InputError("not JSON that can be read (nested too deeply)", where=where, fix="Mend that line.") from None
    if not isinstance(content, dict):
        raise InputError(
            f"the row is no object but {_json_type(content)}", where=where, fix="Write one JSON object a line."
        )
    return content


def _parquet_rows(file: SourceFile, columns: Sequence[str]) -> Iterator[Row]:
    with pq.ParquetFile(file.path) as table:
        there = list(table.schema_arrow.names)
        wanted = [name for name in there if name in columns]
        line = 0
        # With no column of interest there, rows are still counted, and the first one names what is missing.
        for batch in table.iter_batches(batch_size=BATCH_ROWS, columns=wanted or there[:1]):
            try:
                contents = batch.to_pylist()
            except UnicodeDecodeError:
                raise InputError("not UTF-8", where=f"{place(file, line + 1)} or after", fix=GET_AGAIN) from None
            for content in contents:
                line += 1
                yield Row(content, file, line, there)


def _json_type(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
