"""Which jobs a recipe becomes: stages that ask for the same kind of machine run in one job."""

from collections.abc import Sequence
from dataclasses import dataclass

from acord.errors import InputError
from acord.recipe import Recipe
from acord.recipe.cluster import JobName
from acord.run.stages import STAGES

# The plan stands with the training, not with the pairs: it chooses precision, kernel and token budget from the machine
# that it is made on, and on a node without GPUs it would choose a training without GPUs.
GROUPS: tuple[tuple[JobName, tuple[str, ...]], ...] = (
    ("prepare", ("pairs", "base")),
    ("align", ("plan", "reference", "align")),
    ("evaluate", ("evaluate",)),
    ("judge", ("judge", "answers", "card")),
)


@dataclass(frozen=True)
class ClusterJob:
    """One job: its name, and the stages that it runs; all earlier ones are there when it starts."""

    name: JobName
    stages: tuple[str, ...]

    @property
    def until(self) -> str:
        """The last stage that it runs."""
        return self.stages[-1]


def jobs_of(recipe: Recipe, until: str | None = None) -> list[ClusterJob]:
    """The jobs of a recipe in their order, up to and including the stage `until`.

    Raises InputError for a stage that the recipe has not.
    """
    wanted = wanted_stages(recipe, until)
    groups = [(name, tuple(stage for stage in stages if stage in wanted)) for name, stages in GROUPS]
    return [ClusterJob(name, stages) for name, stages in groups if stages]


def wanted_stages(recipe: Recipe, until: str | None) -> Sequence[str]:
    """Names of the stages that a recipe asks for, up to and including `until`. Raises InputError for another's name."""
    line = [stage.name for stage in STAGES if stage.applies(recipe)]
    if until is None:
        return line
    if until not in line:
        raise InputError(f"the recipe has no stage {until}", where="--until", fix=f"It has: {', '.join(line)}.")
    return line[: line.index(until) + 1]
