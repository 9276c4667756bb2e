"""The stage `card`: evidence from all artefacts, and the texts that follow from it. And the verb `card build`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acord import __version__
from acord.errors import InputError
from acord.languages import interface_language, text
from acord.manifest import edited_files, read_manifest
from acord.recipe import Card, Recipe, load_recipe
from acord.run.run_recipe import finish_run
from acord.run.stages import STAGES
from acord.run.store import Artefact, Store

READMES = {"en": "README.md", "va": "README.va.md", "es": "README.es.md"}
# What `card build` makes of a run that is measured.
WRITTEN = ("answers", "card")


@dataclass(frozen=True)
class BuiltCard:
    """folder: what can be published beside the weights. figures: of the stage."""

    folder: Path
    figures: Mapping[str, Any]

    @property
    def readme(self) -> Path:
        """The card in the interface's language."""
        return self.folder / READMES[interface_language().tag]

    @property
    def report(self) -> Path:
        """The page of the run in the interface's language."""
        return self.folder / "report" / f"report.{interface_language().tag}.html"

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {"folder": str(self.folder), "readme": str(self.readme), "report": str(self.report), **self.figures}

    def shown(self) -> str:
        """Where card and report lie, and how to verify them."""
        return text("card_built", readme=str(self.readme), report=str(self.report), folder=str(self.folder))


def build_card(recipe: Recipe, inputs: Mapping[str, Path], folder: Path) -> dict[str, Any]:
    """Evidence, cards and reports into `folder`. Figures: files and lines. Raises as acord.card.gather does."""
    from acord.card.gather import gather
    from acord.card.texts import write_texts

    evidence = gather(inputs, recipe, folder)
    written = write_texts(evidence, folder)
    lines = len((folder / READMES["en"]).read_text(encoding="utf-8").splitlines())
    return {"texts": [path.relative_to(folder).as_posix() for path in written], "lines": lines}


def card_at_fault(folder: Path) -> str | None:
    """Why a card that is there is written again: somebody edited it, or another version of Acord wrote it."""
    manifest = read_manifest(folder)
    for name, _ in edited_files(folder, manifest.files):
        return f"{name} was edited"
    wrote = manifest.versions.get("acord")
    return None if wrote == __version__ else f"Acord {wrote} wrote it"


def build_card_of(run: Path) -> BuiltCard:
    """The card of a finished run, with what its recipe says of it: of its artefacts as they are, none is made anew.

    Raises InputError for a folder that is no run, or is not finished, and for artefacts edited after the run.
    """
    if not (run / "run.json").is_file():
        raise InputError("this is no run", where=str(run), fix="Give a folder such as runs/demo.")
    recipe = load_recipe(run / "recipe.yaml")
    with_card = recipe if recipe.card is not None else recipe.model_copy(update={"card": Card()})
    made = [_measured(run, stage.name) for stage in STAGES if stage.name not in WRITTEN and stage.applies(recipe)]
    result = finish_run(with_card, run.parent, made)
    return BuiltCard(result.folder / "card", result.stage("card").figures)


def _measured(run: Path, stage: str) -> Artefact:
    """An artefact of the run, all of it as it was left."""
    from acord.card.gather import checked

    link = run / stage
    if not link.is_dir():
        raise InputError(f"the run has no {stage} yet", where=str(run), fix="Finish it with acord run RECIPE.")
    manifest = checked(link)
    folder = Store(run.parent).folder(stage, manifest.key)
    if manifest.stage != stage or folder.resolve() != link.resolve():
        raise InputError("the link is to another artefact", where=str(link), fix="Run the recipe again.")
    return Artefact(folder, manifest, reused=True)
