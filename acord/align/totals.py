"""What a training's steps come to, from metrics.jsonl: for its manifest, and for whoever checks that."""

from collections.abc import Mapping, Sequence
from typing import Any


def totals(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """First and last loss, and sums over the steps. Raises KeyError, TypeError for what are no records of steps."""
    losses = [record["loss"] for record in records if not record["skipped"]]
    return {
        "steps": len(records),
        "skipped_updates": len(records) - len(losses),
        "loss_first": losses[0] if losses else None,
        "loss_last": losses[-1] if losses else None,
        "pairs": sum(record["pairs"] for record in records),
        "tokens_distinct": sum(record["tokens_distinct"] for record in records),
        "tokens_unshared": sum(record["tokens_unshared"] for record in records),
        "seconds": round(sum(record["seconds"] for record in records), 2),
    }
