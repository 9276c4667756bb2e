"""One of many ways to write a card down; every object learns the line where it stands."""

import random
from dataclasses import dataclass, field

from tests.card.cards import Cell, Content, Row, Scores, Text


@dataclass
class Style:
    """How this author writes."""

    headings: str  # atx, closed or setext
    bold: str
    missing: str
    pair: str  # between a figure and its spread: " / ", " ± ", "("
    percent_sign: bool
    linked_header: bool
    version: str
    pipes: bool  # rows open and close with a pipe
    column_order: list[str]
    items_column: str  # its title, "" for none
    language_column: bool
    metric_in: str  # column, label or caption
    transposed: bool
    arrows: bool
    difference: bool
    numbers: str
    comma: bool  # decimals are written with a comma
    second: bool  # the second best is underlined
    log: str  # a table of a training log or of a leaderboard


LOGS = {
    "trainer": (
        "| Training Loss | Epoch | Step | Validation Loss | Rewards/accuracies | Rewards/margins |",
        "|:-------------:|:-----:|:----:|:---------------:|:------------------:|:---------------:|",
        "| 0.6931        | 0.0   | 1    | 0.6932          | 0.4871             | 0.0002          |",
        "| 0.6122        | 0.5   | 100  | 0.6204          | 0.6813             | 0.2317          |",
        "| 0.5874        | 1.0   | 200  | 0.5931          | 0.7012             | 0.3820          |",
    ),
    "leaderboard": (
        "|      Metric       |Value|",
        "|-------------------|----:|",
        "|Avg.               |24.80|",
        "|IFEval (0-Shot)    |61.20|",
        "|BBH (3-Shot)       | 9.10|",
        "|MATH Lvl 5 (4-Shot)| 4.10|",
    ),
}


@dataclass
class Page:
    lines: list[str] = field(default_factory=list)

    def add(self, text: str = "") -> int:
        """Adds a line, and answers its number."""
        self.lines.append(text)
        return len(self.lines)

    def paragraph(self, text: Text) -> None:
        text.line = self.add(text.text)
        self.add()


def draw_style(draw: random.Random) -> Style:
    order = ["name", "language", "metric", "items"]
    draw.shuffle(order)
    order.sort(key=lambda column: column == "items" and draw.random() < 0.5)
    if draw.random() < 0.6:
        order.sort(key=lambda column: column != "name")
    style = Style(
        headings=draw.choice(("atx", "atx", "closed", "setext")),
        bold=draw.choice(("**", "**", "__", "<b>")),
        missing=draw.choice(("-", "—", "n/a", "")),
        pair=draw.choice((" / ", " ± ", "(")),
        percent_sign=draw.random() < 0.3,
        linked_header=draw.random() < 0.25,
        version=draw.choice(("", "", " (v0.1)")),
        pipes=draw.random() < 0.85,
        column_order=order,
        items_column=draw.choice(("n", "Items", "# items", "N", "", "")),
        language_column=draw.random() < 0.6,
        metric_in=draw.choice(("column", "column", "label")),
        transposed=draw.random() < 0.2,
        arrows=draw.random() < 0.4,
        difference=draw.random() < 0.1,
        numbers=draw.choice((",", ",", "")),
        comma=False,
        second=draw.random() < 0.2,
        log=draw.choice(("", "", "trainer", "leaderboard")),
    )
    style.comma = style.numbers == "" and draw.random() < 0.5
    return style


def render(content: Content, seed: int) -> str:
    draw = random.Random(seed)
    style = draw_style(draw)
    page = Page()
    if draw.random() < 0.85:
        _front_matter(page, content)
    _heading(page, style, 1, content.ours)
    for text in content.links:
        page.paragraph(text)
    _heading(page, style, 2, "Training data")
    _datasets(page, content, style)
    if style.numbers != ",":
        content.total.text = _without_commas(content.total.text)
    page.paragraph(content.total)
    _heading(page, style, 2, "Use")
    for line in ("```python", "| not | a | table |", "|---|---|---|", "| x | 0.3 | **0.2** |", "print(0.5)", "```", ""):
        page.add(line)
    _hyperparameters(page, style)
    _heading(page, style, 2, draw.choice(("Evaluation", "Results", "Evaluation results")))
    for text in content.evidence:
        page.paragraph(text)
    if style.log:
        _heading(page, style, 3, "Training results" if style.log == "trainer" else "Leaderboard")
        for line in LOGS[style.log]:
            page.add(line)
        page.add()
    for table in content.tables:
        _heading(page, style, 3, table.heading)
        _scores(page, content, table, style)
    _heading(page, style, 3, "Reading the tables")
    for text in content.claims:
        page.paragraph(text)
    return "\n".join(page.lines) + "\n"


def _without_commas(text: str) -> str:
    return "".join(
        c for i, c in enumerate(text) if not (c == "," and text[i - 1].isdigit() and text[i + 1 : i + 2].isdigit())
    )


def _front_matter(page: Page, content: Content) -> None:
    for line in (
        "---",
        "license: apache-2.0",
        "language:",
        "- ca",
        "- es",
        f"base_model: {content.owner}/{content.base}",
    ):
        page.add(line)
    page.add("datasets:")
    for dataset in content.datasets:
        page.add(f"- {content.owner}/{dataset.name}")
    page.add("---")
    page.add()


def _heading(page: Page, style: Style, level: int, text: str) -> None:
    if style.headings == "setext" and level < 3:
        page.add(text)
        page.add(("=" if level == 1 else "-") * len(text))
    else:
        page.add("#" * level + " " + text + (" " + "#" * level if style.headings == "closed" else ""))
    page.add()


