"""Goals of a benchmark whose figures are of different kinds, and their table."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import records


class Goal(NamedTuple):
    """case, key: where the figure stands. show: the figure as text. holds: whether it is good enough."""

    what: str
    case: str
    key: str
    goal: str
    show: Callable[[Any], str]
    holds: Callable[[Any], bool]


def goals_table(title: str, goals: Sequence[Goal], path: Path) -> str:
    """The newest figure of each goal."""
    newest = records.newest(path)
    rows: list[list[object]] = []
    for goal in goals:
        entry = newest.get(goal.case)
        if entry is None:
            rows.append([goal.what, records.NOT_YET, goal.goal])
        else:
            value = entry[goal.key]
            verdict = "" if not goal.goal else "yes" if goal.holds(value) else "no"
            rows.append([goal.what, goal.show(value), goal.goal, verdict])
    return records.markdown((title, "measured", "goal", "met"), rows)
