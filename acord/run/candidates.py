"""Which models a user means: folders, hub names, and runs, which stand for their base, their model and checkpoints."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from acord.align.kept import best_step
from acord.console import say
from acord.errors import InputError
from acord.evaluate.run import Candidate
from acord.languages import text
from acord.manifest import read_manifest
from acord.models import model_path


class Named(NamedTuple):
    """What a user named: the models to evaluate, and which of them is the one before alignment, if any is."""

    candidates: tuple[Candidate, ...]
    before: str | None


def name_models(named: Sequence[str], *, checkpoints: bool) -> Named:
    """The models that arguments name: NAME=MODEL or MODEL, a folder, a hub name, or the folder of a run.

    A run stands for its aligned model and, before it, its base; with checkpoints, also for every checkpoint it kept.
    Raises InputError for a run without an aligned model, checkpoints that were not kept, and names that stand twice.
    """
    candidates: list[Candidate] = []
    before = None
    for argument in named:
        name, given, base = argument.rpartition("=")
        folder = Path(base)
        if (folder / "run.json").is_file():
            of_run = _models_of_run(folder, name if given else folder.resolve().name, checkpoints)
            before = before or of_run[0].name
            candidates += of_run
        elif checkpoints:
            raise InputError("this is no run, so it has no checkpoints", where=base, fix="Give a folder under runs/.")
        else:
            candidates.append(Candidate(name if given else short_name(base), base))
    names = [one.name for one in candidates]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"two models are named {twice[0]}", where="the models", fix="Write NAME=MODEL for each.")
    return Named(tuple(candidates), before)


def _models_of_run(folder: Path, name: str, checkpoints: bool) -> list[Candidate]:
    aligned = folder / "align" / "model"
    if not aligned.is_dir():
        raise InputError("the run has no aligned model yet", where=str(folder), fix="Finish it with acord run.")
    found = [Candidate(f"{name}-base", str(model_path((folder / "base").resolve())))]
    if checkpoints:
        kept = sorted((folder / "align" / "steps").glob("step-*"), key=_steps_of)
        if not kept:
            raise InputError("the run kept no checkpoints", where=str(folder), fix="Set align.keep: [all] and run it.")
        found += [Candidate(f"{name}@{_steps_of(path)}", str(path), _steps_of(path)) for path in kept]
    return [*found, Candidate(name, str(aligned))]


def _steps_of(path: Path) -> int:
    return int(path.name.removeprefix("step-"))


def short_name(base: str) -> str:
    """The last part that says something: runs/demo/align/model is demo, owner/name is name."""
    parts = [part for part in Path(base).parts if part not in ("align", "model", ".", "/")]
    return parts[-1] if parts else base


def say_chosen_step(named: Sequence[str]) -> None:
    """Say of each run which of its checkpoints the held-out pairs prefer: they choose, and never the suite reported."""
    for argument in named:
        folder = Path(argument.rpartition("=")[2])
        step, figures = chosen_step(folder)
        shown = {"run": folder.name, "step": step, "pairs": figures["pairs"]}
        if "accuracy" in figures:
            say(text("evaluate_chosen", **shown, accuracy=figures["accuracy"]))
        else:
            say(text("evaluate_chosen_likeliest", **shown, nll=figures["nll"]))


def chosen_step(folder: Path) -> tuple[int, dict[str, Any]]:
    """The step of a run that its held-out pairs prefer, and its figures.

    Raises InputError for a run that held no pairs out.
    """
    by_step = read_manifest((folder / "align").resolve()).figures.get("held_out_by_step")
    if not by_step:
        raise InputError("the run held no pairs out", where=str(folder), fix="Set data.held_out and run it again.")
    step = best_step(by_step)
    return step, by_step[str(step)]
