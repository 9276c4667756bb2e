"""Writing Parquet so that the same rows give the same bytes: fixed settings, fixed groups of rows."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ROWS_A_GROUP = 4_096


class TableWriter:
    """Rows into a Parquet file, a row group at a time, so that no table needs to fit in memory. A context manager."""

    def __init__(self, path: Path, schema: Any) -> None:
        self._schema = schema
        self._waiting: list[dict[str, Any]] = []
        self._file = pq.ParquetWriter(path, schema, compression="zstd", compression_level=3, version="2.6")

    def write(self, row: dict[str, Any]) -> None:
        """One row, a mapping with the schema's columns."""
        self._waiting.append(row)
        if len(self._waiting) == ROWS_A_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            table = pa.Table.from_pylist(self._waiting, schema=self._schema)
            self._file.write_table(table, row_group_size=ROWS_A_GROUP)
            self._waiting = []

    def __enter__(self) -> "TableWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._flush()
        self._file.close()
