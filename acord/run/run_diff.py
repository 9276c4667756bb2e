"""Two runs side by side: what differs in recipe, data, plan, results, surroundings and time; what is equal counts."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from acord.run.run_facts import Facts, is_number, mapping
from acord.run.run_list import Run

# Seconds of two runs always differ; the sums below them say enough.
SECTIONS = (
    "recipe", "sources", "base", "pairs", "plan", "training", "held_out", "evaluation", "judge", "versions", "machine",
    "seconds",
)  # fmt: skip


class Difference(NamedTuple):
    """A dotted key and its value in both runs, None where one has none. inferred: the marks of the values."""

    key: str
    first: Any
    second: Any
    inferred: tuple[str, str] = ("", "")

    @property
    def change(self) -> float | None:
        """Second minus first, of numbers."""
        if is_number(self.first) and is_number(self.second):
            return float(self.second) - float(self.first)
        return None


class Compared(NamedTuple):
    """One section. equal: how many of its values are the same in both. absent: runs that have none of it, 0 or 1."""

    section: str
    differences: tuple[Difference, ...]
    equal: int
    absent: tuple[int, ...]


@dataclass(frozen=True)
class RunDiff:
    """first, second: names of the runs. command: how to get tests of the evaluations, where both have items."""

    first: str
    second: str
    sections: tuple[Compared, ...]
    command: str | None

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "first": self.first,
            "second": self.second,
            "sections": {
                one.section: {
                    "differences": [_as_json(row) for row in one.differences],
                    "equal": one.equal,
                    "absent": [(self.first, self.second)[number] for number in one.absent],
                }
                for one in self.sections
            },
            "tests": self.command,
        }


def diff_runs(first: Run, second: Run, names: tuple[str, str] | None = None) -> RunDiff:
    """What differs between two runs. names: what to call them. A section that neither has is left out."""
    called = names or (first.name, second.name)
    sections = [_recipes(first, second), *(_section(name, first, second) for name in SECTIONS[1:])]
    return RunDiff(
        *called,
        tuple(one for one in sections if one.differences or one.equal or len(one.absent) == 1),
        _command(first, second),
    )


def _recipes(first: Run, second: Run) -> Compared:
    marks = [mapping(run.content, "inferred") for run in (first, second)]
    values = [dict(_flat({key: value for key, value in run.content.items() if key != "inferred"}))
              for run in (first, second)]  # fmt: skip
    rows = []
    equal = 0
    for key in _keys(*values):
        row = Difference(key, values[0].get(key), values[1].get(key), (_mark(key, marks[0]), _mark(key, marks[1])))
        if row.first == row.second and row.inferred[0] == row.inferred[1]:
            equal += 1
        else:
            rows.append(row)
    return Compared("recipe", tuple(rows), equal, _absent(*values))


def _section(name: str, first: Run, second: Run) -> Compared:
    values = [dict(_flat(_shown(name, run.facts))) for run in (first, second)]
    rows = [Difference(key, values[0].get(key), values[1].get(key)) for key in _keys(*values)]
    different = tuple(row for row in rows if row.first != row.second)
    if not all(values):
        # What one run has and the other lacks altogether is said once, not value by value.
        different = ()
    return Compared(name, different, len(rows) - len(different) if all(values) else 0, _absent(*values))


def _shown(name: str, facts: Facts) -> Any:
    """A section of the facts as it is compared."""
    content = mapping(facts, name)
    if name == "held_out":
        # Before training, both are the base: its figures say nothing of the run.
        return content.get("after", {})
    if name == "evaluation":
        return {key: value for key, value in content.items() if key != "place"}
    return content


def _command(first: Run, second: Run) -> str | None:
    """The command that tests one run's evaluation against the other's, where both have their items."""
    evaluations = [mapping(run.facts, "evaluation") for run in (first, second)]
    suites = {one.get("suite") for one in evaluations}
    if len(suites) != 1 or not all({"align", "evaluate"} <= run.folders.keys() for run in (first, second)):
        return None
    suite = f"--suite {shlex.quote(str(suites.pop()))}"
    if first.recipe != second.recipe and all(one.get("place") for one in evaluations):
        return f"acord compare {shlex.join(str(one['place']) for one in evaluations)} {suite}"
    # Versions of one recipe share their model's name, and a table needs two; what was answered is not asked again.
    models = [f"{name}={run.folders['align'] / 'model'}" for name, run in (("first", first), ("second", second))]
    return f"acord evaluate {shlex.join(models)} {suite}"


def _flat(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys and values; a list of named things by their names, any other list as one value."""
    if isinstance(value, list) and value and all(isinstance(one, dict) and "name" in one for one in value):
        value = {str(one["name"]): {key: held for key, held in one.items() if key != "name"} for one in value}
    if isinstance(value, dict) and value:
        for key, one in value.items():
            yield from _flat(one, f"{prefix}.{key}" if prefix else str(key))
    elif prefix and value != {}:
        yield prefix, value


def _keys(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Of both, in the order of the first, what only the second has at the end."""
    return list(dict.fromkeys([*first, *second]))


def _absent(*values: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(number for number, one in enumerate(values) if not one)


def _mark(key: str, inferred: Mapping[str, str]) -> str:
    """Why a value is inferred; a mark on a section holds for all of it."""
    parts = key.split(".")
    marks = (inferred.get(".".join(parts[:count])) for count in range(len(parts), 0, -1))
    return next((mark for mark in marks if mark), "")


def _as_json(row: Difference) -> dict[str, Any]:
    content = {"key": row.key, "first": row.first, "second": row.second, "change": row.change}
    return content | ({"inferred": list(row.inferred)} if any(row.inferred) else {})
