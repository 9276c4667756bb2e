"""How the model was aligned: every value of the recipe with where it is from, and what the training did."""

from collections.abc import Iterable, Mapping
from typing import Any

from scipy import stats

from acord.agreement import CONFIDENCE
from acord.card.evidence import Evidence
from acord.card.writing.markdown import blocks, bullets, code, md, table
from acord.card.writing.wording import Wording, in_order
from acord.recipe import JudgeModel, Recipe, Source, shown_values

# In the order of the table; the others stand in a second one.
NAMED = (
    "model.base", "align.method", "align.loss", "align.beta", "align.label_smoothing", "align.length_normalised",
    "align.chosen_nll", "align.learning_rate", "align.schedule", "align.warmup_steps", "align.epochs",
    "align.batch_pairs", "align.shuffle", "align.adapter", "align.adapter.rank", "align.adapter.alpha",
    "align.adapter.targets", "align.adam_betas", "align.adam_epsilon", "align.weight_decay", "align.max_grad_norm",
    "align.precision", "align.token_budget", "chat.template", "chat.system", "chat.max_length", "seed",
)  # fmt: skip
# Lists of sections, which have a row for each of them. What is left out of one: its name, and places, which decide
# nothing.
LISTED = {
    "data.sources": frozenset({"name", "path", "against", "rejected_from", "translate"}),
    "judge.panel": frozenset({"name", "endpoint", "serve", "gpus", "key_variable", "concurrency", "timeout_seconds"}),
}
# What the plan chose, where the recipe left it to the machine.
CHOSEN = ("precision", "token_budget", "threads", "activation_checkpointing")


def alignment(evidence: Evidence, words: Wording) -> str:
    """Settings, training, held-out pairs."""
    return blocks(
        f"## {words.say('h_alignment')}",
        f"### {words.say('h_settings')}",
        _settings(evidence, words),
        f"### {words.say('h_training')}",
        _training(evidence, words),
        f"### {words.say('h_held_out')}",
        _held_out(evidence, words),
    )


def _settings(evidence: Evidence, words: Wording) -> str:
    rows = dict(_rows(evidence.recipe))
    chosen = {f"align.{name}": evidence.figures("plan").get(name) for name in CHOSEN}
    named = [
        (words.say(f"s_{key}"), code(key), _value(rows[key][0], chosen.get(key), words), _origin(rows[key][1], words))
        for key in NAMED
        if key in rows
    ]
    rest = [
        (code(key), _value(value, chosen.get(key), words), _origin(reason, words))
        for key, (value, reason) in rows.items()
        if key not in NAMED
    ]
    inferred = any(reason for _, reason in rows.values())
    return blocks(
        words.say("settings_about" if inferred else "settings_about_stated"),
        table(words.heads("settings_heads"), named),
        f"<details><summary>{words.say('settings_rest')}</summary>",
        table(words.heads("settings_rest_heads"), rest),
        "</details>",
    )


def _rows(recipe: Recipe) -> Iterable[tuple[str, tuple[Any, str]]]:
    """Every value of the recipe by its key, with the reason where it is inferred; the owners' words stand elsewhere."""
    for key, value, reason in shown_values(recipe):
        if key in LISTED:
            for one in value or []:
                content = one.model_dump(mode="json", exclude_none=True, exclude=set(LISTED[key]))
                yield f"{key}: {_called(one)}", (content, reason)
        elif not key.startswith("card"):
            yield key, (value, reason)


def _called(one: Source | JudgeModel) -> str:
    return one.shown if isinstance(one, JudgeModel) else one.name


def _value(value: Any, chosen: Any, words: Wording) -> str:
    if value is None or value in ("", [], {}):
        return words.say("nothing")
    shown = code(_plain(value))
    return (
        words.say("auto_used", value=shown, used=code(_plain(chosen)))
        if chosen is not None and value == "auto"
        else shown
    )


