"""Figures of the training computed again: losses and tokens from metrics.jsonl, held-out figures from held_out.parquet.

The formulas are those of acord.align.metrics, which this calls; they need no model.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from acord.align.totals import totals
from acord.card.checks import Checks, Stated
from acord.card.evidence import HELD_OUT, METRICS, REPLIES, Evidence
from acord.card.prompt_answers import AGAIN
from acord.errors import InputError

ALIGN = "align/manifest.json"


def check_training(evidence: Evidence, checks: Checks) -> None:
    """The align manifest's figures against metrics.jsonl and held_out.parquet."""
    if "align" not in evidence.manifests:
        return
    figures = evidence.figures("align")
    for key, value in _totals(evidence).items():
        checks.same(ALIGN, ("figures", key), value, figures.get(key))
    if "plan" in evidence.manifests:
        checks.same(ALIGN, ("figures", "steps"), evidence.figures("plan")["steps"], figures.get("steps"))
    checks.stated.append(Stated("steps"))
    if "held_out" not in figures:
        return
    computed = _held_out(evidence)
    for when, value in computed.items():
        checks.same(ALIGN, ("figures", "held_out", when), value, figures["held_out"].get(when))
    if "held_out_by_step" in figures:
        last = str(figures["steps"])
        by_step = figures["held_out_by_step"]
        checks.same(ALIGN, ("figures", "held_out_by_step", last), computed["after"], by_step.get(last))
        checks.stated.append(Stated("checkpoints"))


def reply_rows(evidence: Evidence) -> list[dict[str, Any]]:
    """Of every held-out example its id, and its replies' ranks and lengths in tokens. Raises InputError."""
    return _rows(evidence, REPLIES, ("id", "ranks", "tokens"))


def _totals(evidence: Evidence) -> dict[str, Any]:
    try:
        return totals(evidence.metrics)
    except (KeyError, TypeError):
        raise InputError("a line is not one of a training", where=str(evidence.folder / METRICS), fix=AGAIN) from None


def _held_out(evidence: Evidence) -> dict[str, Any]:
    # It brings torch in, which costs seconds: not for cards without held-out pairs.
    from acord.align.encoded import Example
    from acord.align.metrics import Scored, all_metrics

    replies = {row["id"]: row for row in reply_rows(evidence)}
    scored: dict[str, list[Scored]] = {"before": [], "after": []}
    for row in _rows(evidence, HELD_OUT, ("id", "language", "source", "logp_before", "logp_after")):
        known = replies.get(row["id"])
        if known is None:
            where = str(evidence.folder / REPLIES)
            raise InputError(f"the pair {row['id']} of held_out.parquet is missing", where=where, fix=AGAIN)
        # Of a reply's tokens only their number counts here.
        lengths = tuple((0,) * number for number in known["tokens"])
        example = Example(
            row["id"], "", row["language"], row["source"], "held_out", 1.0, (), lengths, tuple(known["ranks"])
        )
        for when, told in scored.items():
            told.append(Scored(example, tuple(row[f"logp_{when}"]), tuple(row["logp_before"])))
    return {when: all_metrics(told, evidence.recipe.align.beta) for when, told in scored.items()}


def _rows(evidence: Evidence, name: str, columns: Sequence[str]) -> list[dict[str, Any]]:
    path = evidence.folder / name
    try:
        rows: list[dict[str, Any]] = pq.read_table(path, columns=list(columns)).to_pylist()
    except (OSError, pa.ArrowException):
        raise InputError("this is no table of held-out pairs", where=str(path), fix=AGAIN) from None
    if rows and set(rows[0]) != set(columns):
        raise InputError("a column is missing", where=str(path), fix=AGAIN)
    return rows