def _line(page: Page, style: Style, cells: list[str]) -> int:
    inner = " | ".join(cells)
    return page.add(f"| {inner} |" if style.pipes or not cells[0] or not cells[-1] else inner)


def _rule(page: Page, style: Style, columns: int) -> None:
    _line(page, style, ["---", *(":---:" for _ in range(columns - 1))])


def _datasets(page: Page, content: Content, style: Style) -> None:
    _line(page, style, ["Data set", "Pairs", "Source"])
    _rule(page, style, 3)
    for dataset in content.datasets:
        source = (
            f"[{content.owner}/{dataset.name}]({dataset.source})"
            if dataset.source.startswith("http")
            else dataset.source
        )
        dataset.line = _line(page, style, [dataset.name, f"{dataset.pairs:{style.numbers}}", source])
    page.add()


def _hyperparameters(page: Page, style: Style) -> None:
    _line(page, style, ["Hyperparameter", "Value"])
    _rule(page, style, 2)
    for name, value in (
        ("Learning rate", "5e-6"),
        ("Beta", "0.1"),
        ("Epochs", "1"),
        ("Batch", "128"),
        ("Warm-up", "0.03"),
    ):
        _line(page, style, [f"**{name}**", value])
    page.add()


def _scores(page: Page, content: Content, table: Scores, style: Style) -> None:
    headers = [_model_name(content, model, style) for model in table.models]
    if style.transposed and table.kind != "judge" and len({row.lower for row in table.rows}) == 1:
        _transposed(page, table, style, headers)
    else:
        _by_row(page, content, table, style, headers)
    page.add()


def _model_name(content: Content, model: str, style: Style) -> str:
    shown = model + (style.version if model == content.ours else "")
    return f"[{shown}](https://huggingface.co/{content.owner}/{model})" if style.linked_header else shown


def _by_row(page: Page, content: Content, table: Scores, style: Style, headers: list[str]) -> None:
    shown = _label_columns(table, style)
    titles = {"name": "Task", "language": "Lang.", "metric": "Metric", "items": style.items_column}
    if table.kind == "judge":
        titles["name"] = "Category"
    difference = style.difference and table.kind == "benchmarks" and content.base in table.models
    table.line = _line(page, style, [titles[c] for c in shown] + headers + (["Δ"] if difference else []))
    _rule(page, style, len(shown) + len(headers) + difference)
    for row in table.rows:
        labels = [_label(column, row, table, style) for column in shown]
        cells = [_cell(cell, style, table, at == _second(row)) for at, cell in enumerate(row.cells)]
        if difference:
            me, base = (
                row.cells[table.models.index(content.ours)].text,
                row.cells[table.models.index(content.base)].text,
            )
            change = f"{float(me) - float(base):+.{row.decimals}f}" if me and base else style.missing
            cells.append(change.replace(".", ",") if style.comma else change)
        row.line = _line(page, style, labels + cells)


def _label_columns(table: Scores, style: Style) -> list[str]:
    if table.kind == "judge":
        return ["name"]
    shown = [c for c in style.column_order if c != "language" or style.language_column or table.kind == "generation"]
    if table.kind == "generation" or not style.items_column:
        shown = [c for c in shown if c != "items"]
    if table.kind == "generation":
        return shown
    return [c for c in shown if c != "metric" or style.metric_in == "column"]


def _label(column: str, row: Row, table: Scores, style: Style) -> str:
    if column == "items":
        return "" if row.items is None else f"{row.items:{style.numbers}}"
    if column == "language":
        return row.language
    if column == "metric":
        return row.metric + _arrow(row, style)
    if row.summary:
        return f"**{row.name}**"
    in_label = table.kind == "benchmarks" and style.metric_in == "label"
    return f"{row.name} ({row.metric}{_arrow(row, style)})" if in_label else row.name


def _arrow(row: Row, style: Style) -> str:
    return (" ↓" if row.lower else " ↑") if style.arrows and row.metric else ""


def _cell(cell: Cell, style: Style, table: Scores, second: bool = False) -> str:
    if not cell.text:
        return style.missing
    text = cell.text + ("%" if table.per_cent and style.percent_sign else "")
    if cell.extra:
        text = f"{text} ({cell.extra})" if style.pair == "(" else f"{text}{style.pair}{cell.extra}"
    if style.comma:
        text = text.replace(".", ",")
    if not cell.bold:
        return f"<u>{text}</u>" if second and style.second else text
    return f"<b>{text}</b>" if style.bold == "<b>" else f"{style.bold}{text}{style.bold}"


def _second(row: Row) -> int:
    """The column of the second best."""
    sign = -1 if row.lower else 1
    shown = [at for at, cell in enumerate(row.cells) if cell.text and not cell.bold]
    return max(shown, key=lambda at: sign * float(row.cells[at].text), default=-1)


def _transposed(page: Page, table: Scores, style: Style, headers: list[str]) -> None:
    names = [row.name if row.summary else f"{row.name} ({row.metric}{_arrow(row, style)})" for row in table.rows]
    table.line = _line(page, style, ["Model", *names])
    _rule(page, style, len(names) + 1)
    table.model_lines = []
    for at, header in enumerate(headers):
        cells = [_cell(row.cells[at], style, table) for row in table.rows]
        table.model_lines.append(_line(page, style, [header, *cells]))
    for row in table.rows:
        row.line = 0
