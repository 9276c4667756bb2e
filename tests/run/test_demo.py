"""The demo around its run: what it remembers, what it asks, what it shows."""

import json
from pathlib import Path
from typing import Any

import pytest

from acord.card.prompt_answers import PromptAnswer
from acord.languages import set_language
from acord.run import demo, show_demo
from acord.run.answers import FILE, PROMPTS
from acord.run.demo import DemoResult, run_demo
from acord.run.demo_records import DemoFigures, InLanguage, Preferences, Score, Share, Translation
from acord.run.run_recipe import RunResult, StageResult
from tests.bundled.reading import samples

FIGURES = DemoFigures(
    (Preferences("va", *[Share(value, 0.75, 0.925, 111) for value in (0.856, 0.766, 0.811, 0.5, 0.595)]),),
    (InLanguage("va", Share(0.4, 0.25, 0.5, 40), Share(0.975, 0.87, 1.0, 40), Share(1.0, 0.91, 1.0, 40)),),
    Translation(Score(72.25, 70.0, 74.0, 20), Score(71.75, 69.5, 73.5, 20), Score(-0.5, -1.25, 0.25, 20)),
)
ANSWERS = tuple(
    PromptAnswer(language, prompt, "  ", f"Sí:\n{prompt}")
    for language, prompts in PROMPTS.items()
    for prompt in prompts
)


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The run and its measurement replaced; every measurement adds its run's folder."""
    done: list[str] = []
    (tmp_path / "demo" / "answers").mkdir(parents=True)
    lines = [json.dumps(answer._asdict()) + "\n" for answer in ANSWERS]
    (tmp_path / "demo" / "answers" / FILE).write_text("".join(lines))

    def run(*_: Any) -> RunResult:
        return RunResult("demo", tmp_path / "demo", (StageResult("align", "key", tmp_path, "hash", True, 0.0, {}),))

    def measure(folder: Path, *_: Any) -> DemoFigures:
        done.append(folder.name)
        return FIGURES

    monkeypatch.setattr(demo, "run_recipe", run)
    monkeypatch.setattr(demo, "measure", measure)
    monkeypatch.setattr(demo, "model_path", lambda folder: folder)
    return done


def test_what_was_measured_is_measured_once(tmp_path: Path, measured: list[str]) -> None:
    first, again = run_demo(tmp_path), run_demo(tmp_path)
    assert (first.figures, first.answers) == (again.figures, again.answers) == (FIGURES, ANSWERS)
    assert first.as_json() == again.as_json()
    assert measured == ["demo"]


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content | {"version": 0},
        lambda content: content | {"stages": {"align": "other"}},
        lambda content: content | {"figures": {"preferences": []}},
    ],
)
def test_what_another_run_left_is_measured_anew(tmp_path: Path, measured: list[str], change: Any) -> None:
    run_demo(tmp_path)
    file = tmp_path / "demo" / demo.REMEMBERED
    file.write_text(json.dumps(change(json.loads(file.read_text()))))
    run_demo(tmp_path)
    file.write_text("{")
    run_demo(tmp_path)
    assert measured == ["demo"] * 3


def test_the_nine_prompts_are_in_no_sample() -> None:
    assert {language: len(set(prompts)) for language, prompts in PROMPTS.items()} == {"en": 3, "es": 3, "va": 3}
    known = {content for sample in samples() for role, content in sample.prompt if role == "user"}
    assert known.isdisjoint(prompt for prompts in PROMPTS.values() for prompt in prompts)


def test_the_figures_are_shown_with_their_intervals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show_demo, "show_results", lambda _: "results")
    result = DemoResult(RunResult("demo", tmp_path, ()), tmp_path, FIGURES, ANSWERS)
    lines = show_demo.show_demo(result, "acord chat here").splitlines()
    assert lines[0] == "results"
    cells = [line.split("  ") for line in lines]
    found = [[cell.strip() for cell in row if cell.strip()] for row in cells]
    assert ["Valencian", "111", "50.0%", "85.6% (75 to 92)", "50.0% (75 to 92)", "59.5% (75 to 92)"] in found
    assert ["Valencian", "40", "40.0% (25 to 50)", "97.5% (87 to 100)"] in found
    assert any("72.2 (70.0 to 74.0) before" in line and "change -0.5 (-1.2 to +0.2)" in line for line in lines)
    assert ["before", "(an empty answer)"] in found
    assert ["after", f"Sí: {PROMPTS['va'][0]}"] in found
    assert lines[-1] == "  acord chat here"


def test_it_speaks_the_users_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show_demo, "show_results", lambda _: "")
    result = DemoResult(RunResult("demo", tmp_path, ()), tmp_path, FIGURES, ANSWERS)
    set_language("va")
    try:
        shown = show_demo.show_demo(result, "")
    finally:
        set_language("en")
    assert "85,6% (de 75 a 92)" in shown
    assert "canvi -0,5 (de -1,2 a +0,2)" in shown
    assert "anglés" in shown
