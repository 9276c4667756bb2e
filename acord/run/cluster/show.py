"""What people are shown of a recipe's jobs: the scripts as they would be queued, and what is queued."""

from collections.abc import Sequence
from shlex import join, quote
from typing import Any

from acord.languages import text
from acord.run.cluster.local import Ran
from acord.run.cluster.prepared import Prepared, PreparedJob
from acord.run.cluster.slurm import Queued


def show_scripts(prepared: Prepared) -> str:
    """Every script, under the command that would hand it over."""
    blocks = []
    for place, one in enumerate(prepared.jobs):
        earlier = prepared.jobs[place - 1] if place else None
        blocks.append(f"# {_command(prepared, one, earlier)}\n{one.text}")
    blocks.append(text("cluster_dry_run", jobs=len(prepared.jobs), folder=str(prepared.folder)))
    return "\n".join(blocks)


def scripts_as_json(prepared: Prepared) -> dict[str, Any]:
    """The same for `--json`."""
    jobs = [
        {"name": one.name, "stages": list(one.stages), "path": str(one.script), "script": one.text}
        for one in prepared.jobs
    ]
    return {"recipe": prepared.name, "dry_run": True, "folder": str(prepared.folder), "jobs": jobs}


def show_queued(prepared: Prepared, queued: Sequence[Queued]) -> str:
    """What was queued, where it writes, and how to take it back."""
    lines = [text("cluster_queued", jobs=len(queued), recipe=prepared.name)]
    for one in queued:
        lines.append(text("cluster_job", number=one.number, name=_named(one), log=quote(one.log)))
    numbers = " ".join(one.number for one in queued)
    lines += [
        text("cluster_look", numbers=",".join(one.number for one in queued)),
        text("cluster_cancel", numbers=numbers),
    ]
    return "\n".join(lines)


def queued_as_json(prepared: Prepared, queued: Sequence[Queued]) -> dict[str, Any]:
    """The same for `--json`."""
    numbers = [one.number for one in queued]
    return {
        "recipe": prepared.name,
        "folder": str(prepared.folder),
        "jobs": [one.as_json() for one in queued],
        "cancel": join(["scancel", *numbers]),
    }


def show_ran(ran: Sequence[Ran]) -> str:
    """What ran here, and its logs."""
    return "\n".join(text("cluster_ran", name=_named(one), code=one.code, log=quote(one.log)) for one in ran)


def _named(one: Queued | Ran) -> str:
    return f"{one.name} ({', '.join(one.stages)})" if one.stages else one.name


def _command(prepared: Prepared, one: PreparedJob, earlier: PreparedJob | None) -> str:
    if prepared.profile.scheduler == "local":
        return join(["bash", str(one.script)])
    # The number is known only when the job before it is queued.
    waits = [] if earlier is None else [f"--dependency=afterok:{earlier.name.upper()}"]
    return join(["sbatch", "--parsable", f"--output={one.log}", *waits, str(one.script)])
