"""Recipes as jobs of a cluster: profiles, scripts that are safe whatever stands in them, and queues left whole."""

import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from acord.cli import main_with
from acord.errors import InputError, MachineError
from acord.recipe import load_recipe
from acord.recipe.cluster import Environment, JobName, Jobs, Nodes, Profile, load_profile
from acord.run.cluster.jobs import GROUPS, jobs_of
from acord.run.cluster.prepared import Options, Prepared, check_fetched, prepare_jobs, write_jobs
from acord.run.cluster.slurm import check_none_queued, submit_jobs
from acord.run.stages import STAGES
from tests.run.slurm import stand_in

ROOT = Path(__file__).parents[2]
PROFILES = sorted((ROOT / "recipes" / "clusters").glob("*.yaml"))
RECIPES = [ROOT / "recipes" / "oasst1-small.yaml", ROOT / "recipes" / "aitana-2b-si.yaml"]
# A folder of this name is the user's right; what it would do in a shell is not.
NASTY = 'it\'s $(touch pwned) `touch pwned` "q" ; touch pwned & #x'
LEAST = {"scheduler": "slurm", "account": None}


def profile_file(folder: Path, **values: Any) -> Path:
    """A profile with the least that one needs and these values."""
    file = folder / "profile.yaml"
    file.write_text(yaml.safe_dump({**LEAST, **values}), encoding="utf-8")
    return file


def site_profile(file: Path, folder: Path) -> Path:
    """A shipped profile with what only the user knows."""
    values = yaml.safe_load(file.read_text(encoding="utf-8"))
    return profile_file(folder, **{"account": "group-1", **values})


def fault_of(folder: Path, **values: Any) -> str:
    with pytest.raises(InputError) as fault:
        load_profile(profile_file(folder, **values))
    return str(fault.value)


def test_every_stage_runs_in_one_job_in_the_order_of_the_line() -> None:
    grouped = [stage for _, stages in GROUPS for stage in stages]
    assert grouped == [stage.name for stage in STAGES]
    assert [name for name, _ in GROUPS] == list(get_args(JobName))


def test_jobs_are_those_that_the_recipe_has() -> None:
    recipe = load_recipe(RECIPES[1])
    assert [(job.name, job.until) for job in jobs_of(recipe)] == [
        ("prepare", "base"),
        ("align", "align"),
        ("evaluate", "evaluate"),
    ]
    assert [(job.name, job.stages) for job in jobs_of(recipe, "plan")] == [
        ("prepare", ("pairs", "base")),
        ("align", ("plan",)),
    ]
    with pytest.raises(InputError, match="no stage judge"):
        jobs_of(recipe, "judge")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"partition": "gpu"}, "unknown key partition"),
        ({"gpu": {"gpu": 4}}, "unknown key gpu.gpu"),
        ({"jobs": {"align": {"tiem": "1:00:00"}}}, "unknown key jobs.align.tiem. Did you mean time"),
        ({"gpu": {"partition": "x; rm -rf /"}}, "gpu.partition"),
        ({"account": "a\n#SBATCH --nodes=9"}, "account"),
        ({"gpu": {"time": 86_400}}, "in quotes"),
        ({"gpu": {"time": "one day"}}, "such as 24:00:00"),
        ({"gpu": {"options": ["--wrap=x"]}}, "for Acord to set"),
        ({"gpu": {"options": ["--comment=a b"]}}, "one long option"),
        ({"gpu": {"memory": "64 GB"}}, "such as 64G"),
        ({"variables": {"A B": "x"}}, "variable"),
        ({"environment": {"conda": "a", "container": "b"}}, "only one of"),
        ({"environment": {"container": "b.sif"}, "gpu": {"nodes": 2, "gpus": 4}}, "nodes: 1"),
        ({"cpu": {"nodes": 2}, "jobs": {"evaluate": {"nodes": 2}}}, "only the job align"),
        ({"scheduler": "local", "gpu": {"nodes": 2}}, "one node"),
        ({"scheduler": "pbs"}, "scheduler"),
    ],
)
def test_a_fault_of_a_profile_is_one_line(tmp_path: Path, values: dict[str, Any], said: str) -> None:
    line = fault_of(tmp_path, **values)
    assert said in line
    assert "\n" not in line


def test_a_profile_of_a_site_asks_for_the_account() -> None:
    for name in ("leonardo", "marenostrum5"):
        with pytest.raises(InputError, match="the key account is missing"):
            load_profile(ROOT / "recipes" / "clusters" / f"{name}.yaml")


