"""The last step of the stage `pairs`: both tables, and the figures."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from acord.console import track
from acord.data.choose import NEAR, TWIN, Chooser
from acord.data.kept import Totals
from acord.data.ledger import RowCounts, by_count
from acord.data.mix import Cell
from acord.data.pairs import DROPPED_FILE, DROPPED_SCHEMA, HELD_OUT, PAIRS_FILE, PAIRS_SCHEMA, pair_row
from acord.data.split import corrections
from acord.data.supply import BEYOND, DUPLICATE, Supply
from acord.data.tables import TableWriter
from acord.errors import InputError
from acord.recipe import Data, Source


def write_tables(
    data: Data, supplies: Mapping[str, Supply], chooser: Chooser, folder: Path, *, seed: int
) -> dict[str, Any]:
    """Write pairs.parquet and dropped.parquet; returns the figures. Raises InputError for a source without a pair.

    Without quotas, where chance left one split empty, one conversation moves to it.
    """
    moved = corrections(chooser.splits, seed=seed, share=data.held_out) if data.quotas is None else {}
    totals = Totals()
    rows: dict[str, RowCounts] = {}
    with (
        TableWriter(folder / PAIRS_FILE, PAIRS_SCHEMA) as pairs,
        TableWriter(folder / DROPPED_FILE, DROPPED_SCHEMA) as dropped,
        track("write", sum(map(len, chooser.kept.values())), "pairs") as tracker,
    ):
        for source in data.sources:
            supply, kept = supplies[source.name], chooser.kept[source.name]
            for pair, used in kept.in_reading_order():
                written = replace(pair, split=moved.get(pair.group, pair.split))
                supply.ledger.use(used)
                totals.count(written)
                pairs.write(pair_row(written))
                tracker.advance()
            rows[source.name] = supply.close(dropped.write)
            # A source whose pairs others have, or that was not needed, is no mistake: it may still be translated.
            if not len(kept) and not {BEYOND, DUPLICATE, NEAR, TWIN} & rows[source.name].dropped_by_reason.keys():
                raise _nothing_learnt(source, rows[source.name])
    return _figures(totals, rows)


def quota_figures(cells: Sequence[Cell], asked: Mapping[str, int], supply: Mapping[str, Mapping[str, int]]) -> Any:
    """By language: pairs asked for, taken, held out on top, and candidates before filters."""
    return {
        language: {
            "asked": number,
            "taken": sum(cell.taken for cell in cells if cell.language == language),
            "held_out": sum(cell.held_out for cell in cells if cell.language == language),
            "supply": sum(one.get(language, 0) for one in supply.values()),
        }
        for language, number in asked.items()
    }


def _nothing_learnt(source: Source, counts: RowCounts) -> InputError:
    reasons = counts.dropped_by_reason
    if len(reasons) == 1:
        (reason,) = reasons
        what = f"all {counts.rows_in:,} rows were dropped: {reason}"
    else:
        listed = ", ".join(f"{number:,} {reason}" for reason, number in reasons.items())
        what = f"none of the {counts.rows_in:,} rows makes a pair ({listed})"
    places = ", ".join(source.paths) if source.translate is None else f"translated from {source.translate.from_}"
    return InputError(
        f"{what}; nothing to learn from",
        where=f"source {source.name} ({places})",
        fix="Give other data, or take the source out of the recipe.",
    )


def _figures(totals: Totals, rows: dict[str, RowCounts]) -> dict[str, Any]:
    by_reason: Counter[str] = Counter()
    for counts in rows.values():
        by_reason.update(counts.dropped_by_reason)
    figures: dict[str, Any] = {
        "rows_in": sum(counts.rows_in for counts in rows.values()),
        "rows_used": sum(counts.rows_used for counts in rows.values()),
        "rows_dropped": sum(counts.rows_dropped for counts in rows.values()),
        "dropped_by_reason": by_count(by_reason),
        "pairs": totals.pairs,
        "groups": len(totals.groups),
        "groups_held_out": sum(split == HELD_OUT for split in totals.groups.values()),
        **{f"by_{name}": by_count(counter) for name, counter in totals.by.items()},
        "flags": by_count(totals.flags),
        "rows_by_source": {name: asdict(counts) for name, counts in rows.items()},
    }
    if figures["rows_in"] != figures["rows_used"] + figures["rows_dropped"]:
        raise AssertionError(f"rows in are not rows used plus rows dropped: {figures}")
    return figures
