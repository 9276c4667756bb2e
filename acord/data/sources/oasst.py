"""OASST (OpenAssistant/oasst1, oasst2): conversations that branch, whose sibling replies people ranked, 0 the best.

Two exports are read, told apart row by row: flat messages (message_id, parent_id, ...) and trees (message_tree_id,
prompt with nested replies). Keys whose value is null may be absent; an absent rank is no rank, never the best one.
A row is a message. `user_id` is not read.
"""

import itertools
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from acord.data.language_names import is_wanted, tag_of_code
from acord.data.ledger import Candidate, Ledger, RowKey
from acord.data.locate import Inputs
from acord.data.pairs import HUMAN, make_pair
from acord.data.read import Row, read_rows
from acord.data.sources.each_row import NOT_ASKED_FOR
from acord.data.turns import ASSISTANT, USER, Turn, role_of, text_fault
from acord.recipe import PairPolicy, Source

LICENCE = "Apache-2.0"
COLUMNS = (
    *("message_id", "parent_id", "text", "role", "lang", "rank"),
    *("review_result", "deleted", "message_tree_id", "prompt"),
)

REPEATED, DELETED, FAILED_REVIEW, UNKNOWN_ROLE = "repeated message id", "deleted", "failed review", "unknown role"
ORPHANED, UNRANKED, NO_PAIR_BELOW = "orphaned", "unranked reply", "no pair beneath it"
NO_RANKED_SIBLING, EQUAL_RANK, SAME_TEXT = "no ranked sibling", "rank equal to its siblings'", "chosen equals rejected"
NOT_TO_USER, LEFT_OUT = "reply to no user turn", "left out by the policy"


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it was read. fault: why it can be in no pair, whatever its neighbours; empty where it can."""

    row: RowKey
    parent: str | None
    role: str | None
    text: str
    language: str
    rank: int | None
    tree: str | None
    address: str
    fault: str

    @property
    def id(self) -> str:
        """The export's message id, the same in every export."""
        return self.row.source_id


def read_oasst(source: Source, inputs: Inputs, ledger: Ledger) -> Iterator[Candidate]:
    """Pairs of ranked siblings, prompt by prompt in input order, as many as the source's policy says.

    Every message that ends in no pair is dropped with the nearest reason. Raises InputError for a missing column or a
    value of the wrong type.
    """
    forest = Forest(_messages(source, inputs, ledger))
    for prompt in forest.messages.values():
        yield from _pairs_under(prompt, forest, source)
    for message in forest.messages.values():
        if ledger.is_open(message.row.number):
            ledger.drop(message.row, *_why_unused(message, forest, source))


class Forest:
    """All messages by id, in input order, with the way up and the way down."""

    def __init__(self, messages: Iterator[Message]) -> None:
        self.messages = {message.id: message for message in messages}
        self.replies: dict[str, list[Message]] = defaultdict(list)
        for message in self.messages.values():
            if message.parent is not None:
                self.replies[message.parent].append(message)
        self._broken: dict[str, str] = {}
        for identity in self.messages:
            self._settle(identity)

    def _settle(self, identity: str) -> None:
        """Record for a message and all above it what is wrong with its ancestors, '' where nothing is."""
        chain: list[str] = []
        broken, current = "", identity
        on_chain = set()
        while current not in self._broken:
            if current in on_chain:
                broken = f"its ancestors form a loop at {current}"
                break
            chain.append(current)
            on_chain.add(current)
            parent = self.messages[current].parent
            if parent is None:
                break
            if parent not in self.messages:
                broken = f"its ancestor {parent} is missing"
                break
            current = parent
        else:
            broken = self._broken[current] or self._own_fault(current)
        for name in reversed(chain):
            self._broken[name] = broken
            broken = broken or self._own_fault(name)

    def _own_fault(self, identity: str) -> str:
        fault = self.messages[identity].fault
        return f"its ancestor {identity} is out: {fault}" if fault else ""

    def broken_above(self, message: Message) -> str:
        """What is wrong with a message's ancestors, '' where nothing is."""
        return self._broken[message.id]

    def is_sound(self, message: Message) -> bool:
        """Whether a message and all above it may be in a pair."""
        return not message.fault and not self._broken[message.id]

    def path(self, message: Message) -> list[Message]:
        """From the root down to a sound message."""
        path = [message]
        while path[-1].parent is not None:
            path.append(self.messages[path[-1].parent])
        return path[::-1]

    def ranked_replies(self, prompt: Message) -> list[Message]:
        """The sound assistant replies with a rank, the best first, equal ones in input order."""
        replies = [
            reply
            for reply in self.replies.get(prompt.id, [])
            if reply.role == ASSISTANT and reply.rank is not None and self.is_sound(reply)
        ]
        return sorted(replies, key=lambda reply: (reply.rank, reply.row.number))


