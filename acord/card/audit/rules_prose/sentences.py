"""Paragraphs cut into sentences, each with its line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from acord.card.audit.document import Card, Section

# A semicolon; a full stop, then a space and what can begin a sentence. "v0.1" and "e.g. this" are no ends.
END = re.compile(r"(?<=;)\s+|(?<=[.!?…])[\"”»)\]]?\s+(?=[\"“«(\[]?[A-ZÀ-ÖØ-Þ0-9¿¡])")
EVALUATION = re.compile(
    r"\b(evaluat\w*|results?|benchmarks?|performance|scores?|judg\w+|avaluaci\w+|resultats?|evaluaci\w+|resultados?"
    r"|reading the tables)\b",
    re.IGNORECASE,
)
# No sentence of a card is longer; what is longer is cut, so that no rule takes long over it.
LONGEST = 2000


@dataclass(frozen=True)
class Sentence:
    """text: one line, spaces single, 2,000 characters at most.

    evaluation: whether it stands under a heading on evaluation or beside scores.
    """

    text: str
    line: int
    section: Section
    evaluation: bool


def sentences_of(card: Card) -> Iterator[Sentence]:
    """All sentences of a card's prose, in its order; code is no prose."""
    for section in card.sections:
        scores = any(column.kind in ("model", "measure") for table in section.tables for column in table.columns)
        evaluation = scores or any(EVALUATION.search(heading) for heading in section.path[1:] or section.path)
        for paragraph in section.paragraphs:
            if paragraph.kind == "code":
                continue
            start, line = 0, paragraph.line
            for end in [*(match.end() for match in END.finditer(paragraph.text)), len(paragraph.text)]:
                text = paragraph.text[start:end]
                first = line + text[: len(text) - len(text.lstrip())].count("\n")
                start, line = end, line + text.count("\n")
                if text.strip():
                    yield Sentence(" ".join(text.split())[:LONGEST], first, section, evaluation)
