"""Engines in processes of their own, for tests: started, waited for, looked at."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from acord.serve.lives import Patience
from acord.serve.protocol import Ask, Engine, State
from acord.serve.supervised import Supervised

SCRIPT = Path(__file__).with_name("scripted_worker.py")
ROOT = SCRIPT.parents[2]
QUICK = Patience(pause=0.1, silent=1.5)
# Ten seconds of pieces.
LONG = Ask((1,) * 1000, 1000, temperature=0.01)


def scripted(*way: str, patience: Patience = QUICK, waiting: int = 2) -> Supervised:
    return Supervised(
        lambda number: [sys.executable, str(SCRIPT), str(number), *way], waiting=waiting, patience=patience
    )


def wait_for(engine: Engine, state: State, seconds: float = 20.0) -> None:
    until(lambda: engine.state() == state, seconds, lambda: f"{engine.state()}: {engine.why()}")


def until(true: Callable[[], bool], seconds: float = 5.0, told: Callable[[], str] = str) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, told()
        time.sleep(0.005)


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False
