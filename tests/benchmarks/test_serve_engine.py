"""The engine's benchmark runs at tiny size, both sides say the same, and its table shows what it wrote."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_serve_engine(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    command = [sys.executable, "benchmarks/serve_engine.py", "--results", str(path)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run([*command, "--quick"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    entries = json.loads(path.read_text())
    assert [entry["case"] for entry in entries] == ["bundled", "llama-106M"]
    for entry in entries:
        assert entry["machine"]["torch"]
        (one,), (turns,) = entry["rounds"]["one_stream"], entry["rounds"]["second_turn"]
        assert one["equal"] == 1
        assert entry["ratios"]["one_stream"] == pytest.approx(one["engine"] / one["generate"])
        # All but the reply's last token was there already.
        assert turns["cached"] > 100
        assert f"| {entry['case']} |" in done.stdout
