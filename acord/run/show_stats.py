"""The verb `data stats`: figures about built pairs as tables for people, as JSON, and as one picture."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acord.data.pairs import HELD_OUT, ORIGINS, TRAIN
from acord.data.stats import PairFigures, Range, Stats, pair_stats
from acord.languages import interface_language, text
from acord.languages import shown as formatted
from acord.languages.reasons import reason_text
from acord.run.built_pairs import BuiltPairs
from acord.run.disk import disk_faults
from acord.run.render import table
from acord.visible import visible_line

NONE = "-"
DECIMALS = 4


@dataclass(frozen=True)
class ShownStats:
    """Figures, where the pairs lie, and the picture of them, None where none was asked for."""

    stats: Stats
    folder: Path
    picture: Path | None

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        content = {"folder": str(self.folder), **self.stats.as_json()}
        return content if self.picture is None else {**content, "picture": str(self.picture)}

    def shown(self) -> str:
        """The tables for people; those that would be empty are left out."""
        tables = [one for make in TABLES if (one := make(self.stats))]
        where = [] if self.picture is None else [f"{text('stats_picture')}  {self.picture}"]
        return "\n\n".join([*tables, *where])


def show_stats(built: BuiltPairs, picture: Path | None) -> ShownStats:
    """Figures about the pairs of a run. picture: a .png or .svg file to draw them into, written over where it is there.

    Raises InputError for damaged tables and another ending, MachineError for a fault of the disk.
    """
    from acord.run.stats_picture import check_ending, draw

    if picture is not None:
        check_ending(picture)
    with disk_faults(built.folder):
        stats = pair_stats(built.folder, None if built.manifest is None else built.manifest.figures)
    if picture is not None:
        draw(stats, built.name, picture)
    return ShownStats(stats, built.folder, picture)


def _rows(stats: Stats) -> str:
    rows = []
    for one in stats.rows:
        became = (one.rows_in, one.rows_used, one.rows_dropped)
        rows.append([one.source, *map(_count, (*became, one.duplicates, one.near_duplicates, one.contaminated))])
    return _headed("stats_rows", text("stats_rows_heads").split("|"), rows, names=1)


def _dropped(stats: Stats) -> str:
    rows = [
        [one.source, reason_text(reason), _count(count)]
        for one in stats.rows
        for reason, count in one.dropped_by_reason.items()
        for one in stats.rows
        for reason, count in one.dropped_by_reason.items()
    ]
    return _headed("stats_dropped", text("stats_dropped_heads").split("|"), rows, names=2)


def _pairs(stats: Stats) -> str:
    splits = (TRAIN, HELD_OUT)
    named = [text(f"data_{name}") for name in (*splits, *ORIGINS)]

    def cells(one: PairFigures) -> list[int]:
        return [
            one.pairs,
            *(one.by_split.get(name, 0) for name in splits),
            *(one.by_origin.get(name, 0) for name in ORIGINS),
        ]

    heads = [text("data_source"), text("data_language"), text("data_pairs"), *named]
    return _by_group(stats, "stats_pairs", heads, cells)


def _quotas(stats: Stats) -> str:
    rows = [
        [language]
        + [_count(quota.get(name)) for name in ("asked", "taken")]
        + [_count(_missing(quota)), *(_count(quota.get(name)) for name in ("held_out", "supply"))]
        for language, quota in stats.quotas.items()
    ]
    return _headed("stats_quotas", text("stats_quotas_heads").split("|"), rows, names=1)


def _missing(quota: dict[str, int]) -> int | None:
    return max(0, quota["asked"] - quota["taken"]) if quota.keys() >= {"asked", "taken"} else None


def _lengths(stats: Stats, unit: str) -> str:
    def cells(one: PairFigures) -> list[str]:
        spreads = [one.lengths[f"{part}_{unit}"] for part in ("prompt", "chosen", "rejected")]
        return [f"{_count(spread.median)} / {_count(spread.ninetieth)}" for spread in spreads]

    return _by_group(stats, f"stats_{unit}", text("stats_lengths_heads").split("|"), cells)


def _replies(stats: Stats) -> str:
    def cells(one: PairFigures) -> list[str]:
        turns = one.lengths["prompt_turns"]
        return [
            f"{turns.median} / {turns.ninetieth}",
            NONE if one.chosen_longer is None else _number(one.chosen_longer, ".1%"),
            NONE if one.length_ratio is None else _number(one.length_ratio, ".2f"),
            _count(one.conflicts),
            _range(one.margins),
            _range(one.weights),
        ]

    return _by_group(stats, "stats_replies", text("stats_replies_heads").split("|"), cells)


def _flags(stats: Stats) -> str:
    rows = [
        [str(one.source), str(one.language), step, _count(count)]
        for one in stats.pairs
        for step, count in one.steps.items()
    ]
    return _headed("stats_flags", text("stats_flags_heads").split("|"), rows, names=3)


def _licences(stats: Stats) -> str:
    heads = [text("data_source"), text("data_licence"), text("data_pairs")]
    rows = [
        [str(one.source), licence, _count(count)]
        for one in stats.by_source
        for licence, count in one.by_licence.items()
    ]
    return _headed("stats_licences", heads, rows, names=2)


TABLES: tuple[Callable[[Stats], str], ...] = (
    _rows,
    _dropped,
    _quotas,
    _pairs,
    lambda stats: _lengths(stats, "characters"),
    lambda stats: _lengths(stats, "words"),
    _replies,
    _flags,
    _licences,
)


def _by_group(
    stats: Stats, title: str, heads: Sequence[str], cells: Callable[[PairFigures], Sequence[str | int]]
) -> str:
    """A row for each source in each language, then one for each language of several sources, then one for all."""
    groups = list(stats.pairs)
    several = {one.language for one in groups if sum(other.language == one.language for other in groups) > 1}
    groups += [one for one in stats.by_language if one.language in several]
    if len(stats.by_language) > 1:
        groups.append(stats.total)
    everything = text("data_all")
    rows = [
        [one.source or everything, one.language or everything]
        + [cell if isinstance(cell, str) else _count(cell) for cell in cells(one)]
        for one in groups
    ]
    return _headed(title, heads, rows, names=2)


def _headed(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], *, names: int) -> str:
    """A table whose columns behind the first `names` are aligned to the right; empty without rows."""
    if not rows:
        return ""
    grid = [[visible_line(cell) for cell in row] for row in [heads, *rows]]
    widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
    aligned = [
        [cell if number < names else cell.rjust(widths[number]) for number, cell in enumerate(row)] for row in grid
    ]
    return table(text(title), aligned)


def _count(value: int | None) -> str:
    return NONE if value is None else _number(value, ",")


def _number(value: int | float, form: str) -> str:
    return format(formatted(value, interface_language()), form)


def _range(numbers: Range | None) -> str:
    if numbers is None:
        return NONE
    least, mean, largest = (
        f"{round(one, DECIMALS):g}".replace(".", interface_language().decimal)
        for one in (numbers.least, numbers.mean, numbers.largest)
    )
    return least if numbers.least == numbers.largest else text("stats_range", least=least, largest=largest, mean=mean)