def _pairs_under(prompt: Message, forest: Forest, source: Source) -> Iterator[Candidate]:
    if prompt.role != USER or not forest.is_sound(prompt) or not is_wanted(prompt.language, source.languages):
        return
    pairs = _chosen_and_rejected(forest.ranked_replies(prompt), source.policy)
    if not pairs:
        return
    path = forest.path(prompt)
    turns: list[Turn] = [{"role": str(message.role), "content": message.text} for message in path]
    rows = tuple(message.row for message in path)
    for chosen, rejected in pairs:
        pair = make_pair(
            prompt=turns,
            chosen=chosen.text,
            rejected=rejected.text,
            language=prompt.language,
            source=source.name,
            source_id=f"{chosen.id}/{rejected.id}",
            licence=source.licence or LICENCE,
            origin=HUMAN,
            detail=f"oasst messages of {prompt.address}, policy {source.policy}",
            group=path[0].tree or path[0].id,
            prompt_id=prompt.id,
            chosen_id=chosen.id,
            rejected_id=rejected.id,
            chosen_rank=chosen.rank,
            rejected_rank=rejected.rank,
        )
        yield Candidate(pair, (*rows, chosen.row, rejected.row))


def _chosen_and_rejected(ranked: list[Message], policy: PairPolicy) -> list[tuple[Message, Message]]:
    """The pairs that a ranking, best first, gives: replies of one rank or with one text make none."""
    if policy == "best_worst":
        pairs = [(ranked[0], ranked[-1])] if ranked else []
    elif policy == "adjacent":
        levels = sorted({reply.rank for reply in ranked if reply.rank is not None})
        below: dict[int | None, int] = dict(itertools.pairwise(levels))
        pairs = [(better, worse) for better in ranked for worse in ranked if below.get(better.rank) == worse.rank]
    else:
        pairs = [(better, worse) for index, better in enumerate(ranked) for worse in ranked[index + 1 :]]
    return [(better, worse) for better, worse in pairs if better.rank != worse.rank and better.text != worse.text]


def _why_unused(message: Message, forest: Forest, source: Source) -> tuple[str, str]:
    """The reason and detail for a message that no pair holds."""
    broken = forest.broken_above(message)
    if not is_wanted(message.language, source.languages):
        return NOT_ASKED_FOR, message.language
    if message.fault:
        return message.fault, ""
    if broken:
        return ORPHANED, broken
    if message.role != ASSISTANT:
        return NO_PAIR_BELOW, f"a {message.role} turn"
    if message.rank is None:
        return UNRANKED, ""
    return _why_ranked_unused(message, forest, source)


def _why_ranked_unused(message: Message, forest: Forest, source: Source) -> tuple[str, str]:
    prompt = forest.messages[message.parent] if message.parent is not None else None
    if prompt is None or prompt.role != USER:
        return NOT_TO_USER, ""
    siblings = [reply for reply in forest.ranked_replies(prompt) if reply.id != message.id]
    if not siblings:
        return NO_RANKED_SIBLING, ""
    others = [reply for reply in siblings if reply.rank != message.rank]
    if not others:
        return EQUAL_RANK, f"rank {message.rank}"
    if not is_wanted(prompt.language, source.languages):
        return NOT_ASKED_FOR, f"its prompt's: {prompt.language}"
    if all(reply.text == message.text for reply in others):
        return SAME_TEXT, ""
    return LEFT_OUT, source.policy


class _Placed(NamedTuple):
    """A message's row with the ids of its parent and its tree."""

    row: Row
    parent: str | None
    tree: str | None


def _messages(source: Source, inputs: Inputs, ledger: Ledger) -> Iterator[Message]:
    """Every message of the files in input order; the later ones of a message id are dropped."""
    seen: set[str] = set()
    for file in inputs.files:
        for row in read_rows(file, COLUMNS):
            for placed in _flatten(row):
                message = _message(placed, source, ledger.add())
                if message.id in seen:
                    ledger.drop(message.row, REPEATED, message.id)
                    continue
                seen.add(message.id)
                yield message


def _flatten(row: Row) -> Iterator[_Placed]:
    """The messages of a row: one, or a whole tree from the root down."""
    tree = row.identifier("message_tree_id")
    if row.content.get("prompt") is None:
        yield _Placed(row, row.identifier("parent_id"), tree)
        return
    waiting: list[tuple[Any, str | None]] = [(row.content["prompt"], None)]
    while waiting:
        content, parent = waiting.pop()
        if not isinstance(content, dict):
            raise row.wrong("prompt and replies", "messages", content)
        message = Row(content, row.file, row.line, list(content))
        yield _Placed(message, parent, tree)
        replies = content.get("replies") or []
        if not isinstance(replies, list):
            raise message.wrong("replies", "a list of messages", replies)
        waiting.extend((reply, _id(message)) for reply in reversed(replies))


def _message(placed: _Placed, source: Source, number: int) -> Message:
    row = placed.row
    name, text = row.value("role"), row.text("text")
    role = role_of(name)
    return Message(
        row=RowKey(number, _id(row)),
        parent=placed.parent,
        role=role,
        text=text,
        language=tag_of_code(row.identifier("lang") or source.language),
        rank=_rank(row),
        tree=placed.tree,
        address=row.file.address,
        fault=_fault(row, role, text),
    )


def _id(row: Row) -> str:
    row.value("message_id")
    return row.identifier("message_id") or row.default_id


def _fault(row: Row, role: str | None, text: str) -> str:
    if row.content.get("deleted") is True:
        return DELETED
    if row.content.get("review_result") is False:
        return FAILED_REVIEW
    if role is None:
        return UNKNOWN_ROLE
    return text_fault(text) or ""


def _rank(row: Row) -> int | None:
    """The rank, None where there is none: absent, null, or the NaN that a table of floats has for null."""
    value = row.content.get("rank")
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value) or value < 0:
        raise row.wrong("rank", "a whole number from 0 or null", value)
    return int(value)
