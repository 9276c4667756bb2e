"""Checkpoints of two processes are read by one and by two, and those of one by two."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from acord.align.checkpoints.files import read_state, read_tensors
from acord.align.checkpoints.folder import Checkpoints, seal_of
from acord.align.checkpoints.writer import Moment, Writer
from acord.processes import ALONE
from tests.align.checkpoint_worker import whole_state


@pytest.mark.slow
def test_what_two_processes_wrote_one_reads_and_the_other_way_round(tmp_path: Path) -> None:
    lines = tmp_path / "metrics.jsonl"
    lines.touch()
    writer = Writer(Checkpoints(tmp_path / "one"), ALONE)
    writer.begin(whole_state(), Moment(4, {}, seal_of(b""), lines))
    writer.wait()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    around = {**os.environ, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2"}
    command = [sys.executable, "-m", "tests.align.checkpoint_worker", str(tmp_path)]
    workers = [
        subprocess.Popen(command, env={**around, "RANK": str(rank)}, stderr=subprocess.PIPE, text=True)
        for rank in range(2)
    ]
    for worker in workers:
        _, said = worker.communicate(timeout=120)
        assert worker.returncode == 0, said
    place = tmp_path / "two" / "step-4"
    state = read_state(place)
    assert state.processes == 2
    assert sorted(state.files) == [
        "moments-00001.safetensors", "moments-00002.safetensors",
        "weights-00001.safetensors", "weights-00002.safetensors",
    ]  # fmt: skip
    assert {path.name for path in place.iterdir()} == {"state.json", *state.files}
    found = read_tensors(place, {})
    assert found.keys() == whole_state().keys()
    for name, tensor in whole_state().items():
        assert torch.equal(found[name], tensor), name