def prepared_of(recipe: Path, profile: Path, runs: Path, **options: Any) -> Prepared:
    return prepare_jobs(recipe, profile, runs, **options)


def shellcheck(scripts: list[Path]) -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed")
    done = subprocess.run(
        ["shellcheck", "--shell=bash", *map(str, scripts)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("profile", PROFILES, ids=lambda file: file.stem)
def test_scripts_of_every_shipped_profile_please_shellcheck(tmp_path: Path, profile: Path) -> None:
    for recipe in RECIPES:
        prepared = prepared_of(recipe, site_profile(profile, tmp_path), tmp_path / "runs")
        write_jobs(prepared)
        shellcheck([one.script for one in prepared.jobs])


ENVIRONMENTS = [
    {"modules": ["cuda/12.6", "python/3.11.6"], "activate": f"/opt/{NASTY}/bin/activate"},
    {"conda": f"env {NASTY}", "conda_base": f"/opt/{NASTY}"},
    {"conda": "acord"},
    {"container": f"/opt/{NASTY}.sif", "binds": [f"/data/{NASTY}"]},
]


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=["activate", "conda-base", "conda", "container"])
def test_whatever_stands_in_a_path_or_a_value_stays_one_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, Any]
) -> None:
    """The scripts run with an acord, a conda and an apptainer that write down what they were given."""
    home = tmp_path / NASTY
    told, programs = tmp_path / "told", tmp_path / "programs"
    (home / "bin").mkdir(parents=True)
    programs.mkdir()
    # What is told: the arguments, one a line, and two variables.
    teller = f'#!/bin/bash\nprintf "%s\\n" "${{0##*/}}" "$@" "$HF_HOME" "$SECRET_PLACE" "$PWD" >> {told}\n'
    for name in ("acord", "apptainer"):
        (programs / name).write_text(teller)
        (programs / name).chmod(0o755)
    (programs / "conda").write_text(f"#!/bin/bash\necho {programs}\n")
    (programs / "conda").chmod(0o755)
    monkeypatch.chdir(home)
    local = {**environment, "modules": []}
    for key in ("activate", "conda_base"):
        if key in local:
            local[key] = str(home / "bin" / "activate") if key == "activate" else str(home)
    for base in (home, programs):
        (base / "etc" / "profile.d").mkdir(parents=True)
        (base / "etc" / "profile.d" / "conda.sh").write_text(f'conda() {{ printf "%s\\n" "$@" >> {told}; }}\n')
    (home / "bin" / "activate").write_text("# nothing to do\n")
    values = {
        "environment": local,
        "variables": {"SECRET_PLACE": NASTY},
        "hub": str(home / "hub"),
        "scheduler": "local",
    }
    prepared = prepared_of(RECIPES[0], profile_file(tmp_path, **values), home / "runs", options=Options(wandb=NASTY))
    write_jobs(prepared)
    shellcheck([one.script for one in prepared.jobs])
    search = f"{programs}:{os.environ['PATH']}"
    done = subprocess.run(
        ["/bin/bash", str(prepared.jobs[1].script)], env={**os.environ, "PATH": search}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = told.read_text().splitlines()
    expected = ["run", str(home / "runs" / "oasst1-small" / "cluster" / "recipe.yaml"), "--runs", str(home / "runs")]
    expected += ["--until", "align", "--processes", "1", "--nodes", "1", "--wandb", NASTY]
    assert lines[-len(expected) - 3 :] == [*expected, str(home / "hub"), NASTY, str(home)]
    if "conda" in environment:
        assert ["activate", environment["conda"]] == lines[:2]
    if "container" in environment:
        assert environment["container"] in lines
        assert f"/data/{NASTY}" in lines
    assert not list(tmp_path.rglob("pwned"))
    # As a job of SLURM as well, with modules.
    slurm = {**values, "environment": environment, "scheduler": "slurm"}
    prepared = prepared_of(RECIPES[0], profile_file(tmp_path, **slurm), home / "runs")
    write_jobs(prepared)
    shellcheck([one.script for one in prepared.jobs])


def test_what_slurm_or_apptainer_would_misread_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for runs, values in ((tmp_path / "a\\b", {}), (tmp_path / "a,b", {"environment": {"container": "x.sif"}})):
        with pytest.raises(InputError, match="another name"):
            prepared_of(RECIPES[0], profile_file(tmp_path, **values), runs)


def test_several_nodes_meet_at_the_first(tmp_path: Path) -> None:
    values = {"gpu": {"nodes": 2, "gpus": 4, "cpus": 32}, "account": "a"}
    prepared = prepared_of(RECIPES[1], profile_file(tmp_path, **values), tmp_path / "runs")
    write_jobs(prepared)
    shellcheck([one.script for one in prepared.jobs])
    prepare, align, evaluate = (one.text for one in prepared.jobs)
    assert "#SBATCH --nodes=2\n" in align
    assert "--processes 4 --nodes 2)" in align
    assert "OMP_NUM_THREADS=8 " in align
    assert "#SBATCH --nodes=1\n" in prepare
    assert "--processes 4 --nodes 1)" in evaluate
    assert "srun" not in evaluate
    environment = stand_in.install(tmp_path / "slurm")
    lines = align[align.index("hosts=") : align.index("command=")]
    settings = {**os.environ, **environment, "SLURM_JOB_ID": "45001", "SLURM_JOB_NODELIST": "n[1-2]"}
    teller = 'printf "%s\\n" "$ACORD_RDZV" "$ACORD_LAUNCHER"'
    shown = subprocess.run(
        ["/bin/bash", "-c", f"set -euo pipefail\n{lines}\n{teller}"],
        env=settings, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    assert shown[0] == "localhost:25001"
    assert shown[1].startswith("srun --nodes=2 --ntasks=2 --ntasks-per-node=1 --cpus-per-task=32")


ENDS = """#!/bin/bash
trap 'echo saved; exit 143' TERM
echo ready
while :; do sleep 0.05; done
"""


@pytest.mark.parametrize(
    ("acord", "number", "restarts", "ends"),
    [
        (ENDS, signal.SIGUSR1, 0, ("PENDING", 1)),  # its time is nearly up: once more
        (ENDS, signal.SIGUSR1, 3, ("FAILED", 3)),  # too often
        (ENDS, signal.SIGKILL, 0, ("PENDING", 1)),  # preempted: SLURM queues it again by itself
        (ENDS, signal.SIGTERM, 0, ("FAILED", 0)),  # taken back: SLURM says what becomes of it
        (ENDS.replace("143", "2"), signal.SIGUSR1, 0, ("FAILED", 0)),  # another start would not mend it
        (ENDS.replace("143", "0"), signal.SIGUSR1, 0, ("COMPLETED", 0)),  # it was just done
    ],
)
def test_what_a_signal_makes_of_a_job(
    tmp_path: Path, queue: Path, acord: str, number: int, restarts: int, ends: tuple[str, int]
) -> None:
    """With an acord that waits for SIGTERM alone, as one that trains does."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "acord").write_text(acord)
    (tmp_path / "bin" / "acord").chmod(0o755)
    (tmp_path / "activate").write_text(f"PATH={tmp_path}/bin:$PATH\n")
    values = {"environment": {"activate": str(tmp_path / "activate")}, "offline": False, "requeues": 3}
    prepared = prepared_of(RECIPES[0], profile_file(tmp_path, **values), tmp_path / "runs", until="base")
    write_jobs(prepared)
    submit_jobs(prepared)
    (job,) = stand_in.jobs(queue)
    stand_in.change(queue, job, restarts=restarts)
    log = Path(job["options"]["output"].replace("%j", job["id"]))
    environment = {stand_in.STATE: str(queue), "PATH": os.environ["PATH"]}

    def started() -> bool:
        return log.exists() and "ready" in log.read_text()

    stand_in.run_job(queue, job, environment, (number, started))
    (job,) = stand_in.jobs(queue)
    assert (job["state"], job["restarts"]) == ends, log.read_text()
    assert ("saved" in log.read_text()) == (number != signal.SIGKILL)


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """SLURM's stand-in on PATH; the folder in which it keeps its jobs."""
    environment = stand_in.install(tmp_path / "slurm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(ROOT)
    return Path(environment[stand_in.STATE])


def test_jobs_wait_for_each_other_and_are_told(tmp_path: Path, queue: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = tmp_path / "100% runs"
    recipe, profile = str(RECIPES[1]), str(profile_file(tmp_path, offline=False))
    assert main_with(["run", recipe, "--cluster", profile, "--runs", str(runs), "--language", "en"]) == 0
    shown = capsys.readouterr().out
    jobs = stand_in.jobs(queue)
    assert [job["options"].get("dependency") for job in jobs] == [None, "afterok:4711", "afterok:4712"]
    assert "scancel 4711 4712 4713" in shown
    assert f"{runs}/aitana-2b-si/cluster/align-4712.log" in shown
    record = json.loads((runs / "aitana-2b-si" / "cluster" / "jobs.json").read_text())
    assert [(job["name"], job["id"], job["after"]) for job in record["jobs"]] == [
        ("prepare", "4711", None),
        ("align", "4712", "4711"),
        ("evaluate", "4713", "4712"),
    ]
    # What is queued stays as it is: neither a second submission nor an edited recipe changes it.
    assert main_with(["run", recipe, "--cluster", profile, "--runs", str(runs)]) == 2
    assert "still in the queue: 4711, 4712, 4713" in capsys.readouterr().err
    assert len(stand_in.jobs(queue)) == 3
    stand_in.scancel(queue, ["4711", "4712", "4713"])
    assert main_with(["run", recipe, "--cluster", profile, "--runs", str(runs), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [job["id"] for job in answer["jobs"]] == ["4714", "4715", "4716"]
    assert answer["cancel"] == "scancel 4714 4715 4716"


def test_a_job_that_is_refused_takes_the_others_back(
    tmp_path: Path, queue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_REFUSES", "evaluate")
    prepared = prepared_of(RECIPES[1], profile_file(tmp_path), tmp_path / "runs")
    write_jobs(prepared)
    with pytest.raises(InputError) as fault:
        submit_jobs(prepared)
    line = str(fault.value)
    assert "Invalid account or account/partition combination" in line
    assert "Nothing is queued: 4711, 4712 cancelled again" in line
    assert [job["state"] for job in stand_in.jobs(queue)] == ["CANCELLED", "CANCELLED"]
    check_none_queued(prepared)


def test_where_there_is_no_scheduler_one_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(ROOT)
    prepared = prepared_of(RECIPES[0], profile_file(tmp_path), tmp_path / "runs")
    write_jobs(prepared)
    with pytest.raises(MachineError, match="sbatch is not here"):
        submit_jobs(prepared)


def test_a_dry_run_writes_nothing(tmp_path: Path, queue: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["run", str(RECIPES[0]), "--cluster", str(PROFILES[-2]), "--runs", str(tmp_path / "runs"), "--dry-run"]
    assert main_with(command) == 0
    assert "#SBATCH --signal=B:USR1@300" in capsys.readouterr().out
    assert main_with([*command, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [job["name"] for job in answer["jobs"]] == ["prepare", "align"]
    assert not (tmp_path / "runs").exists()
    assert stand_in.jobs(queue) == []
    assert main_with(["run", str(RECIPES[0]), "--dry-run"]) == 2
    assert "goes with --cluster" in capsys.readouterr().err


def test_what_is_not_fetched_is_told_before_anything_is_queued(tmp_path: Path) -> None:
    prepared = prepared_of(RECIPES[1], profile_file(tmp_path), tmp_path / "runs")
    with pytest.raises(InputError, match="fetch it here first"):
        check_fetched(prepared, None)
    online = prepared_of(RECIPES[1], profile_file(tmp_path, offline=False), tmp_path / "runs")
    check_fetched(online, None)


def test_profiles_of_every_key_can_be_had(tmp_path: Path) -> None:
    everything = {
        "hub": "/h", "node_disk": "/scratch", "variables": {"NCCL_DEBUG": "WARN"}, "signal_seconds": 120, "requeues": 3,
        "jobs": {"judge": {"gpus": 4, "cpus": 32, "time": "2-00:00:00", "memory": "400G", "options": ["--exclusive"]}},
    }  # fmt: skip
    profile = load_profile(profile_file(tmp_path, **everything))
    assert isinstance(profile, Profile)
    assert profile.nodes_of("judge").processes_a_node == 4
    assert profile.nodes_of("prepare").gpus == 0


PAGE = ROOT / "docs" / "clusters.md"


def test_every_key_of_a_profile_is_explained() -> None:
    first = re.findall(r"^\s*\| (`[^|]+) \|", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    explained = {name for cell in first for name in re.findall(r"`(\w+)`", cell)}
    for section in (Profile, Environment, Nodes, Jobs):
        assert {*section.model_fields} <= explained, section
