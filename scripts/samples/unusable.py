"""Messages that no pair may hold, added to trees that are there: of each kind some, in every language.

Their texts are those of other rows, so that only the mark on the row says that it cannot be used.
"""

from collections.abc import Iterator, Sequence

from samples.draw import shuffled
from samples.judged import Judged
from samples.oasst import Row, Speaker, assistant, labels_of, message_id, prompter
from samples.phrase import LANGUAGES, Language

KINDS = (
    *("deleted", "failed review", "unranked", "orphan", "alone", "lang_mismatch", "spam", "pii"),
    *("given up", "unranked"),
)


def unusable_rows(judged: Sequence[Judged], trees: Sequence[str]) -> Iterator[Row]:
    """Rows to add, each with a tree that it belongs to. judged, trees: the conversations that are in OASST's file."""
    for language in LANGUAGES:
        hosts = [(one, tree) for one, tree in zip(judged, trees, strict=True) if one.conversation.language == language]
        order = shuffled(hosts, language, "unusable")
        for place, kind in enumerate(KINDS):
            host, tree = order[place]
            yield from _rows(kind, host, tree, order[-1 - place][0], language, place)


def _rows(kind: str, host: Judged, tree: str, other: Judged, language: Language, place: int) -> Iterator[Row]:
    speaker = Speaker(tree, language)
    identity = message_id("acord samples/unusable", language, kind, place)
    fault = host.turns[0].faults[-1]
    reply = assistant(speaker, identity, tree, fault.text, len(host.turns[0].faults) + 1, labels_of(fault))
    if kind == "deleted":
        yield {**reply, "deleted": True, "review_result": False, "rank": None, "labels": None}
    elif kind == "failed review":
        yield {**reply, "review_result": False, "rank": None}
    elif kind == "unranked":
        yield {**reply, "rank": None}
    elif kind == "orphan":
        yield {**reply, "parent_id": message_id(identity, "missing"), "rank": 0}
    elif kind in ("lang_mismatch", "spam", "pii"):
        values = [1.0 if name == kind else 0.0 for name in reply["labels"]["name"]]
        yield {**reply, "labels": {**reply["labels"], "value": values}}
    else:
        root = Speaker(identity, language)
        state = {"tree_state": "aborted_low_grade"} if kind == "given up" else {}
        one = other.turns[0]
        yield {**prompter(root, identity, None, one.turn.prompt), **state}
        ranks = range(2) if kind == "given up" else range(1)
        for rank, text in zip(ranks, (one.turn.reply, one.faults[-1].text), strict=False):
            labels = {"quality": 0.5, "helpfulness": 0.5}
            yield {**assistant(root, message_id(identity, rank), identity, text, rank, labels), **state}
