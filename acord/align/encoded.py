"""Encoded pairs: token ids of prompt and replies, as the plan stores them and the tree engine takes them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from acord.tree.pack import Item
from acord.tree.trie import ScoredRange, TokenSequence

_IDS = pa.list_(pa.int32())
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("group", pa.string()),
        ("language", pa.string()),
        ("source", pa.string()),
        ("split", pa.string()),
        ("weight", pa.float64()),
        ("prompt_ids", _IDS),
        ("chosen_ids", _IDS),
        ("rejected_ids", _IDS),
        ("turns_dropped", pa.int32()),
        ("boundary_merges", pa.int32()),
    ]
)


@dataclass(frozen=True)
class EncodedPair:
    """One pair as tokens. Every token of a reply is scored, the end of its turn included."""

    id: str
    group: str
    language: str
    source: str
    split: str
    weight: float
    prompt_ids: tuple[int, ...]
    chosen_ids: tuple[int, ...]
    rejected_ids: tuple[int, ...]
    turns_dropped: int
    boundary_merges: int


def items_of(pairs: Sequence[EncodedPair]) -> list[Item]:
    """One item a pair: its chosen and its rejected sequence, in that order, sharing within the conversation."""
    return [
        Item(
            pair.group,
            tuple(
                TokenSequence(
                    pair.prompt_ids + reply,
                    (ScoredRange(len(pair.prompt_ids), len(pair.prompt_ids) + len(reply)),),
                )
                for reply in (pair.chosen_ids, pair.rejected_ids)
            ),
        )
        for pair in pairs
    ]


def write_encoded(pairs: Sequence[EncodedPair], path: Path) -> None:
    """Write encoded pairs as parquet, in the order given."""
    pq.write_table(pa.Table.from_pylist([asdict(pair) for pair in pairs], SCHEMA), path, compression="zstd")


def read_encoded(path: Path) -> list[EncodedPair]:
    """Read what write_encoded wrote."""
    rows = pq.read_table(path, schema=SCHEMA).to_pylist()
    ids = ("prompt_ids", "chosen_ids", "rejected_ids")
    return [EncodedPair(**{**row, **{name: tuple(row[name]) for name in ids}}) for row in rows]
