"""A line of small stages that count how often they were built, for tests of the store."""

# ruff: noqa: ARG005  stages have one signature, used or not
import time
from pathlib import Path

from acord.recipe import parse_recipe
from acord.run.stages import Stage

BUILT: list[str] = []


def recipe(tmp_path: Path, **changes):
    source = tmp_path / "source.jsonl"
    if not source.exists():
        source.write_text('{"text": "one"}\n')
    content = {
        "name": changes.get("name", "fake"),
        "model": {"base": "random:llama-1x8", "tokenizer": "train"},
        "data": {"sources": [{"name": "here", "format": "pairs", "path": str(source)}]},
        "seed": changes.get("seed", 0),
        "align": {"beta": changes.get("beta", 0.1)},
    }
    return parse_recipe(content, where="test")


def first(build=None, **changes):
    """Reads the source file."""

    def copy_source(job):
        BUILT.append("first")
        content = Path(job.recipe.data.sources[0].paths[0]).read_text()
        (job.folder / "deep").mkdir()
        (job.folder / "deep" / "copy.txt").write_text(content)
        return {"bytes": len(content)}

    return Stage(
        name="first",
        needs=lambda recipe: (),
        recipe_part=lambda recipe: {"seed": recipe.seed},
        outside=lambda recipe, outside: {"source": outside.hashes.sha256(Path(recipe.data.sources[0].paths[0]))},
        **({"version": 1, "libraries": (), "build": build or copy_source, "summary": _summary} | changes),
    )


def second(build=None, **changes):
    """Reads the artefact of the first."""

    def shout(job):
        BUILT.append("second")
        content = (job.inputs["first"] / "deep" / "copy.txt").read_text()
        (job.folder / "shout.txt").write_text(content.upper() + str(job.recipe.align.beta))
        return {"bytes": len(content)}

    return Stage(
        name="second",
        needs=lambda recipe: ("first",),
        recipe_part=lambda recipe: {"beta": recipe.align.beta},
        outside=lambda recipe, outside: {},
        **({"version": 1, "libraries": (), "build": build or shout, "summary": _summary} | changes),
    )


def slow_build(seconds: float, started: Path):
    """A build that says by a file that it has begun, then takes its time."""

    def build(job):
        (job.folder / "half.txt").write_text("half")
        started.touch()
        time.sleep(seconds)
        (job.folder / "whole.txt").write_text("whole")
        return {}

    return build


def _summary(figures):
    return f"{figures.get('bytes', 0)} bytes"
