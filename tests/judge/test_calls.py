"""The store of calls: replies come back as they were, under what decides them, also where processes share it."""

import hashlib
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acord.errors import InputError
from acord.judge.calls import CallStore, Reply, call_key

REPLY = Reply('{"a": "ñ\0\r\n\u2028\U0001f600"}', "stop", None, "fp_1", "judge-1", 12, None)
TEXTS = st.text(st.characters(exclude_categories=()), max_size=4)
ASKED = st.tuples(
    TEXTS,
    st.lists(st.fixed_dictionaries({"role": TEXTS, "content": TEXTS}), max_size=2),
    st.none() | st.dictionaries(TEXTS, TEXTS, max_size=2),
    st.integers(1, 2),
    TEXTS,
    st.integers(1, 3),
)


@given(ASKED, ASKED)
def test_no_two_questions_share_a_key(one: Any, other: Any) -> None:
    assert (call_key(*one) == call_key(*other)) == (one == other)


def test_a_key_is_the_same_in_every_process_and_version() -> None:
    messages = ({"role": "system", "content": "à"}, {"content": "b", "role": "user"})
    canonical = rb'["m",[["system","\u00e0"],["user","b"]],{"a":[2],"b":1},512,"v1",1]'
    assert call_key("m", messages, {"b": 1, "a": [2]}, 512, "v1", 1) == hashlib.sha256(canonical).digest()


def test_replies_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "made" / "calls.sqlite"
    refused = Reply("", "", "I cannot.", "", "", 0, 10**12)
    with CallStore(path) as store:
        assert store.get(b"k") is None
        assert store.put(b"k", "judge", REPLY) == REPLY
        assert store.put(b"l", "judge", refused) == refused
    with CallStore(path) as store:
        assert (store.get(b"k"), store.get(b"l")) == (REPLY, refused)
        assert len(store) == 2


def test_each_fingerprint_keeps_its_first_reply(tmp_path: Path) -> None:
    newer = REPLY._replace(fingerprint="fp_2", text="two")
    with CallStore(tmp_path / "calls.sqlite") as store:
        assert store.latest("judge") is None
        store.put(b"k", "judge", REPLY)
        store.put(b"k", "judge", newer)
        store.put(b"x", "other", REPLY._replace(fingerprint="fp_3"))
        assert store.put(b"k", "judge", REPLY._replace(text="later")) == REPLY
        assert (store.latest("judge"), store.latest("other")) == ("fp_2", "fp_3")
        assert store.get(b"k") == newer
        assert store.get(b"k", "fp_1") == REPLY
        assert store.get(b"k", "fp_9") == newer
        assert store.get(b"k", "fp_9", only=True) is None
        assert store.get(b"k", "fp_1", only=True) == REPLY
        assert store.get(b"k", None, only=True) is None


WRITER = """
import sys
from pathlib import Path
from acord.judge.calls import CallStore, Reply
with CallStore(Path(sys.argv[1])) as store:
    for number in range(60):
        store.put(b"%d" % number, "judge", Reply(sys.argv[2], "", None, "", "", 1, 1))
"""


def test_processes_that_start_together_share_it(tmp_path: Path) -> None:
    path = tmp_path / "calls.sqlite"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), name]) for name in "ab"]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    with CallStore(path) as store:
        assert len(store) == 60
        replies = [store.get(b"%d" % number) for number in range(60)]
        assert {reply.text for reply in replies if reply} <= {"a", "b"}


def test_what_is_no_store_is_told_in_one_line(tmp_path: Path) -> None:
    damaged, other, version = (tmp_path / name for name in ("damaged.sqlite", "other.sqlite", "version.sqlite"))
    damaged.write_bytes(b"not a database, but long enough to be read as one" * 100)
    with pytest.raises(InputError, match=r"store of calls is damaged .* Move it away: calls are made and paid again\."):
        CallStore(damaged)
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE mine (a)")
    before = other.read_bytes()
    with pytest.raises(InputError, match="another program's database"):
        CallStore(other)
    assert other.read_bytes() == before
    with CallStore(version) as store:
        store._database.connection.execute("PRAGMA user_version=7")
    with pytest.raises(InputError, match="another version of Acord"):
        CallStore(version)
    with pytest.raises(InputError, match="cannot be made"):
        CallStore(other / "calls.sqlite")
