"""Judged conversations as OASST's flat rows: a message a row, siblings ranked from 0, the best.

A tree's identifier is its root's. Identifiers are drawn until the demo's seed puts the tree on its family's side.
"""

import itertools
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from samples.draw import number
from samples.faults import Fault, Kind
from samples.judged import Deal, Judged, Ranked

Row = dict[str, Any]

_NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")  # RFC 4122's for URLs
_PROMPT_LABELS = ("spam", "lang_mismatch", "pii", "quality", "toxicity")
_REPLY_LABELS = ("spam", "fails_task", "lang_mismatch", "pii", "quality", "toxicity", "helpfulness")
# Of three people asked, how many chose the label; the rest of the labels are nobody's.
_FAULT_LABELS: dict[Kind, dict[str, float]] = {
    "rude": {"toxicity": 1.0, "quality": 0.25, "helpfulness": 0.25},
    "beside": {"fails_task": 1.0, "quality": 0.25, "helpfulness": 0.0},
    "cut": {"quality": 0.5, "helpfulness": 0.5},
    "repetitive": {"quality": 0.5, "helpfulness": 0.5},
    "figure": {"fails_task": 0.6667, "quality": 0.5, "helpfulness": 0.25},
}
# One in three said so: fewer than half, so that the row stays.
_FOREIGN_LABELS = {"lang_mismatch": 0.3333, "quality": 0.5, "helpfulness": 0.25}
_GOOD_LABELS = {"quality": 0.9167, "helpfulness": 1.0}
_CONFLICT = 12  # one chosen reply in so many has a low quality label, as happens among people


class Speaker(NamedTuple):
    """What all messages of a tree share."""

    tree: str
    language: str


def message_id(*names: object) -> str:
    """An identifier that depends on the names alone."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(map(str, names))))


def tree_id(judged: Judged, deal: Deal) -> str:
    """The first identifier of the conversation that falls on its family's side of the split."""
    one = judged.conversation
    name = f"acord samples/{one.family.name}/{one.language}/{one.prompt}"
    drawn = (message_id(name, draw) for draw in itertools.count())
    return next(identity for identity in drawn if deal.is_on_its_side(one.family, identity))


def tree_rows(judged: Judged, tree: str) -> Iterator[Row]:
    """The rows of a conversation, from the root down. Second turns answer the good reply."""
    speaker = Speaker(tree, judged.conversation.language)
    parent: str | None = None
    for place, ranked in enumerate(judged.turns):
        prompt = tree if place == 0 else message_id(tree, ranked.turn.prompt)
        yield prompter(speaker, prompt, parent, ranked.turn.prompt)
        replies = list(_replies(speaker, prompt, ranked))
        if place == 0:
            parent = replies[0]["message_id"]
        # People's replies come in the order in which they were written, not in that of their ranks.
        yield from sorted(replies, key=lambda row: number(row["message_id"], "order"))


def _replies(speaker: Speaker, prompt: str, ranked: Ranked) -> Iterator[Row]:
    good = dict(_GOOD_LABELS)
    if number(prompt, "conflict") % _CONFLICT == 0:
        good["quality"] = 0.25
    yield assistant(speaker, message_id(prompt, 0), prompt, ranked.turn.reply, 0, good)
    for rank, fault in enumerate(ranked.faults, start=1):
        yield assistant(speaker, message_id(prompt, rank), prompt, fault.text, rank, labels_of(fault))


def labels_of(fault: Fault) -> dict[str, float]:
    """What people said of a reply with this fault."""
    return _FAULT_LABELS.get(fault.kind, _FOREIGN_LABELS)


def prompter(speaker: Speaker, identity: str, parent: str | None, text: str) -> Row:
    """A row of the person who asks."""
    return _row(speaker, identity, parent, text, "prompter", None, _labels(_PROMPT_LABELS, {"quality": 0.75}))


def assistant(
    speaker: Speaker, identity: str, parent: str, text: str, rank: int | None, labels: dict[str, float]
) -> Row:
    """A row of the one who answers. rank: None where nobody ranked it."""
    return _row(speaker, identity, parent, text, "assistant", rank, _labels(_REPLY_LABELS, labels))


def _labels(names: Sequence[str], values: dict[str, float]) -> dict[str, list[Any]]:
    return {"name": list(names), "value": [values.get(name, 0.0) for name in names], "count": [3] * len(names)}


def _row(
    speaker: Speaker,
    identity: str,
    parent: str | None,
    text: str,
    role: str,
    rank: int | None,
    labels: dict[str, list[Any]],
) -> Row:
    return {
        "message_id": identity,
        "parent_id": parent,
        "text": text,
        "role": role,
        "lang": speaker.language,
        "review_count": 3,
        "review_result": True,
        "deleted": False,
        "rank": rank,
        "synthetic": False,
        "model_name": None,
        "message_tree_id": speaker.tree,
        "tree_state": "ready_for_export",
        "labels": labels,
    }
