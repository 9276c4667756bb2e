"""Twelve seconds of what `make soak` does for ten minutes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "scripts" / "soak.py"


@pytest.mark.slow
def test_many_clients_that_come_and_go_leave_nothing_behind():
    done = subprocess.run([sys.executable, str(SCRIPT), "--seconds", "12"], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    outcomes = json.loads(done.stdout.splitlines()[0])["outcomes"]
    assert min(outcomes[kind] for kind in ("stream", "answer", "left", "429", "refusal", "half a request")) > 10
