"""Real faults of the machine: a file system that is full or read-only, no network, a clock that is set."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from acord.manifest import read_manifest
from acord.run.keys import HashCache
from acord.run.run_recipe import run_recipe
from tests.run.fake_stages import BUILT, first, recipe, second

ROOT = Path(__file__).parents[2]


def own_namespace(*kinds: str) -> pytest.MarkDecorator:
    """Skip where a user may not have mounts or a network of their own."""
    able = shutil.which("unshare") and subprocess.run(["unshare", "-r", *kinds, "true"], check=False).returncode == 0
    return pytest.mark.skipif(not able, reason=f"unshare -r {' '.join(kinds)} is not allowed here")


# A line of two stages in a folder that is its own file system; the second writes a file of 64 KiB.
LINE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from acord.errors import AcordError
from acord.run.run_recipe import run_recipe
from tests.run.fake_stages import first, recipe, second

def build(job):
    with (job.folder / "large").open("wb") as file:
        for _ in range(16):
            file.write(b"x" * 4096)
    return {}

here = Path(sys.argv[2])
try:
    run_recipe(recipe(here), here / "runs", stages=(first(), second(build=build)))
except AcordError as error:
    print(f"acord: error: {error}", file=sys.stderr)
    sys.exit(error.exit_code)
"""
FULL = """
mount -t tmpfs -o size=160k none "$1/runs" || exit 77
head -c 98304 /dev/zero > "$1/runs/taken"
"$2" -c "$3" "$4" "$1"; echo "code $?" >&2
ls -A "$1/runs/artefacts" >&2
rm "$1/runs/taken"
"$2" -c "$3" "$4" "$1"; echo "code $?" >&2
ls -A "$1/runs/artefacts" "$1/runs/locks" >&2
"""
READ_ONLY = """
mount --bind "$1/runs" "$1/runs" && mount -o remount,bind,ro "$1/runs" || exit 77
"$2" -c "$3" "$4" "$1"; echo "code $?" >&2
"""


def in_namespace(script: str, folder: Path) -> list[str]:
    (folder / "runs").mkdir(exist_ok=True)
    arguments = [str(folder), sys.executable, LINE, str(ROOT)]
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, "sh", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode == 77:
        pytest.skip("this kernel does not let a user mount it")
    return done.stderr.splitlines()


@own_namespace("-m")
def test_a_full_file_system_ends_in_one_line_and_the_next_run_goes_on(tmp_path):
    lines = in_namespace(FULL, tmp_path)
    kept, line, code, first_alone = lines[:4]
    assert kept.startswith("first      16 bytes; ")
    assert line.startswith("acord: error: ")
    assert line.endswith("the disk is full. Free some space, or give another folder with --runs.")
    assert f"{tmp_path}/runs/artefacts/second-" in line
    assert code == "code 2"
    assert first_alone.startswith("first-")
    assert lines[4].startswith("first      16 bytes; reused")
    assert lines[5].startswith("second     0 bytes; ")
    assert lines[6] == "code 0"
    assert [line.split("-")[0] for line in lines[7:]] == [
        f"{tmp_path}/runs/artefacts:".split("-")[0], "first", "second", "", f"{tmp_path}/runs/locks:".split("-")[0]
    ]  # fmt: skip


@own_namespace("-m")
def test_on_a_read_only_file_system_what_is_there_is_reused_and_nothing_else_is_made(tmp_path):
    BUILT.clear()
    run_recipe(recipe(tmp_path), tmp_path / "runs", stages=(first(),))
    lines = in_namespace(READ_ONLY, tmp_path)
    assert lines[0].startswith("first      16 bytes; reused")
    assert lines[1].endswith("the file system is read-only. Give a folder that can be written with --runs.")
    assert lines[2:] == ["code 2"]


@own_namespace("-n")
@pytest.mark.slow
def test_a_model_of_the_hub_without_a_network_is_told_in_one_line(tmp_path):
    content = {
        "name": "far",
        "model": {"base": "nobody/has-this-model"},
        "data": {"sources": [{"name": "here", "format": "pairs", "path": str(ROOT / "tests/golden/pairs.jsonl")}]},
    }
    (tmp_path / "recipe.yaml").write_text(json.dumps(content), encoding="utf-8")
    code = "import sys; from acord.cli import main_with; sys.exit(main_with(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "run", str(tmp_path / "recipe.yaml"), "--runs", str(tmp_path / "runs")]
    done = subprocess.run(
        ["unshare", "-rn", *command],
        env={**os.environ, "HF_HOME": str(tmp_path / "hub"), "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("acord: error: ")
    assert "nobody/has-this-model" in line
    assert not list((tmp_path / "runs").glob("artefacts/*"))


@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
def test_a_clock_that_is_set_while_a_stage_is_built_changes_no_key_and_no_duration(tmp_path, monkeypatch, jump):
    real = time.time
    BUILT.clear()

    def build(job):
        monkeypatch.setattr(time, "time", lambda: real() + jump)
        monkeypatch.setattr(time, "time_ns", lambda: int((real() + jump) * 1e9))
        (job.folder / "made").write_text("made")
        return {}

    stages = (first(), second(build=build))
    done = run_recipe(recipe(tmp_path), tmp_path / "runs", stages=stages)
    manifest = read_manifest(done.stage("second").folder)
    assert manifest.started[:16] == manifest.finished[:16] or manifest.finished > manifest.started
    monkeypatch.undo()
    again = run_recipe(recipe(tmp_path), tmp_path / "runs", stages=stages)
    assert [result.key for result in again.stages] == [result.key for result in done.stages]
    assert all(result.reused for result in again.stages)


@pytest.mark.parametrize("jump", [-3600, 3600])
def test_a_file_that_changes_beside_a_clock_that_is_set_is_hashed_anew(tmp_path, monkeypatch, jump):
    real = time.time_ns
    file = tmp_path / "file"
    file.write_text("one")
    monkeypatch.setattr(time, "time_ns", lambda: real() + jump * 10**9)
    cache = HashCache(tmp_path / "hashes.json")
    before = cache.sha256(file)
    cache.save()
    file.write_text("two")
    assert HashCache(tmp_path / "hashes.json").sha256(file) != before
