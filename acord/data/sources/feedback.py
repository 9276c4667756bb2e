"""What `acord chat` and `acord serve` write: a line for each time someone preferred one of two replies, or neither.

Several people may have been shown the same two replies. Their answers make one pair, not one each: pairs that say the
same would be duplicates of each other, and pairs that say the opposite would be learnt one against the other.
Annotators are not read: nothing of a pair names one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from acord.data.language_names import tag_of_code
from acord.data.ledger import Candidate, Ledger, RowKey
from acord.data.locate import Inputs
from acord.data.pairs import HUMAN, UNKNOWN, Pair, make_pair, pair_id
from acord.data.read import read_rows
from acord.data.row import NoPair, Row, printable
from acord.data.sources.each_row import check_language
from acord.data.turns import parse_turns
from acord.recipe import Source

COLUMNS = ("id", "prompt", "replies", "models", "choice", "language")
TIE = "tie"
_VOTES = {"1": 1, "2": -1, "tie": 0}


class _Answer(NamedTuple):
    """One line. pair: as if the first of the two replies, in the order of their texts, were preferred; vote: 1 where it
    is, -1 where the other is, 0 for neither. models: of the two, in the same order."""

    key: RowKey
    pair: Pair
    vote: int
    models: tuple[str, str] | None


def read_feedback(source: Source, inputs: Inputs, ledger: Ledger) -> Iterator[Candidate]:
    """A pair for every two replies to a prompt that more people preferred one way than the other.

    Its weight is by how much, see `weight_of`. Raises InputError for a Parquet table without a column of the format.
    """
    answers: dict[str, list[_Answer]] = {}
    for file in inputs.files:
        for row in read_rows(file, COLUMNS):
            key = RowKey(ledger.add(), row.name("id"))
            try:
                answer = _answer(key, row, source)
            except NoPair as reason:
                ledger.drop(key, reason.reason, reason.detail)
            else:
                answers.setdefault(answer.pair.id, []).append(answer)
    for same in answers.values():
        votes = [answer.vote for answer in same]
        if sum(votes):
            yield Candidate(_preferred(same, votes), tuple(answer.key for answer in same))
        else:
            for answer in same:
                ledger.drop(answer.key, TIE, "" if len(same) == 1 else _counted(votes))


def weight_of(votes: Sequence[int]) -> float:
    """What a pair counts for: by how much one reply leads, as a share of all answers; one alone counts fully.

    votes: 1, -1 or 0 (a tie). Their mean's size is what is left when each is learnt and opposites cancel.
    """
    return round(abs(sum(votes)) / len(votes), 4)


def _answer(key: RowKey, row: Row, source: Source) -> _Answer:
    prompt = parse_turns(row.value("prompt"), row, "prompt")
    first, second = _two(row, "replies")
    choice = row.text("choice")
    if choice not in _VOTES:
        raise row.wrong("choice", "1, 2 or tie", choice)
    language = tag_of_code(row.identifier("language") or source.language)
    check_language(language, source)
    swapped = second < first
    pair = make_pair(
        prompt=prompt,
        chosen=min(first, second),
        rejected=max(first, second),
        language=language,
        source=source.name,
        source_id=key.source_id,
        licence=source.licence or UNKNOWN,
        origin=HUMAN,
        detail=f"feedback of {row.file.address}",
    )
    models = _two(row, "models") if row.content.get("models") is not None else None
    if models is not None and swapped:
        models = (models[1], models[0])
    return _Answer(key, pair, -_VOTES[choice] if swapped else _VOTES[choice], models)


def _preferred(same: Sequence[_Answer], votes: Sequence[int]) -> Pair:
    """The pair as most prefer it, named after the first answer that does."""
    way = 1 if sum(votes) > 0 else -1
    named = next(answer for answer in same if answer.vote == way)
    pair = named.pair
    said = f", {_counted(votes)}" if len(same) > 1 else ""
    by = (
        f", reply of {printable(named.models[way < 0])} preferred to {printable(named.models[way > 0])}"
        if named.models
        else ""
    )
    read = replace(pair.lineage[0], detail=f"{pair.lineage[0].detail}{said}{by}")
    pair = replace(pair, weight=weight_of(votes), lineage=(read,))
    if way > 0:
        return pair
    return replace(
        pair,
        id=pair_id(pair.prompt, pair.rejected, pair.chosen),
        chosen=pair.rejected,
        rejected=pair.chosen,
        chosen_id=pair.rejected_id,
        rejected_id=pair.chosen_id,
    )


def _counted(votes: Sequence[int]) -> str:
    more, less = sorted((votes.count(1), votes.count(-1)), reverse=True)
    ties = f", {votes.count(0)} for neither" if 0 in votes else ""
    return f"{len(votes)} answers, {more} to {less}{ties}"


def _two(row: Row, column: str) -> tuple[str, str]:
    value = row.value(column)
    if not isinstance(value, list) or len(value) != 2 or not all(isinstance(one, str) for one in value):
        raise row.wrong(column, "a list of two texts", value)
    return value[0], value[1]
