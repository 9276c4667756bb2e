"""OpenOrca (Open-Orca/OpenOrca): instructions answered by GPT-4 and, in another file, by GPT-3.5.

It is no preference set. A pair joins the two answers to exactly the same system prompt and question; that the stronger
model's is chosen is an assumption, not a judgement: the origin is `model`. Four million rows do not fit in memory:
rows are joined by 64-bit hashes of their prompts, and texts are read only of the pairs that are asked for.
"""

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from acord.data.columns import Batch, read_batches
from acord.data.language_names import is_wanted, tag_of_code
from acord.data.ledger import Candidate, Ledger, RowKey
from acord.data.locate import Inputs
from acord.data.pairs import MODEL, make_pair
from acord.data.read import SourceFile
from acord.data.sources.each_row import NOT_ASKED_FOR
from acord.data.turns import SYSTEM, USER, NoPair, text_fault
from acord.recipe import Source

LICENCE = "MIT"
PROMPT = ("system_prompt", "question")
REPEATED = "repeated prompt"
# Stands where a rejected reply is yet to come. The private character keeps it apart from what anybody wrote.
UNWRITTEN = "\ue000 to be written"
UNMATCHED = "no reply to the same prompt on the other side"
CHOSEN_SIDE, REJECTED_SIDE = "on the chosen side", "on the rejected side"


class NotAPair(NamedTuple):
    """Two joined rows that make no pair after all."""

    rows: tuple[RowKey, ...]
    reason: str
    detail: str


@dataclass(frozen=True)
class Joined:
    """Which rows belong together. M: matches, in the order of the chosen rows.

    chosen_M, rejected_M: numbers of the rows in the ledger, the rejected side's after the chosen side's; -1 where the
    rejected reply is yet to be written. key_M: hash of the prompt.
    """

    chosen_M: Any
    rejected_M: Any
    key_M: Any

    def __len__(self) -> int:
        return len(self.chosen_M)

    def drawing_order(self, seed: int) -> Any:
        """The matches in the order in which they are drawn, shape (M,): by a hash of seed and prompt."""
        mixed = self.key_M ^ np.uint64(int.from_bytes(hashlib.blake2b(b"%d" % seed, digest_size=8).digest(), "big"))
        # The finaliser of splitmix64 (Steele, Lea, Flood 2014), so that neighbouring seeds give unrelated orders.
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        return np.argsort(mixed ^ (mixed >> np.uint64(31)), kind="stable")

    def save(self, path: Path) -> None:
        """Put the join away."""
        np.savez(path, chosen=self.chosen_M, rejected=self.rejected_M, key=self.key_M)

    @classmethod
    def load(cls, path: Path) -> "Joined":
        """A join that was saved. Raises OSError or ValueError where it is not whole."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(arrays["chosen"], arrays["rejected"], arrays["key"])


def language_of(source: Source) -> str:
    """Of all rows: the recipe's, else English, which nearly all of the set is."""
    return tag_of_code(source.language or "en")


def join(source: Source, inputs: Inputs, ledger: Ledger) -> Joined:
    """The rows of both sides with the same prompt; the first row of a prompt counts, the others are dropped.

    Where no other side is there (rejected replies are yet to be written), all first rows. Raises InputError for a
    missing column. Memory: some 40 bytes a row.
    """
    chosen = _Side.read(inputs.files, CHOSEN_SIDE, ledger)
    chosen_M, rejected_M, key_M = chosen.row_U, np.full(len(chosen.row_U), -1), chosen.key_U
    if inputs.against:
        rejected = _Side.read(inputs.against, REJECTED_SIDE, ledger)
        _, at_chosen, at_rejected = np.intersect1d(
            chosen.key_U, rejected.key_U, assume_unique=True, return_indices=True
        )
        for side, matched in ((chosen, at_chosen), (rejected, at_rejected)):
            alone = np.ones(len(side.row_U), bool)
            alone[matched] = False
            ledger.mark(side.row_U[alone], UNMATCHED, f"only {side.name}")
        chosen_M, rejected_M, key_M = chosen.row_U[at_chosen], rejected.row_U[at_rejected], chosen.key_U[at_chosen]
    if not is_wanted(language_of(source), source.languages):
        ledger.mark(ledger.open_rows(), NOT_ASKED_FOR, language_of(source))
        chosen_M, rejected_M, key_M = chosen_M[:0], rejected_M[:0], key_M[:0]
    order = np.argsort(chosen_M, kind="stable")
    return Joined(chosen_M[order], rejected_M[order], key_M[order])


