"""OASST's messages as they are read, from flat rows and from trees, with what is wrong with each one alone.

Keys whose value is null may be absent. Labels come in three forms: lists side by side (the hub's tables), an object of
{value, count} by name (the project's exports), or numbers by name. `user_id` is not read.

What is left out, and why so:

- Labels. A label's value is the share of those asked who chose it; three people or more were asked about 2,010 of the
  2,017 labelled messages of OASST1's validation set. A message counts as spam, as one in another language or as
  personal data from half of them on. For spam that is where the review draws its own line: none of the 37 messages at
  or above it passed, and 117 of the 126 that fewer people called spam did.
- Trees. `aborted_low_grade`, `halted_by_moderator` and `scoring_failed` say that people, or the scoring, gave the tree
  up. In every other state a rank is there only where people's rankings were scored, so ranks decide by themselves.
"""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from acord.data.language_names import tag_of_code
from acord.data.ledger import Ledger, RowKey
from acord.data.row import NoPair, Row, kind_of
from acord.data.turns import role_of, text_fault
from acord.recipe import Source

COLUMNS = (
    *("message_id", "parent_id", "text", "role", "lang", "rank", "labels"),
    *("review_result", "deleted", "message_tree_id", "tree_state", "prompt"),
)
DELETED, FAILED_REVIEW, UNKNOWN_ROLE, GIVEN_UP = "deleted", "failed review", "unknown role", "tree given up"
LABELLED = {
    "spam": "labelled spam",
    "lang_mismatch": "labelled as another language",
    "pii": "labelled personal data",
}
LABELLED_FROM = 0.5
GIVEN_UP_STATES = ("aborted_low_grade", "halted_by_moderator", "scoring_failed")
LARGEST_RANK = 2**31 - 1

_QUALITY = "quality"
_READ = (*LABELLED, _QUALITY)


class Message(NamedTuple):
    """One message. A tuple, since it is written to disk and read back.

    language: empty where the row could not be read. quality: the label's value, None where nobody gave it. tree: the
    export's tree id. address: where it was read. fault: why it can be in no pair, whatever its neighbours, with the
    particulars in `detail`; empty where it can.
    """

    row: RowKey
    parent: str | None
    role: str | None
    text: str
    language: str
    rank: int | None
    quality: float | None
    tree: str | None
    address: str
    fault: str
    detail: str

    @property
    def id(self) -> str:
        """The export's message id, the same in every export."""
        return self.row.source_id


class _Place(NamedTuple):
    """Where a message stands. fault: what is wrong with its place."""

    row: RowKey
    parent: str | None
    tree: str | None
    state: Any
    fault: NoPair | None


def is_tree(row: Row) -> bool:
    """Whether a row is a whole tree, not a message."""
    return row.content.get("prompt") is not None


def flat_message(row: Row, number: int, source: Source) -> Message:
    """The message of a flat row, with its fault where it could not be read.

    Raises InputError for a Parquet table without a column that is needed.
    """
    fault: NoPair | None = None
    parent = tree = None
    try:
        row.value("message_id")
        row.identifier("message_id")
        parent, tree = row.identifier("parent_id"), row.identifier("message_tree_id")
    except NoPair as found:
        fault = found
    key = RowKey(number, row.name("message_id"))
    return _message(row, _Place(key, parent, tree, row.content.get("tree_state"), fault), source)


def tree_messages(row: Row, source: Source, ledger: Ledger) -> Iterator[Message]:
    """The messages of a tree from the root down, each a row of the ledger. A fault of the tree is one of each message.

    A message without an id that can be used gets the tree's place and its own number in it, so that its replies are
    known to be beneath it. Raises InputError as `flat_message`.
    """
    fault: NoPair | None = None
    tree = None
    try:
        tree = row.identifier("message_tree_id")
    except NoPair as found:
        fault = found
    state = row.content.get("tree_state")
    waiting: list[tuple[Any, str | None]] = [(row.content["prompt"], None)]
    count = 0
    while waiting:
        content, parent = waiting.pop()
        count += 1
        key = RowKey(ledger.add(), f"{row.default_id}/{count}")
        if not isinstance(content, dict):
            wrong = row.wrong("prompt and replies", "messages", content)
            yield _faulty(row, _Place(key, parent, tree, state, None), wrong)
            continue
        node = Row(content, row.file, row.line, content)
        own = fault
        try:
            node.value("message_id")
            key = RowKey(key.number, node.identifier("message_id") or key.source_id)
        except NoPair as found:
            own = own or found
        replies = content.get("replies") or []
        if not isinstance(replies, list):
            own, replies = own or node.wrong("replies", "a list of messages", replies), []
        yield _message(node, _Place(key, parent, tree, state, own), source)
        waiting.extend((reply, key.source_id) for reply in reversed(replies))


def _message(row: Row, place: _Place, source: Source) -> Message:
    try:
        if place.fault is not None:
            raise place.fault
        name, text, labels = row.value("role"), row.text("text"), read_labels(row)
        role = role_of(name)
        fault, detail = _fault(row, role, text), ""
        if not fault and place.state in GIVEN_UP_STATES:
            fault, detail = GIVEN_UP, f"tree_state {place.state}"
        if not fault and source.labelled == "drop":
            label = next((label for label in LABELLED if labels.get(label, 0.0) >= LABELLED_FROM), None)
            if label is not None:
                fault, detail = LABELLED[label], f"{label} {labels[label]:.2f}"
        return Message(
            row=place.row,
            parent=place.parent,
            role=role,
            text="" if fault else text,
            language=tag_of_code(row.identifier("lang") or source.language),
            rank=_rank(row),
            quality=labels.get(_QUALITY),
            tree=place.tree,
            address=row.file.address,
            fault=fault,
            detail=detail,
        )
    except NoPair as found:
        return _faulty(row, place, found)


def _faulty(row: Row, place: _Place, fault: NoPair) -> Message:
    return Message(
        row=place.row,
        parent=place.parent,
        role=None,
        text="",
        language="",
        rank=None,
        quality=None,
        tree=place.tree,
        address=row.file.address,
        fault=fault.reason,
        detail=fault.detail,
    )


def _fault(row: Row, role: str | None, text: str) -> str:
    deleted, passed = row.flag("deleted"), row.flag("review_result")
    if deleted:
        return DELETED
    if passed is False:
        return FAILED_REVIEW
    if role is None:
        return UNKNOWN_ROLE
    return text_fault(text) or ""


def _rank(row: Row) -> int | None:
    """The rank, None where there is none: absent, null, or the NaN that a table of floats has for null."""
    value = row.content.get("rank")
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= LARGEST_RANK or value != int(value):
        raise row.wrong("rank", "a whole number from 0 or null", value)
    return int(value)


def read_labels(row: Row) -> dict[str, float]:
    """The values of the labels that are looked at, those that somebody gave. Raises NoPair for what are no labels."""
    value = row.content.get("labels")
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise row.wrong("labels", "an object", value)
    stated = _by_name(value) if "name" in value else value
    labels: dict[str, float] = {}
    for name in _READ:
        said = stated.get(name)
        number = said.get("value") if isinstance(said, dict) else said
        if number is None:
            continue
        if type(number) not in (int, float) or not 0 <= number <= 1:
            raise NoPair("labels should have values from 0 to 1", f"{name} is {kind_of(number)}")
        labels[name] = float(number)
    return labels


def _by_name(lists: dict[str, Any]) -> dict[str, Any]:
    names, numbers = lists["name"] or [], lists.get("value") or []
    try:
        return dict(zip(names, numbers, strict=True))
    except (TypeError, ValueError):
        raise NoPair("labels should be lists of one length") from None
