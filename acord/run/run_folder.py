"""runs/<recipe name>/: links to the artefacts of one recipe, the recipe as run, and run.json."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from acord.errors import InputError
from acord.recipe import Recipe
from acord.run.disk import beside_name, disk_faults, write_atomically
from acord.run.line import Step
from acord.run.store import OWN_NAMES, Store


def run_folder(store: Store, recipe: Recipe) -> Path:
    """Where a recipe's links lie. Raises InputError for a name that the store keeps for itself."""
    if recipe.name in OWN_NAMES:
        raise InputError(
            f"name: {recipe.name} is taken by the store itself", where=str(store.root), fix="Choose another name."
        )
    return store.root / recipe.name


def publish(store: Store, recipe: Recipe, steps: Sequence[Step], done: Sequence[dict[str, Any]]) -> None:
    """Bring a recipe's folder up to date with what is done so far.

    steps: the whole line with its keys; links of an earlier version of the recipe are taken away. done: for every
    stage that is complete an object for run.json, with its name under `stage`.
    """
    folder = run_folder(store, recipe)
    finished = {result["stage"] for result in done}
    with disk_faults(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for step in steps:
            target = os.path.relpath(store.folder(step.stage.name, step.key), folder)
            _link(folder / step.stage.name, target, present=step.stage.name in finished)
        _write_if_other(folder / "recipe.yaml", _as_yaml(recipe))
        content = {"recipe": recipe.name, "complete": len(done) == len(steps), "stages": list(done)}
        _write_if_other(folder / "run.json", json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def _write_if_other(path: Path, content: str) -> None:
    """A run that reuses everything writes nothing, so it also works where nothing can be written."""
    try:
        same = path.read_text(encoding="utf-8") == content
    except (OSError, ValueError):
        same = False
    if not same:
        write_atomically(path, content)


def _link(link: Path, target: str, *, present: bool) -> None:
    current = str(link.readlink()) if link.is_symlink() else None
    if present and current != target:
        beside = beside_name(link)
        beside.unlink(missing_ok=True)
        beside.symlink_to(target)
        beside.replace(link)
    elif not present and current not in (None, target):
        link.unlink(missing_ok=True)


def _as_yaml(recipe: Recipe) -> str:
    content = recipe.model_dump(mode="json", exclude_none=True)
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120)
