"""Model cards drawn at random whose figures all agree: what a table shows was computed from counts, ratings and sums.

A card is content (this file) and one of many ways to write it down (rendering.py). Nothing here uses acord: what is
right is computed a second time.
"""

import random
from dataclasses import dataclass, field
from statistics import fmean, pstdev

TASKS = {  # label: items of the public test or validation split, language or None for any
    "WNLI": (71, "en"),
    "Belebele": (900, None),
    "OpenBookQA": (500, "en"),
    "ARC-Easy": (2376, "en"),
    "ARC-Challenge": (1172, "en"),
    "PIQA": (1838, "en"),
    "XStoryCloze": (1511, None),
    "Social IQa": (1954, "en"),
    "COPA": (500, "ca"),
    "MGSM": (250, None),
}
OWN_TASKS = ("Tourist questions", "Rulings", "Council notices", "Proverbs", "Idioms", "Street names", "Recipes")
LANGUAGES = ("ca", "es", "en", "va")
FAMILIES = ("Garsa", "Mussol", "Xoriguer", "Oronella", "Falzia", "Puput")
OWNERS = ("riberalab", "utiel-nlp", "open-marjal", "xarxa-ml")
SETS = ("chats-ca", "chats-es", "ranked-en", "helpful-va", "debates", "forum-pairs")
# Sentences with the words of claims that claim nothing, or deny it.
TRUISMS = (
    "The best result of each row is in bold.",
    "Higher is better unless an arrow says otherwise.",
    "These tables do not show that one model is better than another for any given use.",
    "The model was aligned to improve its answers; whether it does is for the tables to say.",
    "Longer prompts may give better answers.",
    "For best results use the chat template.",
    "No model is the best in everything.",
    "El modelo no es mejor que los otros en todo.",
    "El model no millora en totes les tasques.",
    "We keep the last checkpoint, not the best one by accuracy.",
)
CATEGORIES = ("Summarisation", "Maths", "Paraphrasing", "Translation", "Reading comprehension", "Common sense")


@dataclass
class Cell:
    text: str  # as printed, "" where the figure is missing
    extra: str = ""  # standard error or standard deviation, as printed
    bold: bool = False


@dataclass
class Row:
    name: str
    language: str
    metric: str
    values: list[float | None]  # exact, in the scale shown
    items: int | None = None
    spreads: list[float] = field(default_factory=list)
    lower: bool = False
    summary: bool = False
    decimals: int = 3
    cells: list[Cell] = field(default_factory=list)
    line: int = 0


@dataclass
class Scores:
    kind: str  # benchmarks, generation or judge
    heading: str
    models: list[str]
    rows: list[Row]
    per_cent: bool = False
    bold: bool = True
    line: int = 0
    model_lines: list[int] = field(default_factory=list)  # where rows are models


@dataclass
class Text:
    text: str
    line: int = 0


@dataclass
class Dataset:
    name: str
    source: str
    pairs: int
    line: int = 0


@dataclass
class Content:
    owner: str
    ours: str
    base: str
    others: list[str]
    tables: list[Scores]
    datasets: list[Dataset]
    total: Text
    links: list[Text]
    claims: list[Text]
    evidence: list[Text]
    scale: int  # ratings go from 1 to this
    judged: int  # answers in a category

    @property
    def models(self) -> list[str]:
        return self.tables[0].models


def show(row: Row, bold: bool = True) -> None:
    """Prints a row's figures and marks the best, every one of equals as printed."""
    spreads = row.spreads or [None] * len(row.values)
    row.cells = [
        Cell(
            "" if value is None else f"{value:.{row.decimals}f}", "" if spread is None else f"{spread:.{row.decimals}f}"
        )
        for value, spread in zip(row.values, spreads, strict=True)
    ]
    mark_best(row, bold)


def mark_best(row: Row, bold: bool = True) -> None:
    shown = [float(cell.text) for cell in row.cells if cell.text]
    best = min(shown) if row.lower else max(shown)
    for cell in row.cells:
        cell.bold = bold and bool(cell.text) and float(cell.text) == best


