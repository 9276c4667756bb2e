"""What a card's tables measure: each row (or column, where a table's rows are models) with its models' scores.

Rules work on measures, so that it does not matter to them which way a table lies.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from acord.card.audit.cells import Cell
from acord.card.audit.known import known_task
from acord.card.audit.names import (
    PROPORTIONS,
    Better,
    better_of,
    is_average,
    language_in_brackets,
    language_of,
    languages_in,
    metric_of,
    metrics_in,
    pair_of,
)
from acord.card.audit.tables import Row, Table, named_as_models

PROPORTION_LIMIT = 1.0


@dataclass(frozen=True)
class Score:
    """A model's cell. highlighted: bold because the whole column (row) of the model or measure is, label included."""

    model: str
    cell: Cell
    place: str
    highlighted: bool = False


@dataclass(frozen=True)
class Measure:
    """One task and metric on several models.

    label: the task's name as written. language: a tag (`ca`) or None. pair: of a
    translation, as tags. metric: as in `names`, None where unknown; written: as the card writes it. better: None where
    neither metric nor words tell. average: whether it averages others. percent: whether proportions are out of 100.
    items: n where the table has a column of it. line: of its row; of the header where rows are models.
    """

    table: Table
    row: Row | None
    label: str
    language: str | None
    pair: tuple[str, str] | None
    metric: str | None
    written: str
    better: Better | None
    average: bool
    percent: bool
    items: int | None
    line: int
    scores: tuple[Score, ...]

    @property
    def numbers(self) -> tuple[Score, ...]:
        """Scores that hold a number."""
        return tuple(score for score in self.scores if score.cell.value is not None)

    def place(self) -> str:
        """In words where it stands."""
        if self.row is not None:
            return self.table.place(self.row)
        return f'{self.table.place()}, column "{self.label}"'


def measures_of(table: Table) -> tuple[Measure, ...]:
    """The measures of one table, in its order.

    None for a table that holds no scores of models: times, counts and settings are other tables' matter. What tells is
    a metric or a known task in its rows, or columns (rows) that are named as models are.
    """
    kinds = {column.kind for column in table.columns}
    if "measure" in kinds:
        found = tuple(_columns_as_measures(table))
    elif "model" in kinds:
        found = tuple(_rows_as_measures(table))
    else:
        return ()
    if not (named_as_models(table.models) or any(_of_evaluation(one) for one in found)):
        return ()
    large = _large(found)
    return tuple(replace(one, percent=_in_percent(one, large)) for one in found)


def value(score: Score) -> float:
    """The number of a score that has one."""
    if score.cell.value is None:
        raise ValueError(score.cell.text)
    return score.cell.value


def _rows_as_measures(table: Table) -> Iterator[Measure]:
    tasks = [i for i, column in enumerate(table.columns) if column.kind == "task"]
    labels = tasks or [i for i, column in enumerate(table.columns) if column.kind == "label"]
    models = [(i, column) for i, column in enumerate(table.columns) if column.kind == "model"]
    whole_columns = _bold_throughout(table)
    for row in table.rows:
        texts = [row.cells[i].text for i in labels]
        label = next((text for text in texts if text), "")
        whole_row = len(models) > 1 and all(row.cells[i].bold for i, _ in models) and _label_is_bold(row, labels)
        scores = tuple(
            Score(column.model or "", row.cells[i], table.place(row, i), whole_row or i in whole_columns)
            for i, column in models
        )
        tags = [row.cells[i].text for i, column in enumerate(table.columns) if column.kind == "language"]
        written = row.metric or ""
        metric = _metric(table, written, label, [column.name for _, column in models])
        better = better_of(metric, written, label, table.caption)
        yield Measure(
            table,
            row,
            label,
            _language(table, tags, label),
            next((pair for text in (*texts, *tags) if (pair := pair_of(text))), None),
            metric,
            written or (metric or ""),
            better,
            is_average(texts),
            False,
            _items(table, row),
            row.line,
            scores,
        )


