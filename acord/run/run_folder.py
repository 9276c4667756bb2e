"""runs/<recipe name>/: links to the artefacts of one recipe, the recipe as run, and run.json."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from acord.errors import InputError
from acord.recipe import Recipe
from acord.run.disk import disk_faults, write_atomically
from acord.run.history import remember
from acord.run.store import OWN_NAMES, Store
from acord.whole import beside_name

Keys = Mapping[str, str]


def run_folder(store: Store, recipe: Recipe) -> Path:
    """Where a recipe's links lie. Raises InputError for a name that the store keeps for itself."""
    if recipe.name in OWN_NAMES:
        raise InputError(
            f"name: {recipe.name} is taken by the store itself", where=str(store.root), fix="Choose another name."
        )
    return store.root / recipe.name


def publish(store: Store, recipe: Recipe, line: Sequence[str], *, wanted: Keys, done: Sequence[str]) -> None:
    """Bring a recipe's folder up to date with what is done so far.

    line: the names of all stages. wanted: the keys of the stages of this run, which may end before the line does.
    done: those that are complete. What an earlier run left is kept where it still belongs to the recipe.
    """
    folder = run_folder(store, recipe)
    with disk_faults(folder):
        folder.mkdir(parents=True, exist_ok=True)
        earlier = _still_valid(folder, recipe, wanted)
        keys = {name: wanted[name] if name in done else earlier.get(name) for name in line}
        for name, key in keys.items():
            _link(folder / name, key and os.path.relpath(store.folder(name, key), folder))
        stages = [
            {"stage": name, "key": key, "artefact": store.folder(name, key).name} for name, key in keys.items() if key
        ]
        content = {"recipe": recipe.name, "complete": all(keys.values()), "stages": stages}
        _write_if_other(folder / "recipe.yaml", _as_yaml(recipe))
        _write_if_other(folder / "run.json", json.dumps(content, ensure_ascii=False, indent=2) + "\n")
    known = {**{name: key for name, key in keys.items() if key}, **wanted}
    remember(store, recipe, line, known, complete=all(keys.values()))


def _still_valid(folder: Path, recipe: Recipe, wanted: Keys) -> dict[str, str]:
    """Keys of an earlier run of the very same recipe; none where any of them has changed since, as a source may."""
    try:
        if (folder / "recipe.yaml").read_text(encoding="utf-8") != _as_yaml(recipe):
            return {}
        content = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        earlier = {stage["stage"]: stage["key"] for stage in content["stages"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return earlier if all(wanted.get(name, key) == key for name, key in earlier.items()) else {}


def _write_if_other(path: Path, content: str) -> None:
    """A run that reuses everything writes nothing, so it also works where nothing can be written."""
    try:
        same = path.read_text(encoding="utf-8") == content
    except (OSError, ValueError):
        same = False
    if not same:
        write_atomically(path, content)


def _link(link: Path, target: str | None) -> None:
    current = str(link.readlink()) if link.is_symlink() else None
    if current == target:
        return
    if target is None:
        link.unlink()
        return
    beside = beside_name(link)
    beside.unlink(missing_ok=True)
    beside.symlink_to(target)
    beside.replace(link)


def _as_yaml(recipe: Recipe) -> str:
    content = recipe.model_dump(mode="json", by_alias=True)
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=120)
