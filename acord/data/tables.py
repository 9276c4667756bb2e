"""Writing Parquet so that the same rows give the same bytes: fixed settings, fixed groups of rows."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ROWS_A_GROUP = 4_096


class TableWriter:
    """Rows into a Parquet file, a row group at a time, so that no table needs to fit in memory. A context manager."""

    def __init__(self, path: Path, schema: Any) -> None:
        self._schema = schema
        self._columns: list[list[Any]] = [[] for _ in schema]
        self._file = pq.ParquetWriter(path, schema, compression="zstd", compression_level=3, version="2.6")

    def write(self, values: Sequence[Any]) -> None:
        """One row, its values in the schema's order."""
        for column, value in zip(self._columns, values, strict=True):
            column.append(value)
        if len(self._columns[0]) == ROWS_A_GROUP:
            self._flush()

    def write_all(self, rows: Iterable[Sequence[Any]]) -> None:
        """Rows, in order."""
        for row in rows:
            self.write(row)

    def _flush(self) -> None:
        if self._columns[0]:
            arrays = [pa.array(column, field.type) for column, field in zip(self._columns, self._schema, strict=True)]
            table = pa.Table.from_arrays(arrays, schema=self._schema)
            self._file.write_table(table, row_group_size=ROWS_A_GROUP)
            self._columns = [[] for _ in self._schema]

    def __enter__(self) -> "TableWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._flush()
        self._file.close()