def _columns_as_measures(table: Table) -> Iterator[Measure]:
    first = table.models_column()
    whole_rows = {row.line for row in table.rows if row.cells[first].bold and all(c.bold for c in table.scores(row))}
    for place, column in enumerate(table.columns):
        if column.kind != "measure":
            continue
        scores = tuple(
            Score(row.cells[first].text, row.cells[place], table.place(row, place), row.line in whole_rows)
            for row in table.rows
        )
        metric = metric_of(column.name) or _metric(table, "", column.name, [])
        yield Measure(
            table,
            None,
            column.name,
            _language(table, [column.name], column.name),
            pair_of(column.name),
            metric,
            metric or "",
            better_of(metric, column.name, table.caption),
            is_average([column.name]),
            False,
            None,
            table.line,
            scores,
        )


def _of_evaluation(one: Measure) -> bool:
    """Whether a row says that it measures models: it names a metric, or a public task."""
    headers = [score.model for score in one.scores]
    stated = (one.row.metric if one.row is not None else None) or one.label
    metric = metric_of(stated) or metrics_in(stated.replace("_", " ")) or any(metrics_in(name) for name in headers)
    return bool(metric) or known_task(one.label) is not None


def _bold_throughout(table: Table) -> set[int]:
    """Columns in bold from the header to the last row: a model that is shown off, not a best score."""
    return {
        i
        for i, column in enumerate(table.columns)
        if column.bold and len(table.rows) > 1 and all(row.cells[i].bold or not row.cells[i].text for row in table.rows)
    }


def _label_is_bold(row: Row, labels: list[int]) -> bool:
    return any(row.cells[i].bold for i in labels)


def _metric(table: Table, written: str, label: str, headers: list[str]) -> str | None:
    """The metric: of its column; else in the label; else the only one of all headers, the caption or a heading."""
    if written:
        return metric_of(written)
    named = metrics_in(label.replace("_", " ")) or metrics_in(label)
    if named:
        return named[0]
    of_headers = [metrics_in(name) for name in headers]
    if of_headers and all(len(one) == 1 for one in of_headers) and len({one[0] for one in of_headers}) == 1:
        return of_headers[0][0]
    for text in (table.caption, *reversed(table.path)):
        named = metrics_in(text)
        if len(named) == 1:
            return named[0]
    return None


def _language(table: Table, tags: list[str], label: str) -> str | None:
    """The language: of its column; else the only one in the label; else of the nearest heading or the caption."""
    for text in tags:
        if found := language_of(text):
            return found
    if any(pair_of(text) for text in (*tags, label)):
        return None
    named = languages_in(label, tags=True)
    if len(named) == 1:
        return named[0]
    for text in (*reversed(table.path), table.caption):
        named = languages_in(text, tags=False)
        if len(named) == 1:
            return named[0]
        if not named and (tag := language_in_brackets(text)):
            return tag
    return None


def _items(table: Table, row: Row) -> int | None:
    """n of a column that says how many items there were."""
    for column, cell in zip(table.columns, row.cells, strict=True):
        name = " ".join(column.name.lower().split())
        counts = column.kind == "other" and name in (
            "n",
            "items",
            "#items",
            "# items",
            "number of items",
            "n items",
            "ítems",
        )
        if counts and cell.value is not None and not cell.decimals and cell.value >= 1:
            return int(cell.value)
    return None


def _in_percent(one: Measure, large: set[str | None]) -> bool:
    """Whether proportions are out of 100: a % sign, or scores above 1 of the metric or another proportion."""
    if one.metric not in PROPORTIONS | {"mcc", None}:
        return False
    if any(score.cell.percent for score in one.scores) or "%" in one.written:
        return True
    return one.metric in large or bool(large & PROPORTIONS)


def _large(measures: tuple[Measure, ...]) -> set[str | None]:
    """The metrics of which a table has scores above 1."""
    over = (one for one in measures if any(abs(value(score)) > PROPORTION_LIMIT for score in one.numbers))
    return {one.metric for one in over}
