"""What the sources can give against the quotas, told before anything is built."""

import contextlib
import json
import math
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from acord.data.locate import locate
from acord.data.mix import apportion
from acord.data.published import published
from acord.errors import InputError
from acord.hashing import digest
from acord.recipe import Recipe, Source
from acord.run.disk import write_atomically
from acord.run.identity import HUB, Outside, source_contents

COUNTED, PUBLISHED, UNKNOWN = "counted", "published", "unknown"
COUNTS_FILE = "supply.json"
# Sources of up to so many bytes are counted by every plan; larger ones where it is asked for.
SMALL_BYTES = 2 << 20
COUNTS_VERSION = 1  # raise it when sources are read otherwise


@dataclass(frozen=True)
class SupplyRow:
    """What one source has in one language, before filters. pairs: None where that is not known. basis: how it is."""

    source: str
    language: str
    pairs: int | None
    basis: str


@dataclass(frozen=True)
class QuotaRow:
    """One quota. supply: pairs before filters, None where a source is not known. enough: None where unknown."""

    language: str
    asked: int
    supply: int | None
    enough: bool | None


@dataclass(frozen=True)
class MixPlan:
    """The mix of a recipe. pairs, steps: of training, where quotas fix them."""

    supply: tuple[SupplyRow, ...]
    quotas: tuple[QuotaRow, ...]
    pairs: int | None
    steps: int | None


def plan_mix(recipe: Recipe, located: Recipe, built: Path | None, outside: Outside, *, count: bool) -> MixPlan:
    """The supply of every source, and the quotas against it. A source that cannot be read is unknown here.

    located: the recipe with the places of bundled files. built: the finished pairs, whose counts are exact. count:
    read every source that is here, whatever its size, and remember the counts; otherwise nothing is written.
    """
    counts = Counts(outside.hashes.path.with_name(COUNTS_FILE))
    found = _built(built) if built is not None else {}
    rows: list[SupplyRow] = []
    for source, place in zip(recipe.data.sources, located.data.sources, strict=True):
        if source.name in found:
            rows += [SupplyRow(source.name, language, n, COUNTED) for language, n in found[source.name].items()]
        elif source.translate is not None:
            rows.append(_translation(source, rows))
        else:
            rows += _of_source(source, place, recipe, outside, counts, count=count)
    if count:
        counts.save()
    asked = recipe.data.quotas or {}
    quotas = tuple(_quota(language, number, rows, recipe) for language, number in asked.items())
    pairs = sum(asked.values()) or None
    steps = None if pairs is None else math.ceil(pairs / recipe.align.batch_pairs) * recipe.align.epochs
    return MixPlan(tuple(rows), quotas, pairs, steps)


class Counts:
    """Counts of sources that were read once, by what they hold and how they are read."""

    def __init__(self, path: Path) -> None:
        self._path, self._added = path, False
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            content = {}
        content = content if isinstance(content, dict) else {}
        self._known: dict[str, dict[str, int]] = {key: counts for key, counts in content.items() if _is_count(counts)}

    def get(self, key: str, make: Callable[[], dict[str, int]] | None) -> dict[str, int] | None:
        """The counts under a key, made where they are not known and there is a way to make them."""
        if key not in self._known and make is not None:
            self._known[key], self._added = make(), True
        return self._known.get(key)

    def save(self) -> None:
        """Remember what was counted, where that can be written."""
        if self._added and self._path.parent.is_dir():
            # What is not remembered is counted again.
            with contextlib.suppress(OSError):
                write_atomically(self._path, json.dumps(self._known, indent=1, sort_keys=True) + "\n")


def _is_count(counts: Any) -> bool:
    return isinstance(counts, dict) and all(type(number) is int for number in counts.values())


def _built(pairs: Path) -> Mapping[str, Mapping[str, int]]:
    from acord.manifest import read_manifest

    supply: dict[str, dict[str, int]] = read_manifest(pairs).figures.get("supply", {})
    return supply


def _of_source(
    source: Source, place: Source, recipe: Recipe, outside: Outside, counts: Counts, *, count: bool
) -> list[SupplyRow]:
    wanted = source.languages or ([source.language] if source.language else [])
    try:
        inputs = locate(place, download=False)
    except InputError:
        known = {} if not any(path.startswith(HUB) for path in source.paths) else _published(source)
        listed = wanted or list(known) or ["und"]
        return [
            SupplyRow(source.name, language, known.get(language), PUBLISHED if language in known else UNKNOWN)
            for language in listed
        ]
    size = sum(file.path.stat().st_size for file in (*inputs.files, *inputs.against))
    one = recipe.model_copy(update={"data": recipe.data.model_copy(update={"sources": [place]})})
    part = place.model_dump(mode="json", include={"format", "language", "languages", "policy", "min_margin",
                                                  "pairs_a_prompt", "labelled"})  # fmt: skip
    key = digest([COUNTS_VERSION, part, source_contents(one, outside)])

    def make() -> dict[str, int]:
        from acord.data.supply import read_source

        with tempfile.TemporaryDirectory() as folder:
            return read_source(place, inputs, Path(folder) / "read", seed=0).count()

    try:
        found = counts.get(key, make if count or size <= SMALL_BYTES else None)
    except InputError:
        found = None  # what is wrong with the file is the run's business
    if found is None:
        return [SupplyRow(source.name, language, None, UNKNOWN) for language in wanted or ["und"]]
    return [SupplyRow(source.name, language, number, COUNTED) for language, number in found.items()]


def _published(source: Source) -> Mapping[str, int]:
    facts = [published(path) for path in source.paths]
    return facts[0].pairs if len(facts) == 1 and facts[0] is not None else {}


def _translation(source: Source, rows: list[SupplyRow]) -> SupplyRow:
    settings: Any = source.translate
    for row in rows:
        if row.source == settings.from_ and row.language == settings.language:
            return SupplyRow(source.name, settings.to, row.pairs, row.basis)
    return SupplyRow(source.name, settings.to, None, UNKNOWN)


def _quota(language: str, asked: int, rows: list[SupplyRow], recipe: Recipe) -> QuotaRow:
    """enough: whether every part of the quota can be filled, held-out conversations apart."""
    there = {row.source: row.pairs for row in rows if row.language == language}
    known = sum(pairs for pairs in there.values() if pairs is not None)
    weights = {source.name: source.weight for source in recipe.data.sources if source.name in there and source.weight}
    parts = {"": asked}
    if weights and recipe.data.on_shortfall != "next_source":
        parts = dict(zip(weights, apportion(asked, list(weights.values())), strict=True))
    states = []
    for source, part in parts.items():
        supply = known if source == "" else there[source]
        unknown = None in there.values() if source == "" else supply is None
        has_enough = supply is not None and supply * (1 - recipe.data.held_out) >= part
        states.append(True if has_enough else None if unknown else False)
    enough = False if False in states else None if None in states else True
    return QuotaRow(language, asked, None if None in there.values() and enough is None else known, enough)
