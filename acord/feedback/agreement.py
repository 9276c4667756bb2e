"""How far annotators of one session agree, by Krippendorff's alpha of the models that they preferred."""

from collections.abc import Iterable

from acord.agreement import Agreement, krippendorff_alpha
from acord.feedback.record import TIE, Preference, name_beside_itself


def agreement_of(preferences: Iterable[Preference]) -> Agreement | None:
    """How far annotators of one session agree. Answers outside of sessions, or of nobody in particular, do not count.

    A unit is a prompt and the two models that answered it; its values say which model was preferred, so that the order
    shown plays no part. Where a model was compared with itself there is no such model: the two replies then take the
    place of the models, and only people who were shown the same two are compared. Of several answers of one annotator
    to a unit the last counts.
    """
    units: dict[tuple[str, ...], dict[str, str]] = {}
    for one in preferences:
        if one.annotator is None or one.prompt_id is None:
            continue
        named = one.replies if _is_itself(one.models) else one.models
        value = TIE if one.choice == TIE else f"is {named[int(one.choice) - 1]}"
        units.setdefault((one.prompt_id, *sorted(named)), {})[one.annotator] = value
    return krippendorff_alpha(list(values.values()) for values in units.values())


def _is_itself(models: tuple[str, str]) -> bool:
    first, second = sorted(models, key=len)
    return second in (first, name_beside_itself(first))
