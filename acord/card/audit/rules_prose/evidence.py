"""What a reader needs to judge a card's numbers and the card does not say."""

import re
from collections.abc import Iterator
from typing import Any

from acord.card.audit.document import Card
from acord.card.audit.findings import Finding
from acord.card.audit.measures import Measure
from acord.card.audit.names import words_of
from acord.card.audit.rules_prose.claims import effects_claimed
from acord.card.audit.rules_prose.model_names import among, base_column, base_models, key_of, models_of, own_model
from acord.card.audit.rules_prose.sentences import Sentence, sentences_of
from acord.card.audit.rules_prose.standings import JUDGED, Scored, is_judged, scored
from acord.card.audit.tables import Table

COUNT = re.compile(
    r"\bn ?= ?\d|\b\d[\d.,]* (?:\w+ )?(?:items?|questions?|examples?|instances?|problems?|sentences|prompts|answers"
    r"|preguntes|preguntas|ítems|exemples|ejemplos|respostes|respuestas)\b"
    r"|\b(?:items?|answers|questions|ítems|respostes|respuestas)(?: \w+)?: ?\d",
    re.IGNORECASE,
)
ERROR = re.compile(
    r"±|\bstandard errors?\b|\bstd\.? ?err|\bconfidence\b|\bbootstrap\w*|\b\d\d ?% ci\b|\bp ?[<=] ?0"
    r"|\berrors? (?:estàndards?|est[áà]ndar\w*)|\binterval\w*",
    re.IGNORECASE,
)
SHOTS = re.compile(
    r"\b(?:\d+|zero|one|two|three|four|five|few|many|n|k)[- ]?shots?\b|\bin-context examples"
    r"|\bsense exemples|\bsin ejemplos",
    re.IGNORECASE,
)
TEMPLATE = re.compile(
    r"\b(?:chat|prompt|conversation)[- ]?(?:template|format)\w*|\bchatml\b|\bplantilla\b|\bapply_chat_template\b",
    re.IGNORECASE,
)
HARNESS = re.compile(
    r"\blm[-_ ]?eval(?:uation)?(?:[-_ ]harness)?\b|\blighteval\b|\bhelm\b|\bopencompass\b|\bevalplus\b|\bolmes\b"
    r"|\binspect[_ ](?:ai|evals)\b|\bsimple-evals\b|\bevaluation harness\b|\beval-harness\b",
    re.IGNORECASE,
)
VERSION = re.compile(r"\bv?\d+\.\d+|\bcommit\b|\b[0-9a-f]{7,40}\b|\b20\d\d-\d\d", re.IGNORECASE)
JUDGE_NAME = re.compile(
    r"\b(?:GPT-?\w[\w.-]*|ChatGPT|o[134](?:-mini)?|Claude[\w .-]{0,20}|Gemini[\w .-]{0,20}|Prometheus[\w.-]*"
    r"|DeepSeek[\w.-]*|Command[- ]R\+?|PandaLM|JudgeLM|Auto-?J"
    r"|[A-Z][\w.]*(?:-[\w.]+| \d[\w.]*){0,4}[- ]\d+(?:\.\d+)?[Bb](?:-[\w-]+)?"
    r"|[a-z][\w.]*(?:-[\w.]+){0,4}-\d+(?:\.\d+)?[Bb](?:-[\w-]+)?)\b"
)
PROMPT = re.compile(r"\b(?:prompts?|rubrics?|guidelines|instructions given|indicacions|rúbrica)\b", re.IGNORECASE)
SOURCE_HEADS = frozenset(
    {"source", "url", "link", "origin", "font", "fuente", "origen", "enllaç", "enlace", "repository"}
)
EMPTY = frozenset({"", "-", "--", "—", "–", "n/a", "na", "none", "?", "tbd", "todo", "/"})

# What is missing: the words for it, and why it matters.
MISSING = {
    "n": "the number of items of the benchmarks: without it nobody can tell a difference from chance",
    "error": "any standard error or interval of the scores",
    "shots": "how many examples the prompts hold (few-shot)",
    "template": "whether the chat template was applied",
    "harness": "which evaluation harness ran the benchmarks",
    "harness_version": "the version of the evaluation harness: prompts and metrics change between versions",
    "judge_model": "which model judged",
    "judge_prompt": "the prompt or rubric of the judge",
    "judge_n": "the number of answers judged",
}


def evidence_missing(card: Card, measures: tuple[Measure, ...]) -> list[Finding]:
    """Findings of the rule evidence-missing: one for each thing that the whole card does not say."""
    found = list(_sources(card))
    by_kind = scored(measures)
    if not by_kind.all:
        return found
    own = own_model(card)
    tables = [one for one in card.tables if _has_scores(one) and (own is None or among(own, one.models))]
    sentences = [one for one in sentences_of(card) if one.evaluation or HARNESS.search(one.text)]
    benchmarks = [table for table in tables if not is_judged(table)]
    judged = [table for table in tables if is_judged(table)]
    if benchmarks:
        found += _of_benchmarks(card, benchmarks, by_kind, sentences)
    if judged:
        found += _of_judges(judged, sentences, models_of(card))
    if tables:
        found += _before(card, tables[0])
    return found


