"""Figures held against what was computed again, each with its place in a JSON file."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from acord.card.fault import Fault

# Sums in another order differ by this at most, and no figure is shown with so many digits.
RELATIVE = 1e-9
ABSOLUTE = 1e-12
KEY = re.compile(r'("(?:[^"\\]|\\.)*"): ')
Keys = tuple[str, ...]


class Stated(NamedTuple):
    """A kind of figure that the evidence does not give, so it stands as the run states it. of: which, if not all."""

    kind: Literal["rows_read", "plan", "steps", "checkpoints", "no_items", "own_sum", "surroundings"]
    of: str = ""


class Checks:
    """Collects what is at fault, and counts what was looked at. folder: in which the files lie.

    stated: what cannot be computed again here; it stands as the manifests say.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: list[Fault] = []
        self.checked = 0
        self.stated: list[Stated] = []
        self._lines: dict[str, dict[Keys, int]] = {}

    def same(self, file: str, keys: Keys, computed: Any, told: Any) -> None:
        """Hold what a JSON file tells at `keys` against what was computed: every number and word in it."""
        if isinstance(computed, Mapping) and isinstance(told, Mapping):
            for key in dict.fromkeys([*computed, *told]):
                self.same(file, (*keys, str(key)), computed.get(key, ...), told.get(key, ...))
        elif _is_list(computed) and _is_list(told) and len(computed) == len(told):
            for number, (one, other) in enumerate(zip(computed, told, strict=True)):
                self.same(file, (*keys, str(number)), one, other)
        else:
            self.checked += 1
            if not _equal(computed, told):
                self.fault(file, keys, "is not what the files give", computed, told)

    def holds(self, condition: bool, file: str, keys: Keys, what: str, expected: Any = "", found: Any = "") -> None:
        """One check of another kind. what: is wrong where the condition does not hold."""
        self.checked += 1
        if not condition:
            self.fault(file, keys, what, expected, found)

    def fault(self, file: str, keys: Keys, what: str, expected: Any = "", found: Any = "") -> None:
        """Something at fault, with the line of `keys` where it can be told."""
        if file not in self._lines:
            self._lines[file] = json_lines(self.folder / file)
        line = self._lines[file].get(keys)
        named = f"{'.'.join(keys)} {what}" if keys else what
        self.faults.append(Fault(file, line, named, _shown(expected), _shown(found)))


def json_lines(path: Path) -> dict[Keys, int]:
    """The line of every value of a JSON file that is indented by two, by its keys; nothing for other files."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError):
        return {}
    found: dict[Keys, int] = {}
    stack: list[str] = []
    counts: dict[int, int] = {}
    for number, line in enumerate(lines, start=1):
        content = line.lstrip(" ")
        depth = (len(line) - len(content)) // 2
        if depth == 0 or content[:1] in ("", "}", "]"):
            continue
        if depth > len(stack) + 1:
            return {}
        key = KEY.match(content)
        if depth > len(stack):
            counts[depth] = -1
        counts[depth] += 1
        stack[depth - 1 :] = [json.loads(key[1]) if key else str(counts[depth])]
        found[tuple(stack)] = number
    return found


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _equal(one: Any, other: Any) -> bool:
    if _is_list(one) and _is_list(other):
        return list(one) == list(other)
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (one, other))
    return math.isclose(one, other, rel_tol=RELATIVE, abs_tol=ABSOLUTE) if numbers else bool(one == other)


def _shown(value: Any) -> str:
    if value is ...:
        return "nothing"
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return shown if len(shown) <= 80 else f"{shown[:77]}..."
