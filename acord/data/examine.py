"""Whether a candidate may become a pair, for what it says: filters and what evaluation holds.

This depends on the candidate alone, so several processes share it, and what was found is remembered in a file: a build
that was stopped does not examine twice.
"""

import contextlib
import ctypes
import json
import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from acord.data.decontaminate import CONTAMINATED, Contamination, PairMatch
from acord.data.filters import Fault, Filtering
from acord.data.ledger import Candidate
from acord.data.pairs import Pair
from acord.data.sources.openorca import UNWRITTEN
from acord.data.spool import Spooled, load, pair_of, values_of
from acord.errors import MachineError

BATCH = 64
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
# Below so many candidates, starting other processes takes longer than they save.
WORTH_PROCESSES = 20_000


class Outcome(NamedTuple):
    """What came of a pair: the pair, changed where a filter changes it, or why it is left out. matches: of items."""

    result: Pair | Fault
    matches: tuple[PairMatch, ...] = ()


class Examined(NamedTuple):
    """A candidate and what came of it."""

    entry: int
    candidate: Candidate
    outcome: Outcome


@dataclass(frozen=True)
class Rules:
    """What every candidate is held against. drafting: the filters where the rejected reply is still to come."""

    filtering: Filtering
    drafting: Filtering
    contamination: Contamination | None

    def examine(self, pairs: Sequence[Pair]) -> list[Outcome]:
        """What comes of each pair. Together they are examined much faster than one by one."""
        results = [(self.drafting if is_draft(pair) else self.filtering).apply(pair) for pair in pairs]
        if self.contamination is None:
            return [Outcome(result) for result in results]
        clean = [result for result in results if not isinstance(result, Fault)]
        found = iter(self.contamination.match_pairs(clean))
        return [Outcome(one) if isinstance(one, Fault) else _held_against(one, next(found)) for one in results]


def is_draft(pair: Pair) -> bool:
    """Whether the rejected reply is yet to be written."""
    return pair.rejected == UNWRITTEN


def _held_against(pair: Pair, matches: tuple[PairMatch, ...]) -> Outcome:
    if not matches:
        return Outcome(pair)
    first = matches[0]
    return Outcome(Fault(CONTAMINATED, f"{first.row}, item {first.item}, match {first.id}"), matches)


class Examiner:
    """Examines candidates in batches, in this process or in several. A context manager."""

    def __init__(self, rules: Rules, memory: Path, *, processes: int) -> None:
        self._rules, self._memory = rules, memory
        memory.mkdir(parents=True, exist_ok=True)
        self._pool: ProcessPoolExecutor | None = None
        if processes > 1 and "fork" in multiprocessing.get_all_start_methods():
            # Forked, so that the tables of what evaluation holds are in memory once; without what reading left behind.
            _give_back_freed_memory()
            self._pool = ProcessPoolExecutor(
                processes,
                mp_context=multiprocessing.get_context("fork"),
                initializer=_keep,
                initargs=(rules, os.getpid()),
            )
        self._ahead = 2 * processes

    def examine(self, spooled: Iterable[Spooled], name: str) -> Iterator[Examined]:
        """What comes out, in order. name: of the stream, the same in the next attempt."""
        path = self._memory / f"{name}.jsonl"
        known = _read_memory(path)
        stream = iter(spooled)
        batches = iter(lambda: list(islice(stream, BATCH)), [])
        with path.open("a", encoding="utf-8") as memory:
            for batch, verdicts in self._results(batches, known, memory.write):
                for one, verdict in zip(batch, verdicts, strict=True):
                    candidate = load(one.line)
                    yield Examined(one.entry, candidate, _outcome(verdict, candidate.pair))

    def _results(
        self, batches: Iterator[list[Spooled]], known: dict[int, str], remember: Callable[[str], object]
    ) -> Iterator[tuple[list[Spooled], list[Any]]]:
        """Batches with their verdicts, some batches ahead being examined meanwhile."""
        waiting: deque[tuple[list[Spooled], Future[list[str]] | list[str]]] = deque()
        while True:
            while len(waiting) <= (self._ahead if self._pool else 0) and (batch := next(batches, [])):
                if all(one.entry in known for one in batch):
                    waiting.append((batch, [known[one.entry] for one in batch]))
                elif self._pool is None:
                    waiting.append((batch, _examine(self._rules, [one.line for one in batch])))
                else:
                    waiting.append((batch, self._pool.submit(_examine_there, [one.line for one in batch])))
            if not waiting:
                return
            batch, found = waiting.popleft()
            try:
                verdicts = found if isinstance(found, list) else found.result()
            except BrokenProcessPool:
                raise MachineError(
                    "a helper process was ended from outside, perhaps for want of memory",
                    fix="Run the same command again: it goes on where it was.",
                ) from None
            for one, verdict in zip(batch, verdicts, strict=True):
                if one.entry not in known:
                    remember(f"{one.entry} {verdict}\n")
            yield batch, [json.loads(verdict) for verdict in verdicts]

    def __enter__(self) -> "Examiner":
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def _give_back_freed_memory() -> None:
    """Return to the system what Arrow's pool and the C library keep of memory that nothing uses any more."""
    pa.default_memory_pool().release_unused()
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError):  # another C library has no such call
            ctypes.CDLL(None).malloc_trim(0)


_there: list[Rules] = []


def _keep(rules: Rules, parent: int) -> None:
    """Make ready. A helper whose parent is killed would wait for work for ever: Linux ends it too."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    _there.append(rules)


def _examine_there(lines: list[bytes]) -> list[str]:
    return _examine(_there[0], lines)


def _examine(rules: Rules, lines: Sequence[bytes]) -> list[str]:
    """The verdicts on spooled candidates as JSON: null where one stays as it is."""
    pairs = [load(line).pair for line in lines]
    return [_verdict(pair, outcome) for pair, outcome in zip(pairs, rules.examine(pairs), strict=True)]


def _verdict(pair: Pair, outcome: Outcome) -> str:
    if isinstance(outcome.result, Fault):
        return json.dumps({"fault": outcome.result, "matches": [asdict(match) for match in outcome.matches]})
    return "null" if outcome.result is pair else json.dumps({"pair": values_of(outcome.result)})


def _outcome(verdict: Any, pair: Pair) -> Outcome:
    if verdict is None:
        return Outcome(pair)
    if "pair" in verdict:
        return Outcome(pair_of(verdict["pair"]))
    return Outcome(Fault(*verdict["fault"]), tuple(PairMatch(**match) for match in verdict["matches"]))


def _read_memory(path: Path) -> dict[int, str]:
    """Verdicts of an earlier attempt; a line that was cut off ends them."""
    known: dict[int, str] = {}
    if not path.exists():
        return known
    whole = 0
    with path.open("rb") as lines:
        for line in lines:
            if not line.endswith(b"\n"):
                break
            whole += len(line)
            entry, verdict = line.decode().rstrip("\n").split(" ", 1)
            known[int(entry)] = verdict
    with path.open("rb+") as file:
        file.truncate(whole)
    return known
