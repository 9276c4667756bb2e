"""Which candidates become pairs: cell by cell, source by source, in drawing order, until every quota is full."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from acord.console import track
from acord.data.complete import Completer
from acord.data.decontaminate import PairMatch
from acord.data.examine import Examiner, Outcome
from acord.data.filters import Fault
from acord.data.kept import Kept
from acord.data.ledger import RowKey
from acord.data.mix import Cell, scaled, shortfall
from acord.data.near import NearDuplicates
from acord.data.pairs import TRAIN, TRANSLATED, Pair
from acord.data.split import split_of
from acord.data.supply import BEYOND, DUPLICATE, Supply, TranslatedSupply
from acord.data.varieties import in_variety
from acord.recipe import Data, Variety

NEAR, TWIN = "near-duplicate prompt", "translated twin"


class Choice(NamedTuple):
    """A candidate that was examined. rows: what it is made of, in its own source's book."""

    entry: int
    rows: tuple[RowKey, ...]
    outcome: Outcome


class Chooser:
    """Fills cells.

    After `fill`: kept, the pairs of each source; splits, of each conversation; matches, with what evaluation holds.
    """

    def __init__(
        self,
        data: Data,
        cells: Sequence[Cell],
        supplies: Mapping[str, Supply],
        examiner: Examiner,
        *,
        seed: int,
        work: Path,
        complete: Mapping[str, Completer],
        variety: Variety,
    ) -> None:
        self._data, self._cells, self._supplies, self._examiner = data, cells, supplies, examiner
        self._seed, self._complete, self._variety = seed, complete, variety
        self.splits: dict[str, str] = {}
        self.matches: list[PairMatch] = []
        self.kept = {name: Kept(work / f"kept-{number}") for number, name in enumerate(supplies)}
        self._streams: dict[tuple[str, str], Iterator[Choice]] = {}
        self._paces: dict[tuple[str, str], _Pace] = {}
        self._ids: set[bytes] = set()
        self._near = None if data.duplicates.near is None else NearDuplicates(data.duplicates.near)
        self._order = 0

    def fill(self) -> None:
        """Choose. Raises InputError where a quota is not reached and the recipe says that this is an error."""
        total = sum(cell.target or 0 for cell in self._cells) or None
        with track("choose", total, "pairs") as tracker:
            for number in range(len(self._cells)):
                self._fill(number, tracker.advance)
            if self._data.on_shortfall == "next_source":
                self._fill_from_others(tracker.advance)
        if self._data.on_shortfall == "scale":
            self._scale()
        error = shortfall(self._cells)
        if error is not None:
            raise error

    def _fill(self, number: int, advance: Callable[[], None]) -> None:
        cell = self._cells[number]
        for source in cell.sources:
            stream = self._stream(source, cell)
            pace = self._paces[source, cell.language]
            while not cell.is_full and (choice := next(stream, None)) is not None:
                taken = self._keep(choice, source, number)
                pace.count(taken)
                if taken:
                    advance()

    def _fill_from_others(self, advance: Callable[[], None]) -> None:
        """What a source with a weight lacks is asked of the language's other sources, in the recipe's order.

        What they give is taken off the first one's part and added to theirs, so that the parts still make the quota.
        """
        short = [cell for cell in self._cells if cell.missing]
        for lacking in short:
            for number, other in enumerate(self._cells):
                if other.language != lacking.language or other in short or not lacking.missing:
                    continue
                before = other.taken
                other.target = before + lacking.missing
                self._fill(number, advance)
                other.target = other.taken
                lacking.target = (lacking.target or 0) - (other.taken - before)

    def _scale(self) -> None:
        if any(cell.target and not cell.taken for cell in self._cells):
            return  # nothing can be scaled to what is not there: the shortfall is told
        for number, target in scaled(self._cells).items():
            self._cut(number, target)

    def _cut(self, number: int, target: int) -> None:
        """Give back what was chosen after the cell had `target` pairs to train on."""
        cell = self._cells[number]
        chosen = sorted(
            (order, bool(train), source, place)
            for source in cell.sources
            for order, train, place in self.kept[source].of_cell(number).tolist()
        )
        taken = 0
        for index, (_, train, _, _) in enumerate(chosen):
            if taken == target:
                for _, gone_train, source, place in chosen[index:]:
                    cell.taken -= gone_train
                    cell.held_out -= not gone_train
                    for rows in self.kept[source].take_back([place]):
                        self._supplies[source].ledger.refuse(rows, BEYOND, "the quotas were lowered")
                break
            taken += train
        cell.target = target

    def _stream(self, source: str, cell: Cell) -> Iterator[Choice]:
        key = (source, cell.language)
        if key not in self._streams:
            self._streams[key] = self._choices(self._supplies[source], cell)
        return self._streams[key]

    def _choices(self, supply: Supply, cell: Cell) -> Iterator[Choice]:
        """A source's candidates of a language, examined; translated or answered where the source asks for it."""
        # By number: names with a language behind them could be two sources' alike.
        name = f"{list(self._supplies).index(supply.source.name)}-{self._cells.index(cell)}"
        pace = self._paces[supply.source.name, cell.language] = _Pace()
        examined = self._examiner.examine(supply.draw(cell.language, lambda: pace.needed(cell.missing)), name)
        choices = (
            Choice(one.entry, _own_rows(supply, one.entry, one.candidate.rows, one.candidate.pair), one.outcome)
            for one in examined
        )
        completer = self._complete.get(supply.source.name)
        return choices if completer is None else _completed(choices, completer)

    def _keep(self, choice: Choice, source: str, number: int) -> bool:
        """Keep a candidate as a pair to train on; False where it is left out or held out."""
        ledger = self._supplies[source].ledger
        result = choice.outcome.result
        self.matches += choice.outcome.matches
        if not isinstance(result, Fault):
            result = self._as_new(in_variety(result, self._variety))
        if isinstance(result, Fault):
            ledger.refuse(choice.rows, result.reason, result.detail)
            return False
        pair = replace(result, split=split_of(self._seed, result.group, self._data.held_out))
        self.kept[source].add(choice.entry, pair, choice.rows, cell=number, order=self._order)
        self._order += 1
        self.splits[pair.group] = pair.split
        cell = self._cells[number]
        cell.taken += pair.split == TRAIN
        cell.held_out += pair.split != TRAIN
        return pair.split == TRAIN

    def _as_new(self, pair: Pair) -> Pair | Fault:
        """The pair, unless the same or nearly the same was kept before; remembers it."""
        key = bytes.fromhex(pair.id)
        if key in self._ids:
            return Fault(DUPLICATE, f"duplicate of {pair.id}")
        original = _original(pair)
        if original is not None and self._data.duplicates.translated_twins == "drop" and original in self._ids:
            return Fault(TWIN, f"the original {original.hex()} is kept")
        if self._near is not None:
            earlier = self._near.first_seen(pair.prompt, pair.group)
            if earlier is not None:
                return Fault(NEAR, f"of conversation {earlier}")
        self._ids.add(key)
        return pair