def _plain(value: Any) -> str:
    """A value as a recipe writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_plain, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_plain(one)}' for key, one in value.items())}}}"
    return str(value)


def _origin(reason: str, words: Wording) -> str:
    return words.say("from_inferred", reason=md(reason)) if reason else words.say("from_recipe")


def _training(evidence: Evidence, words: Wording) -> str:
    figures = evidence.figures("align")
    if not figures:
        return words.say("train_none")
    steps = "train_steps_one" if evidence.recipe.align.epochs == 1 else "train_steps"
    lines = [words.say(steps, steps=figures["steps"], pairs=figures["pairs"])]
    if figures["loss_first"] is not None:
        lines.append(words.say("train_loss", first=figures["loss_first"], last=figures["loss_last"]))
    lines.append(words.say("train_tokens", distinct=figures["tokens_distinct"], unshared=figures["tokens_unshared"]))
    if figures["skipped_updates"]:
        lines.append(words.say("train_skipped", n=figures["skipped_updates"]))
    if evidence.figures("plan").get("refused"):
        lines.append(words.say("train_refused", n=evidence.figures("plan")["refused"]))
    return bullets(lines)


def _held_out(evidence: Evidence, words: Wording) -> str:
    measured = evidence.figures("align").get("held_out")
    if not measured or "accuracy" not in measured["after"]:
        return words.say("held_none")
    before, after = measured["before"], measured["after"]
    languages = [one for one in in_order(after["languages"]) if "accuracy" in after["languages"][one]]
    rows = [_held_row(words.title(one), before["languages"][one], after["languages"][one], words) for one in languages]
    if len(languages) > 1:
        rows.append(_held_row(words.say("all"), before, after, words))
    legend = ("accuracy", "likelier", "margin", "change", "longer")
    return blocks(
        words.say("held_about", pairs=after["pairs"]),
        table(words.heads("held_heads"), rows, numbers=range(1, 11)),
        bullets(words.say(f"held_legend_{one}") for one in legend),
        " ".join(_held_sentences({one: after["languages"][one] for one in languages}, words)),
    )


def _held_row(name: str, before: Mapping[str, Any], after: Mapping[str, Any], words: Wording) -> tuple[str, ...]:
    low, high = accuracy_interval(after["accuracy"], after["pairs"])
    return (
        name,
        words.number(after["pairs"]),
        words.number(after["accuracy"], ".1%"),
        f"{words.number(low, '.1%')}–{words.number(high, '.1%')}",
        words.number(before["likelier"], ".1%"),
        words.number(after["likelier"], ".1%"),
        words.number(after["margin"], "+.3f"),
        words.number(after["chosen_shift"], "+.2f"),
        words.number(after["rejected_shift"], "+.2f"),
        words.number(after["longer"], ".1%"),
        words.number(after["chosen_longer"], ".1%"),
    )


def accuracy_interval(accuracy: float, pairs: int) -> tuple[float, float]:
    """The exact 95% interval of an accuracy (Clopper and Pearson 1934); a tie counts half, so k need not be whole."""
    tail, k = (1 - CONFIDENCE) / 2, accuracy * pairs
    low = float(stats.beta.ppf(tail, k, pairs - k + 1)) if k > 0 else 0.0
    high = float(stats.beta.ppf(1 - tail, k + 1, pairs - k)) if k < pairs else 1.0
    return low, high


def _held_sentences(after: Mapping[str, Mapping[str, Any]], words: Wording) -> Iterable[str]:
    groups: dict[str, list[str]] = {
        one: [] for one in ("held_above", "held_open", "held_below", "held_rose", "held_fell")
    }
    for language, figures in after.items():
        low, high = accuracy_interval(figures["accuracy"], figures["pairs"])
        groups["held_above" if low > 0.5 else "held_below" if high < 0.5 else "held_open"].append(language)
        if figures["chosen_shift"]:
            groups["held_rose" if figures["chosen_shift"] > 0 else "held_fell"].append(language)
    return [words.say(key, languages=words.names(one)) for key, one in groups.items() if one]
