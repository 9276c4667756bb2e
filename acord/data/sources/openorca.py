"""OpenOrca (Open-Orca/OpenOrca): instructions answered by GPT-4 and, in another file, by GPT-3.5.

It is no preference set. A pair joins the two answers to exactly the same system prompt and question; that the stronger
model's is chosen is an assumption, not a judgement: the origin is `model`.
"""

import hashlib
import tempfile
from collections.abc import Iterator
from typing import IO, NamedTuple

from acord.data.language_names import tag_of_code
from acord.data.ledger import Candidate, Ledger, RowKey
from acord.data.locate import Inputs
from acord.data.pairs import MODEL, make_pair
from acord.data.read import Row, SourceFile, read_rows
from acord.data.sources.each_row import check_language
from acord.data.turns import SYSTEM, USER, NoPair, text_fault
from acord.recipe import Source

LICENCE = "MIT"
COLUMNS = ("id", "system_prompt", "question", "response")
REPEATED = "repeated prompt"
UNMATCHED = "no reply to the same prompt on the other side"


class _Reply(NamedTuple):
    row: RowKey
    start: int
    bytes: int


def read_openorca(source: Source, inputs: Inputs, ledger: Ledger) -> Iterator[Candidate]:
    """Pairs in the order of `path` (chosen); `against` gives the rejected replies. The first row of a prompt counts.

    Memory holds a hash and a few numbers a prompt; the rejected replies wait in a temporary file. `path` is read
    twice, so that only replies with a partner are put there. Raises InputError for a missing column.
    """
    with tempfile.TemporaryFile() as texts:
        prompts = _first_rows(inputs.files, ledger)
        rejected = _rejected_replies(inputs.against, ledger, prompts, texts)
        number = -1
        for row in _rows(inputs.files, COLUMNS):
            number += 1
            key = _prompt_hash(row)
            if prompts.get(key) != number:
                continue
            chosen_row = RowKey(number, _row_id(row))
            match = rejected.get(key)
            if match is None:
                ledger.drop(chosen_row, UNMATCHED, "only on the chosen side")
                continue
            texts.seek(match.start)
            reply = texts.read(match.bytes).decode("utf-8", "surrogatepass")
            yield from _joined(row, reply, (chosen_row, match.row), source, ledger)


def _rows(files: tuple[SourceFile, ...], columns: tuple[str, ...]) -> Iterator[Row]:
    for file in files:
        yield from read_rows(file, columns)


def _row_id(row: Row) -> str:
    return row.identifier("id") or row.default_id


def _prompt_hash(row: Row) -> bytes:
    hashed = hashlib.blake2b(digest_size=16)
    for text in (row.text("system_prompt"), row.text("question")):
        encoded = text.encode("utf-8", "surrogatepass")
        hashed.update(len(encoded).to_bytes(8, "big") + encoded)
    return hashed.digest()


def _first_rows(files: tuple[SourceFile, ...], ledger: Ledger) -> dict[bytes, int]:
    """The chosen side's first row of each prompt; the others are dropped."""
    first: dict[bytes, int] = {}
    for row in _rows(files, COLUMNS):
        number = ledger.add()
        fault = text_fault(row.text("question")) or text_fault(row.text("response"))
        if fault is not None:
            ledger.drop(RowKey(number, _row_id(row)), fault, "on the chosen side")
        elif first.setdefault(_prompt_hash(row), number) != number:
            ledger.drop(RowKey(number, _row_id(row)), REPEATED, "on the chosen side")
    return first


def _rejected_replies(
    files: tuple[SourceFile, ...], ledger: Ledger, wanted: dict[bytes, int], texts: IO[bytes]
) -> dict[bytes, _Reply]:
    """The rejected side's first reply to each wanted prompt, its text put away in `texts`; the others are dropped."""
    found: dict[bytes, _Reply] = {}
    for row in _rows(files, COLUMNS):
        key = RowKey(ledger.add(), _row_id(row))
        prompt = _prompt_hash(row)
        response = row.text("response")
        fault = text_fault(response)
        if fault is not None:
            ledger.drop(key, fault, "on the rejected side")
        elif prompt not in wanted:
            ledger.drop(key, UNMATCHED, "only on the rejected side")
        elif prompt in found:
            ledger.drop(key, REPEATED, "on the rejected side")
        else:
            start = texts.tell()
            found[prompt] = _Reply(key, start, texts.write(response.encode()))
    return found


def _joined(
    row: Row, rejected: str, rows: tuple[RowKey, RowKey], source: Source, ledger: Ledger
) -> Iterator[Candidate]:
    system, question = row.text("system_prompt"), row.text("question")
    turns = [{"role": SYSTEM, "content": system}] if system and not system.isspace() else []
    language = tag_of_code(source.language or "en")
    try:
        check_language(language, source)
        pair = make_pair(
            prompt=[*turns, {"role": USER, "content": question}],
            chosen=row.text("response"),
            rejected=rejected,
            language=language,
            source=source.name,
            source_id=rows[0].source_id,
            licence=source.licence or LICENCE,
            origin=MODEL,
            detail=f"openorca row of {row.file.address}, rejected reply from row {rows[1].source_id}",
        )
    except NoPair as reason:
        for key in rows:
            ledger.drop(key, reason.reason, reason.detail)
    else:
        yield Candidate(pair, rows)
