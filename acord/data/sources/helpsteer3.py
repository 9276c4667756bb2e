"""HelpSteer3, configuration `preference` (nvidia/HelpSteer3): two replies to a context, compared by people.

overall_preference runs from -3 (response 1 is much better) to 3 (response 2 is); 0 is a tie, which is no pair.
individual_preference holds what each annotator said, a score on the same scale, with their reasons, which are not read.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from acord.data.language_names import tag_of_code, tag_of_name
from acord.data.ledger import Candidate, Ledger
from acord.data.locate import Inputs
from acord.data.pairs import HUMAN, Pair, make_pair
from acord.data.row import NoPair, Row
from acord.data.sources.each_row import each_row_a_pair
from acord.data.turns import parse_turns
from acord.recipe import Source

LICENCE = "CC-BY-4.0"
COLUMNS = (
    *("domain", "language", "context", "response1", "response2"),
    *("overall_preference", "individual_preference"),
)
TIE = "tie (overall_preference 0)"
LARGEST_SCORE = 3
# However much the annotators differ, their verdict stands: such a pair counts for a quarter, not for nothing.
LEAST_WEIGHT = 0.25


def read_helpsteer3(source: Source, inputs: Inputs, ledger: Ledger) -> Iterator[Candidate]:
    """A pair from every row that is no tie: margin, the strength of the preference (1 to 3); weight, see `weight_of`.

    Raises InputError for a Parquet table without a column of the schema.
    """
    return each_row_a_pair(
        source, inputs, ledger, columns=COLUMNS, row_id=lambda row: row.default_id, parse=lambda row: _pair(row, source)
    )


def _pair(row: Row, source: Source) -> Pair:
    context = parse_turns(row.value("context"), row, "context")
    first, second = row.text("response1"), row.text("response2")
    preference = _preference(row)
    scores = _scores(row)
    if preference == 0:
        raise NoPair(TIE)
    chosen, rejected = (first, second) if preference < 0 else (second, first)
    named = _language(row, source)
    return make_pair(
        prompt=context,
        chosen=chosen,
        rejected=rejected,
        language=named.tag,
        source=source.name,
        source_id=row.default_id,
        licence=source.licence or LICENCE,
        origin=HUMAN,
        detail=f"helpsteer3 row of {row.file.address}, overall_preference {preference}{_said(scores)}{named.note}",
        margin=float(abs(preference)),
        weight=weight_of(scores),
    )


def weight_of(scores: Sequence[float]) -> float:
    """What a pair counts for, by how far its annotators agree: 1 - SD / 3, at least LEAST_WEIGHT.

    SD is the population standard deviation of their scores. On a scale from -3 to 3 it is at most 3, where half of
    them say one reply is much better and half the other; so the weight runs from 1 (all say the same) down to 0 before
    it is clipped. One annotator alone cannot disagree: 1.
    """
    return round(max(LEAST_WEIGHT, 1.0 - spread(scores) / LARGEST_SCORE), 4)


def spread(scores: Sequence[float]) -> float:
    """The population standard deviation, 0 of fewer than two scores."""
    if len(scores) < 2:
        return 0.0
    mean = math.fsum(scores) / len(scores)
    return math.sqrt(math.fsum((score - mean) ** 2 for score in scores) / len(scores))


def _said(scores: Sequence[float]) -> str:
    if len(scores) < 2:
        return ""
    return f", scores {', '.join(f'{score:g}' for score in scores)} (SD {spread(scores):.2f})"


def _preference(row: Row) -> int:
    value = row.value("overall_preference")
    if isinstance(value, bool) or not isinstance(value, int | float) or value not in range(-3, 4):
        raise row.wrong("overall_preference", "a whole number from -3 to 3", value)
    return int(value)


def _scores(row: Row) -> list[float]:
    """The annotators' scores; none where the row states none. Raises NoPair for what is no score."""
    column, wanted = "individual_preference", "a list of {score}, each from -3 to 3"
    value = row.content.get(column)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(said, dict) for said in value):
        raise row.wrong(column, wanted, value)
    stated = [said.get("score") for said in value]
    if not all(score is None or _is_score(score) for score in stated):
        raise NoPair(f"{column} should be {wanted}", f"scores: {stated}")
    return [float(score) for score in stated if score is not None]


def _is_score(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST_SCORE


class _Named(NamedTuple):
    tag: str
    note: str


def _language(row: Row, source: Source) -> _Named:
    """The row's natural language. For code it states the programming language; people there wrote mostly English."""
    name = row.identifier("language")
    tag = tag_of_name(name) if name else None
    if tag is not None:
        return _Named(tag, "")
    if source.language is not None:
        return _Named(tag_of_code(source.language), "")
    if name is None:
        return _Named(tag_of_code(None), "")
    if row.content.get("domain") == "code":
        return _Named("en", f", language en assumed (the row states {name})")
    return _Named(tag_of_code(None), f", language not determined (the row states {name})")