def draw_card(seed: int) -> Content:
    draw = random.Random(seed)
    family, size = draw.choice(FAMILIES), draw.choice(("1B", "2B", "7B", "0.5B"))
    base = f"{family}-{size}-Instruct"
    ours = base + draw.choice(("-DPO", "-Aligned", "-Preference", "-v2"))
    others = [f"{other}-{size}-Chat" for other in draw.sample([f for f in FAMILIES if f != family], draw.randint(1, 2))]
    models = [base, *others, ours]
    if draw.random() < 0.4:
        models = [ours, base, *others] if draw.random() < 0.5 else [base, ours, *others]
    skills = {model: draw.uniform(-0.08, 0.08) for model in models}
    tables = _benchmark_tables(draw, models, skills)
    scale, judged = draw.choice((5, 5, 10)), draw.choice((40, 60, 100, 250))
    tables.append(_judge_table(draw, models, skills, scale, judged))
    owner = draw.choice(OWNERS)
    datasets = [
        Dataset(name, f"https://huggingface.co/datasets/{owner}/{name}", draw.randint(2_000, 90_000))
        for name in draw.sample(
            ("chats-ca", "chats-es", "ranked-en", "helpful-va", "debates", "forum-pairs"), draw.randint(3, 4)
        )
    ]
    content = Content(
        owner,
        ours,
        base,
        others,
        tables,
        datasets,
        Text(""),
        _links(draw, owner, ours, base, others),
        [],
        [],
        scale,
        judged,
    )
    content.total = Text(_total(draw, datasets))
    content.evidence = _evidence(draw, scale, judged)
    content.claims = _claims(draw, content)
    return content


def _benchmark_tables(draw: random.Random, models: list[str], skills: dict[str, float]) -> list[Scores]:
    per_cent, bold = draw.random() < 0.4, draw.random() < 0.85
    decimals = draw.choice((3, 3, 4)) if not per_cent else draw.choice((1, 2))
    tables = []
    averaged, errors = draw.random() < 0.5, draw.random() < 0.25
    for language in draw.sample(LANGUAGES, draw.randint(1, 3)):
        names = [name for name, (_, only) in TASKS.items() if only in (None, language)]
        drawn = [(name, TASKS[name][0]) for name in draw.sample(names, min(len(names), draw.randint(2, 5)))]
        drawn += [(name, draw.randint(60, 640)) for name in draw.sample(OWN_TASKS, draw.randint(1, 3))]
        rows = [_accuracy_row(draw, name, language, items, models, skills) for name, items in drawn]
        if not averaged:
            rows[0].values = [None if draw.random() < 0.3 else value for value in rows[0].values[:-1]] + rows[0].values[
                -1:
            ]
            rows += _acceptability(draw, language, models, skills) if draw.random() < 0.5 else []
        for row in rows:
            _finished(row, 100 if per_cent else 1, decimals, errors)
        if averaged:
            rows.append(Row("Average", "", "", average_of(rows), summary=True, decimals=decimals))
        for row in rows:
            show(row, bold)
        tables.append(Scores("benchmarks", f"Benchmarks ({language})", models, rows, per_cent, bold))
    if draw.random() < 0.6:
        rows = []
        for pair in draw.sample(("ca-es", "es-ca", "en-ca", "ca-en", "va-es"), draw.randint(2, 4)):
            for metric in ("bleu", "ter") if draw.random() < 0.4 else ("bleu",):
                middle = 30.0 if metric == "bleu" else 55.0
                row = Row(
                    f"Phrases {pair}",
                    pair,
                    metric,
                    [middle + draw.uniform(-8, 8) for _ in models],
                    lower=metric == "ter",
                )
                row.decimals = 2
                show(row, bold)
                rows.append(row)
        tables.append(Scores("generation", "Translation", models, rows, bold=bold))
    return tables


