"""What sources share whose every row is one pair or none."""

from collections.abc import Callable, Iterator, Sequence

from acord.data.language_names import is_wanted
from acord.data.ledger import Candidate, Ledger, RowKey
from acord.data.locate import Inputs
from acord.data.pairs import Pair
from acord.data.read import read_rows
from acord.data.row import NoPair, Row
from acord.recipe import Source

NOT_ASKED_FOR = "language not asked for"


def each_row_a_pair(
    source: Source,
    inputs: Inputs,
    ledger: Ledger,
    *,
    columns: Sequence[str],
    row_id: Callable[[Row], str],
    parse: Callable[[Row], Pair],
) -> Iterator[Candidate]:
    """Offer the pair of every row; drop the rows for which `parse` raises NoPair or whose language is not wanted.

    A row that could not be read raises its fault when `parse` asks for a column that every row must have.
    """
    for file in inputs.files:
        for row in read_rows(file, columns):
            key = RowKey(ledger.add(), row_id(row))
            try:
                pair = parse(row)
                check_language(pair.language, source)
            except NoPair as reason:
                ledger.drop(key, reason.reason, reason.detail)
            else:
                yield Candidate(pair, (key,))


def check_language(language: str, source: Source) -> None:
    """Raises NoPair for a language that the recipe does not ask this source for."""
    if not is_wanted(language, source.languages):
        raise NoPair(NOT_ASKED_FOR, language)
