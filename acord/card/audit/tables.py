"""A card's table: what each column is (label, language, task, metric, a model's scores), and its rows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from acord.card.audit.cells import Cell, read_cell, writes_decimal_comma

# task: the data set measured. metric: what is computed. model: scores of one model. measure: scores on one task, in a
# table whose rows are models. other: numbers of no model, such as n. label: any other text.
Kind = Literal["label", "language", "task", "metric", "model", "measure", "other"]

MOST_COLUMNS = 200

# First words of a header, in lower case and without signs.
TASK_HEADS: tuple[str, ...] = (
    "dataset",
    "data set",
    "task",
    "tasks",
    "benchmark",
    "benchmarks",
    "test",
    "eval",
    "evaluation",
    "suite",
)
TASK_HEADS += ("conjunt de dades", "tasca", "conjunto de datos", "tarea", "corpus", "task category", "category")
LANGUAGE_HEADS = ("lang", "language", "langs", "languages", "llengua", "lengua", "idioma", "pair", "direction")
METRIC_HEADS = ("metric", "metrics", "measure", "mètrica", "métrica", "score type")
MODEL_HEADS = (
    "model",
    "models",
    "modelo",
    "modelos",
    "system",
    "systems",
    "checkpoint",
    "llm",
    "llms",
    "model name",
    "model_name",
)
# Numbers that are no model's score: the first or last word of a header, or all of it.
OTHER_HEADS = frozenset(
    """
    n #n num items item size samples sample examples questions count counts number instances tokens total shots shot
    few-shot fewshot n-shot nshot n_shot num_fewshot stderr se ± sd std stdev version filter seed chance random delta δ
    diff difference gain change improvement p p-value pvalue ci interval year rank # id row no epoch epochs step steps
    loss parameters params rows pairs train validation dev source s ms sec seconds min minutes hours time gb mb kb
    memory ratio words bytes characters chars cost price speed length frames date default
    dropped kept used holm detectable effect constant ítems exemples ejemplos plantilla atzar azar resposta respuesta
    efecte efecto diferència diferencia canvi cambio files filas parells pares llavor semilla hores horas temps tiempo
    marge margen intervalo
    """.split()  # noqa: SIM905 - a list of fifty quoted words is harder to read
)
# A header that gives a unit of time, size or speed: "hf backend, s", "peak (GB)", "tokens/s".
UNIT = re.compile(
    r"(?:[,(\[]\s*|/\s*)(?:s|ms|sec|seconds|min|minutes|h|hours|[kmg]i?b|tokens?|x|usd|€|\$)\s*[)\]]?\s*$", re.I
)
MODELS_SIGN = re.compile(r"\d\s*[bm]\b|instruct|[a-z]-\d|gpt|llama|chat|base\b|dpo|sft|/[a-z]", re.IGNORECASE)


class RawCell(NamedTuple):
    """A cell without its markup; links are text and target."""

    text: str
    bold: bool
    line: int
    links: tuple[tuple[str, str], ...]


class RawTable(NamedTuple):
    """A table as it stands in the Markdown. number: from 1 in the card."""

    number: int
    path: tuple[str, ...]
    caption: str
    header: list[RawCell]
    rows: list[list[RawCell]]


@dataclass(frozen=True)
class Column:
    """name: the header's text. model: for scores of a model its name (of a single unnamed model the header)."""

    name: str
    kind: Kind
    model: str | None
    bold: bool
    links: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Row:
    """labels: texts of the columns that hold no scores, by header. cells: all, in the order of the columns. metric:
    of the metric column, None without one."""

    line: int
    labels: dict[str, str]
    metric: str | None
    cells: tuple[Cell, ...]

    def label(self) -> str:
        """The row in words: its label cells, the same one only once."""
        return ", ".join(dict.fromkeys(text for text in self.labels.values() if text))


@dataclass(frozen=True)
class Table:
    """number: from 1 in the card. path: the headings that it lies under. caption: the paragraph before it. line: of its
    header; first_row: of its first row. header: the header's cells, as cells."""

    number: int
    path: tuple[str, ...]
    caption: str
    line: int
    columns: tuple[Column, ...]
    header: tuple[Cell, ...]
    rows: tuple[Row, ...]

    @property
    def heading(self) -> str:
        """The nearest heading above, "" without one."""
        return self.path[-1] if self.path else ""

    @property
    def first_row(self) -> int:
        """The line of the first row (of the header where there is none)."""
        return self.rows[0].line if self.rows else self.line

    @property
    def all_cells(self) -> tuple[Cell, ...]:
        """Header and rows."""
        return (*self.header, *(cell for row in self.rows for cell in row.cells))

    @property
    def models(self) -> tuple[str, ...]:
        """The models that it holds scores of, in its order."""
        if any(column.kind == "measure" for column in self.columns):
            first = self.models_column()
            return tuple(dict.fromkeys(row.cells[first].text for row in self.rows))
        return tuple(column.model for column in self.columns if column.model is not None)

    def models_column(self) -> int:
        """In a table whose rows are models: the column that names them."""
        labels = [i for i, column in enumerate(self.columns) if column.kind == "label"]
        return next((i for i in labels if _head(self.columns[i].name) in MODEL_HEADS), labels[0] if labels else 0)

    def scores(self, row: Row) -> tuple[Cell, ...]:
        """The row's cells in columns of scores."""
        return tuple(row.cells[i] for i, column in enumerate(self.columns) if column.kind in ("model", "measure"))

    def place(self, row: Row | None = None, column: int | None = None) -> str:
        """In words where something stands."""
        parts = [f'table {self.number} ("{" > ".join(self.path[-2:])}")' if self.path else f"table {self.number}"]
        if row is not None and row.label():
            parts.append(f'row "{row.label()}"')
        if column is not None:
            parts.append(f'column "{self.columns[column].name}"')
        return ", ".join(parts)