def _accuracy_row(
    draw: random.Random, name: str, language: str, items: int, models: list[str], skills: dict[str, float]
) -> Row:
    middle = draw.uniform(0.3, 0.75)
    metric = "exact_match" if name == "MGSM" else "acc"
    while True:
        counts = [round(items * min(0.93, max(0.06, middle + skills[m] + draw.uniform(-0.07, 0.07)))) for m in models]
        pairs = [(a, b) for i, a in enumerate(counts) for b in counts[i + 1 :]]
        by_chance = any(abs(a + b - items) <= 0.01 * items for a, b in pairs)  # complements of each other
        if not by_chance and not (name == "WNLI" and {31, 40} & set(counts)):  # the shares of its two classes
            break
    if draw.random() < 0.1:
        counts[draw.randrange(len(models))] = max(counts)  # a tie
    return Row(name, language, metric, [count / items for count in counts], items)


def _finished(row: Row, scale: int, decimals: int, errors: bool) -> None:
    if errors and row.metric != "mcc" and row.items and None not in row.values:
        row.spreads = [scale * (value * (1 - value) / row.items) ** 0.5 for value in row.values if value is not None]
    row.values = [value if value is None else scale * value for value in row.values]
    row.decimals = decimals


def average_of(rows: list[Row]) -> list[float | None]:
    columns = zip(*(row.values for row in rows if not row.summary), strict=True)
    return [fmean(value for value in column if value is not None) for column in columns]


def _acceptability(draw: random.Random, language: str, models: list[str], skills: dict[str, float]) -> list[Row]:
    accuracy = _accuracy_row(draw, "Acceptability", language, 640, models, skills)
    return [accuracy, Row("Acceptability", language, "mcc", [draw.uniform(0.12, 0.45) for _ in models], 640)]


def _judge_table(draw: random.Random, models: list[str], skills: dict[str, float], scale: int, judged: int) -> Scores:
    categories = draw.sample(CATEGORIES, draw.randint(4, 6))
    decimals = draw.choice((2, 3))
    ratings: dict[str, list[list[int]]] = {model: [] for model in models}
    for _ in categories:
        middle, width = draw.uniform(1.6, scale - 1.2), draw.uniform(0.5, 1.3)
        for model in models:
            drawn = [round(draw.gauss(middle + 5 * skills[model], width)) for _ in range(judged)]
            ratings[model].append([min(scale, max(1, rating)) for rating in drawn])
    rows = []
    for at, category in enumerate(categories):
        mine = [ratings[model][at] for model in models]
        rows.append(
            Row(category, "", "", [fmean(m) for m in mine], judged, [pstdev(m) for m in mine], decimals=decimals)
        )
    if draw.random() < 0.7:
        whole = [[rating for category in ratings[model] for rating in category] for model in models]
        pooled = [pstdev(all_of_one) for all_of_one in whole]
        means = [fmean(pstdev(category) for category in ratings[model]) for model in models]
        clear = all(abs(a - b) > 2.5 * 10**-decimals for a, b in zip(pooled, means, strict=True))
        spreads = pooled if clear else []
        row = Row("Overall", "", "", [fmean(one) for one in whole], None, spreads, summary=True, decimals=decimals)
        rows.append(row)
    for row in rows:
        show(row)
    return Scores("judge", "Judged answers", models, rows)


def _links(draw: random.Random, owner: str, ours: str, base: str, others: list[str]) -> list[Text]:
    hub = "https://huggingface.co"
    links = [
        Text(f"{ours} starts from [{owner}/{base}]({hub}/{owner}/{base}) and was aligned with DPO on pairs."),
        Text(f"We hold it against [{others[0]}]({hub}/{draw.choice(OWNERS)}/{others[0]})."),
    ]
    extra = (
        f"Questions go to [our group](https://example.org/{owner}); the licence is [Apache 2.0](https://www.apache.org/licenses/LICENSE-2.0).",
        f"The family is described in the [{others[0].split('-')[0]} paper](https://arxiv.org/abs/2406.01234).",
        f"The [model before alignment]({hub}/{owner}/{base}) stays available.",
        f"See also the [{others[0].replace('-', ' ')}]({hub}/{owner}/{others[0].lower()}) weights.",
    )
    return links + [Text(text) for text in draw.sample(extra, draw.randint(1, 3))]


