"""HelpSteer3, configuration `preference` (nvidia/HelpSteer3): two replies to a context, compared by people.

overall_preference runs from -3 (response 1 is much better) to 3 (response 2 is); 0 is a tie, which is no pair.
"""

from collections.abc import Iterator
from typing import NamedTuple

from acord.data.language_names import tag_of_code, tag_of_name
from acord.data.ledger import Candidate, Ledger
from acord.data.locate import Inputs
from acord.data.pairs import HUMAN, Pair, make_pair
from acord.data.read import Row
from acord.data.sources.each_row import each_row_a_pair
from acord.data.turns import NoPair, parse_turns
from acord.recipe import Source

LICENCE = "CC-BY-4.0"
COLUMNS = ("domain", "language", "context", "response1", "response2", "overall_preference")
TIE = "tie (overall_preference 0)"


def read_helpsteer3(source: Source, inputs: Inputs, ledger: Ledger) -> Iterator[Candidate]:
    """A pair from every row that is no tie, its margin the strength of the preference (1 to 3).

    Raises InputError for a missing column or a value outside the schema.
    """
    return each_row_a_pair(
        source, inputs, ledger, columns=COLUMNS, row_id=lambda row: row.default_id, parse=lambda row: _pair(row, source)
    )


def _pair(row: Row, source: Source) -> Pair:
    context = parse_turns(row.value("context"), row, "context")
    first, second = row.text("response1"), row.text("response2")
    preference = _preference(row)
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
        detail=f"helpsteer3 row of {row.file.address}, overall_preference {preference}{named.note}",
        margin=float(abs(preference)),
    )


def _preference(row: Row) -> int:
    value = row.value("overall_preference")
    if isinstance(value, bool) or not isinstance(value, int | float) or value not in range(-3, 4):
        raise row.wrong("overall_preference", "a whole number from -3 to 3", value)
    return int(value)


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
