"""Built pairs in the formats of others, as files in a folder. Nothing here needs torch.

One file a split: train.jsonl and held_out.jsonl (or .parquet); for `hf-dataset` they are data/*.parquet,
with a card beside (card.py); `llama-factory` has a dataset_info.json too.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from acord.data.export_forms import FORMS, llama_factory_index
from acord.data.language_names import tag_of_code
from acord.data.pairs import HELD_OUT, TRAIN, UNKNOWN
from acord.data.scan import pair_rows, scan_pairs
from acord.errors import InputError

FormName = Literal["pairs", "trl", "hf-dataset", "llama-factory", "orca"]
FileType = Literal["jsonl", "parquet"]
DATA_SET: FormName = "hf-dataset"
ROWS_A_GROUP = 4_096
PERSONAL = "personal_data"
READ, TRANSLATE = "read", "translate"
HUB_NAME = re.compile(r"hf://([^/@\s]+/[^/@\s]+)[@/]")


@dataclass(frozen=True)
class Selection:
    """Which pairs: of these languages, sources and splits; of all where empty."""

    languages: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()

    def columns(self) -> dict[str, list[str]]:
        """Column -> the values wanted, for the columns that are limited."""
        wanted = {
            "language": [tag_of_code(one) for one in self.languages],
            "source": [*self.sources],
            "split": [*self.splits],
        }
        return {column: values for column, values in wanted.items() if values}

    def mask(self, batch: Any) -> Any:
        """Which rows of a batch are selected."""
        mask = pa.array([True] * batch.num_rows)
        for column, values in self.columns().items():
            mask = pc.and_(mask, pc.is_in(batch[column], pa.array(values, pa.string())))
        return mask


@dataclass
class SourceTally:
    """What was exported of a source: pairs, and how many of each language, licence, origin and lineage step.

    translators: `tool version` of its translation steps. read_from: data sets of the hub, as `owner/name`; empty where
    rows came from local files.
    """

    pairs: int = 0
    languages: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    origins: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    translators: Counter[str] = field(default_factory=Counter)
    read_from: Counter[str] = field(default_factory=Counter)

    @property
    def flagged(self) -> int:
        """Pairs with the lineage step of personal data."""
        return self.steps[PERSONAL]

    def count(self, row: Mapping[str, Any]) -> None:
        """One more pair."""
        self.pairs += 1
        self.languages[row["language"]] += 1
        self.licences[row["licence"]] += 1
        self.origins[row["origin"]] += 1
        self.steps.update({step["step"] for step in row["lineage"]})
        self.translators.update(
            {f"{step['tool']} {step['version']}".strip() for step in row["lineage"] if step["step"] == TRANSLATE}
        )
        read = (HUB_NAME.search(step["detail"]) for step in row["lineage"] if step["step"] == READ)
        self.read_from.update({found[1] if found else "" for found in read})


@dataclass(frozen=True)
class Tally:
    """What was exported. by_split, by_source: pairs. left_out: pairs whose turns the format cannot hold."""

    by_split: dict[str, int]
    by_source: dict[str, SourceTally]
    left_out: int

    @property
    def pairs(self) -> int:
        """All of them."""
        return sum(self.by_split.values())

    @property
    def flagged(self) -> int:
        """Pairs in which personal data was found."""
        return sum(source.flagged for source in self.by_source.values())


def export_pairs(folder: Path, to: Path, form: FormName, selection: Selection, files: FileType) -> Tally:
    """Write the selected pairs of `folder` into `to`, which is there and empty; a data set's card is not written here.

    Raises InputError where nothing is selected or fits the format, and before anything of a data set is written whose
    licence is not known.
    """
    _check_selection(folder, selection, licences=form == DATA_SET)
    writing = FORMS[form]
    by_split: Counter[str] = Counter()
    by_source: dict[str, SourceTally] = defaultdict(SourceTally)
    left_out = 0
    place = to / "data" if form == DATA_SET else to
    place.mkdir(exist_ok=True)
    with ExitStack() as stack:
        writers: dict[str, _Writer] = {}
        for row in pair_rows(folder, selection.mask):
            written = writing.write(row)
            if written is None:
                left_out += 1
                continue
            split = row["split"]
            if split not in writers:
                writers[split] = stack.enter_context(_writer(place, split, files, writing.schema))
            writers[split].write(written)
            by_split[split] += 1
            by_source[row["source"]].count(row)
    if not by_split:
        raise InputError(
            f"none of the {left_out:,} pairs fits the format {form}, which holds a single question",
            where="--format",
            fix="Take pairs or trl, which hold conversations.",
        )
    if form == "llama-factory":
        names = {split: f"{split}.{files}" for split in (TRAIN, HELD_OUT) if by_split[split]}
        index = json.dumps(llama_factory_index(names), indent=2)
        (to / "dataset_info.json").write_text(index + "\n", encoding="utf-8")
    return Tally({split: by_split[split] for split in (TRAIN, HELD_OUT) if by_split[split]}, dict(by_source), left_out)


def _check_selection(folder: Path, selection: Selection, *, licences: bool) -> None:
    """Raises InputError for a value that no pair has, for an empty selection, and for a licence that is not known."""
    there: dict[str, set[str]] = {column: set() for column in ("language", "source", "split")}
    selected = 0
    unknown: set[str] = set()
    for batch in scan_pairs(folder, [*there, "licence"]):
        for column, values in there.items():
            values.update(pc.unique(batch[column]).to_pylist())
        rows = batch.filter(selection.mask(batch))
        selected += rows.num_rows
        without = pc.or_kleene(pc.is_in(rows["licence"], pa.array(["", UNKNOWN])), pc.is_null(rows["licence"]))
        unknown.update(pc.unique(rows["source"].filter(without)).to_pylist())
    for column, wanted in selection.columns().items():
        absent = sorted({*wanted} - there[column])
        if absent:
            raise InputError(
                f"no pair has the {column} {absent[0]}", fix=f"There are: {', '.join(sorted(there[column])) or 'none'}."
            )
    if not selected:
        raise InputError("no pair is selected", where=str(folder), fix="Ask for other languages, sources or splits.")
    if licences and unknown:
        source = sorted(unknown)[0]
        raise InputError(
            "the licence of its pairs is not known, so they cannot be published",
            where=f"source {source}",
            fix=f"Set licence: for {source} in the recipe and build again, or name the other sources with --source.",
        )


class _Writer(Protocol):
    def write(self, row: Mapping[str, Any]) -> None: ...


def _writer(place: Path, split: str, files: FileType, schema: Any) -> Any:
    path = place / f"{split}.{files}"
    return _ParquetFile(path, schema) if files == "parquet" else _Lines(path)


class _Lines:
    """JSON lines. A context manager."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", newline="\n")

    def write(self, row: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(row, ensure_ascii=False) + "\n")

    def __enter__(self) -> "_Lines":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


class _ParquetFile:
    """Parquet, a group of rows at a time. A context manager."""

    def __init__(self, path: Path, schema: Any) -> None:
        self._schema = schema
        self._rows: list[Mapping[str, Any]] = []
        self._file = pq.ParquetWriter(path, schema, compression="zstd")

    def write(self, row: Mapping[str, Any]) -> None:
        self._rows.append(row)
        if len(self._rows) == ROWS_A_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._file.write_table(pa.Table.from_pylist(self._rows, self._schema), row_group_size=ROWS_A_GROUP)
            self._rows = []

    def __enter__(self) -> "_ParquetFile":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._flush()
        self._file.close()
