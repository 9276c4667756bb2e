"""The demo: the recipe that comes with Acord, what it measured, and nine prompts answered before and after."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acord.bundled import bundled_path
from acord.card.prompt_answers import PromptAnswer, read_answers
from acord.models import model_path
from acord.recipe import Recipe, load_recipe
from acord.run.answers import FILE
from acord.run.demo_figures import measure
from acord.run.demo_records import DemoFigures, figures_from
from acord.run.disk import disk_faults, write_atomically
from acord.run.run_recipe import RunResult, run_recipe

# Of what is remembered: raise it when the figures are measured in another way.
VERSION = 2
REMEMBERED = "demo.json"


@dataclass(frozen=True)
class DemoResult:
    """The demo's run, the folder of the aligned model, what was measured, and the answers."""

    run: RunResult
    model: Path
    figures: DemoFigures
    answers: tuple[PromptAnswer, ...]

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        measured = {"figures": self.figures.as_json(), "answers": [answer._asdict() for answer in self.answers]}
        return self.run.as_json() | measured


def demo_recipe() -> Recipe:
    """The recipe that comes with Acord."""
    return load_recipe(bundled_path("demo.yaml"))


def run_demo(runs: Path) -> DemoResult:
    """Run the demo's recipe and measure both models, or reuse what is there. Raises as `run_recipe`."""
    recipe = demo_recipe()
    result = run_recipe(recipe, runs)
    model = result.folder / "align" / "model"
    remembered = result.folder / REMEMBERED
    made_from = {"version": VERSION, "stages": {stage.stage: stage.files_sha256 for stage in result.stages}}
    figures = _read(remembered, made_from)
    if figures is None:
        figures = measure(result.folder, model_path(result.folder / "base"), recipe.name)
        content = made_from | {"figures": figures.as_json()}
        with disk_faults(remembered):
            write_atomically(remembered, json.dumps(content, ensure_ascii=False, indent=2) + "\n")
    return DemoResult(result, model, figures, read_answers(result.folder / "answers" / FILE))


def _read(path: Path, made_from: dict[str, Any]) -> DemoFigures | None:
    """What an earlier run measured, None where it was another one, or the file is damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return figures_from(content["figures"]) if {key: content[key] for key in made_from} == made_from else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
