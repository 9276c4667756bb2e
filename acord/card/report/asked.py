"""What was asked: the recipe, with what is inferred marked, and what the machine chose where it was left to it."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from acord.card.evidence import RECIPE, Evidence
from acord.card.report.markup import Section, bullets, code, fold, heading, joined, link, paragraph, table
from acord.card.report.saying import heads, plain, say
from acord.card.writing.wording import wording
from acord.languages import interface_language
from acord.recipe import Recipe, Source, shown_values
from acord.visible import visible, visible_line

# The settings that make a run what it is; the whole recipe stands below them.
MAIN = (
    "model.base", "align.method", "align.loss", "align.beta", "align.label_smoothing", "align.length_normalised",
    "align.chosen_nll", "align.learning_rate", "align.schedule", "align.warmup_steps", "align.epochs",
    "align.batch_pairs", "align.adapter.rank", "align.adapter.alpha", "align.precision", "align.token_budget",
    "chat.template", "chat.max_length", "seed",
)  # fmt: skip
CHOSEN = ("precision", "token_budget", "threads", "activation_checkpointing")


def asked(evidence: Evidence) -> Section:
    """The recipe as it was run."""
    values = {key: (value, reason) for key, value, reason in shown_values(evidence.recipe)}
    content = visible((evidence.folder / RECIPE).read_text(encoding="utf-8"))
    parts = [
        paragraph(say("asked_about")),
        table(say("asked_caption"), heads("asked_heads"), _settings(values, evidence.figures("plan"))),
        _inferred(values),
        table(say("sources_caption"), heads("sources_heads"), [_source(one) for one in evidence.recipe.data.sources]),
        _measured(evidence.recipe),
        fold(say("asked_recipe"), Markup("<pre>{}</pre>").format(content)),
        paragraph(link(f"../evidence/{RECIPE}", say("asked_file")), "links"),
    ]
    return Section("asked", say("asked"), joined(parts))


def _settings(values: Mapping[str, tuple[Any, str]], plan: Mapping[str, Any]) -> list[tuple[str, ...]]:
    words = wording(interface_language().tag)
    chosen = {f"align.{name}": plan.get(name) for name in CHOSEN}
    rows: list[tuple[str, ...]] = []
    for key in MAIN:
        value, reason = values.get(key, (None, ""))
        if value is None:
            continue
        shown = plain(value)
        if value == "auto" and chosen.get(key) is not None:
            shown = say("asked_auto", value=shown, used=plain(chosen[key]))
        rows.append((words.say(f"s_{key}"), code(key), shown, say("inferred") if reason else say("stated")))
    return rows


def _inferred(values: Mapping[str, tuple[Any, str]]) -> Markup:
    """Every inferred value with its reason, those of no table as well."""
    lines = [
        Markup("{}: {}. {}").format(code(key), plain(value), visible_line(reason))
        for key, (value, reason) in values.items()
        if reason
    ]
    return joined([heading(say("inferred_heading")), bullets(lines)]) if lines else Markup("")


def _source(source: Source) -> tuple[str, ...]:
    if source.translate is not None:
        made = say("source_translated", source=source.translate.from_)
        return source.name, "–", visible_line(made), source.licence or "–"
    places = ", ".join(visible_line(path) for path in (*source.paths, *source.against_paths))
    return source.name, source.format or "–", places, source.licence or "–"


def _measured(recipe: Recipe) -> Markup:
    """Which suites, against whom, and which judges."""
    lines = []
    if recipe.evaluate is not None:
        against = ", ".join(map(visible_line, recipe.evaluate.against)) or say("nobody")
        lines.append(say("asked_evaluate", suite=visible_line(recipe.evaluate.suite), against=against))
    if recipe.judge is not None:
        judges = ", ".join(visible_line(one.shown) for one in recipe.judge.panel)
        lines.append(say("asked_judge", suite=visible_line(recipe.judge.suite), judges=judges))
    return bullets(lines)
