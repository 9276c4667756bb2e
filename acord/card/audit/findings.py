"""What an audit says: findings, each with its rule, its place, one sentence and the figures behind it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")

# What each rule checks, and why it may be relied on. Severity: error is arithmetic that cannot be right, warning what
# misleads or is probably wrong, note what is missing or cannot be checked.
RULES: Mapping[str, str] = {
    "bold-wrong": "The cell in bold is not the best of its row, by the metric's direction.",
    "bold-double": "Two cells of one row are bold and differ: at most one of them is the best.",
    "bold-missing": "Rows of the table mark their best in bold and this row, or one of its tied winners, has none.",
    "decimals-differ": "Cells of one metric in one table have unequal decimals: digits say how precise a number is.",
    "grim": "A proportion that the task's number of items cannot give (GRIM: Brown & Heathers 2017, "
    "doi:10.1177/1948550616673876).",
    "only-by-truncation": "A proportion that its items give only if decimals were cut off and not rounded.",
    "same-count": "Two cells that look different and are the same number of right answers: a tie.",
    "sd-impossible": "A standard deviation that ratings on the scale cannot have with that mean (SPRITE, GRIMMER: "
    "Heathers 2018, doi:10.7287/peerj.preprints.26968; Anaya 2016, doi:10.7287/peerj.preprints.2400).",
    "sd-mean-of-sds": "A standard deviation of a total that is the mean of the parts': it leaves out how far these lie "
    "apart.",
    "average-wrong": "An average that the rows above it do not have.",
    "complements": "Two accuracies of a task with two classes that add to one: two models that give one class each.",
    "constant-predictor": "An accuracy beside a correlation of nearly 0, or an accuracy that is a class's share: the "
    "model may give one answer to everything (Chicco & Jurman 2020, doi:10.1186/s12864-019-6413-7).",
    "label-contradicts": "Two columns of one row say different things of it.",
    "label-repeated": "One label stands for two rows that are not the same.",
    "scale-mixed": "A proportion and a percentage in one row.",
    "total-wrong": "A sum that its parts do not give.",
    "link-other-model": "A link's text names one model and its address another.",
    "claim-against-table": "Prose says what the tables do not bear out: counted wins, losses and ties.",
    "prose-figure": "A figure in prose that the table gives otherwise.",
    "evidence-missing": "What a reader needs to judge the numbers and the card does not state.",
    "table-unread": "A table that could not be read, and so was not checked.",
    "metadata-unread": "The card's metadata could not be read.",
}


@dataclass(frozen=True)
class Finding:
    """One thing found. line: from 1 in the file. place: table, row and column in words. what: one sentence, with the
    figures in it. figures: the same for programs (JSON values)."""

    severity: Severity
    rule: str
    line: int
    place: str
    what: str
    figures: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise KeyError(self.rule)


@dataclass(frozen=True)
class Audit:
    """What was found in one card, in the order of its lines. tables, numbers: how many were read.

    unchecked: how many proportions could not be tested for want of a known number of items.
    """

    name: str
    findings: tuple[Finding, ...]
    tables: int
    numbers: int
    unchecked: int = 0

    def of(self, rule: str) -> tuple[Finding, ...]:
        """The findings of one rule."""
        return tuple(one for one in self.findings if one.rule == rule)

    def counted(self) -> dict[Severity, int]:
        """How many findings of each severity."""
        return {severity: sum(one.severity == severity for one in self.findings) for severity in SEVERITIES}


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """By line, then severity, then rule; what was found twice is kept once."""
    distinct = {(one.line, SEVERITIES.index(one.severity), one.rule, one.place, one.what): one for one in findings}
    return tuple(distinct[key] for key in sorted(distinct))
