"""Evidence with one thing changed, for tests of what is written of it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from acord.card.evidence import Evidence
from acord.evaluate.compare import Contrast, RowComparison
from acord.evaluate.statistics import Decision, Difference
from acord.recipe import Card, parse_recipe


def with_card(evidence: Evidence, **card: Any) -> Evidence:
    recipe = evidence.recipe.model_copy(update={"card": Card.model_validate(card)})
    return replace(evidence, recipe=recipe)


def with_recipe(evidence: Evidence, change: Mapping[str, Any]) -> Evidence:
    content = evidence.recipe.model_dump(mode="json", by_alias=True)
    for key, value in change.items():
        *parts, last = key.split(".")
        place = content
        for part in parts:
            place = place[part]
        place[last] = value
    return replace(evidence, recipe=parse_recipe(content, where="test"))


def with_manifest(evidence: Evidence, stage: str, **changes: Any) -> Evidence:
    manifest = replace(evidence.manifests[stage], **changes)
    return replace(evidence, manifests={**evidence.manifests, stage: manifest})


def changed(row: RowComparison, value: float, *, distinct: bool, better: str = "higher") -> RowComparison:
    """A row on which `tiny` is above `tiny-base` by `value`."""
    contrast = changed_contrast(value, distinct=distinct)
    return replace(row, row=row.row.model_copy(update={"better": better}), contrasts=(contrast,))


def changed_contrast(value: float, *, distinct: bool) -> Contrast:
    difference = Difference(value, 0.01, value - 0.02, value + 0.02, 0.001, "bootstrap", 100, 0.03)
    return Contrast("tiny", "tiny-base", Decision(difference, 0.002, distinct))
