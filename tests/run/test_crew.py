"""A stage that several processes share: what it makes, one that is killed, one that stalls, machines, and options."""

import json
import os
import shutil
import signal
import stat
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from safetensors.torch import load_file

from acord.errors import CheckFailed, InputError, MachineError, Stopped
from acord.recipe import Recipe, parse_recipe
from acord.run import passed_on
from acord.run.crew import Crew, crew_of
from acord.run.run_recipe import run_recipe

PAIRS = Path(__file__).parents[1] / "golden" / "pairs.jsonl"


def recipe() -> Recipe:
    content = {
        "name": "shared",
        "model": {"base": "bundled:model"},
        "data": {"sources": [{"name": "here", "format": "pairs", "path": str(PAIRS)}], "held_out": 0.3},
        "align": {"batch_pairs": 2, "epochs": 4, "precision": "float32", "threads": 2, "checkpoint_steps": 1},
    }
    return parse_recipe(content, where="test")


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runs of one process."""
    runs = tmp_path_factory.mktemp("alone")
    run_recipe(recipe(), runs, until="align")
    return runs


def without(alone: Path, runs: Path, *stages: str) -> Path:
    """A copy of the runs in which those stages are missing."""
    shutil.copytree(alone, runs, symlinks=True)
    for stage in stages:
        for folder in (runs / "artefacts").glob(f"{stage}-*"):
            shutil.rmtree(folder)
    return runs


def workers(runs: Path) -> dict[int, int]:
    """Processes that work on a stage of these runs, by rank."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command, place = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()
        except OSError:
            continue
        if b"acord.run.worker" in command and str(runs).encode() in command:
            variables = dict(part.split(b"=", 1) for part in place.split(b"\0") if b"=" in part)
            found[int(variables[b"RANK"])] = int(folder.name)
    return found


def signal_worker(runs: Path, rank: int, number: int) -> threading.Thread:
    """Once two steps of the training are done, send one of its workers a signal."""

    def send() -> None:
        until = time.monotonic() + 200
        while time.monotonic() < until:
            lines = [path.read_text().count("\n") for path in (runs / "artefacts").glob("align-*/metrics.jsonl")]
            if lines and lines[0] >= 2:
                os.kill(workers(runs)[rank], number)
                return
            time.sleep(0.02)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def metrics(runs: Path) -> list[tuple[int, float, float]]:
    lines = (runs / "shared" / "align" / "metrics.jsonl").read_text().splitlines()
    return [(one["step"], one["loss"], one["grad_norm"]) for one in map(json.loads, lines)]


def same_model(runs: Path, other: Path) -> None:
    found, expected = (load_file(one / "shared" / "align" / "model" / "model.safetensors") for one in (runs, other))
    assert found.keys() == expected.keys()
    assert max(float((found[name].float() - expected[name].float()).abs().max()) for name in expected) <= 1e-6


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="finds the worker in /proc")
def test_a_worker_that_is_killed_ends_the_run_in_one_line_and_one_process_goes_on(alone: Path, tmp_path: Path) -> None:
    runs = without(alone, tmp_path / "runs", "align")
    killing = signal_worker(runs, 1, signal.SIGKILL)
    with pytest.raises(MachineError, match=r"rank 1 of 2 was killed by SIGKILL.*goes on after its newest checkpoint"):
        run_recipe(recipe(), runs, until="align", crew=Crew(2))
    killing.join()
    assert workers(runs) == {}
    assert not [*(runs / "artefacts").glob("*.workers")]
    run_recipe(recipe(), runs, until="align")
    for found, expected in zip(metrics(runs), metrics(alone), strict=True):
        assert found == pytest.approx(expected, rel=1e-4)
    same_model(runs, alone)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="finds the worker in /proc")
def test_machines_share_the_reference_and_one_that_stalls_is_named(
    alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    launcher = tmp_path / "both"
    launcher.write_text('#!/bin/sh\n"$@" &\n"$@"\ncode=$?\nwait $! && exit $code\n')
    launcher.chmod(launcher.stat().st_mode | stat.S_IXUSR)
    runs = without(alone, tmp_path / "runs", "align", "reference")
    monkeypatch.setenv("ACORD_STALL_SECONDS", "8")
    stalling = signal_worker(runs, 1, signal.SIGSTOP)
    with pytest.raises(MachineError, match="rank 1 of 2 has not answered for 8 seconds"):
        run_recipe(recipe(), runs, until="align", crew=Crew(1, 2, (str(launcher),), "127.0.0.1:0"))
    stalling.join()
    until = time.monotonic() + 10
    while workers(runs) and time.monotonic() < until:
        time.sleep(0.1)
    assert workers(runs) == {}
    found, expected = (pq.read_table(one / "shared" / "reference" / "reference.parquet") for one in (runs, alone))
    assert found["id"] == expected["id"]
    for one, other in zip(found["logp"].to_pylist(), expected["logp"].to_pylist(), strict=True):
        assert one == pytest.approx(other, rel=1e-6)


def test_the_crew_that_options_and_environment_ask_for() -> None:
    machines = {
        "ACORD_LAUNCHER": "srun --nodes=2 --export='ALL,A=b c'",
        "ACORD_RDZV": "node1:29500",
        "ACORD_NODES": "2",
    }
    assert crew_of("4", None, {}) == Crew(4)
    assert crew_of("auto", None, {}) == Crew(None)
    assert crew_of("4", None, machines) == Crew(4, 2, ("srun", "--nodes=2", "--export=ALL,A=b c"), "node1:29500")
    assert crew_of("4", 1, machines) == Crew(4)
    with pytest.raises(InputError, match="ACORD_LAUNCHER: 3 machines want a command"):
        crew_of("4", 3, {})
    with pytest.raises(InputError, match="ACORD_RDZV"):
        crew_of("4", 3, {"ACORD_LAUNCHER": "srun"})
    for wrong in ("0", "many", "-1", ""):
        with pytest.raises(InputError, match="--processes"):
            crew_of(wrong, None, {})


@pytest.mark.parametrize(
    "error",
    [
        CheckFailed("tasks broke", where="suite", fix="Mend them."),
        Stopped("stopped", where="align"),
        OSError(28, "No space left on device", "/runs/x"),
        MemoryError("none left"),
        KeyboardInterrupt(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_a_worker_met_arrives_as_what_it_was(error: BaseException) -> None:
    again = passed_on.again(passed_on.read(passed_on.as_json(error)))
    assert type(again) is type(error)
    assert str(again) == str(error)


def test_a_defect_in_a_worker_arrives_with_its_traceback_and_lost_contact_is_told_from_it() -> None:
    told: list[dict[str, Any]] = []
    for error in (KeyError("loss"), RuntimeError("[gloo/transport/tcp/pair.cc:538] Connection closed by peer")):
        try:
            raise error
        except Exception as met:
            told.append(passed_on.read(passed_on.as_json(met)))
    assert [one["lost_contact"] for one in told] == [False, True]
    assert "test_crew.py" in str(passed_on.again(told[0]))
    assert "KeyError: 'loss'" in str(passed_on.again(told[0]))
