"""The demo: the recipe that comes with Acord, what it measured, and nine prompts answered before and after."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from acord.bundled import bundled_path
from acord.recipe import Recipe, load_recipe
from acord.run.demo_records import DemoFigures, figures_from
from acord.run.disk import disk_faults, write_atomically
from acord.run.run_recipe import RunResult, run_recipe

# The same three in each language; in no template of the samples, nor of what the bundled model was trained on.
PROMPTS = {
    "en": (
        "The town hall of Alzira opens at 9:00 and closes at 14:00. Until when can I hand in a form?",
        "A film ticket costs 6 euros and popcorn costs 3 euros. What is the total?",
        "Write a note for the neighbours: on Tuesday there will be no water.",
    ),
    "es": (
        "El ayuntamiento de Alzira abre a las 9 y cierra a las 14. ¿Hasta cuándo puedo entregar un impreso?",
        "La entrada del cine cuesta 6 euros y las palomitas cuestan 3 euros. ¿Cuál es el total?",
        "Escribe una nota para los vecinos: el martes no habrá agua.",
    ),
    "va": (
        "L'ajuntament d'Alzira obri a les 9 i tanca a les 14. Fins quan puc entregar un imprés?",
        "L'entrada del cine costa 6 euros i les rosetes costen 3 euros. Quin és el total?",
        "Escriu una nota per als veïns: dimarts no hi haurà aigua.",
    ),
}
# Of what is remembered: raise it when the figures are measured in another way.
VERSION = 1
REMEMBERED = "demo.json"


@dataclass(frozen=True)
class DemoAnswer:
    """What the base and the aligned model said to one prompt."""

    language: str
    prompt: str
    before: str
    after: str


@dataclass(frozen=True)
class DemoResult:
    """The demo's run, the folder of the aligned model, what was measured, and the answers."""

    run: RunResult
    model: Path
    figures: DemoFigures
    answers: tuple[DemoAnswer, ...]

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        measured = {"figures": self.figures.as_json(), "answers": [asdict(answer) for answer in self.answers]}
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
    known = _read(remembered, made_from)
    if known is None:
        figures, answers = known = _measured(result, model, recipe.name)
        content = made_from | {"figures": figures.as_json(), "answers": [asdict(answer) for answer in answers]}
        with disk_faults(remembered):
            write_atomically(remembered, json.dumps(content, ensure_ascii=False, indent=2) + "\n")
    return DemoResult(result, model, *known)


def _measured(result: RunResult, model: Path, name: str) -> tuple[DemoFigures, tuple[DemoAnswer, ...]]:
    from acord.models import model_path
    from acord.run.demo_figures import measure
    from acord.run.demo_replies import likeliest_replies

    base = model_path(result.folder / "base")
    asked = [(language, prompt) for language, prompts in PROMPTS.items() for prompt in prompts]
    conversations = [[{"role": "user", "content": prompt}] for _, prompt in asked]
    before, after = (likeliest_replies(folder, conversations) for folder in (base, model))
    answers = tuple(
        DemoAnswer(language, prompt, *said) for (language, prompt), *said in zip(asked, before, after, strict=True)
    )
    return measure(result.folder, base, name), answers


def _read(path: Path, made_from: dict[str, Any]) -> tuple[DemoFigures, tuple[DemoAnswer, ...]] | None:
    """What an earlier run measured, None where it was another one, or the file is damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if {key: content[key] for key in made_from} != made_from:
            return None
        answers = tuple(DemoAnswer(**answer) for answer in content["answers"])
        figures = figures_from(content["figures"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    asked = [prompt for prompts in PROMPTS.values() for prompt in prompts]
    return (figures, answers) if [answer.prompt for answer in answers] == asked else None
