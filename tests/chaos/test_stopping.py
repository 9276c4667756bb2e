"""SIGTERM in a stage: one line, code 143, nothing half-written; the same command goes on."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.run.fake_stages import recipe
from tests.run.test_run_recipe import wait_for

ROOT = Path(__file__).parents[2]
# `acord run` with one stage that takes long, and a helper of its that is told to end.
COMMAND = """
import os, signal, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv.pop(1))
from acord.cli import main_with
from acord.run import run_recipe as running
from tests.run.fake_stages import first
here, seconds = Path(sys.argv[1]), float(sys.argv[2])

def build(job):
    (job.folder / "half.txt").write_text("half")
    helper = os.fork()
    if helper == 0:
        try:
            time.sleep(60)
        finally:
            (here / "unwound").touch()
    os.kill(helper, signal.SIGTERM)
    assert os.waitstatus_to_exitcode(os.waitpid(helper, 0)[1]) == -signal.SIGTERM
    (here / "started").touch()
    time.sleep(seconds)
    return {}

running.run_recipe.__kwdefaults__["stages"] = (first(build=build, resumable=sys.argv[3] == "resumable"),)
sys.exit(main_with(["run", str(here / "recipe.yaml"), "--runs", str(here / "runs"), "--language", "en", "--json"]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is forked here")
@pytest.mark.parametrize("kind", ["resumable", "whole"])
def test_sigterm_ends_a_stage_in_good_order(tmp_path, kind):
    content = recipe(tmp_path).model_dump(mode="json", by_alias=True)
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    command = [sys.executable, "-c", COMMAND, str(ROOT), str(tmp_path)]
    stopped = subprocess.Popen([*command, "60", kind], stderr=subprocess.PIPE, text=True)
    wait_for(tmp_path / "started")
    stopped.send_signal(signal.SIGUSR1)  # that time is short is no reason to end
    stopped.send_signal(signal.SIGTERM)
    _, said = stopped.communicate(timeout=30)
    assert said == "acord: stopped; finished stages are kept, and the same command goes on after them\n"
    assert stopped.returncode == 143
    assert list((tmp_path / "runs" / "locks").iterdir()) == []
    assert not (tmp_path / "unwound").exists()
    left = [path.suffix for path in (tmp_path / "runs" / "artefacts").iterdir()]
    assert left == ([".inputs", ".partial"] if kind == "resumable" else []) or left == [".partial", ".inputs"]
    again = subprocess.run([*command, "0", kind], capture_output=True, text=True, timeout=30, check=False)
    assert again.returncode == 0
    assert len(list((tmp_path / "runs" / "artefacts").iterdir())) == 1
