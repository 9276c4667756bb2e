"""Sources of preferences, one file a schema. An adapter reads a source's files and offers pairs with their rows.

OpenOrca is not among the adapters: its rows are too many to be offered one by one (`openorca.py`).
"""

from collections.abc import Callable, Iterator, Mapping

from acord.data.ledger import Candidate, Ledger
from acord.data.locate import Inputs
from acord.data.sources.feedback import read_feedback
from acord.data.sources.helpsteer3 import read_helpsteer3
from acord.data.sources.hh import read_hh
from acord.data.sources.oasst import read_oasst
from acord.data.sources.pairs import read_pair_rows
from acord.recipe import Source

Adapter = Callable[[Source, Inputs, Ledger], Iterator[Candidate]]

ADAPTERS: Mapping[str, Adapter] = {
    "oasst": read_oasst,
    "helpsteer3": read_helpsteer3,
    "hh": read_hh,
    "pairs": read_pair_rows,
    "feedback": read_feedback,
}
