"""lm-evaluation-harness's logged samples as items, whether they come from its own process or from a file."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from acord.evaluate.results import Item
from acord.evaluate.suite import Row


def item_of(row: Row, sample: dict[str, Any]) -> Item:
    """One logged sample of the harness as an item of a row. Raises KeyError for a field that is not there."""
    answer = sample["filtered_resps"]
    of_choices = bool(answer) and isinstance(answer[0], tuple | list)
    metric = sample[row.metric]
    document = sample["doc"]
    return Item(
        item=int(sample["doc_id"]),
        document=str(sample.get("doc_hash") or _document_hash(document)),
        cluster=None if row.cluster is None else str(document[row.cluster]),
        score=float(metric) if isinstance(metric, bool | int | float | np.number) else None,
        raw=json.dumps(metric, ensure_ascii=False, default=_plain),
        prediction=str(_likeliest(answer)) if of_choices else _text(answer[0] if answer else ""),
        gold=_text(sample["target"]),
        choices=len(answer) if of_choices else None,
    )


def _likeliest(answer: Sequence[Sequence[Any]]) -> int:
    return int(np.argmax([float(logp) for logp, *_ in answer]))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray | set):
        return list(value)
    return str(value)


def _document_hash(document: Any) -> str:
    """As lm-evaluation-harness hashes a document."""
    return hashlib.sha256(json.dumps(document, indent=2, ensure_ascii=False).encode()).hexdigest()
