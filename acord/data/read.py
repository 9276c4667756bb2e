"""Rows of a file, one at a time: JSON lines, plain or gzipped, and Parquet.

A file that cannot be read ends in one line that names it. A row that cannot be read is handed over with its fault.
"""

import gzip
import io
import json
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from acord.data.row import PARQUET, NoPair, Row, SourceFile, kind_of, place
from acord.errors import InputError

__all__ = ["BATCH_ROWS", "ENDINGS", "MOST_BYTES", "Row", "SourceFile", "place", "read_rows", "row_count"]

ENDINGS = (".jsonl", ".jsonl.gz", PARQUET)
BATCH_ROWS = 1_024
# The largest OASST tree is about 1 MB. A longer row is a fault of whoever wrote the file, and would fill memory.
MOST_BYTES = 16 << 20
# Python's own limit depends on who called; this one lies below it, so that the same row is always treated alike.
MOST_NESTED = 500
GET_AGAIN = "Fetch or write the file again."

TOO_LONG, TOO_DEEP = "the row is longer than 16 MiB", "nested too deeply"
NOT_UTF8, NOT_JSON, NO_OBJECT, UNREADABLE = "not UTF-8", "not JSON", "the row is no JSON object", "unreadable value"

_BUFFER = 1 << 20  # bytes that are fetched at a time; of a Parquet file too, whose row groups may not fit in memory


def row_count(files: Sequence[SourceFile]) -> int | None:
    """How many rows the files state to have; None where one of them states nothing (JSON lines) or is damaged."""
    if not all(file.path.name.endswith(PARQUET) for file in files):
        return None
    try:
        return sum(int(pq.read_metadata(file.path).num_rows) for file in files)
    except (pa.lib.ArrowException, OSError):
        return None


def read_rows(file: SourceFile, columns: Sequence[str]) -> Iterator[Row]:
    """The rows of a file in order, those that cannot be read with their fault; blank lines are no rows.

    columns: those of interest; a Parquet file is read for these only. A row may have MOST_BYTES, and what it holds
    may be nested MOST_NESTED deep. Raises InputError for a file that is unreadable, empty or cut off.
    """
    rows = _parquet_rows(file, columns) if file.path.name.endswith(PARQUET) else _json_rows(file)
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
        line = 0
        while raw := stream.readline(MOST_BYTES + 1):
            line += 1
            if len(raw) > MOST_BYTES and not raw.endswith(b"\n"):
                _skip_line(stream)
                yield Row({}, file, line, (), NoPair(TOO_LONG))
            elif not raw.isspace():
                yield _json_row(raw, file, line)


def _open(path: Path) -> BinaryIO:
    if path.name.endswith(".gz"):
        return io.BufferedReader(gzip.open(path, "rb"), _BUFFER)
    return path.open("rb", buffering=_BUFFER)


def _skip_line(stream: BinaryIO) -> None:
    while (piece := stream.readline(_BUFFER)) and not piece.endswith(b"\n"):
        pass


def _json_row(raw: bytes, file: SourceFile, line: int) -> Row:
    try:
        # Windows programs put a byte order mark before the first line, which JSON does not allow.
        content = json.loads(raw.decode("utf-8-sig" if line == 1 else "utf-8"))
    except UnicodeDecodeError as error:
        fault = NoPair(NOT_UTF8, f"at byte {error.start + 1}")
    except json.JSONDecodeError as error:
        fault = NoPair(NOT_JSON, f"{error.msg} at column {error.colno}")
    except ValueError:
        fault = NoPair(NOT_JSON, "a whole number has too many digits")
    except RecursionError:
        fault = NoPair(TOO_DEEP)
    else:
        if not isinstance(content, dict):
            fault = NoPair(NO_OBJECT, f"it is {kind_of(content)}")
        elif raw.count(b"{") + raw.count(b"[") > MOST_NESTED and _is_deeper(content, MOST_NESTED):
            fault = NoPair(TOO_DEEP)
        else:
            return Row(content, file, line, content)
    return Row({}, file, line, (), fault)


def _is_deeper(content: dict[str, Any], limit: int) -> bool:
    """Whether objects and lists are nested more than `limit` deep."""
    level: list[dict[str, Any] | list[Any]] = [content]
    for _ in range(limit):
        inside = (value for outer in level for value in (outer.values() if isinstance(outer, dict) else outer))
        level = [value for value in inside if isinstance(value, dict | list)]
        if not level:
            return False
    return True


def _parquet_rows(file: SourceFile, columns: Sequence[str]) -> Iterator[Row]:
    with pq.ParquetFile(file.path, buffer_size=_BUFFER, pre_buffer=False) as table:
        there = list(table.schema_arrow.names)
        wanted = [name for name in there if name in columns]
        if len({*wanted}) < len(wanted):
            raise InputError(
                f"two columns are named {next(name for name in wanted if wanted.count(name) > 1)}",
                where=str(file.path),
                fix="Rename one of them.",
            )
        line = 0
        # With no column of interest there, rows are still counted, and the first one names what is missing.
        for batch in table.iter_batches(batch_size=BATCH_ROWS, columns=wanted or there[:1]):
            for content in _contents(batch):
                line += 1
                if isinstance(content, NoPair):
                    yield Row({}, file, line, (), content)
                else:
                    yield Row(content, file, line, there)


def _contents(batch: Any) -> Iterator[dict[str, Any] | NoPair]:
    """The rows of a batch. They are looked at one by one only where some are not as they should be."""
    if batch.nbytes <= MOST_BYTES:
        try:
            contents = batch.to_pylist()
        except (ValueError, OverflowError):
            pass
        else:
            yield from contents
            return
    for index in range(batch.num_rows):
        row = batch.slice(index, 1)
        if row.nbytes > MOST_BYTES:
            yield NoPair(TOO_LONG)
            continue
        try:
            (content,) = row.to_pylist()
        except UnicodeDecodeError:
            yield NoPair(NOT_UTF8)
        except (ValueError, OverflowError):
            yield NoPair(UNREADABLE)
        else:
            yield content
