"""What the training did, step by step: loss, and by language what was preferred and how likely replies became."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from acord.card.evidence import Evidence
from acord.card.report.markup import Section, bullets, figure, joined, paragraph, table
from acord.card.report.saying import in_order, name_of, number, percent, say
from acord.card.report.training_picture import training_picture

# Of one language, or of all.
BY_LANGUAGE = ("accuracy", "margin", "chosen_shift", "rejected_shift", "nll")
# As many points as can be told apart by eye; each is a mean over steps, since single ones hold few pairs.
POINTS = 40
Record = Mapping[str, Any]


class Curve(NamedTuple):
    """Steps and the mean around each. The mean is over pairs, the step the last of those it is taken over."""

    steps: list[int]
    values: list[float]


def training(evidence: Evidence) -> Section:
    """Curves and figures of the training."""
    records = [one for one in evidence.metrics if not one["skipped"]]
    figures = evidence.figures("align")
    if not records or not figures:
        return Section("training", say("training"), paragraph(say("absent_training")))
    groups = grouped(records)
    languages = in_order({one for record in records for one in record["languages"]})
    keys = [key for key in BY_LANGUAGE if any(key in one for record in records for one in record["languages"].values())]
    if "accuracy" in keys:
        keys.remove("nll")
    curves = {key: {one: curve(groups, key, one) for one in languages} for key in keys}
    loss = Curve([group[-1]["step"] for group in groups], [_mean(group, "loss") for group in groups])
    rate = Curve([one["step"] for one in records], [one["learning_rate"] for one in records])
    caption = say("training_picture", steps=len(groups[0]))
    if evidence.recipe.align.epochs > 1:
        caption += f" {say('training_again')}"
    parts = [
        bullets(_lines(evidence, figures)),
        figure(training_picture(loss, rate, curves, _alt(curves, figures)), caption),
        _table(records, languages, keys),
    ]
    return Section("training", say("training"), joined(parts))


def grouped(records: Sequence[Record]) -> list[list[Record]]:
    """Consecutive steps in at most POINTS groups of one size; the last may be smaller."""
    size = -(-len(records) // POINTS)
    return [list(records[start : start + size]) for start in range(0, len(records), size)]


def curve(groups: Sequence[Sequence[Record]], key: str, language: str) -> Curve:
    """A figure of one language; groups without a pair of it have no point."""
    found = Curve([], [])
    for group in groups:
        value = mean_of(group, key, language)
        if value is not None:
            found.steps.append(group[-1]["step"])
            found.values.append(value)
    return found


def mean_of(group: Sequence[Record], key: str, language: str) -> float | None:
    """Over the pairs of a language in some steps; None where there are none."""
    told = [one for record in group if (one := record["languages"].get(language)) is not None and key in one]
    pairs = sum(one["pairs"] for one in told)
    return sum(one[key] * one["pairs"] for one in told) / pairs if pairs else None


def _mean(group: Sequence[Record], key: str) -> float:
    return float(sum(one[key] * one["pairs"] for one in group) / sum(one["pairs"] for one in group))


def _lines(evidence: Evidence, figures: Mapping[str, Any]) -> list[str]:
    lines = [
        say("training_steps", steps=figures["steps"], pairs=figures["pairs"], epochs=evidence.recipe.align.epochs),
        say("training_loss", first=figures["loss_first"], last=figures["loss_last"]),
        say("training_tokens", distinct=figures["tokens_distinct"], unshared=figures["tokens_unshared"]),
        say("training_seconds", seconds=float(figures["seconds"])),
    ]
    skipped = figures["skipped_updates"]
    return [*lines, say("training_skipped", n=skipped)] if skipped else lines


def _table(records: Sequence[Record], languages: Sequence[str], keys: Sequence[str]) -> Markup:
    """The first and the last tenth of the steps: what the curves show, in figures."""
    tenth = -(-len(records) // 10)
    first, last = records[:tenth], records[-tenth:]
    rows = [
        (name_of(one), *(shown(key, mean_of(part, key, one)) for key in keys for part in (first, last)))
        for one in languages
    ]
    headings = [say("language")]
    for key in keys:
        headings += [say("training_begin", what=say(key)), say("training_end", what=say(key))]
    return table(say("training_caption", steps=tenth), headings, rows, numbers=range(1, len(headings)))


def shown(key: str, value: float | None) -> str:
    """A figure as tables have it."""
    if key in ("accuracy", "likelier", "longer", "chosen_longer"):
        return percent(value)
    return number(value, {"margin": "+.3f", "nll": ".3f"}.get(key, "+.2f"))


def _alt(curves: Mapping[str, Mapping[str, Curve]], figures: Mapping[str, Any]) -> str:
    said = [say("training_alt_loss", first=figures["loss_first"], last=figures["loss_last"])]
    for key, of_languages in curves.items():
        ends = "; ".join(
            say("from_to", name=name_of(one), first=shown(key, found.values[0]), last=shown(key, found.values[-1]))
            for one, found in of_languages.items()
            if found.values
        )
        said.append(f"{say(key)}: {ends}.")
    return " ".join(said)