def read_table(raw: RawTable) -> Table:
    """The table with the kind of each column found from its header and its cells."""
    width = min(len(raw.header), MOST_COLUMNS)
    texts = [cell.text for row in raw.rows for cell in row[:width]]
    comma = writes_decimal_comma(texts)
    header = tuple(_cell(cell, i, comma) for i, cell in enumerate(raw.header[:width]))
    grid = [tuple(_cell(cell, i, comma) for i, cell in enumerate(row[:width])) for row in raw.rows]
    columns = _columns(header, grid)
    if any(column.kind == "metric" for column in columns):
        grid = _filled(grid, columns)
    rows = tuple(_row(cells, columns) for cells in grid)
    return Table(raw.number, raw.path, raw.caption, raw.header[0].line, columns, header, rows)


def _filled(grid: Sequence[tuple[Cell, ...]], columns: Sequence[Column]) -> list[tuple[Cell, ...]]:
    """Rows with their task taken from above where it is left out: a further metric of the same one."""
    tasks = [i for i, column in enumerate(columns) if column.kind == "task"]
    filled: list[tuple[Cell, ...]] = []
    for row in grid:
        left_out = filled and tasks and not any(row[i].text for i in tasks)
        above = filled[-1] if left_out else row
        filled.append(tuple(replace(c, text=above[i].text) if i in tasks else c for i, c in enumerate(row)))
    return filled


def _cell(raw: RawCell, column: int, decimal_comma: bool) -> Cell:
    return read_cell(
        raw.text, bold=raw.bold, line=raw.line, column=column, decimal_comma=decimal_comma, links=raw.links
    )


def _row(cells: tuple[Cell, ...], columns: tuple[Column, ...]) -> Row:
    pairs = list(zip(columns, cells, strict=True))
    labels: dict[str, str] = {}
    for place, (column, cell) in enumerate(pairs):
        if column.kind in ("label", "language", "task", "metric", "other") and cell.text:
            labels[column.name if column.name not in labels else f"{column.name} ({place + 1})"] = cell.text
    metric = next((cell.text for column, cell in pairs if column.kind == "metric" and cell.text), None)
    return Row(cells[0].line, labels, metric, cells)


def _columns(header: Sequence[Cell], grid: Sequence[Sequence[Cell]]) -> tuple[Column, ...]:
    numeric = [_mostly_numbers([row[i] for row in grid]) for i in range(len(header))]
    kinds = [_kind(cell.text, numeric[i]) for i, cell in enumerate(header)]
    if "metric" not in kinds and "task" not in kinds:
        # "Value" alone is a setting, not a score: a table of hyperparameters.
        kinds = [
            "other" if k == "model" and _head(h.text) == "value" else k for k, h in zip(kinds, header, strict=True)
        ]
    if _rows_are_models(header, grid, kinds):
        kinds = ["measure" if kind == "model" else kind for kind in kinds]
    return tuple(
        Column(cell.text, kind, cell.text if kind == "model" else None, cell.bold, cell.links)
        for cell, kind in zip(header, kinds, strict=True)
    )


def _mostly_numbers(cells: Sequence[Cell]) -> bool:
    """Whether more than half of the cells with anything in them hold a number, and one does."""
    filled = [cell for cell in cells if cell.text.strip(" -—–/") and cell.text.lower() not in ("n/a", "na", "nan")]
    return sum(cell.value is not None for cell in filled) * 2 > len(filled)


def _head(text: str) -> str:
    return " ".join(re.sub(r"[^\w#±%δ_ -]", " ", text.lower()).split())


def _kind(name: str, numeric: bool) -> Kind:
    head = _head(name)
    words = head.split()
    if numeric:
        ends = {*words[:1], *words[-1:]}
        counts = head in OTHER_HEADS or (bool(ends & OTHER_HEADS) and not MODELS_SIGN.search(name))
        return "other" if counts or UNIT.search(name) or not name.strip() else "model"
    if head in METRIC_HEADS:
        return "metric"
    if head in LANGUAGE_HEADS:
        return "language"
    if head in TASK_HEADS:
        return "task"
    return "label"


def _rows_are_models(header: Sequence[Cell], grid: Sequence[Sequence[Cell]], kinds: Sequence[Kind]) -> bool:
    """Whether the table stands on its side: a model a row, a task or metric a column."""
    if "model" not in kinds or "metric" in kinds:
        return False
    labels = [i for i, kind in enumerate(kinds) if kind == "label"]
    if any(_head(header[i].text) in MODEL_HEADS for i in labels):
        return True
    if not labels or "task" in kinds:
        return False
    first = labels[0]
    scored = [cell.text for cell, kind in zip(header, kinds, strict=True) if kind == "model"]
    named = [row[first].text for row in grid]
    return _share_of_models(named) > 0.5 > _share_of_models(scored)


def named_as_models(names: Sequence[str]) -> bool:
    """Whether half of the names or more look like models': a size, a version, a maker's word."""
    return _share_of_models(names) >= 0.5


def _share_of_models(names: Sequence[str]) -> float:
    return sum(MODELS_SIGN.search(name) is not None for name in names) / max(1, len(names))
