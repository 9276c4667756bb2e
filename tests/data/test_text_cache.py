"""The cache of texts: what was put is there, also after SIGKILL, and for several processes."""

import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acord.data.text_cache import TextCache, cache_key
from acord.errors import InputError

PARTS = st.lists(st.text(st.characters(exclude_categories=()), max_size=5), max_size=4)
WRITER = """
import sys
from pathlib import Path
from acord.data.text_cache import TextCache, cache_key
name, count = sys.argv[2], int(sys.argv[3])
with TextCache(Path(sys.argv[1])) as cache:
    print("ready", flush=True)
    for number in range(count):
        keys = [cache_key(name, str(number), half) for half in "ab"]
        cache.put_many({key: f"{name} {number}" for key in keys})
"""


@given(PARTS, PARTS)
def test_no_two_lists_of_parts_share_a_key(one: list[str], other: list[str]) -> None:
    assert (cache_key(*one) == cache_key(*other)) == (one == other)


def test_what_was_put_is_there(tmp_path: Path) -> None:
    path = tmp_path / "made" / "texts.sqlite"
    keys = [cache_key(str(number)) for number in range(1_200)]
    with TextCache(path) as cache:
        cache.put_many({key: f"text {number} \U0001f600" for number, key in enumerate(keys)})
        cache.put_many({keys[0]: "another"})
    with TextCache(path) as cache:
        found = cache.get_many([*keys, cache_key("absent")])
    assert found == {key: f"text {number} \U0001f600" for number, key in enumerate(keys)}


def test_all_or_none(tmp_path: Path) -> None:
    with TextCache(tmp_path / "texts.sqlite") as cache:
        with pytest.raises(UnicodeEncodeError):
            cache.put_many({cache_key("a"): "a", cache_key("b"): "\ud800"})
        assert cache.get_many([cache_key("a"), cache_key("b")]) == {}
        cache.put_many({cache_key("a"): "a"})
        assert len(cache.get_many([cache_key("a")])) == 1


def test_what_is_no_cache_is_told(tmp_path: Path) -> None:
    damaged, other = tmp_path / "damaged.sqlite", tmp_path / "other.sqlite"
    damaged.write_bytes(b"not a database, but long enough to be read as one" * 100)
    with pytest.raises(InputError, match="damaged"):
        TextCache(damaged)
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE mine (a)")
    connection.commit()
    connection.close()
    with pytest.raises(InputError, match="another program's"):
        TextCache(other)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be made"):
        TextCache(tmp_path / "file" / "texts.sqlite")


def start(path: Path, name: str, count: int) -> "subprocess.Popen[str]":
    arguments = [sys.executable, "-c", WRITER, str(path), name, str(count)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_killed_at_any_moment(tmp_path: Path) -> None:
    path = tmp_path / "texts.sqlite"
    whole = 0
    for attempt in range(6):
        writer = start(path, f"writer {attempt}", 1_000_000)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.02 + 0.03 * attempt)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        with TextCache(path) as cache:
            for number in range(5_000):
                found = cache.get_many([cache_key(f"writer {attempt}", str(number), half) for half in "ab"])
                assert len(found) in (0, 2)
                whole += len(found) == 2
                if not found:
                    break
    assert whole > 6
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.slow
def test_processes_share_it(tmp_path: Path) -> None:
    path = tmp_path / "texts.sqlite"
    writers = [start(path, f"writer {number}", 150) for number in range(3)]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0, 0]
    with TextCache(path) as cache:
        keys = [
            cache_key(f"writer {name}", str(number), half)
            for name in range(3)
            for number in range(150)
            for half in "ab"
        ]
        assert len(cache.get_many(keys)) == 900
