"""Files into rows: a fault for each row that cannot be read, one line for each file that cannot."""

import gzip
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acord.data.read import BATCH_ROWS, MOST_BYTES, MOST_NESTED, Row, SourceFile, read_rows, row_count
from acord.data.row import NoPair, printable
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


def fault_of(row: Row) -> tuple[str, str]:
    """Reason and detail; asking such a row for a column gives the same."""
    assert row.fault is not None
    assert row.content == {}
    with pytest.raises(NoPair) as raised:
        row.value("x")
    assert raised.value is row.fault
    assert row.name("x") == row.default_id
    return row.fault.reason, row.fault.detail


def nested(depth: int) -> bytes:
    """An object with lists in it; `depth` counts the object too."""
    return b'{"x": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


@pytest.mark.parametrize(
    ("broken", "reason", "detail"),
    [
        (b'{"x": ?', "not JSON", "Expecting value at column 7"),
        (b"plain text", "not JSON", "Expecting value at column 1"),
        (b'{"x": 1} {"x": 2}', "not JSON", "Extra data at column 10"),
        (b'{"x": "\0"}', "not JSON", "Invalid control character at at column 8"),
        (b"\0\0\0", "not JSON", "Expecting value at column 1"),
        (b'{"x": ' + b"9" * 5_000 + b"}", "not JSON", "a whole number has too many digits"),
        (b"[1, 2]", "the row is no JSON object", "it is a list"),
        (b'"text"', "the row is no JSON object", "it is text"),
        (b"3", "the row is no JSON object", "it is a number"),
        (b"true", "the row is no JSON object", "it is true or false"),
        (b"null", "the row is no JSON object", "it is null"),
        (b'{"x": "caf\xe9"}', "not UTF-8", "at byte 11"),
        (b'{"x": "\xed\xa0\x80"}', "not UTF-8", "at byte 8"),
        (b"\xef\xbb\xbf{}", "not JSON", "Unexpected UTF-8 BOM (decode using utf-8-sig) at column 1"),
        (b'{"x": ' + b"[" * 100_000, "nested too deeply", ""),
        (nested(1_000), "nested too deeply", ""),
        (nested(MOST_NESTED + 1), "nested too deeply", ""),
        (b'{"x": "' + b"a" * MOST_BYTES + b'"}', "the row is longer than 16 MiB", ""),
        (b" " * (MOST_BYTES + 1), "the row is longer than 16 MiB", ""),
    ],
    ids=lambda value: value[:20] if isinstance(value, bytes) else None,
)
@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_a_row_that_cannot_be_read_is_handed_over_with_its_fault(
    tmp_path: Path, name: str, broken: bytes, reason: str, detail: str
) -> None:
    content = b'{"x": 1}\n\n' + broken + b'\n{"x": 2}\r\n' + broken
    path = tmp_path / name
    path.write_bytes(gzip.compress(content, 1) if name.endswith(".gz") else content)
    first, at_fault, second, last = rows_of(path)
    assert (first.content, second.content) == ({"x": 1}, {"x": 2})
    assert first.fault is second.fault is None
    assert fault_of(at_fault) == fault_of(last) == (reason, detail)
    assert [row.line for row in (first, at_fault, second, last)] == [1, 3, 4, 5]
    assert at_fault.default_id == f"{name}:3"


def test_what_lies_just_within_the_limits_is_read(tmp_path: Path) -> None:
    longest = b'{"x": "' + b"a" * (MOST_BYTES - 9) + b'"}'
    (tmp_path / "a.jsonl").write_bytes(longest + b"\n" + nested(MOST_NESTED) + b"\n" + longest)
    first, second, third = rows_of(tmp_path / "a.jsonl")
    assert len(first.content["x"]) == len(third.content["x"]) == MOST_BYTES - 9
    assert (len(longest), second.fault, second.line) == (MOST_BYTES, None, 2)


def test_many_brackets_are_no_depth(tmp_path: Path) -> None:
    row = {"x": [[{}] for _ in range(MOST_NESTED)], "text": "[" * MOST_NESTED}
    assert rows_of(write_jsonl(tmp_path / "a.jsonl", [row]))[0].content == row


