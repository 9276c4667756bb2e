"""Stages over the store: reuse, change, damage, crash, concurrency."""

# ruff: noqa: ARG001  stages have one signature, used or not
import errno
import getpass
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import yaml

from acord.errors import InputError, MachineError
from acord.recipe import load_recipe
from acord.run.run_recipe import run_recipe
from tests.run.fake_stages import BUILT, first, recipe, second, slow_build

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def nothing_built():
    BUILT.clear()


def artefacts(runs: Path) -> list[str]:
    return sorted(path.name for path in (runs / "artefacts").iterdir())


def run(tmp_path, stages=None, **changes):
    return run_recipe(recipe(tmp_path, **changes), tmp_path / "runs", stages=stages or (first(), second()))


def test_first_run_builds_and_second_reuses(tmp_path, capsys):
    one = run(tmp_path)
    assert [result.reused for result in one.stages] == [False, False]
    folder = tmp_path / "runs" / "fake"
    assert (folder / "second" / "shout.txt").read_text() == '{"TEXT": "ONE"}\n0.1'
    assert (folder / "first").readlink() == Path("../artefacts") / one.stage("first").folder.name
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "runs" / "artefacts").rglob("*")}
    two = run(tmp_path)
    assert [result.reused for result in two.stages] == [True, True]
    assert two.stage("second").figures == {"bytes": 16}
    assert BUILT == ["first", "second"]
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "runs" / "artefacts").rglob("*")}
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("first      16 bytes; ")
    assert lines[2:] == ["first      16 bytes; reused", "second     16 bytes; reused"]


def test_manifest_names_inputs_files_and_versions(tmp_path):
    result = run(tmp_path)
    manifest = json.loads((result.stage("second").folder / "manifest.json").read_text())
    assert manifest["stage"] == "second"
    first = result.stage("first")
    assert manifest["inputs"] == {"first": {"key": first.key, "files_sha256": first.files_sha256}}
    assert manifest["recipe"] == {"beta": 0.1}
    assert list(manifest["files"]) == ["shout.txt"]
    assert manifest["files"]["shout.txt"]["bytes"] == 19
    assert len(manifest["files"]["shout.txt"]["sha256"]) == 64
    assert manifest["versions"]["acord"]
    assert manifest["machine"]["cores"] >= 1
    assert manifest["started"] <= manifest["finished"]
    run_json = json.loads((tmp_path / "runs" / "fake" / "run.json").read_text())
    assert run_json["complete"] is True
    assert [stage["stage"] for stage in run_json["stages"]] == ["first", "second"]


def test_recipe_as_run_can_be_run_again(tmp_path):
    asked = recipe(tmp_path)
    run(tmp_path)
    assert load_recipe(tmp_path / "runs" / "fake" / "recipe.yaml") == asked


def test_a_changed_recipe_reruns_only_what_it_changes(tmp_path):
    run(tmp_path)
    run(tmp_path, beta=0.2)
    assert BUILT == ["first", "second", "second"]
    run(tmp_path, seed=1)
    assert BUILT == ["first", "second", "second", "first", "second"]
    run(tmp_path)
    assert len(BUILT) == 5
    assert len(artefacts(tmp_path / "runs")) == 5


def test_a_new_version_or_changed_source_reruns(tmp_path):
    run(tmp_path)
    run(tmp_path, stages=(first(), second(version=2)))
    assert BUILT == ["first", "second", "second"]
    (tmp_path / "source.jsonl").write_text('{"text": "two"}\n')
    run(tmp_path, stages=(first(), second(version=2)))
    assert BUILT[3:] == ["first", "second"]


def test_a_moved_source_is_reused(tmp_path):
    run(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "source.jsonl").rename(tmp_path / "elsewhere" / "source.jsonl")
    run_recipe(recipe(tmp_path / "elsewhere"), tmp_path / "runs", stages=(first(), second()))
    assert BUILT == ["first", "second"]


def test_links_of_an_earlier_recipe_are_taken_away(tmp_path):
    run(tmp_path)

    def fail(job):
        raise InputError("no good")

    with pytest.raises(InputError):
        run(tmp_path, stages=(first(), second(build=fail)), seed=1)
    folder = tmp_path / "runs" / "fake"
    assert (folder / "first").exists()
    assert not (folder / "second").is_symlink()
    assert json.loads((folder / "run.json").read_text())["complete"] is False
    assert yaml.safe_load((folder / "recipe.yaml").read_text())["seed"] == 1


