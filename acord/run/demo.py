"""The demo: every stage on the sample preferences that come with Acord, then one answer in each language."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from acord.bundled import bundled_path
from acord.recipe import Recipe, load_recipe
from acord.run.disk import disk_faults, write_atomically
from acord.run.run_recipe import RunResult, run_recipe

PROMPTS = {
    "en": "What do I need for my appointment at the town hall?",
    "es": "¿Qué necesito para la cita en el ayuntamiento?",
    "va": "Què necessite per a la cita a l'ajuntament?",
}
# Random weights have no notion of an end, so more tokens would be more noise; and the likeliest token of noise is the
# same one again and again, so they are drawn.
NEW_TOKENS = 24
TEMPERATURE = 0.7


@dataclass(frozen=True)
class DemoAnswer:
    """What the aligned model said to one prompt."""

    language: str
    prompt: str
    answer: str


@dataclass(frozen=True)
class DemoResult:
    """The demo's run, the folder of the aligned model, and its answers."""

    run: RunResult
    model: Path
    answers: tuple[DemoAnswer, ...]


def demo_recipe() -> Recipe:
    """The recipe that comes with Acord."""
    return load_recipe(bundled_path("demo.yaml"))


def run_demo(runs: Path) -> DemoResult:
    """Run the demo's recipe, or reuse what is there, answers too. Raises as `run_recipe`."""
    result = run_recipe(demo_recipe(), runs)
    model = result.folder / "align" / "model"
    remembered = result.folder / "answers.json"
    key = result.stage("align").key
    answers = _read(remembered, key)
    if answers is None:
        answers = _ask(model)
        content = {"align": key, "answers": [asdict(answer) for answer in answers]}
        with disk_faults(remembered):
            write_atomically(remembered, json.dumps(content, ensure_ascii=False, indent=2) + "\n")
    return DemoResult(result, model, answers)


def _ask(model: Path) -> tuple[DemoAnswer, ...]:
    from acord.serve.answer import Sampling, answer, load_speaker

    speaker = load_speaker(str(model))
    sampling = Sampling(max_new_tokens=NEW_TOKENS, temperature=TEMPERATURE)
    return tuple(
        DemoAnswer(language, prompt, answer(speaker, [{"role": "user", "content": prompt}], sampling).text)
        for language, prompt in PROMPTS.items()
    )


def _read(path: Path, key: str) -> tuple[DemoAnswer, ...] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["align"] != key:
            return None
        answers = tuple(DemoAnswer(**answer) for answer in content["answers"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return answers if [answer.prompt for answer in answers] == list(PROMPTS.values()) else None
