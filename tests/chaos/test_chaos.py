"""A sample of `make chaos`: runs that are killed, or meet a fault of the disk, and are started again."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.chaos.calls import can_watch

ROOT = Path(__file__).parents[2]
FEW = ["--sample", "5", "--faults", "5", "--moments", "1", "--workers", "2"]


@pytest.mark.slow
@pytest.mark.skipif(not can_watch(), reason="this kernel does not let a process watch another's calls")
def test_a_sample_of_kills_and_faults_ends_in_the_same_bytes():
    seed = os.environ.get("ACORD_CHAOS_SEED") or str(random.randrange(10**6))
    command = [sys.executable, "-m", "scripts.chaos", "--stages", "pairs", "align", *FEW, "--seed", seed]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"seed {seed}\n{done.stdout[-4000:]}{done.stderr[-2000:]}"
    assert f"11 trials, seed {seed}" in done.stdout
    assert "11 trials, 0 failed" in done.stdout
