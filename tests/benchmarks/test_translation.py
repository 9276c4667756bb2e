"""The benchmark of the translation runs at tiny size, and its page shows its results as they are."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import translation

from tests.data.translate.samples import needs_apertium

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "translation.md"
needs_gazette = pytest.mark.skipif(not translation.DATA.is_dir(), reason="the gazette is not beside the repository")


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "benchmarks/translation.py", *arguments]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
@needs_apertium
@needs_gazette
def test_it_measures_every_case(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    done = run("--quick", "--results", str(path))
    assert done.returncode == 0, done.stderr
    quality, speed, structure = json.loads(path.read_text())
    assert quality["lines"] == quality["lines_back"] == 40
    assert 60 < quality["bleu"] < quality["chrf"] < 100
    assert speed["ratio"] == pytest.approx(speed["bare_cpu_seconds"][0] / speed["cpu_seconds"][0])
    assert (structure["messages"], structure["identical"]) == (20, 1.0)
    assert "| lines that came back, of 1,539 | 40 | 1,539 | no |" in done.stdout


@pytest.mark.slow
def test_data_that_is_missing_is_one_line(tmp_path: Path) -> None:
    done = run("--data", str(tmp_path / "absent"))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "--data" in done.stderr


def test_the_page_shows_the_results_as_they_are() -> None:
    assert translation.table(translation.RESULT) in PAGE.read_text(), "put the output of --table into the page"
