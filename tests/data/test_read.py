"""Files into rows, and one line for each file that cannot be read."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acord.data.read import BATCH_ROWS, Row, SourceFile, read_rows, row_count
from acord.errors import InputError

from .samples import write_jsonl, write_parquet


def rows_of(path: Path | str, *columns: str) -> list[Row]:
    path = Path(path)
    return list(read_rows(SourceFile(path, path.name, path.name), columns))


def error_of(path: Path | str, *columns: str) -> str:
    with pytest.raises(InputError) as error:
        rows_of(path, *columns)
    line = str(error.value)
    assert "\n" not in line
    return line


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_json_lines_are_read_in_order_blank_ones_left_out(tmp_path: Path, name: str) -> None:
    content = '{"x": 1}\n\n  \r\n{"x": "\u2028 ü"}\r\n{"x": null}'.encode()
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    rows = rows_of(path)
    assert [row.content for row in rows] == [{"x": 1}, {"x": "\u2028 ü"}, {"x": None}]
    assert [row.line for row in rows] == [1, 4, 5]
    assert rows[1].where == f"{path}:4"
    assert rows[1].default_id == f"{name}:4"


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'\xef\xbb\xbf{"x": 1}\n')
    assert rows_of(tmp_path / "a.jsonl")[0].content == {"x": 1}


def test_parquet_is_read_in_batches_and_only_where_asked(tmp_path: Path) -> None:
    count = 2 * BATCH_ROWS + 3
    path = write_parquet(tmp_path / "a.parquet", [{"x": index, "y": [{"z": "t"}]} for index in range(count)])
    rows = rows_of(path, "x")
    assert [row.content for row in rows] == [{"x": index} for index in range(count)]
    assert rows[-1].where == f"{path} row {count}"
    assert list(rows[0].columns) == ["x", "y"]
    assert rows_of(path, "y")[0].content == {"y": [{"z": "t"}]}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"x": 1}\n{"x": \n', ":2: not JSON (Expecting value at column "),
        (b'{"x": 1}\nplain text\n', ":2: not JSON (Expecting value at column 1)"),
        (b'{"x": 1} {"x": 2}\n', ":1: not JSON (Extra data at column 10)"),
        (b'{"x": 1}\n[1, 2]\n', ":2: the row is no object but a list"),
        (b'"text"\n', ":1: the row is no object but text"),
        (b"3\n", ":1: the row is no object but a number"),
        (b"null\n", ":1: the row is no object but null"),
        (b'{"x": 1}\n\n{"x": "caf\xe9"}\n', ":3: not UTF-8 at byte 11"),
        (b'{"x": ' + b"[" * 100_000 + b"\n", ":1: not JSON that can be read (nested too deeply)"),
        (b"", ": the file is empty"),
        (b"\n \n", ": the file is empty"),
    ],
)
@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_text_that_cannot_be_read_is_named_by_file_and_line(
    tmp_path: Path, name: str, content: bytes, expected: str
) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    assert error_of(path).startswith(f"{path}{expected}")


def cut_gzip(path: Path) -> None:
    path.write_bytes(gzip.compress(b'{"x": 1}\n' * 5_000)[:-20])


def plain_as_gzip(path: Path) -> None:
    path.write_bytes(b'{"x": 1}\n')


def damaged_gzip(path: Path) -> None:
    content = bytearray(gzip.compress(json.dumps({"x": list(range(3_000))}).encode()))
    content[200:260] = bytes(60)
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (cut_gzip, "the gzip file is cut off"),
        (plain_as_gzip, "no valid gzip file"),
        (damaged_gzip, "no valid gzip file"),
    ],
)
def test_a_damaged_gzip_file_is_named(tmp_path: Path, damage: Callable[[Path], None], expected: str) -> None:
    path = tmp_path / "a.jsonl.gz"
    damage(path)
    assert error_of(path).startswith(f"{path}: {expected}. Fetch")


def test_a_damaged_parquet_file_is_named(tmp_path: Path) -> None:
    path = Path(write_parquet(tmp_path / "a.parquet", [{"x": f"text {index}"} for index in range(2_000)]))
    whole = path.read_bytes()
    for content in (whole[:-30], whole[:40], b"PAR1", b"text", whole[:60] + bytes(200) + whole[260:]):
        path.write_bytes(content)
        assert error_of(path, "x").startswith(f"{path}: ")
    path.write_bytes(b"")
    assert error_of(path, "x").startswith(f"{path}: no valid Parquet file")


def test_parquet_text_that_is_no_utf8_is_named(tmp_path: Path) -> None:
    binary = pa.array([b"ok", b"\xff\xfe"], pa.binary())
    column = pa.Array.from_buffers(pa.string(), 2, binary.buffers())
    pq.write_table(pa.table({"x": column}), tmp_path / "a.parquet")
    assert error_of(tmp_path / "a.parquet", "x").startswith(f"{tmp_path / 'a.parquet'} row 1 or after: not UTF-8")


def test_a_parquet_table_without_rows_is_empty(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": pa.array([], pa.string())}), tmp_path / "a.parquet")
    assert "the file is empty" in error_of(tmp_path / "a.parquet", "x")


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    assert error_of(tmp_path / "a.jsonl").startswith(f"{tmp_path / 'a.jsonl'}: cannot be read (No such file")
    (tmp_path / "b.jsonl").mkdir()
    assert "cannot be read (Is a directory)" in error_of(tmp_path / "b.jsonl")


def test_columns_are_asked_for_by_name_and_type(tmp_path: Path) -> None:
    (row,) = rows_of(
        write_jsonl(
            tmp_path / "a.jsonl", [{"t": "text", "n": None, "l": [], "i": 7, "e": "", "s": "\ud800", "b": True}]
        )
    )
    assert (row.text("t"), row.text("n"), row.optional_text("n"), row.optional_text("gone")) == ("text", "", None, None)
    assert (row.identifier("i"), row.identifier("t"), row.identifier("e"), row.identifier("gone")) == (
        "7",
        "text",
        None,
        None,
    )
    with pytest.raises(InputError, match=r"a.jsonl:1: s is not valid Unicode. Mend that row\."):
        row.identifier("s")
    assert row.text("s") == "\ud800"
    with pytest.raises(InputError, match=r"a.jsonl:1: b should be text and is true or false"):
        row.identifier("b")
    with pytest.raises(InputError, match=r"a.jsonl:1: l should be text and is a list. Mend that row\."):
        row.text("l")
    with pytest.raises(
        InputError, match=r"a.jsonl:1: the column gone is missing. Columns there: t, n, l, i, e, s, b\."
    ):
        row.value("gone")


def test_rows_are_counted_ahead_where_the_files_state_them(tmp_path: Path) -> None:
    names = ["a.parquet", "b.parquet"]
    paths = [Path(write_parquet(tmp_path / name, [{"x": 1}] * 3)) for name in names]
    files = [SourceFile(path, path.name, path.name) for path in paths]
    assert row_count(files) == 6
    text = Path(write_jsonl(tmp_path / "a.jsonl", [{"x": 1}]))
    assert row_count([*files, SourceFile(text, "a.jsonl", "a.jsonl")]) is None
    paths[0].write_bytes(b"PAR1")
    assert row_count(files) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3), max_leaves=5
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contents=st.lists(st.dictionaries(st.text(), json_values, max_size=3), min_size=1, max_size=6), data=st.data())
def test_json_lines_round_trip(tmp_path: Path, contents: list[dict[str, Any]], data: st.DataObject) -> None:
    ascii_only = data.draw(st.booleans())
    # Python writes half a surrogate pair only as an escape.
    text = "".join(json.dumps(row, ensure_ascii=ascii_only) + "\n" for row in contents)
    raw = text.encode("utf-8", "surrogatepass")
    (tmp_path / "a.jsonl").write_bytes(raw)
    try:
        raw.decode()
    except UnicodeDecodeError:
        assert "not UTF-8" in error_of(tmp_path / "a.jsonl")
    else:
        assert [row.content for row in rows_of(tmp_path / "a.jsonl")] == contents
