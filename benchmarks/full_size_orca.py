"""OpenOrca's two files, invented to its schema: id, system_prompt, question, response.

Batches of questions that stand in both files are made twice, from the same draws, one file after the other; each file
has its own order, so that a reader cannot join them by place.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from invented_text import Inventor, words_of

GPT4, GPT35, SHARED = 994_896, 3_239_019, 700_000
GPT4_FILE, GPT35_FILE = "1M-GPT4-Augmented.parquet", "3_5M-GPT3_5-Augmented.parquet"
BATCH = 20_000
QUESTION, RESPONSE = 700.0, 700.0
# Shares of the rows of a file, or of the questions in both.
REPEATED, NEAR, SAME_IN_FORM, BOILERPLATE, EMAIL, DEBRIS, CIRCLES, FOREIGN = (
    *(0.005, 0.01, 0.003, 0.01, 0.01, 0.002, 0.003, 0.005),
)  # fmt: skip
COLLECTIONS = (("flan", 0.57), ("t0", 0.34), ("niv", 0.06), ("cot", 0.03))
SYSTEMS = (
    "",
    "Answer as well as you can, and say why.",
    "You explain things to a child of five.",
    "Take the task step by step, and show each step.",
    "You help people find what they look for. Give a long answer, so that nobody has to search elsewhere.",
    "Be faithful to the text that you are given.",
    "You know many languages and can translate from any of them.",
    "Give your answer first. Then say how you came to it.",
)
SCHEMA = pa.schema([(name, pa.string()) for name in ("id", "system_prompt", "question", "response")])
ENGLISH, SPANISH = 0, 1


@dataclass(frozen=True)
class Batch:
    """Rows to make. kind: `shared`, `gpt4` or `gpt35`. repeated: rows at its end that repeat its first questions."""

    kind: str
    number: int
    rows: int
    repeated: int


@dataclass(frozen=True)
class _Planted:
    """Which rows of a shared batch have something planted, the same in both files; free: the rows that have nothing."""

    near: dict[int, int]
    same: Any
    faults: dict[str, Any]
    free: Any


def write_orca(folder: Path, side: str, *, scale: float, seed: int) -> dict[str, int]:
    """Write one of the files, `gpt4` or `gpt35`; returns what was planted in it."""
    total = round((GPT4 if side == "gpt4" else GPT35) * scale)
    shared = min(round(SHARED * scale), total)
    repeated = min(round(total * REPEATED), shared, total - shared)
    batches = [
        *_batches("shared", shared, repeated),
        *_batches(side, total - shared - repeated, 0),
    ]
    inventor = Inventor()
    place = 0 if side == "gpt4" else 1
    order = np.random.default_rng([seed, 9, place]).permutation(len(batches))
    truth = {"rows": 0, "repeated": 0}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (GPT4_FILE if side == "gpt4" else GPT35_FILE)
    with pq.ParquetWriter(
        path, SCHEMA, compression="zstd", compression_level=1, use_dictionary=["system_prompt"]
    ) as out:
        for number in order:
            batch = batches[number]
            table, planted = _table(inventor, batch, side, seed, first=truth["rows"])
            out.write_table(table)
            truth["rows"] += batch.rows + batch.repeated
            truth["repeated"] += batch.repeated
            for name, count in planted.items():
                truth[name] = truth.get(name, 0) + count
    return truth


def _batches(kind: str, rows: int, repeated: int) -> list[Batch]:
    """Batches of like size; the repeated rows are spread over them."""
    count = -(-rows // BATCH)
    sizes = [rows * (number + 1) // count - rows * number // count for number in range(count)]
    again = [repeated * (number + 1) // count - repeated * number // count for number in range(count)]
    return [Batch(kind, number, size, more) for number, (size, more) in enumerate(zip(sizes, again, strict=True))]


def _table(inventor: Inventor, batch: Batch, side: str, seed: int, *, first: int) -> tuple[Any, dict[str, int]]:
    kind = ("shared", "gpt4", "gpt35").index(batch.kind)
    rng = np.random.default_rng([seed, 1, kind, batch.number])
    near = _pairs(rng, batch.rows, NEAR) if batch.kind == "shared" else {}
    english = np.zeros(batch.rows, np.int64)
    words = words_of(rng, batch.rows, QUESTION, 0.9)
    question = inventor.texts(rng, words, english.copy(), nearly=near).array
    system = _systems(rng, batch.rows, near)
    nothing = _Planted({}, np.empty(0, np.int64), {}, np.arange(batch.rows))
    planted = _planted(rng, batch.rows, near) if batch.kind == "shared" else nothing

    own = np.random.default_rng([seed, 2, kind, batch.number, side == "gpt4"])
    rows = batch.rows + batch.repeated
    languages = np.zeros(rows, np.int64)
    faults = planted.faults if side == "gpt4" else {}
    languages[faults.get("foreign", [])] = SPANISH
    response = inventor.texts(
        own,
        words_of(own, rows, RESPONSE, 0.8),
        languages,
        first={"boilerplate": faults.get("boilerplate", [])},
        last={"email": faults.get("email", []), "debris": faults.get("debris", [])},
        whole={"same" if side == "gpt4" else "same_in_form": planted.same},
        circles=faults.get("circles", []),
    ).array
    # Of a prompt that stands twice the first counts, whichever it is: so nothing is planted in either.
    again = pa.array(np.concatenate([np.arange(batch.rows), planted.free[: batch.repeated]]))
    columns = [_ids(own, rows, first), system.take(again), question.take(again), response]
    mixed = pa.array(own.permutation(rows))
    counts = {"shared": batch.rows if batch.kind == "shared" else 0, "near": len(planted.near)}
    counts |= {"same_in_form": len(planted.same)} | {name: len(rows) for name, rows in faults.items()}
    return pa.Table.from_arrays(columns, schema=SCHEMA).take(mixed), counts


def _pairs(rng: Any, rows: int, share: float) -> dict[int, int]:
    """Text -> the text that it nearly repeats: distinct rows, each in one such pair at most."""
    chosen = rng.permutation(rows)[: 2 * round(rows * share)].tolist()
    return dict(zip(chosen[::2], chosen[1::2], strict=True))


def _planted(rng: Any, rows: int, near: dict[int, int]) -> _Planted:
    """Faults stand in rows of their own, so that each has one reason to be dropped."""
    taken = [*near, *near.values()]
    free = np.setdiff1d(rng.permutation(rows), taken)
    rng.shuffle(free)
    shares = {"same": SAME_IN_FORM, "boilerplate": BOILERPLATE, "email": EMAIL, "debris": DEBRIS, "circles": CIRCLES}
    shares["foreign"] = FOREIGN
    chosen: dict[str, Any] = {}
    start = 0
    for name, share in shares.items():
        count = round(rows * share)
        chosen[name] = free[start : start + count]
        start += count
    return _Planted(near, chosen.pop("same"), chosen, free[start:])


def _systems(rng: Any, rows: int, near: dict[int, int]) -> Any:
    drawn = rng.integers(0, len(SYSTEMS), rows)
    drawn[[*near]] = drawn[[*near.values()]]
    return pa.array(SYSTEMS).take(pa.array(drawn))


def _ids(rng: Any, rows: int, first: int) -> Any:
    names, shares = zip(*COLLECTIONS, strict=True)
    prefix = pa.array([f"{name}." for name in names]).take(pa.array(rng.choice(len(names), rows, p=shares)))
    return pc.binary_join_element_wise(prefix, pa.array(np.arange(first, first + rows)).cast(pa.string()), "")
