"""The script of one job: plain bash that is safe whatever a path or a value of the profile holds.

In the head, which SLURM reads before any shell does, stand only values whose form the profile has checked. Everywhere
else a value is one quoted word.
"""

from dataclasses import dataclass
from pathlib import Path
from shlex import join, quote

from acord.recipe.cluster import Environment, Nodes, Profile
from acord.run.cluster.jobs import ClusterJob

OFFLINE = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE")
# Of these, each node has its own: compiled kernels are many small files, which a shared disk serves slowly.
KERNEL_CACHES = {"TRITON_CACHE_DIR": "triton", "TORCHINDUCTOR_CACHE_DIR": "inductor", "CUDA_CACHE_PATH": "cuda"}
FIRST_PORT, PORTS = 20_000, 20_000


@dataclass(frozen=True)
class Places:
    """Where a job finds things, all absolute: the folder that the recipe's own paths count from, the copies of the
    recipe and of the scripts, the folder of all runs, what is fetched from the hub, and the submitter's own acord.

    passed: more arguments of `acord run`. shown: more folders that a container has to show.
    """

    start: Path
    recipe: Path
    runs: Path
    hub: Path
    acord: Path
    passed: tuple[str, ...] = ()
    shown: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Command:
    """What a script runs. name: the job's. title: in the queue. what: for the log. words: those after `acord`."""

    name: str
    title: str
    what: str
    nodes: Nodes
    words: tuple[str, ...]


def job_script(job: ClusterJob, recipe_name: str, profile: Profile, places: Places) -> str:
    """The whole script of a recipe's job, ending in a newline."""
    nodes = profile.nodes_of(job.name)
    words = (
        *("run", str(places.recipe), "--runs", str(places.runs), "--until", job.until),
        *("--processes", str(nodes.processes_a_node), "--nodes", str(nodes.nodes)),
        *places.passed,
    )
    command = Command(job.name, job_name(recipe_name, job), ", ".join(job.stages), nodes, words)
    return command_script(command, profile, places, requeues=profile.requeues)