def _total(draw: random.Random, datasets: list[Dataset]) -> str:
    whole = sum(dataset.pairs for dataset in datasets)
    parts = [f"{dataset.pairs:,} from {dataset.name}" for dataset in datasets]
    listed = ", ".join(parts[:-1]) + " and " + parts[-1]
    return draw.choice(
        (
            f"The {whole:,} preference pairs are {listed}.",
            f"In total we used {whole:,} pairs: {listed}.",
            f"The mix holds {listed}, {whole:,} pairs in all.",
        )
    )


def _evidence(draw: random.Random, scale: int, judged: int) -> list[Text]:
    shots = draw.choice(
        ("All benchmarks are zero-shot", "Every task is run with 0 few-shot examples", "We use 5-shot prompts")
    )
    return [
        Text(
            f"{shots}, with the chat template applied, by lm-evaluation-harness 0.4.{draw.randint(5, 13)}; standard "
            "errors of accuracies are at most 0.03."
        ),
        Text("The number of items of each task stands in its row or in the list of tasks below."),
        Text(
            f"Answers were rated by the judge model Qwen2.5-72B-Instruct on a 1-{scale} scale, {judged} answers a "
            "category; the table gives mean and standard deviation. The judge prompt is in the repository."
        ),
    ]


def outcome(content: Content, rival: str) -> tuple[int, int, int]:
    """Wins, losses and ties of the card's model over the benchmark rows, as printed."""
    wins = losses = ties = 0
    for table in content.tables:
        if table.kind == "judge":
            continue
        me, other = table.models.index(content.ours), table.models.index(rival)
        for row in table.rows:
            mine, theirs = row.cells[me].text, row.cells[other].text
            if row.summary or not mine or not theirs:
                continue
            difference = (float(mine) - float(theirs)) * (-1 if row.lower else 1)
            wins, losses, ties = wins + (difference > 0), losses + (difference < 0), ties + (difference == 0)
    return wins, losses, ties


def _claims(draw: random.Random, content: Content) -> list[Text]:
    claims = []
    for rival in (content.base, *content.others):
        wins, losses, ties = outcome(content, rival)
        rows = wins + losses + ties
        if wins >= 0.95 * rows and rows >= 8:
            claims.append(
                f"{content.ours} clearly improves on {rival}: it is better on {wins} of the {rows} benchmark rows."
            )
        elif draw.random() < 0.7:
            claims.append(f"Against {rival} it is better on {wins} of the {rows} benchmark rows and worse on {losses}.")
        else:
            claims.append(f"The difference to {rival} is not large enough to call either model better.")
    claims += _judge_claims(draw, content)
    claims += draw.sample(TRUISMS, 2)
    return [Text(claim) for claim in claims]


def _judge_claims(draw: random.Random, content: Content) -> list[str]:
    judge = content.tables[-1]
    me = judge.models.index(content.ours)
    claims = []
    alone = [row for row in judge.rows if not row.summary and _is_alone(row, me)]
    if alone:
        row = draw.choice(alone)
        claims.append(f"Among judged answers {content.ours} ({row.cells[me].text}) is best in {row.name}.")
    for table in content.tables:
        for row in table.rows:
            if row.summary and row.cells[me].bold and table.kind == "judge":
                claims.append(f"{content.ours} has the highest overall rating ({row.cells[me].text}).")
    rival = draw.choice((content.base, *content.others))
    rows = [row for row in judge.rows if not row.summary]
    tighter = sum(float(row.cells[me].extra) < float(row.cells[judge.models.index(rival)].extra) for row in rows)
    if tighter == len(rows) >= 5:
        claims.append(f"Its standard deviations are smaller than those of {rival} everywhere: tighter deviations.")
    else:
        claims.append(f"Its standard deviation is smaller than that of {rival} in {tighter} of {len(rows)} categories.")
    return claims


def _is_alone(row: Row, at: int) -> bool:
    return row.cells[at].bold and sum(cell.bold for cell in row.cells) == 1
