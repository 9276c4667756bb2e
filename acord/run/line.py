"""The line for one recipe: every stage with its key, before anything is built."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from acord.bundled import BUNDLED, bundled_path
from acord.hashing import digest
from acord.recipe import Recipe
from acord.run.identity import Outside
from acord.run.keys import library_versions
from acord.run.stages import Stage


@dataclass(frozen=True)
class Step:
    """A stage of one recipe: its key, and what the key was made from. inputs: stage name -> key."""

    stage: Stage
    key: str
    inputs: dict[str, str]
    recipe_part: dict[str, Any]
    outside: dict[str, Any]


def steps_of(recipe: Recipe, stages: Sequence[Stage], outside: Outside) -> list[Step]:
    """Every stage that the recipe asks for, with its key. A missing file outside is told before work starts.

    Raises InputError for a source, a template or a base model that does not exist.
    """
    keys: dict[str, str] = {}
    steps = []
    for stage in (stage for stage in stages if stage.applies(recipe)):
        step = step_of(stage, recipe, keys, stage.outside(recipe, outside))
        keys[stage.name] = step.key
        steps.append(step)
    return steps


def step_of(stage: Stage, recipe: Recipe, keys: dict[str, str], outside: dict[str, Any]) -> Step:
    """One stage with its key, from the keys of earlier stages and the identity of what comes from outside."""
    inputs = {name: keys[name] for name in stage.needs(recipe)}
    part = stage.recipe_part(recipe)
    key = digest(
        {
            "stage": stage.name,
            "version": stage.version,
            "inputs": inputs,
            "recipe": part,
            "outside": outside,
            "libraries": library_versions(stage.libraries),
        }
    )
    return Step(stage, key, inputs, part, outside)


def locate_bundled(recipe: Recipe) -> Recipe:
    """The recipe with `bundled:` places, of sources and of the base, replaced by where the package's own files lie.

    Raises InputError for a bundled file that does not exist.
    """
    sources = [
        source.model_copy(
            update={
                "path": [_located(path) for path in source.paths] or None,
                "against": [_located(path) for path in source.against_paths] or None,
            }
        )
        for source in recipe.data.sources
    ]
    model = recipe.model.model_copy(update={"base": _located(recipe.model.base)})
    return recipe.model_copy(update={"model": model, "data": recipe.data.model_copy(update={"sources": sources})})


def _located(path: str) -> str:
    return str(bundled_path(path.removeprefix(BUNDLED))) if path.startswith(BUNDLED) else path