def test_a_long_line_is_passed_over_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("wb") as stream:
        for _ in range(80):
            stream.write(b"a" * (1 << 20))
        stream.write(b'\n{"x": 1}\n')
    tracemalloc.start()
    rows = rows_of(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [row.line for row in rows] == [1, 2]
    assert rows[1].content == {"x": 1}
    assert peak < 2.5 * MOST_BYTES


@pytest.mark.parametrize("content", [b"", b"\n \n"])
@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_a_file_without_rows_is_empty(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    assert error_of(path).startswith(f"{path}: the file is empty")


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


def test_parquet_rows_that_cannot_be_read_have_their_fault(tmp_path: Path) -> None:
    binary = pa.array([b"ok", b"\xff\xfe", b"fine"], pa.binary())
    column = pa.Array.from_buffers(pa.string(), 3, binary.buffers())
    pq.write_table(pa.table({"x": column}), tmp_path / "a.parquet")
    first, second, third = rows_of(tmp_path / "a.parquet", "x")
    assert (first.content, third.content) == ({"x": "ok"}, {"x": "fine"})
    assert fault_of(second) == ("not UTF-8", "")
    assert (second.default_id, third.line) == ("a.parquet:2", 3)
    path = write_parquet(
        tmp_path / "b.parquet", [{"x": "a" * size} for size in (3, MOST_BYTES + 1, 4, MOST_BYTES // 2)]
    )
    rows = rows_of(path, "x")
    assert [len(row.content.get("x", "")) for row in rows] == [3, 0, 4, MOST_BYTES // 2]
    assert fault_of(rows[1]) == ("the row is longer than 16 MiB", "")
    beyond_the_calendar = pa.table({"x": pa.array([0, 10**13], pa.timestamp("s"))})
    pq.write_table(beyond_the_calendar, tmp_path / "c.parquet")
    assert [row.fault and row.fault.reason for row in rows_of(tmp_path / "c.parquet", "x")] == [
        None,
        "unreadable value",
    ]


def test_a_parquet_table_with_two_columns_of_one_name_is_named(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["x", "x"])
    pq.write_table(table, tmp_path / "a.parquet")
    assert error_of(tmp_path / "a.parquet", "x").startswith(f"{tmp_path / 'a.parquet'}: two columns are named x. ")


def test_a_parquet_table_without_rows_is_empty(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": pa.array([], pa.string())}), tmp_path / "a.parquet")
    assert "the file is empty" in error_of(tmp_path / "a.parquet", "x")


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    assert error_of(tmp_path / "a.jsonl").startswith(f"{tmp_path / 'a.jsonl'}: cannot be read (No such file")
    (tmp_path / "b.jsonl").mkdir()
    assert "cannot be read (Is a directory)" in error_of(tmp_path / "b.jsonl")


def asked(row: Row, kind: str, column: str) -> tuple[str, str]:
    """The fault of a column that is asked for as a kind."""
    with pytest.raises(NoPair) as raised:
        getattr(row, kind)(column)
    return raised.value.reason, raised.value.detail


def test_columns_are_asked_for_by_name_and_type(tmp_path: Path) -> None:
    content = {
        "t": "text",
        "n": None,
        "l": [],
        "i": 7,
        "e": "",
        "s": "\ud800",
        "b": True,
        "0": "a\0",
        "long": "ñ" * 1_001,
    }
    (row,) = rows_of(write_jsonl(tmp_path / "a.jsonl", [content]))
    assert (row.text("t"), row.text("n"), row.optional_text("n"), row.optional_text("gone")) == ("text", "", None, None)
    names = [row.identifier(name) for name in ("i", "t", "e", "gone")]
    assert names == ["7", "text", None, None]
    assert [row.name(name) for name in ("i", "e", "gone", "l", "s")] == ["7", *["a.jsonl:1"] * 4]
    assert [row.flag(name) for name in ("b", "n", "gone")] == [True, None, None]
    assert asked(row, "identifier", "s") == ("s is not valid Unicode", "\\ud800")
    assert asked(row, "identifier", "0") == ("0 is not valid Unicode", "a\\x00")
    assert asked(row, "identifier", "long") == ("long is longer than 1,000 characters", "ñ" * 200 + "...")
    assert row.text("s") == "\ud800"
    assert asked(row, "identifier", "b") == ("b should be text", "it is true or false")
    assert asked(row, "text", "l") == ("l should be text", "it is a list")
    assert asked(row, "flag", "i") == ("i should be true or false", "it is a number")
    missing = ("the column gone is missing", "columns there: t, n, l, i, e, s, b, 0, long")
    assert asked(row, "value", "gone") == asked(row, "text", "gone") == missing


def test_a_column_that_a_parquet_table_lacks_is_a_fault_of_the_file(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "a.parquet", [{"x": 1, "y": 2}])
    (row,) = rows_of(path, "x", "gone")
    with pytest.raises(
        InputError, match=r"a.parquet row 1: the column gone is missing. Columns there: x, y. Check the"
    ):
        row.text("gone")


def test_what_strangers_wrote_is_shown_in_one_line() -> None:
    assert printable("è\n\ud83d\x1b[2J\0") == "è\\n\\ud83d\\x1b[2J\\x00"
    assert printable("a" * 200) == "a" * 200
    assert printable("a" * 201) == "a" * 200 + "..."


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
    rows = rows_of(tmp_path / "a.jsonl")
    assert len(rows) == len(contents)
    for row, line, content in zip(rows, raw.splitlines(), contents, strict=True):
        try:
            line.decode()
        except UnicodeDecodeError:
            assert fault_of(row)[0] == "not UTF-8"
        else:
            assert (row.content, row.fault) == (content, None)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.binary(max_size=40), min_size=1, max_size=6))
def test_no_bytes_end_the_reading(tmp_path: Path, lines: list[bytes]) -> None:
    raw = b"{}\n" + b"\n".join(lines)
    (tmp_path / "a.jsonl").write_bytes(raw)
    assert len(rows_of(tmp_path / "a.jsonl")) == sum(not (line + b"\n").isspace() for line in raw.split(b"\n"))
