from dataclasses import replace
from typing import NamedTuple

from acord.data.filters import Fault
from acord.data.filters.central_catalan import REASON
from acord.data.pairs import LineageStep
from tests.data.filters.samples import only, pair


class Variety(NamedTuple):
    valencian: float
    central: float
    neutral: float


def central(_: str) -> Variety:
    return Variety(0.02, 0.95, 0.03)


def doubtful(_: str) -> Variety:
    return Variety(0.05, 0.9, 0.05)


LONG = pair("Conta'm com és el mercat", "Aquestes taronges són molt dolces avui. " * 5, language="va")


def test_central_replies_are_dropped_or_flagged() -> None:
    assert only(central_catalan="drop", judge=central).apply(LONG) == Fault(REASON, "central 0.95")
    flagged = only(central_catalan="flag", judge=central).apply(LONG)
    assert not isinstance(flagged, Fault)
    assert flagged.id == LONG.id
    assert [(step.step, step.detail) for step in flagged.lineage[1:]] == [("central_catalan", "flagged: central 0.95")]
    assert only(judge=central).apply(LONG) is LONG


def test_doubtful_short_and_other_languages_stay() -> None:
    dropping = only(central_catalan="drop", judge=central)
    assert only(central_catalan="drop", judge=doubtful).apply(LONG) is LONG
    for one in (replace(LONG, language="ca"), replace(LONG, language="es"), replace(LONG, chosen="Taronges dolces")):
        assert dropping.apply(one) is one


def test_what_was_translated_to_valencian_is_only_flagged() -> None:
    translated = replace(LONG, lineage=(*LONG.lineage, LineageStep("translate", "apertium", "3.8.3", "es to va")))
    result = only(central_catalan="drop", judge=central).apply(translated)
    assert not isinstance(result, Fault)
    assert result.lineage[-1].step == "central_catalan"


def test_the_shipped_detector_tells_the_varieties() -> None:
    central_text = (
        "Aquests nens tenen els seus llibres aquí, i les seves germanes juguen amb nosaltres cada tarda. " * 3
    )
    valencian = "Estos xiquets tenen els seus llibres ací, i les seues germanes juguen amb mosatros cada vesprada. " * 3
    dropping = only(central_catalan="drop")
    assert isinstance(dropping.apply(replace(LONG, chosen=central_text)), Fault)
    kept = replace(LONG, chosen=valencian)
    assert dropping.apply(kept) is kept
