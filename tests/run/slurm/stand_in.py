"""A stand-in for SLURM: its programs queue jobs in a folder, and `run_queue` runs them here in dependency order.

Installed as sbatch, squeue, scancel, scontrol and srun, this file is the program; imported, it is the scheduler. It
keeps to what SLURM documents: the script is copied when it is queued, options stand in its head up to the first
command, those of the command line win, only the script's shell hears `--signal=B:`, and a job is requeued only where it
may be.
"""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

STATE = "SLURM_STAND_IN"
PROGRAMS = ("sbatch", "squeue", "scancel", "scontrol", "srun")
FIRST = 4_711
# A signal and when it comes: USR1 to the script's shell alone, TERM and KILL to all that the job started.
Tell = tuple[int, Callable[[], bool]]


def install(folder: Path) -> dict[str, str]:
    """Put the programs into folder/bin; the environment in which they are found."""
    binaries, state = folder / "bin", folder / "state"
    for place in (binaries, state):
        place.mkdir(parents=True)
    for name in PROGRAMS:
        program = binaries / name
        program.write_text(f"#!{sys.executable}\n{Path(__file__).read_text(encoding='utf-8')}", encoding="utf-8")
        program.chmod(0o755)
    return {"PATH": f"{binaries}:{os.environ['PATH']}", STATE: str(state)}


def jobs(state: Path) -> list[dict[str, Any]]:
    """All jobs that were ever queued, in their order."""
    return [json.loads(file.read_text()) for file in sorted(state.glob("*.json"), key=lambda file: int(file.stem))]


def change(folder: Path, job: dict[str, Any], **values: Any) -> None:
    """Note a job's new state."""
    job.update(values)
    (folder / f"{job['id']}.json").write_text(json.dumps(job))


def run_queue(environment: dict[str, str], *, tell: dict[str, list[Tell]] | None = None) -> list[dict[str, Any]]:
    """Run what is queued until nothing can start; all jobs as they ended. tell: job name -> what it gets at its first
    start, its second, and so on.
    """
    state = Path(environment[STATE])
    tell = tell or {}
    while (ready := next((job for job in jobs(state) if can_start(state, job)), None)) is not None:
        told = tell.get(ready["options"]["job-name"], [])
        run_job(state, ready, environment, told.pop(0) if told else None)
    return jobs(state)


def can_start(state: Path, job: dict[str, Any]) -> bool:
    """Whether a job waits for nothing; one that waits for what failed is cancelled."""
    if job["state"] != "PENDING":
        return False
    kind, _, after = job["options"].get("dependency", "").partition(":")
    if not kind:
        return True
    assert kind == "afterok", kind
    earlier = next(one for one in jobs(state) if one["id"] == after)
    if earlier["state"] in ("FAILED", "CANCELLED") and job["options"].get("kill-on-invalid-dep") == "yes":
        change(state, job, state="CANCELLED")
    return earlier["state"] == "COMPLETED"


def run_job(state: Path, job: dict[str, Any], environment: dict[str, str], tell: Tell | None) -> None:
    """One start of a job, to its end."""
    change(state, job, state="RUNNING")
    of_job = {
        "SLURM_JOB_ID": job["id"],
        "SLURM_RESTART_COUNT": str(job["restarts"]),
        "SLURM_JOB_NODELIST": "localhost",
        "TMPDIR": str(state),
    }
    if not job["restarts"]:
        del of_job["SLURM_RESTART_COUNT"]
    log = job["options"]["output"].replace("%j", job["id"]).replace("%%", "%")
    with Path(log).open("ab" if job["options"].get("open-mode") == "append" else "wb") as output:
        process = subprocess.Popen(
            ["/bin/bash", str(state / f"{job['id']}.sh")],
            env={**os.environ, **environment, **of_job},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        while process.poll() is None:
            if tell is not None and tell[1]():
                number, tell = tell[0], None
                if number == signal.SIGUSR1:
                    assert job["options"]["signal"].startswith("B:USR1@")
                    process.send_signal(number)
                else:
                    os.killpg(process.pid, number)
            time.sleep(0.02)
    asked = json.loads((state / f"{job['id']}.json").read_text())["state"] == "REQUEUED"
    preempted = process.returncode == -signal.SIGKILL
    if asked or preempted:
        assert "requeue" in job["options"], "a job that may not be requeued was"
        change(state, job, state="PENDING", restarts=job["restarts"] + 1)
    else:
        change(state, job, state="COMPLETED" if process.returncode == 0 else "FAILED", code=process.returncode)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def options_of(lines: list[str]) -> dict[str, str]:
    """--name=value and --name, as SLURM reads them."""
    found = {}
    for word in lines:
        assert word.startswith("--"), word
        name, _, value = word[2:].partition("=")
        found[name] = value
    return found


def sbatch(state: Path, words: list[str]) -> int:
    script = Path(words[-1])
    refused = os.environ.get("STAND_IN_REFUSES")
    text = script.read_text(encoding="utf-8")
    head: list[str] = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            break
        if line.startswith("#SBATCH "):
            head += shlex.split(line.removeprefix("#SBATCH "))
    options = options_of(head) | options_of(words[:-1])
    if refused and options["job-name"].endswith(refused):
        sys.stderr.write(
            "sbatch: error: Batch job submission failed: Invalid account or account/partition combination\n"
        )
        return 1
    number = str(FIRST + len(jobs(state)))
    (state / f"{number}.sh").write_text(text, encoding="utf-8")
    change(state, {"id": number, "options": options, "state": "PENDING", "restarts": 0})
    say(f"{number};stand-in" if "parsable" in options else f"Submitted batch job {number}")
    return 0


def squeue(state: Path, words: list[str]) -> int:
    assert {"--noheader", "--format=%i"} <= {*words}, words
    say("\n".join(job["id"] for job in jobs(state) if job["state"] in ("PENDING", "RUNNING", "REQUEUED")))
    return 0


def scancel(state: Path, words: list[str]) -> int:
    for job in jobs(state):
        if job["id"] in words:
            change(state, job, state="CANCELLED")
    return 0


def scontrol(state: Path, words: list[str]) -> int:
    if words[:2] == ["show", "hostnames"]:
        say("localhost\nlocalhost")
        return 0
    assert words[0] == "requeue", words
    (job,) = (job for job in jobs(state) if job["id"] == words[1])
    assert job["state"] == "RUNNING", job
    change(state, job, state="REQUEUED")
    return 0


def srun(_: Path, words: list[str]) -> int:
    """Every task beside the others, each told its node."""
    command = next(place for place, word in enumerate(words) if not word.startswith("--"))
    tasks = int(options_of(words[:command])["ntasks"])
    started = [
        subprocess.Popen(words[command:], env={**os.environ, "SLURM_NODEID": str(task), "SLURM_PROCID": str(task)})
        for task in range(tasks)
    ]

    def forward(number: int, _: object) -> None:
        for one in started:
            one.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, forward)
    return max(abs(one.wait()) for one in started)


if __name__ == "__main__":
    sys.exit(globals()[Path(sys.argv[0]).name](Path(os.environ[STATE]), sys.argv[1:]))
