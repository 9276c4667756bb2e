"""What an evaluation leaves behind: results.json for one model on one suite, and one file of items a row.

results.json names every items file with its sha256, so a figure can be computed again from what it stands on.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from acord.errors import InputError
from acord.hashing import hash_file
from acord.whole import written_whole

FILE = "results.json"
AGAIN = "Evaluate the model again."
ITEM_SCHEMA = pa.schema(
    [
        ("item", pa.int64()),
        ("document", pa.string()),
        ("cluster", pa.string()),
        ("score", pa.float64()),
        ("raw", pa.string()),
        ("prediction", pa.string()),
        ("gold", pa.string()),
        ("choices", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Item:
    """One item of one row.

    item: its index in the data set. document: hash of it. cluster: what it shares with others, e.g. a passage. score:
    its own value where the metric is a mean of these. raw: lm-eval's value of the item as JSON (for BLEU, reference
    and prediction). prediction, gold: texts, or the indices of a choice. choices: how many there were.
    """

    item: int
    document: str
    cluster: str | None
    score: float | None
    raw: str
    prediction: str | None
    gold: str | None
    choices: int | None


@dataclass(frozen=True)
class ModelId:
    """name: in tables. path: where it was. sha256: of weights and configuration, None where others measured it."""

    name: str
    path: str
    sha256: str | None
    step: str | None = None


@dataclass(frozen=True)
class RowResult:
    """One row's figures. value, stderr: in the metric's own scale. reason: why there is no value.

    items: file of the items, relative to results.json. verified: measured by Acord, so that the items are its own.
    """

    row: str
    task: str
    metric: str
    filter: str
    shots: int
    template: str
    value: float | None
    stderr: float | None
    n: int
    items: str | None
    items_sha256: str | None
    reason: str | None
    verified: bool
    seconds: float


@dataclass(frozen=True)
class Results:
    """One model on one suite. settings: what the figures depend on beside model and suite. folder: where they lie."""

    model: ModelId
    suite: str
    rows: tuple[RowResult, ...]
    settings: dict[str, Any]
    folder: Path | None = None

    def row(self, identity: str) -> RowResult | None:
        """The result of a row, None where the suite of that time had none."""
        return next((row for row in self.rows if row.row == identity), None)

    def items(self, identity: str) -> list[Item] | None:
        """The items of a row, None where none were kept. Raises InputError where the file is gone or was changed."""
        row = self.row(identity)
        if row is None or row.items is None or self.folder is None:
            return None
        file = self.folder / row.items
        try:
            found = hash_file(file)
        except OSError as error:
            raise InputError(f"the items cannot be read: {error.strerror}", where=str(file), fix=AGAIN) from None
        if found != row.items_sha256:
            raise InputError("the items are not those that were measured", where=str(file), fix=AGAIN)
        return read_items(file)


def write_items(items: Sequence[Item], path: Path) -> str:
    """Write items; the file's sha256."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as beside:
        pq.write_table(pa.Table.from_pylist([asdict(item) for item in items], ITEM_SCHEMA), beside, compression="zstd")
    return hash_file(path)


def read_items(path: Path) -> list[Item]:
    """Read what write_items wrote. Raises InputError for another file."""
    try:
        return [Item(**row) for row in pq.read_table(path, schema=ITEM_SCHEMA).to_pylist()]
    except (OSError, pa.ArrowException, TypeError):
        raise InputError("this is no file of items", where=str(path), fix=AGAIN) from None


def with_items(row: RowResult, items: Sequence[Item], folder: Path) -> RowResult:
    """The row with its items written into the folder beside results.json; as it is where there are none."""
    if not items or row.value is None:
        return row
    file = f"items/{row.row.replace('/', '.')}.parquet"
    return replace(row, items=file, items_sha256=write_items(items, folder / file))


def write_results(results: Results, folder: Path) -> Path:
    """Write folder/results.json, complete or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "model": asdict(results.model),
        "suite": results.suite,
        "settings": results.settings,
        "rows": [asdict(row) for row in results.rows],
    }
    with written_whole(folder / FILE) as beside:
        beside.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return folder / FILE


def read_results(path: Path) -> Results:
    """Read a results.json. Raises InputError, one line, for a file that is missing or is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path), fix=AGAIN) from None
    except ValueError:
        raise InputError("this is no JSON", where=str(path), fix=AGAIN) from None
    try:
        rows = tuple(_only(RowResult, row) for row in content["rows"])
        model = _only(ModelId, content["model"])
        return Results(model, str(content["suite"]), rows, dict(content["settings"]), path.parent)
    except (KeyError, TypeError, ValueError):
        raise InputError("this is no results.json of Acord", where=str(path), fix=AGAIN) from None


def _only(kind: Any, content: dict[str, Any]) -> Any:
    """A record from its fields alone: a later version may have written more."""
    names = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in content.items() if name in names})