@dataclass(frozen=True)
class _Side:
    """The usable rows of one side. U: their number. row_U: in the ledger. key_U: hash of the prompt."""

    name: str
    row_U: Any
    key_U: Any

    @classmethod
    def read(cls, files: Sequence[SourceFile], name: str, ledger: Ledger) -> "_Side":
        blocks = []
        for file in files:
            for batch in read_batches(file, (*PROMPT, "response")):
                start = ledger.add_all(len(batch))
                ok = np.ones(len(batch), bool)
                for fault, (reason, detail) in _faults(batch).items():
                    ok[fault] = False
                    ledger.mark(np.array([start + fault]), reason, f"{name}{detail and ': ' + detail}")
                keys = np.fromiter(map(_hash, *(batch.texts[column] for column in PROMPT)), np.uint64, len(batch))
                blocks.append((np.flatnonzero(ok) + start, keys[ok]))
        rows = np.concatenate([block[0] for block in blocks]) if blocks else np.empty(0, np.int64)
        keys = np.concatenate([block[1] for block in blocks]) if blocks else np.empty(0, np.uint64)
        unique, index = np.unique(keys, return_index=True)
        repeated = np.ones(len(rows), bool)
        repeated[index] = False
        ledger.mark(rows[repeated], REPEATED, name)
        return cls(name, rows[index], unique)


def _faults(batch: Batch) -> dict[int, tuple[str, str]]:
    """Rows that can be in no pair."""
    faults = dict(batch.faults)
    for column in ("question", "response"):
        for index, text in enumerate(batch.texts[column]):
            fault = text_fault(text)
            if fault is not None:
                faults.setdefault(index, (fault, column))
    for index, text in enumerate(batch.texts["system_prompt"]):
        if text and text_fault(text) not in (None, text_fault("")):
            faults.setdefault(index, (str(text_fault(text)), "system_prompt"))
    return faults


def _hash(system: str, question: str) -> int:
    head = system.encode("utf-8", "surrogatepass")
    text = b"%d\n%b%b" % (len(head), head, question.encode("utf-8", "surrogatepass"))
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


def fetch(source: Source, inputs: Inputs, joined: Joined, wanted: Any) -> Iterator[tuple[int, Candidate | NotAPair]]:
    """The pairs of some matches, with the number of each, in the order of the chosen rows.

    wanted: numbers of matches, shape (W,), ascending. Each side is read through once; the rejected replies wait in a
    temporary file meanwhile. A rejected reply that is yet to be written is UNWRITTEN.
    """
    chosen_W, rejected_W = joined.chosen_M[wanted], joined.rejected_M[wanted]
    with tempfile.TemporaryFile() as texts:
        replies = _put_away(inputs, rejected_W, texts) if inputs.against else None
        at = 0
        for batch, number in _numbered(inputs.files, (*PROMPT, "response"), first=0):
            while at < len(chosen_W) and chosen_W[at] < number + len(batch):
                index = int(chosen_W[at]) - number
                rows = [RowKey(int(chosen_W[at]), batch.names[index])]
                reply = UNWRITTEN
                if replies is not None:
                    rejected_name, start, length = replies[at]
                    rows.append(RowKey(int(rejected_W[at]), rejected_name))
                    texts.seek(start)
                    reply = texts.read(length).decode()
                yield int(wanted[at]), _joined(batch, index, reply, tuple(rows), source)
                at += 1
            if at == len(chosen_W):
                return


def names(inputs: Inputs) -> Iterator[list[str]]:
    """The names of all rows, in the ledger's order."""
    for file in (*inputs.files, *inputs.against):
        for batch in read_batches(file, ()):
            yield batch.names


def _numbered(files: Sequence[SourceFile], columns: tuple[str, ...], *, first: int) -> Iterator[tuple[Batch, int]]:
    number = first
    for file in files:
        for batch in read_batches(file, columns):
            yield batch, number
            number += len(batch)


def _put_away(inputs: Inputs, rejected_W: Any, texts: Any) -> list[tuple[str, int, int]]:
    """Write the wanted rejected replies to `texts`; of each the row's name, and where the reply lies."""
    order = np.argsort(rejected_W, kind="stable")
    first = sum(len(batch) for file in inputs.files for batch in read_batches(file, ()))
    found: list[tuple[str, int, int]] = [("", 0, 0)] * len(order)
    at = 0
    for batch, number in _numbered(inputs.against, ("response",), first=first):
        while at < len(order) and rejected_W[order[at]] < number + len(batch):
            index = int(rejected_W[order[at]]) - number
            encoded = batch.texts["response"][index].encode()
            found[order[at]] = (batch.names[index], texts.tell(), len(encoded))
            texts.write(encoded)
            at += 1
        if at == len(order):
            break
    return found


def _joined(batch: Batch, index: int, rejected: str, rows: tuple[RowKey, ...], source: Source) -> Candidate | NotAPair:
    system, question = batch.texts["system_prompt"][index], batch.texts["question"][index]
    turns = [{"role": SYSTEM, "content": system}] if system and not system.isspace() else []
    by = f"rejected reply from row {rows[1].source_id}" if len(rows) > 1 else "rejected reply to be written"
    try:
        pair = make_pair(
            prompt=[*turns, {"role": USER, "content": question}],
            chosen=batch.texts["response"][index],
            rejected=rejected,
            language=language_of(source),
            source=source.name,
            source_id=rows[0].source_id,
            licence=source.licence or LICENCE,
            origin=MODEL,
            detail=f"openorca row of {batch.address}, {by}",
        )
    except NoPair as reason:
        return NotAPair(rows, reason.reason, reason.detail)
    return Candidate(pair, rows)
