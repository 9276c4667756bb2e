"""Encoded examples: token ids of a prompt and its replies, best first, as the plan stores them for the tree engine."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from acord.tree.pack import Item
from acord.tree.trie import ScoredRange, TokenSequence

Ids = tuple[int, ...]

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("group", pa.string()),
        ("language", pa.string()),
        ("source", pa.string()),
        ("split", pa.string()),
        ("weight", pa.float64()),
        ("prompt_ids", pa.list_(pa.int32())),
        ("replies", pa.list_(pa.list_(pa.int32()))),
        ("ranks", pa.list_(pa.int32())),
    ]
)


@dataclass(frozen=True)
class Example:
    """One unit of training as tokens: a pair (two replies), a ranking (two or more) or a single reply.

    replies: in rank order, the best first; every token of a reply is scored, the end of its turn included. ranks: 0 is
    best; equal ranks are ties. group: the conversation, whose examples share prefixes.
    """

    id: str
    group: str
    language: str
    source: str
    split: str
    weight: float
    prompt_ids: Ids
    replies: tuple[Ids, ...]
    ranks: tuple[int, ...]


def items_of(examples: Sequence[Example]) -> list[Item]:
    """One item an example: a sequence for each reply, in order, sharing within the conversation."""
    return [
        Item(
            example.group,
            tuple(
                TokenSequence(
                    example.prompt_ids + reply,
                    (ScoredRange(len(example.prompt_ids), len(example.prompt_ids) + len(reply)),),
                )
                for reply in example.replies
            ),
        )
        for example in examples
    ]


def write_encoded(examples: Sequence[Example], path: Path) -> None:
    """Write examples as parquet, in the order given."""
    pq.write_table(pa.Table.from_pylist([asdict(example) for example in examples], SCHEMA), path, compression="zstd")


def read_encoded(path: Path) -> list[Example]:
    """Read what write_encoded wrote."""
    return [
        Example(
            **{
                **row,
                "prompt_ids": tuple(row["prompt_ids"]),
                "replies": tuple(tuple(reply) for reply in row["replies"]),
                "ranks": tuple(row["ranks"]),
            }
        )
        for row in pq.read_table(path, schema=SCHEMA).to_pylist()
    ]
