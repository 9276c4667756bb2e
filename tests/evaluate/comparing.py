"""Results with items on disk, for tests of comparisons: 0 and 1 by item, written as letters."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from acord.evaluate.results import Item, ModelId, Results, RowResult, write_items
from acord.evaluate.suite import Row, Suite


def row(identity: str, language: str = "va", **changes: Any) -> Row:
    fields = {"label": identity.upper(), "kind": "Question Answering", "task": identity, "metric": "acc", "chance": 0.0}
    return Row(id=identity, language=language, **{**fields, **changes})


def suite(*rows: Row) -> Suite:
    return Suite(name="mine", title="Mine", rows=rows)


def items(scores: Sequence[float], *, start: int = 0, documents: str = "d") -> list[Item]:
    """Items of two choices: the right one alternates, and a score of 1 is that one chosen."""
    made = []
    for index, score in enumerate(scores, start=start):
        gold = index % 2
        prediction = gold if score else 1 - gold
        identity = f"{documents}{index}"
        made.append(Item(index, identity, None, float(score), json.dumps(score), str(prediction), str(gold), 2))
    return made


def results(
    name: str, of_rows: Mapping[Row, Sequence[float] | list[Item]], folder: Path, *, verified: bool = True
) -> Results:
    """Results of one model: scores by row, or items; a row with none has no value."""
    rows = []
    for one, scores in of_rows.items():
        made = list(scores) if scores and isinstance(scores[0], Item) else items(scores)
        rows.append(result_of(one, made, folder / name, verified))
    return Results(ModelId(name, f"models/{name}", "0" * 64), "mine", tuple(rows), {}, folder / name)


def result_of(one: Row, made: Sequence[Item], folder: Path, verified: bool = True) -> RowResult:
    file = f"items/{one.id}.parquet"
    values = [item.score or 0.0 for item in made]
    return RowResult(
        row=one.id,
        task=one.task,
        metric=one.metric,
        filter=one.filter,
        shots=one.shots,
        template=one.template,
        value=sum(values) / len(values) if values else None,
        stderr=0.01 if values else None,
        n=len(values),
        items=file if values else None,
        items_sha256=write_items(made, folder / file) if values else None,
        reason=None if values else "the data are not here",
        verified=verified,
        seconds=1.0,
    )


def right(count: int, of: int) -> list[int]:
    """The first `count` of `of` items right."""
    return [1] * count + [0] * (of - count)