def test_a_run_that_ends_early_keeps_what_still_belongs_to_the_recipe(tmp_path):
    stages, folder = (first(), second()), tmp_path / "runs" / "fake"

    def until_first(**changes):
        run_recipe(recipe(tmp_path, **changes), tmp_path / "runs", stages=stages, until="first")
        return json.loads((folder / "run.json").read_text())["complete"], (folder / "second").exists()

    assert until_first() == (False, False)
    run(tmp_path, stages=stages)
    assert until_first() == (True, True)
    assert BUILT == ["first", "second"]
    (tmp_path / "source.jsonl").write_text('{"text": "two"}\n')
    assert until_first() == (False, False)
    run(tmp_path, stages=stages)
    assert until_first(beta=0.2) == (False, False)


@pytest.mark.parametrize("error", [InputError("no good"), ValueError("a defect"), KeyboardInterrupt()])
def test_a_stage_that_fails_leaves_nothing(tmp_path, error):
    def fail(job):
        (job.folder / "half.txt").write_text("half")
        raise error

    with pytest.raises(type(error)):
        run(tmp_path, stages=(first(build=fail), second()))
    assert artefacts(tmp_path / "runs") == []
    assert not (tmp_path / "runs" / "fake").exists()
    assert list((tmp_path / "runs" / "locks").iterdir()) == []


class RustError(Exception):
    """As writers in Rust raise it: the number only in the text."""


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/x/model.safetensors"), "/x/model.safetensors: the disk"),
        (OSError(errno.EDQUOT, "quota"), "the disk quota is used up"),
        (PermissionError(errno.EACCES, "denied", "/x/y"), "/x/y: no permission"),
        (OSError(errno.EROFS, "read-only"), "the file system is read-only"),
        (RustError("I/O error: No space left on device (os error 28)"), "the disk is full"),
        (OSError("Error writing bytes. Detail: [errno 28] No space left on device"), "the disk is full"),
    ],
)
def test_a_fault_of_the_disk_is_one_line(tmp_path, error, what):
    def fail(job):
        (job.folder / "half.txt").write_text("half")
        raise error

    with pytest.raises(MachineError) as caught:
        run(tmp_path, stages=(first(build=fail), second()))
    assert what in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "--runs" in str(caught.value)
    assert artefacts(tmp_path / "runs") == []


def test_a_full_disk_is_seen_behind_a_writer_that_fails_to_close(tmp_path):
    def fail(job):
        try:
            raise OSError(errno.ENOSPC, "full")
        finally:
            raise ValueError("writer is closed already")

    with pytest.raises(MachineError, match="the disk is full"):
        run(tmp_path, stages=(first(build=fail),))


def test_a_defect_keeps_its_own_error(tmp_path):
    def fail(job):
        (job.folder / "twice").mkdir()
        (job.folder / "twice").mkdir()

    with pytest.raises(FileExistsError):
        run(tmp_path, stages=(first(build=fail),))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda folder: (folder / "manifest.json").unlink(), "manifest.json is missing"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "manifest.json is not readable as JSON"),
        (lambda folder: (folder / "manifest.json").write_text("{}"), "lacks a key"),
        (lambda folder: (folder / "manifest.json").write_text("[1]"), "lacks a key"),
        (lambda folder: (folder / "deep" / "copy.txt").write_text("short"), "5 bytes instead of 16"),
        (lambda folder: (folder / "deep" / "copy.txt").unlink(), "deep/copy.txt is missing"),
    ],
)
def test_a_damaged_artefact_is_built_again_and_said_so(tmp_path, capsys, spoil, reason):
    folder = run(tmp_path).stage("first").folder
    spoil(folder)
    result = run(tmp_path)
    assert [stage.reused for stage in result.stages] == [False, True]
    assert (folder / "deep" / "copy.txt").read_text() == '{"text": "one"}\n'
    assert reason in capsys.readouterr().err


def test_a_partial_is_never_read_and_never_kept(tmp_path):
    folder = run(tmp_path).stage("first").folder
    partial = folder.with_name(folder.name + ".partial")
    folder.rename(partial)
    (partial / "stale.txt").write_text("stale")
    run(tmp_path)
    assert BUILT == ["first", "second", "first"]
    assert not partial.exists()
    assert not (folder / "stale.txt").exists()


def test_a_resumable_stage_finds_what_a_stopped_run_left(tmp_path):
    seen = []

    def build(job):
        seen.append((job.folder / "half.txt").exists())
        (job.folder / "half.txt").write_text("half")
        if len(seen) == 1:
            raise KeyboardInterrupt
        return {}

    stages = (first(build=build, resumable=True),)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, stages=stages)
    run(tmp_path, stages=stages)
    assert seen == [False, True]


def test_runs_that_is_a_file_is_told_in_one_line(tmp_path):
    (tmp_path / "runs").write_text("")
    with pytest.raises(InputError, match="Change --runs"):
        run(tmp_path)


