"""The file of preferences under several writers, killed writers and deletion."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from acord.errors import InputError
from acord.feedback.record import line_of
from acord.feedback.store import FeedbackStore

from .samples import answer, open_session, prefer

ROOT = Path(__file__).parents[2]
WRITER = """
import sys
from pathlib import Path
from acord.feedback.store import FeedbackStore
from tests.feedback.samples import prefer
store, who = FeedbackStore(Path(sys.argv[1])), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[3])):
    store.add(prefer(f"{who} {number}", language="en", annotator=who, replies=("x" * 3_000, "y")))
    print(number, flush=True)
"""
# Writes the beginning of a line under the lock, says so, and is killed there.
HALF = """
import os, sys, time
from pathlib import Path
from acord.feedback.files import locked
from acord.feedback.record import line_of
from tests.feedback.samples import prefer
path = Path(sys.argv[1])
with locked(path), path.open("ab") as file:
    file.write(line_of(prefer())[:int(sys.argv[2])])
    file.flush()
    print("half", flush=True)
    time.sleep(60)
"""


def start(program: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def store(tmp_path: Path) -> FeedbackStore:
    return FeedbackStore(tmp_path / "new" / "answers.jsonl")


def test_what_was_added_is_read_back_and_is_nobody_elses(store: FeedbackStore) -> None:
    assert store.read() == []
    given = [prefer("a"), prefer("b", "tie")]
    for one in given:
        store.add(one)
    assert store.read() == given
    files = list(store.path.parent.iterdir())
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


@pytest.mark.slow
def test_processes_that_write_at_once_lose_nothing_while_another_deletes(store: FeedbackStore) -> None:
    store.add(prefer("first", annotator="gone"))
    writers = [start(WRITER, str(store.path), who, "40") for who in ("Anna", "Biel", "Carme")]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    deleted = 0
    while any(writer.poll() is None for writer in writers):
        deleted += store.delete("gone")
        store.add(prefer("again", language="en", annotator="gone"))
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0
    deleted += store.delete("gone")
    assert deleted > 2
    said = [one.prompt[0]["content"] for one in store.read()]
    assert sorted(said) == sorted(f"{who} {number}" for who in ("Anna", "Biel", "Carme") for number in range(40))


@pytest.mark.slow
@pytest.mark.parametrize("length", [1, 200])
def test_half_a_line_of_a_killed_writer_is_passed_over_and_mended(
    store: FeedbackStore, capfd: pytest.CaptureFixture[str], length: int
) -> None:
    store.add(prefer("before"))
    writer = start(HALF, str(store.path), str(length))
    assert writer.stdout is not None
    assert writer.stdout.readline() == "half\n"
    writer.send_signal(signal.SIGKILL)
    writer.communicate(timeout=60)
    assert [one.prompt[0]["content"] for one in store.read()] == ["before"]
    assert "line 2" in capfd.readouterr().err
    store.add(prefer("after"))
    assert [one.prompt[0]["content"] for one in store.read()] == ["before", "after"]
    assert capfd.readouterr().err == ""
    assert len(store.path.read_bytes().splitlines()) == 2


@pytest.mark.slow
def test_a_writer_killed_at_any_moment_loses_nothing_that_it_said_it_wrote(store: FeedbackStore) -> None:
    writer = start(WRITER, str(store.path), "Anna", "100000")
    assert writer.stdout is not None
    assert writer.stdin is not None
    writer.stdin.write("go\n")
    writer.stdin.flush()
    writer.stdout.readline()
    time.sleep(0.4)
    writer.send_signal(signal.SIGKILL)
    said, _ = writer.communicate(timeout=60)
    told = len(said.splitlines())
    assert told > 1
    store.add(prefer("after"))
    read = [one.prompt[0]["content"] for one in store.read()]
    assert read[:told] == [f"Anna {number}" for number in range(told)]
    assert len(read) - told in (1, 2)


def test_a_last_line_that_lacks_only_its_end_stays(store: FeedbackStore) -> None:
    first, second, third = prefer("a"), prefer("b"), prefer("c")
    store.add(first)
    store.path.write_bytes(store.path.read_bytes() + line_of(second).rstrip())
    assert store.read() == [first, second]
    store.add(third)
    assert store.read() == [first, second, third]


def test_a_broken_line_elsewhere_is_named_and_nothing_is_deleted(store: FeedbackStore) -> None:
    store.add(prefer(annotator="Anna"))
    row = json.dumps({**asdict(prefer()), "annotatr": "Anna"})
    before = store.path.read_bytes() + f"{row}\n".encode() + line_of(prefer())
    store.path.write_bytes(before)
    with pytest.raises(InputError, match=r"answers\.jsonl:2: unknown key annotatr\. Did you mean annotator\?"):
        store.read()
    with pytest.raises(InputError, match=r"answers\.jsonl:2"):
        store.delete("Anna")
    assert store.path.read_bytes() == before


def test_deletion_takes_one_preference_or_all_of_an_annotator(store: FeedbackStore) -> None:
    given = [prefer("a", annotator="Anna"), prefer("b", annotator="Biel"), prefer("c", annotator="Anna"), prefer("d")]
    for one in given:
        store.add(one)
    store.path.chmod(0o640)
    assert store.delete(given[3].id) == 1
    assert store.delete("Anna") == 2
    assert store.delete("Anna") == 0
    assert store.read() == [given[1]]
    # Whoever opened the file to their group did so on purpose.
    assert store.path.stat().st_mode & 0o777 == 0o640
    assert b"Anna" not in b"".join(file.read_bytes() for file in store.path.parent.iterdir())


def test_deletion_by_token_forgets_the_annotator_everywhere(tmp_path: Path) -> None:
    session = open_session(tmp_path)
    anna, biel = session.join("Anna", agreed=True), session.join("Biel", agreed=True)
    for token in (anna.token, biel.token, anna.token):
        answer(session, token)
    assert session.store.knows("Anna")
    assert session.store.delete(anna.token) == 2
    assert not session.store.knows("Anna")
    assert {one.annotator for one in session.store.read()} == {"Biel"}
    with pytest.raises(InputError, match="token"):
        session.next_prompt(anna.token)
    assert b"Anna" not in b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.suffix != ".yaml")


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "real.jsonl")
    linked, real = FeedbackStore(tmp_path / "link.jsonl"), FeedbackStore(tmp_path / "real.jsonl")
    linked.add(prefer(annotator="Anna"))
    assert real.delete("Anna") == 1
    assert (tmp_path / "link.jsonl").is_symlink()
    assert linked.read() == []


def test_files_that_cannot_be_are_told_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ends in \.jsonl"):
        FeedbackStore(tmp_path / "answers.json")
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(InputError, match="directory"):
        FeedbackStore(tmp_path / "folder.jsonl").add(prefer())
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"below\.jsonl"):
        FeedbackStore(tmp_path / "file" / "below.jsonl").add(prefer())


def test_a_full_disk_leaves_no_half_line(store: FeedbackStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.add(prefer("before"))
    real_write = os.write
    writes: list[int] = []

    def half(descriptor: int, content: bytes) -> int:
        writes.append(descriptor)
        if len(writes) == 2:
            raise OSError(28, "No space left on device")
        return real_write(descriptor, bytes(content)[:50])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(InputError, match="No space left"):
        store.add(prefer("lost"))
    monkeypatch.undo()
    assert store.path.read_bytes().endswith(b"}\n")
    assert [one.prompt[0]["content"] for one in store.read()] == ["before"]
