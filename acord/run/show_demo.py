"""The demo's results as people read them: the run, the figures, the answers before and after."""

from itertools import groupby

from acord.card.prompt_answers import PromptAnswer
from acord.languages import interface_language, name_in_interface, shown, text
from acord.run.demo import DemoResult
from acord.run.demo_records import DemoFigures, Score, Share, Translation
from acord.run.render import aligned, show_results, table


def show_demo(result: DemoResult, command: str) -> str:
    """The demo's results, its figures and answers, and what to try next."""
    parts = [
        show_results(result.run),
        *_figures(result.figures),
        text("demo_answers"),
        *(
            _answered(language, list(answers))
            for language, answers in groupby(result.answers, lambda one: one.language)
        ),
        text("demo_honest"),
        f"{text('demo_next')}\n  {command}",
    ]
    return "\n\n".join(parts)


def _figures(figures: DemoFigures) -> list[str]:
    half = f"{shown(0.5, interface_language()):.1%}"
    preferences = [
        [
            name_in_interface(one.language),
            str(one.after.n),
            half,
            _share(one.after),
            _share(one.length),
            _share(one.detector),
        ]
        for one in figures.preferences
    ]
    spoken = [
        [name_in_interface(one.language), str(one.after.n), _share(one.before), _share(one.after)]
        for one in figures.in_language
    ]
    tables = [
        table(text("demo_preferences"), [text("demo_preferences_heads").split("|"), *preferences]),
        table(text("demo_in_language"), [text("demo_in_language_heads").split("|"), *spoken]),
    ]
    return [*tables, _translated(figures.translation)] if figures.translation is not None else tables


def _translated(found: Translation) -> str:
    return text(
        "demo_translation",
        items=found.after.n,
        before=_score(found.before),
        after=_score(found.after),
        change=_score(found.change, signed=True),
    )


def _answered(language: str, answers: list[PromptAnswer]) -> str:
    """Never drawn as a table: an answer before and after stand under each other, however narrow the terminal."""
    rows = [
        row
        for one in answers
        for row in (
            [text("demo_asked"), one.prompt],
            [text("demo_before"), _line(one.before)],
            [text("demo_after"), _line(one.after)],
        )
    ]
    return aligned(name_in_interface(language), rows)


def _line(answer: str) -> str:
    return " ".join(answer.split()) or text("demo_no_answer")


def _share(share: Share) -> str:
    return text("demo_share", value=share.value, low=100 * share.low, high=100 * share.high)


def _score(score: Score, *, signed: bool = False) -> str:
    return text("demo_change" if signed else "demo_score", value=score.value, low=score.low, high=score.high)
