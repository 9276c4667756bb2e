"""A cluster's profile: one YAML file that says how jobs are asked for there, and what they find. No unknown key."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, field_validator, model_validator

from acord.recipe.section import Place, Positive, Section
from acord.sections import explained, read_mapping

JobName = Literal["prepare", "align", "evaluate", "judge"]
# What Acord itself decides of a job: a profile that set it would undo it.
OWN_OPTIONS = ("--array", "--chdir", "--dependency", "--error", "--export", "--job-name", "--kill-on-invalid-dep",
               "--no-requeue", "--nodes", "--ntasks", "--ntasks-per-node", "--open-mode", "--output", "--parsable",
               "--requeue", "--signal", "--wait", "--wrap")  # fmt: skip


def _of_form(pattern: str, form: str) -> AfterValidator:
    """Text that matches all of a pattern. form: what it should be, in words."""

    def check(value: str) -> str:
        if re.fullmatch(pattern, value) is None:
            raise ValueError(f"should be {form}")
        return value

    return AfterValidator(check)


def _quoted(value: Any) -> Any:
    # YAML 1.1 reads 24:00:00 as a number of base 60.
    if isinstance(value, int):
        raise ValueError('should stand in quotes, as in "24:00:00"')
    return value


# These stand in the head of a job's script, which SLURM reads before any shell does: nothing there may need quotes.
Word = Annotated[str, _of_form(r"[A-Za-z0-9][A-Za-z0-9._:,@+-]*", "of letters, digits and . _ : , @ + - alone")]
Time = Annotated[
    str,
    BeforeValidator(_quoted),
    _of_form(r"(\d+-)?\d{1,3}(:\d{2}){1,2}", "a time as SLURM has it, such as 24:00:00 or 1-12:00:00"),
]
Memory = Annotated[str, _of_form(r"\d+[KMGT]?", "a size as SLURM has it, such as 64G")]
Option = Annotated[
    str,
    _of_form(r"--[a-z][a-z-]*(=[A-Za-z0-9][A-Za-z0-9._:,@+/&|*-]*)?", "one long option of sbatch, --name=value"),
]
Variable = Annotated[str, _of_form(r"[A-Za-z_][A-Za-z0-9_]*", "a variable's name")]


class Nodes(Section):
    """What one kind of job asks for.

    partition, qos: of the scheduler. time: at most, as SLURM writes it. nodes: how many; only `align` uses several.
    gpus: of each node, 0 for none. cpus: cores of each node. memory: of each node, what the partition gives where None.
    processes: on each node, by default one a GPU. options: more of sbatch's own.
    """

    partition: Word | None = None
    qos: Word | None = None
    time: Time = "24:00:00"
    nodes: Positive = 1
    gpus: Annotated[int, Field(ge=0)] = 0
    cpus: Positive = 4
    memory: Memory | None = None
    processes: Positive | None = None
    options: list[Option] = []

    @field_validator("options")
    @classmethod
    def _leave_acords_own(cls, options: list[str]) -> list[str]:
        for option in options:
            if option.partition("=")[0] in OWN_OPTIONS:
                raise ValueError(f"{option} is for Acord to set")
        return options

    @property
    def processes_a_node(self) -> int:
        """One a GPU where the profile does not say, and one where there is none."""
        return self.processes or max(1, self.gpus)


class Environment(Section):
    """How a job finds Acord: none of these keys where the `acord` that submits is there on every node.

    modules: loaded first. activate: a script to source (`bin/activate` of a virtual environment). conda: an
    environment's name or folder; conda_base: where conda lies, by default what `conda info --base` says. container: an
    Apptainer image, which holds Acord. binds: folders that are shown inside it, besides those that Acord knows of.
    """

    modules: list[Place] = []
    activate: Place | None = None
    conda: Place | None = None
    conda_base: Place | None = None
    container: Place | None = None
    binds: list[Place] = []

    @model_validator(mode="after")
    def _is_one_of_them(self) -> "Environment":
        if sum(one is not None for one in (self.activate, self.conda, self.container)) > 1:
            raise ValueError("only one of activate:, conda: and container: can be")
        if self.conda_base is not None and self.conda is None:
            raise ValueError("conda_base: goes with conda:")
        if self.binds and self.container is None:
            raise ValueError("binds: goes with container:")
        return self


class Jobs(Section):
    """Requests of single jobs, in place of the profile's own for such jobs."""

    prepare: Nodes | None = None
    align: Nodes | None = None
    evaluate: Nodes | None = None
    judge: Nodes | None = None


class Profile(Section):
    """A cluster, or one workstation.

    scheduler: `slurm`, or `local`: the same scripts, run here one after another. account: what jobs are charged to;
    null where the cluster asks for none. offline: whether nodes reach no network. hub: HF_HOME, the folder with fetched
    models and data sets; by default the submitter's own. node_disk: a folder on each node's own disk, for caches of
    compiled kernels; by default TMPDIR, else /tmp. variables: set in every job. environment: how jobs find Acord.
    cpu, gpu: what jobs ask for: `prepare` runs on cpu, all others on gpu. jobs: another request for single jobs.
    signal_seconds: how long before its time is up a job is told, to write a checkpoint. requeues: how often a job is
    queued again at most.
    """

    scheduler: Literal["slurm", "local"]
    account: Word | None
    offline: bool = True
    hub: Place | None = None
    node_disk: Place | None = None
    variables: dict[Variable, str] = {}
    environment: Environment = Environment()
    cpu: Nodes = Nodes()
    gpu: Nodes = Nodes(gpus=1)
    jobs: Jobs = Jobs()
    signal_seconds: Annotated[int, Field(ge=30, le=3_600)] = 300
    requeues: Annotated[int, Field(ge=0, le=1_000)] = 20

    @model_validator(mode="after")
    def _nodes_can_be_had(self) -> "Profile":
        several = [nodes for nodes in map(self.nodes_of, get_args(JobName)) if nodes.nodes > 1]
        if several and self.scheduler == "local":
            raise ValueError("scheduler: local has one node")
        if any(self.nodes_of(job).nodes > 1 for job in get_args(JobName) if job != "align"):
            raise ValueError("only the job align runs on several nodes")
        if several and self.environment.container is not None:
            raise ValueError("container: goes with nodes: 1, since it has no srun inside; use activate: or conda:")
        return self

    def nodes_of(self, job: JobName) -> Nodes:
        """What a job asks for."""
        asked: Nodes | None = getattr(self.jobs, job)
        if asked is not None:
            return asked
        usual = self.cpu if job == "prepare" else self.gpu
        return usual if job == "align" else usual.model_copy(update={"nodes": 1})


def load_profile(path: Path) -> Profile:
    """Read and check a cluster's profile. Raises InputError, one line, for its first fault."""
    content = read_mapping(path, what="profile of a cluster", start="scheduler:, account: and gpu:")
    try:
        return Profile.model_validate(content)
    except ValidationError as error:
        raise explained(error, str(path), Profile) from None
