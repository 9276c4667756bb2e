"""runs/history.jsonl: every version of every recipe that was run, one line for each thing learnt of it.

A recipe's folder holds the links of its latest state alone. Here its earlier ones stay: demo@1 is the first that was
begun, and it can be read for as long as its artefacts are in the store; its figures longer. Lines are only added. A
line that a killed run tore, or that is of another making, is passed over.
"""

import errno
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from acord.console import say
from acord.languages import text
from acord.recipe import Recipe
from acord.run.disk import disk_faults
from acord.run.run_facts import Facts, facts_of
from acord.run.store import HISTORY, Store

UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EISDIR)


@dataclass(frozen=True)
class Version:
    """One version of a recipe that was run.

    number: 1 for the first of its recipe's name. content: the recipe in full. line: names of all stages. keys: of those
    that were to be run. begun, finished: UTC, ISO 8601; finished is None where it never was. facts: as of its end.
    """

    recipe: str
    number: int
    content: dict[str, Any]
    line: tuple[str, ...]
    keys: dict[str, str]
    begun: str
    finished: str | None
    facts: Facts | None

    @property
    def name(self) -> str:
        """As people give it: demo@2."""
        return f"{self.recipe}@{self.number}"


class History(NamedTuple):
    """versions: in the order in which they were begun. unreadable: how many lines were passed over."""

    versions: tuple[Version, ...]
    unreadable: int

    def of(self, recipe: str) -> tuple[Version, ...]:
        """The versions of one recipe's name."""
        return tuple(version for version in self.versions if version.recipe == recipe)


def read_history(runs: Path) -> History:
    """The versions that a folder of runs remembers; none where there is no such file."""
    try:
        with disk_faults(runs / HISTORY):
            lines = (runs / HISTORY).read_bytes().split(b"\n")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return History((), 0)
    versions: list[Version] = []
    unreadable = 0
    for line in filter(None, lines):
        record = _record(line)
        if record is None:
            unreadable += 1
        else:
            _take_in(versions, record)
    return History(tuple(versions), unreadable)


def remember(store: Store, recipe: Recipe, line: Sequence[str], keys: Mapping[str, str], *, complete: bool) -> None:
    """Add what is new of a run: that it was begun, with keys that were not known, or that all of its line is there.

    A run that brings nothing new writes nothing; where a folder of runs cannot be written, it says so and goes on.
    """
    content = recipe.model_dump(mode="json", by_alias=True)
    known = _match(read_history(store.root).of(recipe.name), content, keys)
    if known is not None and keys.items() <= known.keys.items() and (not complete or known.facts is not None):
        return
    facts = facts_of({name: store.folder(name, key) for name, key in keys.items()}) if complete else None
    record = {
        "recipe": recipe.name,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "line": list(line),
        "keys": dict(keys),
        "content": content,
        "facts": facts,
    }
    _append(store.root / HISTORY, json.dumps(record, ensure_ascii=False) + "\n")


def _append(path: Path, line: str) -> None:
    """In one write, to the disk; after a torn line on a new one."""
    try:
        with disk_faults(path), path.open("ab+") as file:
            if file.seek(0, os.SEEK_END):
                file.seek(-1, os.SEEK_END)
                line = line if file.read(1) == b"\n" else f"\n{line}"
            file.write(line.encode("utf-8", errors="replace"))
            file.flush()
            os.fsync(file.fileno())
    except Exception as error:
        reason = error if isinstance(error, OSError) else error.__cause__
        if not isinstance(reason, OSError) or reason.errno not in UNWRITABLE:
            raise
        say(text("history_unwritable", file=str(path), reason=reason.strerror or ""))


def _record(line: bytes) -> Version | None:
    """What one line tells, as a version of its own; None where it is torn or of another making."""
    try:
        told = json.loads(line)
        facts = told["facts"]
        version = Version(
            recipe=told["recipe"],
            number=0,
            content=dict(told["content"]),
            line=tuple(told["line"]),
            keys=dict(told["keys"]),
            begun=told["when"],
            finished=None if facts is None else told["when"],
            facts=None if facts is None else dict(facts),
        )
    except (ValueError, KeyError, TypeError):
        return None
    texts = (version.recipe, version.begun, *version.line, *version.keys, *version.keys.values())
    return version if all(isinstance(one, str) for one in texts) else None


def _take_in(versions: list[Version], told: Version) -> None:
    """Add what a line tells to the version that it is about, or a new version."""
    of_name = [version for version in versions if version.recipe == told.recipe]
    known = _match(of_name, told.content, told.keys)
    if known is None:
        versions.append(replace(told, number=len(of_name) + 1))
        return
    versions[versions.index(known)] = replace(
        known,
        line=told.line,
        keys=known.keys | told.keys,
        finished=known.finished or told.finished,
        facts=told.facts or known.facts,
    )


def _match(versions: Sequence[Version], content: Mapping[str, Any], keys: Mapping[str, str]) -> Version | None:
    """The newest of them with that very recipe and no other key for any stage."""
    for version in reversed(versions):
        if version.content == content and all(version.keys.get(name, key) == key for name, key in keys.items()):
            return version
    return None
