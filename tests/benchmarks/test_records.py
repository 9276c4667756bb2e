"""Results name their machine and versions, and the newest of a case is what a table shows."""

from pathlib import Path

import pytest
import records


def test_entries_have_date_machine_and_versions(tmp_path: Path) -> None:
    path = tmp_path / "new" / "results.json"
    records.append_record(path, {"case": "a", "value": 1})
    records.append_record(path, {"case": "b", "value": 2})
    records.append_record(path, {"case": "a", "value": 3})
    entries = records.read_records(path)
    assert [entry["value"] for entry in entries] == [1, 2, 3]
    for entry in entries:
        assert len(entry["date"]) == 10
        for key in (
            "processor",
            "cores",
            "memory_gb",
            "accelerator",
            "python",
            "torch",
            "transformers",
            "acord",
            "trl",
        ):
            assert key in entry["machine"], key
        assert entry["machine"]["cores"] >= 1
        assert entry["machine"]["torch"].startswith("2.")
    assert {case: entry["value"] for case, entry in records.newest(path).items()} == {"a": 3, "b": 2}


def test_markdown() -> None:
    assert records.markdown(("a", "b"), [(1, "x"), (2,)]) == "| a | b |\n| --- | --- |\n| 1 | x |\n| 2 |  |"


def test_stop_is_one_line_and_status_two(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        records.stop("not here")
    assert stopped.value.code == 2
    assert capsys.readouterr().err == "not here\n"


def test_cases_without_an_entry_say_so(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    records.append_record(path, {"case": "b", "value": 2})
    rows = records.rows_of(["a", "b"], path, lambda entry: [entry["case"], entry["value"]])
    assert rows == [["a", "not yet measured"], ["b", 2]]
