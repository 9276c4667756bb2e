"""The benchmark of the server runs at tiny size, and what it writes names machine and versions."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_what_http_adds_is_measured_against_the_engine_alone(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    command = [sys.executable, "benchmarks/serve.py", "--quick", "--results", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    request, token = json.loads(path.read_text())
    assert (request["case"], token["case"], request["runs"], token["runs"]) == ("request", "token", 8, 3)
    for entry in (request, token):
        assert entry["machine"]["processor"]
        assert entry["added_ms"] == pytest.approx(entry["http_ms"] - entry["in_process_ms"])
        assert entry["added"] == pytest.approx(entry["http_ms"] / entry["in_process_ms"] - 1)
    assert request["added_ms"] > 0
    assert "| HTTP against in-process, added a token |" in done.stdout
