"""Rows of a file by columns of text, thousands at once: for sources of millions of rows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from acord.data.read import GET_AGAIN, NOT_UTF8, SourceFile, read_rows
from acord.data.row import LONGEST_NAME, NoPair
from acord.errors import InputError

BATCH_ROWS = 8_192
NOT_TEXT = object()
# Bytes of a column chunk that are read at a time: chunks of a whole row group do not fit in memory.
BUFFER_BYTES = 1 << 20


@dataclass
class Batch:
    """Rows that follow each other. N: how many. names: of each row, shape (N,). texts: column -> N texts, '' for null.

    faults: index -> reason and detail, for rows that are no rows of this source.
    """

    address: str
    names: list[str]
    texts: dict[str, list[str]]
    faults: dict[int, tuple[str, str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.names)


def read_batches(file: SourceFile, columns: tuple[str, ...]) -> Iterator[Batch]:
    """The rows of a file in order, with these columns of text, and their names: the column `id`, else file and line.

    Raises InputError for a file that cannot be read, or a Parquet file without one of the columns.
    """
    return _of_parquet(file, columns) if file.path.name.endswith(".parquet") else _of_json(file, columns)


def _of_json(file: SourceFile, columns: tuple[str, ...]) -> Iterator[Batch]:
    batch = Batch(file.address, [], {column: [] for column in columns})
    for row in read_rows(file, ("id", *columns)):
        index = len(batch)
        texts = [""] * len(columns)
        try:
            if row.fault is not None:
                raise row.fault
            texts = [row.text(column) for column in columns]
        except NoPair as fault:
            batch.faults[index] = (fault.reason, fault.detail)
        batch.names.append(row.name("id"))
        for column, text in zip(columns, texts, strict=True):
            batch.texts[column].append(text)
        if len(batch) == BATCH_ROWS:
            yield batch
            batch = Batch(file.address, [], {column: [] for column in columns})
    if len(batch):
        yield batch


def _of_parquet(file: SourceFile, columns: tuple[str, ...]) -> Iterator[Batch]:
    try:
        with pq.ParquetFile(file.path, buffer_size=BUFFER_BYTES, pre_buffer=False) as table:
            there = table.schema_arrow
            twice = next((name for name in there.names if there.names.count(name) > 1), None)
            if twice is not None:
                raise InputError(f"two columns are named {twice}", where=str(file.path), fix=GET_AGAIN)
            for column in columns:
                _check(column, there, file)
            wanted = [name for name in ("id", *columns) if name in there.names]
            line = 1
            for batch in table.iter_batches(batch_size=BATCH_ROWS, columns=wanted or there.names[:1]):
                yield _batch(batch, columns, file, line)
                line += batch.num_rows
    except pa.lib.ArrowException as error:
        detail = str(error).splitlines()[0][:120]
        raise InputError(f"no valid Parquet file ({detail})", where=str(file.path), fix=GET_AGAIN) from None
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror or error})", where=str(file.path), fix="Check the path and permissions."
        ) from None


def _check(column: str, schema: Any, file: SourceFile) -> None:
    if column not in schema.names:
        raise InputError(
            f"the column {column} is missing",
            where=str(file.path),
            fix=f"Columns there: {', '.join(schema.names)}. Check the source's format, or rename the column.",
        )
    kind = schema.field(column).type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind)):
        raise InputError(f"the column {column} should be text and is {kind}", where=str(file.path), fix="Mend it.")


def _batch(batch: Any, columns: tuple[str, ...], file: SourceFile, line: int) -> Batch:
    made = Batch(file.address, [f"{file.label}:{number}" for number in range(line, line + batch.num_rows)], {})
    if "id" in batch.schema.names:
        for index, name in enumerate(_texts(batch.column("id"))):
            if name is not None and name is not NOT_TEXT and name != "":
                made.names[index] = str(name)[:LONGEST_NAME]
    for column in columns:
        texts = _texts(batch.column(column))
        made.texts[column] = ["" if text is None or text is NOT_TEXT else text for text in texts]
        for index, text in enumerate(texts):
            if text is NOT_TEXT:
                made.faults.setdefault(index, (NOT_UTF8, column))
    return made


def _texts(column: Any) -> list[Any]:
    """The values of a column; NOT_TEXT where one is not UTF-8, which Arrow does not check when it reads."""
    try:
        return list(column.to_pylist())
    except UnicodeDecodeError:
        return [_text(value) for value in column]


def _text(value: Any) -> Any:
    try:
        return value.as_py()
    except UnicodeDecodeError:
        return NOT_TEXT