@dataclass
class _Pace:
    """How many of a stream's candidates are taken, for those who read ahead."""

    seen: int = 0
    taken: int = 0

    def count(self, taken: bool) -> None:
        self.seen += 1
        self.taken += taken

    def needed(self, missing: int | None) -> int | None:
        """Candidates that so many pairs will take at this pace; None for all there are."""
        return None if missing is None else missing * (self.seen + 1) // (self.taken + 1)


def _original(pair: Pair) -> bytes | None:
    """The id of the pair that this one is the translation of, None for one that is none."""
    if pair.origin != TRANSLATED:
        return None
    step = next((step for step in reversed(pair.lineage) if step.step == "translate"), None)
    return None if step is None else bytes.fromhex(step.detail.rsplit(" ", 1)[-1])


def _own_rows(supply: Supply, entry: int, rows: tuple[RowKey, ...], pair: Pair) -> tuple[RowKey, ...]:
    return (supply.row(entry, pair.source_id),) if isinstance(supply, TranslatedSupply) else rows


def _completed(choices: Iterator[Choice], completer: Completer) -> Iterator[Choice]:
    """Candidates whose texts are yet to be made, made in batches."""
    while batch := list(islice(choices, completer.batch)):
        results = [choice.outcome.result for choice in batch]
        made = iter(completer([result for result in results if not isinstance(result, Fault)]))
        for choice, result in zip(batch, results, strict=True):
            yield choice if isinstance(result, Fault) else choice._replace(outcome=next(made))


def count_examined(supplies: Iterable[Supply]) -> int:
    """About how many candidates there are to examine."""
    return sum(sum(supply.count().values()) for supply in supplies)