def command_script(command: Command, profile: Profile, places: Places, *, requeues: int) -> str:
    """The whole script of one command. requeues: how often it is queued again when its time is up."""
    nodes = command.nodes
    parts = [
        _head(command, profile, requeues),
        # Quoted values may look like expansions; that they are none is the point.
        f"# shellcheck disable=SC2016\nset -euo pipefail\ncd -- {quote(str(places.start))}",
        _environment(profile.environment),
        _variables(profile, nodes, places),
        _several_nodes(nodes) if nodes.nodes > 1 else "",
        f"command=({join(_in_environment(command, profile.environment, places))})",
        _RUNNING.replace("WHAT", command.what).replace("JOB", command.name),
        _requeueing(requeues) if profile.scheduler == "slurm" and requeues else "",
        'exit "$code"',
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def job_name(recipe_name: str, job: ClusterJob) -> str:
    """The job's name in the queue. A recipe's name holds nothing that needs quotes."""
    return f"acord-{recipe_name}-{job.name}"


def _head(command: Command, profile: Profile, requeues: int) -> str:
    nodes = command.nodes
    if profile.scheduler == "local":
        return "#!/bin/bash"
    options = {
        "job-name": command.title,
        "account": profile.account,
        "partition": nodes.partition,
        "qos": nodes.qos,
        "time": nodes.time,
        "nodes": nodes.nodes,
        "ntasks-per-node": 1,
        "cpus-per-task": nodes.cpus,
        "gres": f"gpu:{nodes.gpus}" if nodes.gpus else None,
        "mem": nodes.memory,
        "signal": f"B:USR1@{profile.signal_seconds}",
        "open-mode": "append",
        "kill-on-invalid-dep": "yes",
    }
    lines = [f"#SBATCH --{name}={value}" for name, value in options.items() if value is not None]
    lines.append("#SBATCH --requeue" if requeues else "#SBATCH --no-requeue")
    return "\n".join(["#!/bin/bash", *lines, *(f"#SBATCH {option}" for option in nodes.options)])


def _environment(environment: Environment) -> str:
    """Modules, and the environment in which acord lies. Their scripts read variables that may be unset."""
    lines = []
    if environment.modules:
        lines += [
            "# shellcheck disable=SC1091",
            'if [ "$(type -t module || true)" != function ]; then source /etc/profile || true; fi',
            f"module load {join(environment.modules)}",
        ]
    if environment.activate is not None:
        lines += ["# shellcheck disable=SC1090,SC1091", f"source {quote(str(Path(environment.activate).absolute()))}"]
    if environment.conda is not None:
        base = "$(conda info --base)" if environment.conda_base is None else None
        lines += [
            f'conda_base="{base}"' if base else f"conda_base={quote(str(environment.conda_base))}",
            "# shellcheck disable=SC1091",
            'source "$conda_base/etc/profile.d/conda.sh"',
            f"conda activate {quote(environment.conda)}",
        ]
    return "\n".join(["set +u", *lines, "set -u"]) if lines else ""


def _variables(profile: Profile, nodes: Nodes, places: Places) -> str:
    disk = '"${TMPDIR:-/tmp}"' if profile.node_disk is None else quote(str(Path(profile.node_disk).absolute()))
    threads = max(1, nodes.cpus // nodes.processes_a_node)
    lines = [f"export HF_HOME={quote(str(places.hub))}"]
    if profile.offline:
        lines += [f"export {name}=1" for name in (*OFFLINE, "HF_EVALUATE_OFFLINE")]
    lines += [f"node_disk={disk}", 'caches="$node_disk/acord-$(id -u)-${SLURM_JOB_ID:-local}"']
    lines += [f'export {name}="$caches/{folder}"' for name, folder in KERNEL_CACHES.items()]
    if profile.scheduler == "slurm":
        lines += [f"export OMP_NUM_THREADS={threads} MKL_NUM_THREADS={threads}", "export PYTHONUNBUFFERED=1"]
    lines += [f"export {name}={quote(value)}" for name, value in profile.variables.items()]
    return "\n".join(lines)


def _several_nodes(nodes: Nodes) -> str:
    """One launcher a node, all of which meet at the first node; two jobs there meet at different ports."""
    launcher = (
        f"srun --nodes={nodes.nodes} --ntasks={nodes.nodes} --ntasks-per-node=1 --cpus-per-task={nodes.cpus}"
        " --kill-on-bad-exit=1"
    )
    return "\n".join(
        [
            'hosts=$(scontrol show hostnames "$SLURM_JOB_NODELIST")',
            f"export ACORD_LAUNCHER={quote(launcher)}",
            f"export ACORD_RDZV=\"${{hosts%%$'\\n'*}}:$(({FIRST_PORT} + SLURM_JOB_ID % {PORTS}))\"",
        ]
    )


def _in_environment(command: Command, environment: Environment, places: Places) -> list[str]:
    """The words of the command line: acord as the environment has it, inside its container where that is one."""
    if environment.container is None:
        by_name = environment.activate is not None or environment.conda is not None
        return ["acord" if by_name else str(places.acord), *command.words]
    binds = [Path(one).absolute() for one in environment.binds]
    shown = dict.fromkeys(str(one) for one in (places.start, places.runs, places.hub, *places.shown, *binds))
    gpus = ["--nv"] if command.nodes.gpus else []
    image = str(Path(environment.container).absolute())
    return ["apptainer", "exec", *gpus, *(word for one in shown for word in ("--bind", one)), image, "acord",
            *command.words]  # fmt: skip


_RUNNING = """\
# Whatever signal comes, acord gets SIGTERM, at which it writes a checkpoint and ends. A signal also ends `wait`, which
# is then called again; `told` is what came.
told=""
child=""
# shellcheck disable=SC2317,SC2329
pass_on() {
  told="$1"
  interrupted=1
  echo "acord job JOB: SIG$1 came; SIGTERM is passed on" >&2
  if [ -n "$child" ]; then kill -s TERM "$child" 2>/dev/null || true; fi
}
trap 'pass_on USR1' USR1
trap 'pass_on TERM' TERM
trap 'pass_on INT' INT
echo "acord job JOB: WHAT on $(uname -n), started ${SLURM_RESTART_COUNT:-0} times before" >&2
"${command[@]}" &
child=$!
# It may have come just before there was a child.
if [ -n "$told" ]; then kill -s TERM "$child" 2>/dev/null || true; fi
code=""
interrupted=1
while [ "$interrupted" = 1 ]; do
  interrupted=0
  ended=0
  wait "$child" || ended=$?
  # 127 the second time: it had ended the first time, and the code is known.
  if [ "$ended" != 127 ] || [ -z "$code" ]; then code="$ended"; fi
done
echo "acord job JOB: exit code $code${told:+ after SIG$told}" >&2"""


def _requeueing(requeues: int) -> str:
    """What follows a stop before the time limit: the same job once more, which goes on from the checkpoint.

    A code below 128 is acord's own: it is done, or something is wrong that another start would not mend.
    """
    return f"""\
if [ "$told" = USR1 ] && [ "$code" -ge 128 ]; then
  if [ "${{SLURM_RESTART_COUNT:-0}}" -ge {requeues} ]; then
    echo "acord job: its time was up once more, after {requeues} times; it is not queued again" >&2
    exit 1
  fi
  scontrol requeue "$SLURM_JOB_ID"
fi"""
