"""Reading the two tables of built pairs a row group at a time, so that memory does not grow with the table."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from acord.data.pairs import DROPPED_FILE, DROPPED_SCHEMA, PAIRS_FILE, PAIRS_SCHEMA
from acord.errors import InputError

BUILD_AGAIN = "Build the pairs again (acord data build)."


def scan_pairs(folder: Path, columns: Sequence[str] | None = None) -> Iterator[Any]:
    """Record batches of pairs.parquet in the table's order, with the columns asked for.

    Raises InputError where the table is missing, damaged or another one.
    """
    return _scan(folder / PAIRS_FILE, PAIRS_SCHEMA, columns)


def scan_dropped(folder: Path) -> Iterator[Any]:
    """Record batches of dropped.parquet. Raises as `scan_pairs`."""
    return _scan(folder / DROPPED_FILE, DROPPED_SCHEMA, None)


def pair_rows(folder: Path, keep: Callable[[Any], Any] | None = None) -> Iterator[dict[str, Any]]:
    """Pairs as rows of PAIRS_SCHEMA. keep: from a batch to a boolean array of the rows wanted. Raises as above."""
    for batch in scan_pairs(folder):
        yield from (batch if keep is None else batch.filter(keep(batch))).to_pylist()


def pair_at(folder: Path, number: int) -> dict[str, Any]:
    """The row of that number, from 0, of pairs.parquet; only its row group is read. Raises as above."""
    with _opened(folder / PAIRS_FILE, PAIRS_SCHEMA) as table:
        for group in range(table.num_row_groups):
            rows = table.metadata.row_group(group).num_rows
            if number < rows:
                return dict(table.read_row_group(group, columns=PAIRS_SCHEMA.names).slice(number, 1).to_pylist()[0])
            number -= rows
    raise IndexError(number)


def _scan(path: Path, schema: Any, columns: Sequence[str] | None) -> Iterator[Any]:
    with _opened(path, schema) as table:
        for group in range(table.num_row_groups):
            yield from table.read_row_group(group, columns=columns or schema.names).to_batches()


@contextmanager
def _opened(path: Path, schema: Any) -> Iterator[Any]:
    try:
        with pq.ParquetFile(path) as table:
            there = table.schema_arrow
            for field in schema:
                if field.name not in there.names or there.field(field.name).type != field.type:
                    raise InputError(f"the column {field.name} is missing or another", where=str(path), fix=BUILD_AGAIN)
            yield table
    except FileNotFoundError:
        raise InputError("no such file", where=str(path), fix=BUILD_AGAIN) from None
    except (pa.lib.ArrowException, UnicodeDecodeError) as error:
        detail = str(error).splitlines()[0][:120]
        raise InputError(f"no valid Parquet file ({detail})", where=str(path), fix=BUILD_AGAIN) from None