def _has_scores(table: Table) -> bool:
    return any(column.kind in ("model", "measure") for column in table.columns)


def _of_benchmarks(card: Card, tables: list[Table], measures: Scored, sentences: list[Sentence]) -> Iterator[Finding]:
    table = tables[0]
    texts = [one.text for one in sentences if not JUDGED.search(one.text)]
    texts += [cell.text for one in tables for cell in one.header]
    labels = [label for one in tables for row in one.rows[:200] for label in row.labels.values()]
    if not any(one.items for one in measures.benchmarks) and not _any(COUNT, texts + labels):
        yield _missing("n", table)
    spreads = any(score.cell.second is not None for one in measures.benchmarks for score in one.numbers)
    if not spreads and not _any(ERROR, texts) and not _any(re.compile(r"\b(?:stderr|se)\b|±", re.IGNORECASE), texts):
        yield _missing("error", table)
    for what, pattern in (("shots", SHOTS), ("template", TEMPLATE)):
        if not _any(pattern, texts + labels):
            yield _missing(what, table)
    harness = [one for one in sentences if HARNESS.search(one.text)]
    if not harness:
        if not _any(HARNESS, [paragraph.text for paragraph in card.paragraphs]):
            yield _missing("harness", table)
    elif not any(VERSION.search(_without_harness_links(one)) for one in harness):
        yield _missing("harness_version", table, harness[0])


def _without_harness_links(sentence: Sentence) -> str:
    """The words around the harness's name: a version of a model elsewhere in the sentence is not the harness's."""
    match = HARNESS.search(sentence.text)
    return sentence.text[max(0, match.start() - 40) : match.end() + 40] if match else ""


def _of_judges(tables: list[Table], sentences: list[Sentence], models: tuple[str, ...]) -> Iterator[Finding]:
    about = [one for one in sentences if JUDGED.search(one.text)]
    here = about[0] if about else None
    texts = [one.text for one in about]
    keys = {key_of(model) for model in models}
    names = [match.group() for text in texts for match in JUDGE_NAME.finditer(text)]
    if not any(key_of(name) not in keys for name in names):
        yield _missing("judge_model", tables[0], here)
    if not any(PROMPT.search(text) for text in texts):
        yield _missing("judge_prompt", tables[0], here)
    counts = any("n" in map(str.lower, words_of(column.name)) for table in tables for column in table.columns)
    if not counts and not _any(COUNT, texts):
        yield _missing("judge_n", tables[0], here)


def _before(card: Card, table: Table) -> Iterator[Finding]:
    """Whether some table has a column of the model that this one was made from."""
    bases = base_models(card)
    models = models_of(card)
    if not bases or base_column(bases, models):
        return
    lines = effects_claimed(card)
    what = f"No table has a column of {bases[0]}, the model before training: what training changed cannot be seen"
    if lines:
        what += f", and sentences that say it rest on nothing (line{'s' if len(lines) > 1 else ''} "
        what += f"{', '.join(map(str, lines[:20]))})"
    figures: dict[str, Any] = {"missing": "before", "base_model": bases[0], "models": list(models), "claims": lines}
    yield Finding("note", "evidence-missing", table.line, table.place(), what + ".", figures)


def _sources(card: Card) -> Iterator[Finding]:
    """Rows of a table of data whose source is left empty."""
    for table in card.tables:
        heads = [" ".join(words_of(column.name)) for column in table.columns]
        places = [i for i, head in enumerate(heads) if head in SOURCE_HEADS]
        if not places or _has_scores(table):
            continue
        for row in table.rows:
            for place in places:
                cell = row.cells[place]
                filled = any(other.text for other in row.cells if other is not cell)
                total = any(re.match(r"(?:total|sum|all)\b", text.strip().lower()) for text in row.labels.values())
                if cell.text.strip().lower() in EMPTY and not cell.links and filled and not total:
                    what = f'The row "{row.label()}" gives no source ("{cell.text.strip()}").'
                    where = table.place(row, place)
                    yield Finding("note", "evidence-missing", row.line, where, what, {"missing": "source"})


def _missing(what: str, table: Table, sentence: Sentence | None = None) -> Finding:
    line = sentence.line if sentence else table.line
    place = f'under "{sentence.section.heading}"' if sentence else table.place()
    return Finding(
        "note", "evidence-missing", line, place, f"The card does not say {MISSING[what]}.", {"missing": what}
    )


def _any(pattern: re.Pattern[str], texts: list[str]) -> bool:
    return any(pattern.search(text[:2000]) for text in texts)
