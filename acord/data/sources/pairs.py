"""Pairs as people bring them, one a row. The form is recognised from the row:

- {prompt, chosen, rejected}: texts, or lists of messages
- {chosen, rejected}: two whole conversations, lists of messages that share all but the last one
- {conversations, chosen, rejected}: turns {from, value} and two replies {from, value}
- {system, question, chosen, rejected}: texts

Any row may state system, language, id, group, licence, margin, weight and origin.
"""

import sys
from collections.abc import Iterator
from typing import Any

from acord.data.language_names import tag_of_code
from acord.data.ledger import Candidate, Ledger
from acord.data.locate import Inputs
from acord.data.pairs import ORIGINS, UNKNOWN, Pair, make_pair
from acord.data.row import NoPair, Row
from acord.data.sources.each_row import each_row_a_pair
from acord.data.turns import ASSISTANT, SYSTEM, USER, Turn, parse_turn, parse_turns
from acord.recipe import Source

COLUMNS = (
    *("prompt", "chosen", "rejected", "conversations", "system", "question"),
    *("language", "id", "group", "licence", "margin", "weight", "origin"),
)
PROMPTS_DIFFER = "the prompts differ"
LARGEST_NUMBER = sys.float_info.max  # JSON can state larger ones
TRANSCRIPTS = "a transcript of a whole dialogue (set format: hh)"


def read_pair_rows(source: Source, inputs: Inputs, ledger: Ledger) -> Iterator[Candidate]:
    """A pair from every row that holds one. Raises InputError for a Parquet table without the columns of any form."""
    return each_row_a_pair(
        source, inputs, ledger, columns=COLUMNS, row_id=lambda row: row.name("id"), parse=lambda row: _pair(row, source)
    )


def _pair(row: Row, source: Source) -> Pair:
    stated = _stated_prompt(row)
    chosen = _conversation(row, "chosen", stated)
    rejected = _conversation(row, "rejected", stated)
    if chosen[:-1] != rejected[:-1]:
        raise NoPair(PROMPTS_DIFFER, f"{len(chosen) - 1} and {len(rejected) - 1} turns before the last reply")
    return make_pair(
        prompt=_with_system(chosen[:-1], row),
        chosen=chosen[-1]["content"],
        rejected=rejected[-1]["content"],
        language=tag_of_code(row.identifier("language") or source.language),
        source=source.name,
        source_id=row.identifier("id") or row.default_id,
        licence=source.licence or row.identifier("licence") or UNKNOWN,
        origin=_origin(row),
        detail=f"pair row of {row.file.address}",
        group=row.identifier("group"),
        margin=_number(row, "margin"),
        weight=_weight(row),
    )


def _stated_prompt(row: Row) -> list[Turn]:
    """The prompt that the row states; empty where the replies are whole conversations."""
    for column in ("conversations", "prompt", "question"):
        value = row.content.get(column)
        if isinstance(value, str):
            return [{"role": USER, "content": value}]
        if value is not None:
            return parse_turns(value, row, column)
    if isinstance(row.content.get("chosen"), list):
        return []
    if isinstance(row.content.get("chosen"), str) and row.content["chosen"].startswith("\n\nHuman:"):
        raise NoPair(TRANSCRIPTS)
    row.value("prompt")
    raise row.wrong("prompt", "text or a list of messages", None)


def _conversation(row: Row, column: str, stated: list[Turn]) -> list[Turn]:
    """The whole conversation on one side: the prompt, and the reply as its last turn. Never empty."""
    value = row.value(column)
    if isinstance(value, str) or value is None:
        return [*stated, {"role": ASSISTANT, "content": value or ""}]
    turns = [parse_turn(value, column)] if isinstance(value, dict) else parse_turns(value, row, column)
    if not turns or turns[-1]["role"] != ASSISTANT:
        raise NoPair("no reply of the assistant at the end", column)
    if len(turns) == 1:
        return [*stated, *turns]
    # Some data sets repeat the prompt in both replies, and give its first user turn or all of it besides.
    if stated and turns[: len(stated)] != stated and stated != [turn for turn in turns if turn["role"] == USER][:1]:
        raise NoPair(PROMPTS_DIFFER, f"{column} does not continue the prompt")
    return turns


def _with_system(prompt: list[Turn], row: Row) -> list[Turn]:
    system = row.optional_text("system")
    if not system or system.isspace() or (prompt and prompt[0]["role"] == SYSTEM):
        return prompt
    return [{"role": SYSTEM, "content": system}, *prompt]


def _origin(row: Row) -> str:
    origin = row.identifier("origin") or UNKNOWN
    if origin not in ORIGINS:
        raise NoPair("unknown origin", f"{origin}; it should be one of {', '.join(ORIGINS)}")
    return origin


def _number(row: Row, column: str) -> float | None:
    value: Any = row.content.get(column)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST_NUMBER:
        raise row.wrong(column, "a finite number", value)
    return float(value)


def _weight(row: Row) -> float:
    weight = _number(row, "weight")
    if weight is not None and weight <= 0:
        raise row.wrong("weight", "greater than 0", weight)
    return 1.0 if weight is None else weight
