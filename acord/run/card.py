"""The stage `card`: evidence from all artefacts, and the texts that follow from it. And the verb `card build`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acord.errors import InputError
from acord.languages import interface_language, text
from acord.recipe import Card, Recipe, load_recipe
from acord.run.run_recipe import run_recipe

READMES = {"en": "README.md", "va": "README.va.md", "es": "README.es.md"}
NEEDED = ("pairs", "base", "plan", "reference", "align")


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


def build_card_of(run: Path) -> BuiltCard:
    """The card of a finished run, with what its recipe says of it. Raises InputError for a folder that is no run."""
    if not (run / "run.json").is_file():
        raise InputError("this is no run", where=str(run), fix="Give a folder such as runs/demo.")
    recipe = load_recipe(run / "recipe.yaml")
    missing = [stage for stage in NEEDED if not (run / stage).is_dir()]
    if missing:
        raise InputError(f"the run has no {missing[0]} yet", where=str(run), fix="Finish it with acord run RECIPE.")
    with_card = recipe if recipe.card is not None else recipe.model_copy(update={"card": Card()})
    result = run_recipe(with_card, run.parent)
    return BuiltCard(result.folder / "card", result.stage("card").figures)
