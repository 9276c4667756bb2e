"""A training that another process makes, watched through its metrics.jsonl."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from acord.align.panel import panel_lines, plain_line
from acord.align.progress import Progress, Standing
from acord.console import View, say
from acord.errors import InputError
from acord.languages import text
from acord.run.run_facts import MALFORMED, part
from acord.run.run_list import Run

LOOKED_EVERY_SECONDS = 1.0


def standing_of(run: Run) -> Standing:
    """Where a training stands. Raises InputError where none of the run is under way, or it has made no step."""
    steps = part(run.facts, "plan", "steps")
    partial = run.building.get("align")
    if partial is None or not isinstance(steps, int):
        raise InputError("no training of it is under way", where=run.name, fix="acord runs list shows what is there.")
    records = list(_records(partial / "metrics.jsonl"))
    if not records:
        raise InputError("its training has made no step yet", where=run.name, fix="Wait a little.")
    # Steps to come are taken to be as large as those that are done.
    pairs = sum(record["pairs"] for record in records) * steps / len(records)
    progress = Progress(steps, round(pairs), started=0.0)
    clock = 0.0
    for record in records:
        clock += record["seconds"]
        progress.step(record, record["pairs"], clock)
    return progress.standing()


def follow(run: Run) -> None:
    """Show it until it ends or the user does. Raises as standing_of does at the beginning."""
    seen = standing_of(run)
    view = View(lambda: panel_lines(seen, None), lambda: plain_line(seen, None), at_once=True)
    try:
        while run.building["align"].is_dir():
            view.update()
            time.sleep(LOOKED_EVERY_SECONDS)
            try:
                seen = standing_of(run)
            except InputError:
                # It is being taken up again, or has just ended.
                continue
    finally:
        view.close()
    say(text("follow_ended", run=run.name))


def _records(path: Path) -> Iterator[dict[str, Any]]:
    """Those that are complete: the last line may be half-written."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    except OSError:
        return
    for line in lines:
        try:
            record = json.loads(line)
            record["pairs"], record["seconds"], record["step"]
        except MALFORMED:
            continue
        yield record
