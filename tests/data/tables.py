"""The two tables of built pairs, written by hand: what a build leaves, without a build."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from acord.data.pairs import DROPPED_FILE, DROPPED_SCHEMA, PAIRS_FILE, PAIRS_SCHEMA, digest, pair_id

READ = {"step": "read", "tool": "acord", "version": "0", "detail": "pair row of rows.jsonl"}


def step(name: str, detail: str = "", tool: str = "acord", version: str = "0") -> dict[str, str]:
    """A lineage step."""
    return {"step": name, "tool": tool, "version": version, "detail": detail}


def pair_row(prompt: str | list[tuple[str, str]] = "Ask", chosen: str = "good", rejected: str = "bad", **more: Any):
    """A row of pairs.parquet. prompt: one user turn, or turns (role, content). steps: after the reading."""
    turns = [("user", prompt)] if isinstance(prompt, str) else prompt
    messages = [{"role": role, "content": content} for role, content in turns]
    lineage = [more.pop("read", READ), *more.pop("steps", ())]
    row = {
        "id": pair_id(messages, chosen, rejected),
        "prompt": messages,
        "chosen": chosen,
        "rejected": rejected,
        "language": "en",
        "source": "one",
        "source_id": f"row:{prompt}",
        "licence": "MIT",
        "group": digest(messages[0]),
        "prompt_id": digest(messages),
        "chosen_id": digest(chosen),
        "rejected_id": digest(rejected),
        "chosen_rank": None,
        "rejected_rank": None,
        "margin": None,
        "weight": 1.0,
        "origin": "human",
        "split": "train",
        "lineage": lineage,
    }
    return row | more


def dropped_row(reason: str, source_id: str = "x", source: str = "one", detail: str = "") -> dict[str, str]:
    """A row of dropped.parquet."""
    return {"source": source, "source_id": source_id, "reason": reason, "detail": detail}


def write_tables(
    folder: Path, pairs: Sequence[dict[str, Any]], dropped: Sequence[dict[str, str]] = (), rows_a_group: int = 4_096
) -> Path:
    """Both tables into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows, schema in ((PAIRS_FILE, pairs, PAIRS_SCHEMA), (DROPPED_FILE, dropped, DROPPED_SCHEMA)):
        pq.write_table(pa.Table.from_pylist(list(rows), schema), folder / name, row_group_size=rows_a_group)
    return folder
