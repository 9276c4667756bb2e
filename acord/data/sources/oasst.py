"""OASST (OpenAssistant/oasst1, oasst2): conversations that branch, whose sibling replies people ranked, 0 the best.

Two exports are read, told apart row by row: flat messages (message_id, parent_id, ...) and trees (message_tree_id,
prompt with nested replies). A row, for the accounts, is a message. An absent rank is no rank, never the best one.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from acord.data.language_names import is_wanted
from acord.data.ledger import Candidate, Ledger
from acord.data.locate import Inputs
from acord.data.pairs import HUMAN, Pair, make_pair
from acord.data.read import read_rows
from acord.data.sources.oasst_forest import Forest
from acord.data.sources.oasst_messages import COLUMNS, Message, flat_message, is_tree, tree_messages
from acord.data.sources.oasst_policy import Compared, chosen_and_rejected
from acord.data.sources.oasst_spool import MessageSpool, hash64, parts_for
from acord.data.turns import USER, Turn
from acord.recipe import Source

LICENCE = "Apache-2.0"
REPEATED = "repeated message id"
CONFLICT = "conflict"  # the lineage step of a pair whose chosen reply has the lower quality label


def read_oasst(source: Source, inputs: Inputs, ledger: Ledger) -> Iterator[Candidate]:
    """Pairs of ranked siblings, as many as the source's policy says. Every other message is dropped with a reason.

    Trees give their pairs as they are read. Flat messages are put on disk in parts by tree, and paired part by part
    when all are read; within a part prompts stand in input order. Of messages with one id the first counts. Raises
    InputError for a Parquet table without a column that is needed.
    """
    seen: set[int] = set()
    with (
        # A disk that has become read-only keeps it; it lies in what the next attempt clears.
        tempfile.TemporaryDirectory(prefix="acord-oasst-", ignore_cleanup_errors=True) as folder,
        MessageSpool(Path(folder), parts_for(inputs.files)) as flat,
    ):
        for file in inputs.files:
            for row in read_rows(file, COLUMNS):
                if is_tree(row):
                    tree = tree_messages(row, source, ledger)
                    yield from _candidates([one for one in tree if _is_new(one, seen, ledger)], source, ledger)
                else:
                    message = flat_message(row, ledger.add(), source)
                    if _is_new(message, seen, ledger):
                        flat.write(message)
        for messages in flat.parts():
            yield from _candidates(messages, source, ledger)


def _is_new(message: Message, seen: set[int], ledger: Ledger) -> bool:
    """Whether no message with this id was read before; drops one that was.

    Ids are known by 64 bits of a hash: among a million messages the chance that two ids share them is 3 in 10^8.
    """
    key = hash64(message.id)
    if key in seen:
        ledger.drop(message.row, REPEATED)
        return False
    seen.add(key)
    return True


def _candidates(messages: list[Message], source: Source, ledger: Ledger) -> Iterator[Candidate]:
    """The pairs of whole trees; the messages that are in none are dropped."""
    forest = Forest(messages)
    offered: set[int] = set()
    for prompt in messages:
        for candidate in _candidates_under(prompt, forest, source):
            offered.update(row.number for row in candidate.rows)
            yield candidate
    for message in messages:
        if message.row.number not in offered:
            ledger.drop(message.row, *forest.why_unused(message, source))


def _candidates_under(prompt: Message, forest: Forest, source: Source) -> Iterator[Candidate]:
    if prompt.role != USER or not forest.is_sound(prompt) or not is_wanted(prompt.language, source.languages):
        return
    pairs = chosen_and_rejected(forest.ranked_replies(prompt), source)
    if not pairs:
        return
    path = forest.path(prompt)
    turns: list[Turn] = [{"role": str(message.role), "content": message.text} for message in path]
    rows = tuple(message.row for message in path)
    for compared in pairs:
        pair = _pair(compared, prompt, turns, path[0].tree or path[0].id, source)
        yield Candidate(pair, (*rows, compared.better.row, compared.worse.row))


def _pair(compared: Compared, prompt: Message, turns: list[Turn], group: str, source: Source) -> Pair:
    chosen, rejected = compared
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
        group=group,
        prompt_id=prompt.id,
        chosen_id=chosen.id,
        rejected_id=rejected.id,
        chosen_rank=chosen.rank,
        rejected_rank=rejected.rank,
    )
    if chosen.quality is None or rejected.quality is None or chosen.quality >= rejected.quality:
        return pair
    detail = f"quality label {chosen.quality:.2f} of the chosen reply, {rejected.quality:.2f} of the rejected one"
    return replace(pair, lineage=(*pair.lineage, replace(pair.lineage[0], step=CONFLICT, detail=detail)))
