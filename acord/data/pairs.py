"""The pair: one prompt with a chosen and a rejected reply, and where it comes from. Table and reader."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from acord import __version__
from acord.data.turns import USER, Turn, check_prompt, check_replies

PAIRS_FILE = "pairs.parquet"
DROPPED_FILE = "dropped.parquet"
TRAIN, HELD_OUT = "train", "held_out"
HUMAN, MODEL, TRANSLATED, UNKNOWN = "human", "model", "translated", "unknown"
ORIGINS = (HUMAN, MODEL, TRANSLATED, UNKNOWN)

# Made once: json.dumps makes an encoder for every call that asks for anything unusual.
_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_TEXT = pa.string()
PAIRS_SCHEMA = pa.schema(
    [
        ("id", _TEXT),
        ("prompt", pa.list_(pa.struct([("role", _TEXT), ("content", _TEXT)]))),
        ("chosen", _TEXT),
        ("rejected", _TEXT),
        ("language", _TEXT),
        ("source", _TEXT),
        ("source_id", _TEXT),
        ("licence", _TEXT),
        ("group", _TEXT),
        ("prompt_id", _TEXT),
        ("chosen_id", _TEXT),
        ("rejected_id", _TEXT),
        ("chosen_rank", pa.int32()),
        ("rejected_rank", pa.int32()),
        ("margin", pa.float64()),
        ("weight", pa.float64()),
        ("origin", _TEXT),
        ("split", _TEXT),
        (
            "lineage",
            pa.list_(pa.struct([("step", _TEXT), ("tool", _TEXT), ("version", _TEXT), ("detail", _TEXT)])),
        ),
    ]
)
DROPPED_SCHEMA = pa.schema([("source", _TEXT), ("source_id", _TEXT), ("reason", _TEXT), ("detail", _TEXT)])


@dataclass(frozen=True, slots=True)
class LineageStep:
    """Something that was done to a pair: the step, the tool and version that did it, and the particulars."""

    step: str
    tool: str
    version: str
    detail: str


@dataclass(frozen=True, slots=True)
class Pair:
    """One row of pairs.parquet.

    id: hash of prompt, chosen and rejected. prompt: turns {role, content}, the last one the user's. group: the
    conversation, which splitting, shuffling and sharing keep together. ranks: 0 is best, None where the source ranks
    nothing. margin: how much better, on the source's scale, or None. origin: of the preference, `human`, `model`,
    `translated` or `unknown`. split: `train` or `held_out`.
    """

    id: str
    prompt: list[Turn]
    chosen: str
    rejected: str
    language: str
    source: str
    source_id: str
    licence: str
    group: str
    prompt_id: str
    chosen_id: str
    rejected_id: str
    chosen_rank: int | None
    rejected_rank: int | None
    margin: float | None
    weight: float
    origin: str
    split: str
    lineage: tuple[LineageStep, ...]


def digest(value: Any) -> str:
    """The first 32 hex digits of the SHA-256 of a value's canonical JSON (sorted keys, no spaces, UTF-8)."""
    return hashlib.sha256(_CANONICAL.encode(value).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def pair_id(prompt: list[Turn], chosen: str, rejected: str) -> str:
    """The id of a pair: it depends on nothing but the texts and roles."""
    return digest({"prompt": prompt, "chosen": chosen, "rejected": rejected})


def conversation_group(prompt: list[Turn]) -> str:
    """A group for sources that name no conversation: all that starts with the same user turn belongs together."""
    return digest(next(turn["content"] for turn in prompt if turn["role"] == USER))


def make_pair(
    *,
    prompt: list[Turn],
    chosen: str,
    rejected: str,
    language: str,
    source: str,
    source_id: str,
    licence: str,
    origin: str,
    detail: str,
    group: str | None = None,
    prompt_id: str | None = None,
    chosen_id: str | None = None,
    rejected_id: str | None = None,
    chosen_rank: int | None = None,
    rejected_rank: int | None = None,
    margin: float | None = None,
    weight: float = 1.0,
    replies_may_be_empty: bool = False,
) -> Pair:
    """A pair in the train split, read from a source. Ids that the source does not bring are hashes of the texts.

    detail: the particulars of the lineage's read step. Raises NoPair where the texts cannot be a pair.
    """
    check_prompt(prompt)
    check_replies(chosen, rejected, may_be_empty=replies_may_be_empty)
    return Pair(
        id=pair_id(prompt, chosen, rejected),
        prompt=prompt,
        chosen=chosen,
        rejected=rejected,
        language=language,
        source=source,
        source_id=source_id,
        licence=licence,
        group=group or conversation_group(prompt),
        prompt_id=prompt_id or digest(prompt),
        chosen_id=chosen_id or digest([prompt, chosen]),
        rejected_id=rejected_id or digest([prompt, rejected]),
        chosen_rank=chosen_rank,
        rejected_rank=rejected_rank,
        margin=margin,
        weight=weight,
        origin=origin,
        split=TRAIN,
        lineage=(LineageStep("read", "acord", __version__, detail),),
    )


def with_texts(pair: Pair, prompt: list[Turn], chosen: str, rejected: str, step: LineageStep) -> Pair:
    """The pair with other texts, the id that goes with them, and the step that changed them."""
    identity = pair_id(prompt, chosen, rejected)
    return replace(pair, id=identity, prompt=prompt, chosen=chosen, rejected=rejected, lineage=(*pair.lineage, step))


def pair_row(pair: Pair) -> tuple[Any, ...]:
    """A pair as a row of PAIRS_SCHEMA, values in the schema's order."""
    values = [getattr(pair, name) for name in PAIRS_SCHEMA.names]
    return (*values[:-1], [asdict(step) for step in pair.lineage])


def read_pairs(folder: Path) -> list[Pair]:
    """Every pair of a folder that `build_pairs` wrote, in the table's order."""
    with pq.ParquetFile(folder / PAIRS_FILE) as table:
        return [_pair(row) for batch in table.iter_batches() for row in batch.to_pylist()]


def _pair(row: dict[str, Any]) -> Pair:
    return Pair(**{**row, "lineage": tuple(LineageStep(**step) for step in row["lineage"])})
