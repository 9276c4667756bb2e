"""One line about each stage, from the figures in its manifest."""

from typing import Any

from acord.console import format_seconds
from acord.languages import interface_language, text

Figures = dict[str, Any]


def pairs(figures: Figures) -> str:
    """Pairs, and what became of the rows."""
    return text(
        "pairs_summary",
        pairs=figures["pairs"],
        rows=figures["rows_in"],
        used=figures["rows_used"],
        dropped=figures["rows_dropped"],
    )


def base(figures: Figures) -> str:
    """Size of the base model."""
    return text("base_summary", parameters=figures["parameters"], vocabulary=figures["vocabulary"])


def plan(figures: Figures) -> str:
    """Steps, what sharing prefixes saves, and pairs that could not be encoded."""
    line = text(
        "plan_summary",
        steps=figures["steps"],
        pairs=figures["pairs_train"],
        held_out=figures["pairs_held_out"],
        distinct=figures["tokens_distinct"],
        unshared=figures["tokens_unshared"],
    )
    return line if not figures["refused"] else f"{line}; {text('plan_refused', refused=figures['refused'])}"


def reference(figures: Figures) -> str:
    """Pairs that the base model scored."""
    return text("reference_summary", pairs=figures["pairs"])


def align(figures: Figures) -> str:
    """Loss of the first and the last step, and held-out accuracy before and after."""
    line = text("align_summary", steps=figures["steps"], first=figures["loss_first"], last=figures["loss_last"])
    return f"{line}; {held_out(figures['held_out'])}" if has_accuracy(figures) else line


def has_accuracy(figures: Figures) -> bool:
    """Whether held-out pairs were compared: supervised fine-tuning has replies, and no pairs."""
    return "accuracy" in figures.get("held_out", {}).get("after", {})


def evaluate(figures: Figures) -> str:
    """Rows with a value, models, and the rows that have none."""
    return text("evaluate_summary", rows=figures["rows"], models=len(figures["models"]), missing=figures["missing"])


def judge(figures: Figures) -> str:
    """Ratings, judges, what is missing, and in which languages the judge is validated."""
    validated = ", ".join(language for language, passed in figures["validated"].items() if passed)
    return text(
        "judge_summary",
        ratings=figures["ratings"],
        judges=len(figures["judges"]),
        missing=figures["missing"],
        validated=validated or text("judge_validated_nowhere"),
    )


def answers(figures: Figures) -> str:
    """How many prompts were answered."""
    return text("answers_summary", prompts=figures["prompts"])


def card(figures: Figures) -> str:
    """Files and lines of the card."""
    return text("card_summary", texts=len(figures["texts"]), lines=figures["lines"])


def held_out(figures: Figures) -> str:
    """Accuracy on the held-out pairs, before and after."""
    return text(
        "align_accuracy",
        before=figures["before"]["accuracy"],
        after=figures["after"]["accuracy"],
        pairs=figures["after"]["pairs"],
    )


def reused() -> str:
    """That a stage's artefact was there already."""
    return text("stage_reused")


def seconds(value: float) -> str:
    """A duration, written as the interface's language writes numbers."""
    return format_seconds(value).replace(".", interface_language().decimal)