def test_a_recipe_cannot_take_the_stores_own_name(tmp_path):
    taken = recipe(tmp_path).model_copy(update={"name": "artefacts"})
    with pytest.raises(InputError, match="taken by the store"):
        run_recipe(taken, tmp_path / "runs", stages=(first(),))


def test_two_threads_build_once(tmp_path, capsys):
    started = tmp_path / "started"
    stages = (first(build=slow_build(0.5, started)),)
    results = []

    def work(name):
        results.append(run(tmp_path, stages=stages, name=name).stage("first").reused)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two", "three")]
    threads[0].start()
    wait_for(started)
    for thread in threads[1:]:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False, True, True]
    assert capsys.readouterr().err.count("waiting for it to finish") == 2
    assert list((tmp_path / "runs" / "locks").iterdir()) == []


WORKER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tests.run.fake_stages import first, recipe, slow_build
from acord.run.run_recipe import run_recipe
here = Path(sys.argv[2])
stages = (first(build=slow_build(float(sys.argv[3]), here / "started")),)
result = run_recipe(recipe(here, name=sys.argv[4]), here / "runs", stages=stages)
print("reused" if result.stages[0].reused else "built")
"""


def worker(tmp_path: Path, seconds: float, name: str = "fake") -> subprocess.Popen:
    command = [sys.executable, "-c", WORKER, str(ROOT), str(tmp_path), str(seconds), name]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(path: Path) -> None:
    until = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < until, f"{path} never came"
        time.sleep(0.01)


def test_a_run_killed_in_a_stage_starts_it_again(tmp_path):
    killed = worker(tmp_path, 60)
    wait_for(tmp_path / "started")
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert [name.endswith(".partial") for name in artefacts(tmp_path / "runs")] == [True]
    out, _ = worker(tmp_path, 0).communicate(timeout=60)
    assert out == "built\n"
    (name,) = artefacts(tmp_path / "runs")
    assert not name.endswith(".partial")
    assert (tmp_path / "runs" / "artefacts" / name / "whole.txt").read_text() == "whole"


@pytest.mark.slow
def test_two_processes_build_once_and_the_second_says_that_it_waits(tmp_path):
    one = worker(tmp_path, 3)
    wait_for(tmp_path / "started")
    two = worker(tmp_path, 0, "another")
    out_one, _ = one.communicate(timeout=60)
    out_two, err_two = two.communicate(timeout=60)
    assert (out_one, out_two) == ("built\n", "reused\n")
    assert f"is being built by {getpass.getuser()} (process {one.pid} on {socket.gethostname()}, since 20" in err_two


def test_a_second_run_of_a_recipe_is_refused_with_the_owners_name(tmp_path):
    """Whoever holds the lock counts, not what its file says: a dead owner's name refuses nobody."""
    locks = tmp_path / "runs" / "locks"
    one = worker(tmp_path, 60)
    wait_for(tmp_path / "started")
    with pytest.raises(InputError) as refused:
        run(tmp_path)
    line = str(refused.value)
    assert line.startswith(f"{tmp_path / 'runs' / 'fake'}: the recipe fake is being run by ")
    assert f"{getpass.getuser()} (process {one.pid} on {socket.gethostname()}, since 20" in line
    one.kill()
    one.wait()
    assert str(one.pid) in (locks / "run-fake").read_text()
    assert len(run(tmp_path).stages) == 2
    assert list(locks.iterdir()) == []


def test_an_input_that_came_out_differently_under_the_same_key_rebuilds_what_read_it(tmp_path, capsys):
    run(tmp_path)
    folder = tmp_path / "runs" / "fake" / "first"
    shutil.rmtree(folder.resolve())

    def other_machine(job):
        BUILT.append("first")
        (job.folder / "deep").mkdir()
        (job.folder / "deep" / "copy.txt").write_text("chosen by another machine")
        return {"bytes": 0}

    again = run(tmp_path, stages=(first(build=other_machine), second()))
    assert BUILT == ["first", "second", "first", "second"]
    assert "its input first has changed" in capsys.readouterr().err
    assert (again.stage("second").folder / "shout.txt").read_text().startswith("CHOSEN BY ANOTHER MACHINE")


def test_a_resumable_stage_starts_again_when_its_input_has_changed(tmp_path):
    found = []

    def killed(job):
        found.append(sorted(path.name for path in job.folder.iterdir()))
        (job.folder / "checkpoint").write_text("half-way")
        raise KeyboardInterrupt

    stages = (first(), second(build=killed, resumable=True))
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, stages=stages)
    copy = tmp_path / "runs" / "fake" / "first" / "deep" / "copy.txt"
    shutil.rmtree(copy.resolve().parents[1])

    def other(job):
        (job.folder / "copy.txt").write_text("other")
        return {"bytes": 5}

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, stages=(first(build=other), second(build=killed, resumable=True)))
    assert found == [[], ["checkpoint"], []]
