"""The store survives being killed, shared, damaged and mistaken for something else."""

import multiprocessing
import os
import signal
import sqlite3
from pathlib import Path

import pytest

from acord.errors import InputError
from acord.evaluate.store import ItemStore

FORK = multiprocessing.get_context("fork")


def test_values_come_back_as_they_were(tmp_path: Path) -> None:
    values = {"a": [-1.25, True], "b": "Bon dia\n\u2028", "c": [0.1 + 0.2, False]}
    with ItemStore(tmp_path / "items.sqlite") as store:
        store.put_many(values)
    with ItemStore(tmp_path / "items.sqlite") as store:
        assert store.get_many(["c", "a", "absent", "b", "a"]) == values
        assert len(store) == 3


def test_many_keys_are_asked_for_at_once(tmp_path: Path) -> None:
    with ItemStore(tmp_path / "items.sqlite") as store:
        store.put_many({f"{number:064x}": number for number in range(2_000)})
        assert store.get_many(f"{number:064x}" for number in range(1_500, 3_000)) == {
            f"{number:064x}": number for number in range(1_500, 2_000)
        }


def test_the_first_value_of_a_key_is_kept(tmp_path: Path) -> None:
    with ItemStore(tmp_path / "items.sqlite") as store:
        store.put_many({"a": 1})
        store.put_many({"a": 2, "b": 3})
        assert store.get_many(["a", "b"]) == {"a": 1, "b": 3}


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    with ItemStore(tmp_path / "items.sqlite") as store:
        with pytest.raises(TypeError):
            store.put_many({"a": 1, "b": object()})
        assert len(store) == 0
        store.put_many({"c": 1})
        assert len(store) == 1


def _write(path: Path, start: int) -> None:
    with ItemStore(path) as store:
        for number in range(start, start + 50):
            store.put_many({f"{number}-{part}": number for part in range(4)})


def test_processes_that_start_together_share_one_file(tmp_path: Path) -> None:
    path = tmp_path / "items.sqlite"
    writers = [FORK.Process(target=_write, args=(path, 30 * number)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0, 0]
    with ItemStore(path) as store:
        assert len(store) == 140 * 4
        assert store.get_many(["0-0", "139-3"]) == {"0-0": 0, "139-3": 139}


def _write_and_die(path: Path, packs: int) -> None:
    store = ItemStore(path)
    for number in range(packs):
        store.put_many({f"{number}-{part}": number for part in range(4)})
    store._database.connection.execute("BEGIN IMMEDIATE")
    store._database.connection.execute("INSERT INTO items VALUES ('half', '1')")
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_process_leaves_what_it_had_finished_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "items.sqlite"
    process = FORK.Process(target=_write_and_die, args=(path, 5))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    with ItemStore(path) as store:
        assert len(store) == 20
        assert store.get_many(["half"]) == {}
        store.put_many({"after": 1})
        assert len(store) == 21


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 4_000])
def test_a_damaged_file_is_named_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "items.sqlite"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        ItemStore(path)
    assert "items.sqlite: the store of answers is damaged" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_damage_inside_is_named_when_it_is_met(tmp_path: Path) -> None:
    path = tmp_path / "items.sqlite"
    with ItemStore(path) as store:
        store.put_many({f"{number:064x}": "x" * 500 for number in range(400)})
    content = bytearray(path.read_bytes())
    content[4_096:] = b"\x13" * (len(content) - 4_096)
    path.write_bytes(content)
    with ItemStore(path) as store, pytest.raises(InputError, match="the store of answers is damaged"):
        store.get_many([f"{number:064x}" for number in range(400)])


def test_a_value_that_is_no_json_is_damage_too(tmp_path: Path) -> None:
    path = tmp_path / "items.sqlite"
    with ItemStore(path) as store:
        store._database.connection.execute("INSERT INTO items VALUES ('a', '[1,')")
        with pytest.raises(InputError, match="damaged: a value is no JSON"):
            store.get_many(["a"])


def test_another_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE letters (text TEXT)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(InputError, match="another program's database"):
        ItemStore(path)
    assert path.read_bytes() == before


def test_a_store_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "items.sqlite"
    with ItemStore(path) as store:
        store._database.connection.execute("PRAGMA user_version=7")
    with pytest.raises(InputError, match="another version of Acord"):
        ItemStore(path)


def test_a_store_that_cannot_be_written_is_an_input_error(tmp_path: Path) -> None:
    with ItemStore(tmp_path / "items.sqlite") as store:
        store.put_many({"a": 1})
        store._database.connection.execute("PRAGMA query_only=ON")
        with pytest.raises(InputError, match="cannot be written"):
            store.put_many({"b": 1})
        assert store.get_many(["a"]) == {"a": 1}


def test_a_place_that_is_no_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"items: the store of answers cannot be written \(.*\)\. Give a place"):
        ItemStore(_folder(tmp_path / "items"))
    with pytest.raises(InputError, match="cannot be written"):
        ItemStore(tmp_path / "absent" / "items.sqlite")


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions mean nothing to root")
def test_a_file_without_permission_to_write_is_an_input_error(tmp_path: Path) -> None:
    path = tmp_path / "items.sqlite"
    with ItemStore(path) as store:
        store.put_many({"a": 1})
    path.chmod(0o400)
    with ItemStore(path) as store, pytest.raises(InputError, match="cannot be written"):
        store.put_many({"b": 1})
