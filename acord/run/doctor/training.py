"""A small training on this machine: over one process and several, and killed and gone on with.

The model is made of random weights and the pairs are made up, so nothing is fetched; the runs lie in a folder of their
own beside the others, on the same disk, and are removed again.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from acord.hashing import hash_file
from acord.run.doctor.check import Check, fine, wrong

PAIRS = 60
NAME = "doctor"
LONGEST_SECONDS = 300.0
# Steps after which the training is killed: between two checkpoints, so that some are trained once more.
KILLED_AFTER = 17
# Of the loss: fp32 on a processor repeats itself; a GPU adds in another order each time.
TOLERANCE = {"cpu": 1e-6, "cuda": 1e-3}
RECIPE = {
    "name": NAME,
    "model": {"base": "random:llama-2x64", "tokenizer": "train", "vocabulary": 300},
    "data": {"sources": [{"name": "made-up", "format": "pairs", "path": "pairs.jsonl"}], "held_out": 0.0},
    "align": {"batch_pairs": 2, "epochs": 4, "checkpoint_steps": 10, "precision": "float32", "threads": 1},
}


class Trained(NamedTuple):
    """A training that ended: the losses of its steps, the hash of its weights, and where it computed."""

    losses: list[float]
    weights: str
    device: str


class TrainingFailed(Exception):
    """A run that should have ended well did not. Its one argument is what it said last."""


def check_training(runs: Path, processes: int) -> Iterator[Check]:
    """The loss of 1 process against that of several; a training that is killed and gone on with."""
    place = next(one for one in (runs.absolute(), *runs.absolute().parents) if one.is_dir())
    with tempfile.TemporaryDirectory(prefix=".acord-doctor-", dir=place) as name:
        folder = Path(name)
        _write_recipe(folder)
        try:
            started = time.monotonic()
            _run(folder, "one")
            seconds = time.monotonic() - started
            one = _trained(folder / "one")
        except TrainingFailed as error:
            yield wrong("training", "training_fails", reason=str(error))
            return
        yield fine("training", steps=len(one.losses), device=one.device, seconds=seconds)
        if processes > 1:
            yield _over_several(folder, processes, one)
        yield _after_a_kill(folder, one)


def _over_several(folder: Path, processes: int, one: Trained) -> Check:
    _without_training(folder, "several")
    try:
        _run(folder, "several", "--processes", str(processes))
        several = _trained(folder / "several")
    except TrainingFailed as error:
        return wrong("several", "several_fail", processes=processes, reason=str(error))
    apart = _apart(one.losses, several.losses)
    if apart > TOLERANCE[one.device]:
        return wrong("several", "several_differ", processes=processes, apart=f"{apart:.1e}")
    return fine("several", processes=processes, apart=f"{apart:.1e}")


def _after_a_kill(folder: Path, one: Trained) -> Check:
    _without_training(folder, "killed")
    try:
        done = _kill(folder, "killed")
        _run(folder, "killed")
        again = _trained(folder / "killed")
    except TrainingFailed as error:
        return wrong("resume", "resume_fails", reason=str(error))
    if again.weights == one.weights:
        return fine("resume", steps=done)
    apart = _apart(one.losses, again.losses)
    if one.device == "cuda" and apart <= TOLERANCE["cuda"]:
        return wrong("resume", "resume_near", "note", steps=done, apart=f"{apart:.1e}")
    return wrong("resume", "resume_differs", steps=done, apart=f"{apart:.1e}")


def _write_recipe(folder: Path) -> None:
    rows = (
        {"prompt": f"What is {n} and {n}?", "chosen": f"It is {2 * n}.", "rejected": "No idea.", "language": "en"}
        for n in range(PAIRS)
    )
    (folder / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    # JSON is YAML.
    (folder / "recipe.yaml").write_text(json.dumps(RECIPE), encoding="utf-8")


def _without_training(folder: Path, runs: str) -> None:
    """What the first run made, up to the training: the same plan for the next one."""
    ignored = shutil.ignore_patterns("align-*", NAME, "locks")
    shutil.copytree(folder / "one", folder / runs, ignore=ignored, symlinks=True)


def _command(runs: str, *options: str) -> list[str]:
    program = "from acord.cli import main; main()"
    return [sys.executable, "-c", program, "run", "recipe.yaml", "--runs", runs, *options]


def _environment() -> dict[str, str]:
    # torchrun's variables of an outer job would make a process of a crew of what is to be a run of its own.
    outer = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "ACORD_LAUNCHER", "ACORD_NODES", "ACORD_RDZV")
    kept = {name: value for name, value in os.environ.items() if name not in outer}
    return {**kept, "HF_HUB_OFFLINE": "1", "LC_ALL": "C.UTF-8"}


def _run(folder: Path, runs: str, *options: str) -> None:
    """A run to its end. Raises TrainingFailed."""
    try:
        done = subprocess.run(  # noqa: S603  this Python and Acord itself
            _command(runs, *options), cwd=folder, env=_environment(), capture_output=True, text=True, check=False,
            timeout=LONGEST_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise TrainingFailed(f"not done after {LONGEST_SECONDS:.0f} s") from None
    if done.returncode != 0:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise TrainingFailed(lines[-1][:300] if lines else f"exit code {done.returncode}")


def _kill(folder: Path, runs: str) -> int:
    """Start a run and kill it in the middle of its training; how many steps were done. Raises TrainingFailed."""
    process = subprocess.Popen(  # noqa: S603  this Python and Acord itself
        _command(runs), cwd=folder, env=_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + LONGEST_SECONDS
    done = 0
    try:
        while done < KILLED_AFTER:
            if process.poll() is not None:
                raise TrainingFailed("it ended before it could be killed")
            if time.monotonic() > deadline:
                raise TrainingFailed(f"{done} steps done after {LONGEST_SECONDS:.0f} s")
            time.sleep(0.005)
            files = [*(folder / runs).glob("artefacts/align-*.partial/metrics.jsonl")]
            done = files[0].read_bytes().count(b"\n") if files else 0
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return done


def _trained(runs: Path) -> Trained:
    align = runs / NAME / "align"
    records = [json.loads(line) for line in (align / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    weights = sorted((align / "model").glob("*.safetensors"))
    plan = json.loads((runs / NAME / "plan" / "plan.json").read_text(encoding="utf-8"))
    return Trained([record["loss"] for record in records], "".join(map(hash_file, weights)), str(plan["device"]))


def _apart(one: list[float], other: list[float]) -> float:
    """The largest relative difference of two runs' losses, step by step; infinite where one has more steps."""
    if len(one) != len(other):
        return float("inf")
    return max(abs(a - b) / max(abs(a), 1e-12) for a, b in zip(one, other, strict=True))
