"""What a recipe needs from outside: models, sources, suites and files, by the places that it names."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from acord.bundled import BUNDLED
from acord.data.locate import HUB_ADDRESS
from acord.recipe import Recipe

HUB_NAME = re.compile(r"(?!\.)[\w.-]+/[\w.-]+")
SUITE_FILE = (".yaml", ".yml")
NAMED_TEMPLATES = ("tokenizer", "chatml")


class WantedModel(NamedTuple):
    """A model's place as the recipe writes it. key: where. revision: of a hub name. whole: all its files are read by
    another program, so that every one that is no weight of another form is needed.
    """

    key: str
    place: str
    revision: str | None
    whole: bool


class WantedFile(NamedTuple):
    """A file or folder of this machine as the recipe writes it. key: where."""

    key: str
    place: str


class HubSource(NamedTuple):
    """An hf:// address in its parts. inside: a file, folder or pattern, empty where the recipe names none."""

    name: str
    revision: str | None
    inside: str


def models_of(recipe: Recipe) -> Iterator[WantedModel]:
    """Models that are neither random nor of the package, each place once."""
    seen: set[tuple[str, str | None]] = set()
    for wanted in _models(recipe):
        if not wanted.place.startswith((BUNDLED, "random:")) and (wanted.place, wanted.revision) not in seen:
            seen.add((wanted.place, wanted.revision))
            yield wanted


def _models(recipe: Recipe) -> Iterator[WantedModel]:
    yield WantedModel("model.base", recipe.model.base, recipe.model.revision, False)
    for place in recipe.evaluate.against if recipe.evaluate else ():
        yield WantedModel("evaluate.against", place, None, False)
    if recipe.judge:
        for place in recipe.judge.against:
            yield WantedModel("judge.against", place, None, False)
        for judge in recipe.judge.panel:
            if judge.serve is not None:
                yield WantedModel("judge.serve", judge.serve, None, True)


def files_of(recipe: Recipe) -> Iterator[WantedFile]:
    """Local places of sources, template, suites, allowed matches and labels; a suite's own files are not told apart."""
    for source in recipe.data.sources:
        for place in (*source.paths, *source.against_paths):
            if not place.startswith(("hf://", BUNDLED)):
                yield WantedFile(f"data.sources.{source.name}", place)
    if recipe.chat.template not in NAMED_TEMPLATES:
        yield WantedFile("chat.template", recipe.chat.template)
    if recipe.data.decontaminate and recipe.data.decontaminate.allow:
        yield WantedFile("data.decontaminate.allow", recipe.data.decontaminate.allow)
    for place in recipe.judge.labels if recipe.judge else ():
        yield WantedFile("judge.labels", place)


def suites_of(recipe: Recipe) -> list[str]:
    """Suites of evaluation that are measured, or that data is held against; each once."""
    named = [recipe.evaluate.suite] if recipe.evaluate else []
    if recipe.data.decontaminate:
        named.append(recipe.data.decontaminate.suite)
    return list(dict.fromkeys(named))


def suite_files_of(recipe: Recipe) -> list[WantedFile]:
    """Suites that are files of this machine: of evaluation and of the judge."""
    named = [WantedFile("evaluate.suite", name) for name in suites_of(recipe)]
    if recipe.judge:
        named.append(WantedFile("judge.suite", recipe.judge.suite))
    return [one for one in named if one.place.endswith(SUITE_FILE)]


def hub_source(place: str) -> HubSource | None:
    """The parts of an hf:// address, None for another place."""
    match = HUB_ADDRESS.fullmatch(place)
    return None if match is None else HubSource(match["name"], match["revision"], (match["inside"] or "").strip("/"))


def is_hub_name(place: str) -> bool:
    """Whether a model's place is a name on the hub and no folder that is here."""
    return HUB_NAME.fullmatch(place) is not None and not Path(place).exists()


def with_places(recipe: Recipe, at: Callable[[str], str]) -> Recipe:
    """The recipe with every local place put through `at`, which leaves alone what it does not know."""
    data = recipe.data
    sources = [
        source.model_copy(
            update={
                "path": [at(path) for path in source.paths] or None,
                "against": [at(path) for path in source.against_paths] or None,
            }
        )
        for source in data.sources
    ]
    held = data.decontaminate
    if held is not None:
        held = held.model_copy(update={"suite": at(held.suite), "allow": held.allow and at(held.allow)})
    changed: dict[str, object] = {
        "model": recipe.model.model_copy(update={"base": at(recipe.model.base)}),
        "data": data.model_copy(update={"sources": sources, "decontaminate": held}),
        "chat": recipe.chat.model_copy(update={"template": at(recipe.chat.template)}),
    }
    if recipe.evaluate is not None:
        section = recipe.evaluate
        against = [at(one) for one in section.against]
        changed["evaluate"] = section.model_copy(update={"suite": at(section.suite), "against": against})
    if recipe.judge is not None:
        judge = recipe.judge
        panel = [one.model_copy(update={"serve": one.serve and at(one.serve)}) for one in judge.panel]
        changed["judge"] = judge.model_copy(
            update={
                "suite": at(judge.suite),
                "against": [at(one) for one in judge.against],
                "labels": [at(one) for one in judge.labels],
                "panel": panel,
            }
        )
    return recipe.model_copy(update=changed)
