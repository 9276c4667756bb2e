"""A lock ends with the process that took it, whatever it forked."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOLDER = """
import os, sys, time
from pathlib import Path
from acord.run.store import Store
store = Store(Path(sys.argv[1]))
store._make_root()
with store._lock("pairs", "pairs-x"):
    child = os.fork()
    if child == 0:
        time.sleep(60)
        os._exit(0)
    print(child, flush=True)
    time.sleep(60)
"""
WAITER = """
import sys
from pathlib import Path
from acord.run.store import Store
with Store(Path(sys.argv[1]))._lock("pairs", "pairs-x"):
    print("mine", flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is forked here")
def test_a_forked_process_does_not_keep_the_lock_of_one_that_was_killed(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    child = int(holder.stdout.readline())
    try:
        time.sleep(0.2)
        holder.kill()
        holder.wait()
        done = subprocess.run(
            [sys.executable, "-c", WAITER, str(tmp_path)],
            env=environment, capture_output=True, text=True, timeout=20, check=True,
        )  # fmt: skip
        assert done.stdout == "mine\n"
    finally:
        os.kill(child, signal.SIGKILL)
