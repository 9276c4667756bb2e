"""HH transcripts (anthropics/hh-rlhf): two whole dialogues that part at the last assistant turn.

A transcript is a text in which "\\n\\nHuman: " and "\\n\\nAssistant: " begin the turns. A marker that stands elsewhere
(after spaces, in the middle of a line) is text, as the people who wrote it left it.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from acord.data.language_names import tag_of_code
from acord.data.ledger import Candidate, Ledger
from acord.data.locate import Inputs
from acord.data.pairs import HUMAN, Pair, make_pair
from acord.data.row import NoPair, Row
from acord.data.sources.each_row import each_row_a_pair
from acord.data.turns import ASSISTANT, Turn, role_of
from acord.recipe import Source

LICENCE = "MIT"
COLUMNS = ("chosen", "rejected", "id")
MARKER = re.compile(r"\n\n(Human|Assistant): ?")
PROMPTS_DIFFER = "the prompts differ"


class Transcript(NamedTuple):
    """A dialogue parted before its last turn. merged: a speaker's consecutive turns that were made one."""

    prompt: list[Turn]
    reply: str
    merged: int


def read_hh(source: Source, inputs: Inputs, ledger: Ledger) -> Iterator[Candidate]:
    """A pair from every row whose transcripts share the prompt.

    A reply without words is kept: people compared it with the other one, and preferred or rejected silence.
    """
    return each_row_a_pair(
        source,
        inputs,
        ledger,
        columns=COLUMNS,
        row_id=lambda row: row.name("id"),
        parse=lambda row: _pair(row, source),
    )


def _pair(row: Row, source: Source) -> Pair:
    chosen = parse_transcript(row.text("chosen"), "chosen")
    rejected = parse_transcript(row.text("rejected"), "rejected")
    if chosen.prompt != rejected.prompt or chosen.merged != rejected.merged:
        raise NoPair(PROMPTS_DIFFER, f"{len(chosen.prompt)} and {len(rejected.prompt)} turns before the last reply")
    note = f", {chosen.merged} consecutive turns of one speaker merged" if chosen.merged else ""
    return make_pair(
        prompt=chosen.prompt,
        chosen=chosen.reply,
        rejected=rejected.reply,
        language=tag_of_code(source.language or "en"),
        source=source.name,
        source_id=row.identifier("id") or row.default_id,
        licence=source.licence or LICENCE,
        origin=HUMAN,
        detail=f"hh transcripts of {row.file.address}{note}",
        replies_may_be_empty=True,
    )


def parse_transcript(text: str, side: str) -> Transcript:
    """The turns before the last one, and the last one, which is the assistant's.

    Consecutive turns of one speaker in the prompt become one, joined by a blank line, since templates alternate.
    Raises NoPair for a text that does not begin with a marker, or does not end with an assistant turn.
    """
    parts = MARKER.split(text)
    if parts[0].strip() or len(parts) < 3:
        raise NoPair("no transcript", f"{side} does not begin with a Human or Assistant turn")
    turns = [
        {"role": str(role_of(speaker)), "content": content}
        for speaker, content in zip(parts[1::2], parts[2::2], strict=True)
    ]
    last = turns.pop()
    if last["role"] != ASSISTANT:
        raise NoPair("the transcript does not end with an assistant turn", side)
    prompt: list[Turn] = []
    for turn in turns:
        if prompt and prompt[-1]["role"] == turn["role"]:
            prompt[-1]["content"] += "\n\n" + turn["content"]
        else:
            prompt.append(turn)
    return Transcript(prompt, last["content"], len(turns) - len(prompt))
