"""A build that is killed at any moment goes on and ends with the same bytes."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from acord.data.build import read_sources
from acord.recipe import Data

from .samples import (
    NO_FILTERS,
    OASST1_VALIDATION,
    build,
    helpsteer3_row,
    openorca_row,
    write_jsonl,
    write_parquet,
)

ROOT = Path(__file__).parents[2]
MOMENTS = 10
PROGRAM = """
import json, sys
from contextlib import ExitStack
from pathlib import Path
import acord.data.examine, acord.data.pairs
from acord.data.build import Surroundings, build_pairs
from acord.data.translate import Untranslated
from acord.recipe import Data
# Small, so that a few thousand candidates pass through several processes and many batches.
acord.data.examine.WORTH_PROCESSES = acord.data.build.WORTH_PROCESSES = 100
folder = Path(sys.argv[2])
build_pairs(Data.model_validate(json.loads(sys.argv[1])), seed=3, folder=folder,
            around=Surroundings(cache=folder.parent / "cache", processes=2))
"""
WORDS = ("archive", "desk", "form", "town", "notice", "river", "street", "market", "office", "fee", "train", "letter")


def sentence(draw: random.Random, words: int) -> str:
    return " ".join(draw.choice(WORDS) for _ in range(words)).capitalize() + "."


def data(folder: Path) -> dict[str, Any]:
    """Every kind of source, a few thousand rows, quotas that two parts of the joined source are needed for."""
    draw = random.Random(7)
    questions = [f"{sentence(draw, 9)} {number}" for number in range(3_000)]
    write_parquet(folder / "gpt4.parquet", [openorca_row(question, sentence(draw, 30)) for question in questions])
    write_jsonl(folder / "gpt35.jsonl", [openorca_row(one, sentence(draw, 25)) for one in reversed(questions)])
    rows = [
        helpsteer3_row(
            draw.randint(-3, 3), response1=sentence(draw, 40), response2=sentence(draw, 40),
            context=[{"role": "user", "content": sentence(draw, 12)}],
        )
        for _ in range(1_500)
    ]  # fmt: skip
    write_jsonl(folder / "hs.jsonl.gz", rows)
    sources = [
        {"name": "hs", "format": "helpsteer3", "path": str(folder / "hs.jsonl.gz")},
        {"name": "orca", "format": "openorca", "path": str(folder / "gpt4.parquet"),
         "against": str(folder / "gpt35.jsonl")},
    ]  # fmt: skip
    quotas = {"en": 2_600}
    if OASST1_VALIDATION.exists():
        sources.insert(0, {"name": "oasst1", "format": "oasst", "path": str(OASST1_VALIDATION)})
        quotas["en"] = 3_400
    # The language filter would judge these word lists; they are no sentences.
    filters = {"language": False, "personal_data": "mask", "repetition": False}
    return {"sources": sources, "quotas": quotas, "held_out": 0.05, "filters": filters}


def start(settings: dict[str, Any], folder: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    arguments = [sys.executable, "-c", PROGRAM, json.dumps(settings), str(folder)]
    return subprocess.Popen(arguments, env=environment, start_new_session=True)


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.mark.slow
def test_a_build_that_is_killed_ten_times_ends_in_the_same_bytes(tmp_path: Path) -> None:
    settings = data(tmp_path)
    started = time.monotonic()
    assert start(settings, tmp_path / "undisturbed").wait() == 0
    seconds = time.monotonic() - started
    expected = digests(tmp_path / "undisturbed")
    assert sorted(expected) == ["dropped.parquet", "pairs.parquet"]
    killed = 0
    for moment in range(MOMENTS):
        process = start(settings, tmp_path / "disturbed")
        try:
            # Each attempt goes on where the last one was, so each gets the share of time that is left to it, and more.
            process.wait(seconds * (0.3 + 0.7 * random.Random(moment).random()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            killed += 1
        else:
            assert process.returncode == 0
            assert digests(tmp_path / "disturbed") == expected
            # It came through: the next one begins anew.
            for path in (tmp_path / "disturbed").iterdir():
                path.unlink()
    assert killed >= MOMENTS // 2
    assert start(settings, tmp_path / "disturbed").wait() == 0
    assert digests(tmp_path / "disturbed") == expected


def children(pid: int) -> list[int]:
    return [int(child) for task in Path(f"/proc/{pid}/task").glob("*/children") for child in task.read_text().split()]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="processes are followed through /proc")
def test_helpers_end_with_the_process_that_they_help(tmp_path: Path) -> None:
    """Killed alone, as for want of memory: what it left must not go on waiting for work."""
    process = start(data(tmp_path), tmp_path / "out")
    until = time.monotonic() + 60
    while len(helpers := children(process.pid)) < 2:
        assert time.monotonic() < until
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    until = time.monotonic() + 10
    while any(alive(pid) for pid in helpers):
        assert time.monotonic() < until
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("lost", ["index.npz", "dropped", "states.bin", "candidates"])
def test_a_source_that_was_read_and_then_damaged_is_read_again(tmp_path: Path, lost: str) -> None:
    rows = [{"prompt": f"p{number}", "chosen": "a", "rejected": "b" if number else "a"} for number in range(5)]
    mine = {"name": "mine", "format": "pairs", "path": write_jsonl(tmp_path / "m.jsonl", rows)}
    expected = build(tmp_path / "whole", mine)
    settings = Data.model_validate({"sources": [mine], "held_out": 0.0, "filters": NO_FILTERS})
    (tmp_path / "out" / "work").mkdir(parents=True)
    with ExitStack() as files:
        read_sources(settings, tmp_path / "out" / "work", 0, files)
    (tmp_path / "out" / "work" / "00-mine" / lost).unlink()
    again = build(tmp_path / "out", mine)
    assert (again.pairs, again.dropped) == (expected.pairs, expected.dropped)


def test_a_folder_that_was_being_removed_is_not_gone_on_from(tmp_path: Path) -> None:
    mine = {"name": "mine", "format": "pairs", "path": write_jsonl(tmp_path / "m.jsonl", [
        {"prompt": "p", "chosen": "a", "rejected": "b"}])}  # fmt: skip
    (tmp_path / "out" / "work.gone" / "00-mine").mkdir(parents=True)
    build(tmp_path / "out", mine)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["dropped.parquet", "pairs.parquet"]
