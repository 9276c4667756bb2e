"""One measurement: what to run, in a process of its own, so that no measurement sees another's memory."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from work import Shape

HERE = Path(__file__).parent
RATE = 5e-6


@dataclass(frozen=True)
class Job:
    """examples: a file of encoded examples; the rest of the pairs are named by their ids.

    warm_up: pairs of the first optimizer step, which is not timed. timed: pairs in order, `step_pairs` an optimizer
    step. precision: float32 or bfloat16 (with fp32 master weights). threads: on a CPU. device: cpu or cuda.
    """

    shape: Shape
    examples: str
    warm_up: list[str]
    timed: list[str]
    step_pairs: int
    precision: str
    threads: int
    device: str = "cpu"


@dataclass(frozen=True)
class AcordJob:
    """How Acord runs a job. rehearse: run all of it twice before the clock starts, so that kernels are
    compiled and pages touched."""

    job: Job
    token_budget: int = 4_096
    activation_checkpointing: bool = False
    rehearse: bool = False


@dataclass(frozen=True)
class Setting:
    """How TRL runs a job. batch: pairs at once; the rest of a step is accumulated.

    grouped: pairs of like length stand together. precompute: the reference's log-probabilities come from a pass before
    training, and its weights are not held.
    """

    batch: int
    activation_checkpointing: bool = False
    grouped: bool = False
    precompute: bool = False

    def __str__(self) -> str:
        parts = [f"batch {self.batch}"]
        parts += ["activation checkpointing"] if self.activation_checkpointing else []
        parts += ["length grouping"] if self.grouped else []
        parts += ["reference before training"] if self.precompute else []
        return ", ".join(parts)


@dataclass(frozen=True)
class TrlJob:
    """Settings that TRL tries one after the other.

    within: to screen; a setting stops when it takes that many times the best, and at the end the best is tried with the
    reference before training and with activation checkpointing.
    """

    job: Job
    settings: list[Setting]
    within: float | None = None


class Failed(Exception):
    """A measuring process ended badly; the last lines that it wrote."""


def run_apart(script: str, what: AcordJob | TrlJob | dict[str, Any]) -> Any:
    """Run benchmarks/<script>.py on the job in a fresh process; what it measured. Raises Failed."""
    with tempfile.TemporaryDirectory() as folder:
        job, result = Path(folder) / "job.json", Path(folder) / "result.json"
        job.write_text(json.dumps(what if isinstance(what, dict) else asdict(what)))
        command = [sys.executable, str(HERE / f"{script}.py"), str(job), str(result)]
        # As acord's command line sets it; for both sides, since the machine may be shared.
        environment = {"GOMP_SPINCOUNT": "1000", **os.environ}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        if done.returncode or not result.exists():
            raise Failed(f"{script} ended with {done.returncode}: " + "\n".join(done.stderr.splitlines()[-5:]))
        return json.loads(result.read_text())


def answer(measure: Callable[[dict[str, Any]], Any]) -> None:
    """The other side of run_apart: read the job, write what was measured."""
    job, result = (Path(argument) for argument in sys.argv[1:3])
    result.write_text(json.dumps(measure(json.loads(job.read_text()))))


def read_job(content: dict[str, Any]) -> Job:
    """The job as run_apart wrote it."""
    return Job(**{**content, "shape": Shape(**content["shape"])})
