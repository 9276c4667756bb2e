"""GRIM: which shares of n items can be written so, and which are the same count written in two ways."""

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from math import ceil, floor

from acord.card.audit.document import Card
from acord.card.audit.findings import Finding, Severity
from acord.card.audit.known import known_task
from acord.card.audit.measures import Measure, Score, value
from acord.card.audit.names import RATES
from acord.judge.bounds import How, totals

# Shares of several runs, prompts or samples together, or of a part of the items, are not k of n.
NOT_ONE_COUNT = re.compile(
    r"\b(averag\w+|mean|mitjana|media) (over|of|across|de) (the )?"
    r"(\w+ )?(seeds?|runs?|prompts?|templates?|samples?|repeats?|repetitions?|trials?|wordings?)\b"
    r"|\b(sub-?set of|random sample of|first \d+|limited to)\b",
    re.IGNORECASE,
)


def items_of(one: Measure) -> int | None:
    """How many items a share is of: as the table says, else as is known of the task; None where neither is.

    Of a task whose two splits are both in use, the one that explains more of the row: its models share one n.
    """
    if one.average or one.metric not in RATES | {None}:
        return None
    if one.items is not None:
        return one.items if one.metric is not None else None
    known = known_task(one.label, one.language)
    if known is None or not known.items or (one.metric is not None and one.metric not in known.rates):
        return None
    return min(known.items, key=lambda n: sum(tells(one, s, n) and not counts(one, s, n) for s in one.numbers))


def written_share(one: Measure, score: Score) -> tuple[Decimal, int]:
    """A score as a proportion, exactly as written, and its decimals."""
    exact = Decimal(repr(value(score)))
    return (exact / 100, score.cell.decimals + 2) if one.percent else (exact, score.cell.decimals)


def counts(one: Measure, score: Score, n: int, how: How = "rounded") -> tuple[int, ...]:
    """Which counts of n items are written as this score.

    Of a share just between two figures (46/160 = .2875) either may be written: binary numbers lie on one side or the
    other of it, so that rounding half up and rounding half down are both seen.
    """
    share, decimals = written_share(one, score)
    if not 0 <= share <= 1:
        return ()
    if how == "truncated":
        return totals(share, n, decimals, how)
    exact, half = Fraction(share), Fraction(1, 2 * 10**decimals)
    return tuple(range(max(0, ceil((exact - half) * n)), min(n, floor((exact + half) * n)) + 1))


def tells(one: Measure, score: Score, n: int) -> bool:
    """Whether with n items some figures of so many decimals cannot be."""
    share, decimals = written_share(one, score)
    return 0 <= share <= 1 and 1 <= n < 10**decimals and decimals <= 12


def count_of(one: Measure, score: Score, n: int) -> int | None:
    """The one count of n items that this score can be, rounded or else cut off; None for none or several."""
    if not tells(one, score, n):
        return None
    found = counts(one, score, n) or counts(one, score, n, "truncated")
    return found[0] if len(found) == 1 else None


def check_proportions(card: Card, measures: tuple[Measure, ...]) -> Iterator[Finding]:
    """grim, only-by-truncation and same-count."""
    averaged = any(NOT_ONE_COUNT.search(paragraph.text) for paragraph in card.paragraphs if paragraph.kind != "code")
    for one in measures:
        n = items_of(one)
        if n is None:
            continue
        for score in one.numbers:
            if tells(one, score, n) and not counts(one, score, n):
                yield _unreachable(one, score, n, averaged)
        yield from _same_counts(one, n)


def _unreachable(one: Measure, score: Score, n: int, averaged: bool) -> Finding:
    share, decimals = written_share(one, score)
    cut = counts(one, score, n, "truncated")
    figures = {"value": float(share), "decimals": decimals, "items": n}
    shown = f"{score.cell.text} ({score.model})"
    if cut:
        k = cut[0]
        return Finding(
            "warning", "only-by-truncation", score.cell.line, score.place,
            f"{shown} is no rounded share of {n} items; cutting decimals off {k}/{n} = {k / n:.{decimals + 2}f} gives "
            "it.", {**figures, "count": k, "exact": k / n},
        )  # fmt: skip
    below = int(share * n)
    near = " and ".join(f"{k}/{n} = {k / n:.{decimals + 1}f}" for k in (below, below + 1) if k <= n)
    # Without a metric the figure may be no share at all, without a language the items of a translation.
    certain = one.metric is not None and (one.language is not None or one.items is not None)
    severity: Severity = "error" if certain and not averaged else "warning"
    return Finding(
        severity, "grim", score.cell.line, score.place,
        f"{shown} is no share of {n} items, rounded or cut off: the nearest are {near}.", figures,
    )  # fmt: skip


def _same_counts(one: Measure, n: int) -> Iterator[Finding]:
    single = [(score, k) for score in one.numbers if (k := count_of(one, score, n)) is not None]
    for (first, k), (second, other) in combinations(single, 2):
        if k == other and value(first) != value(second):
            yield Finding(
                "warning", "same-count", second.cell.line, one.place(),
                f"{first.cell.text} ({first.model}) and {second.cell.text} ({second.model}) are both {k} of {n} "
                f"({k / n:.5f}), written in two ways: a tie.",
                {"count": k, "items": n, "scores": {first.model: value(first), second.model: value(second)}},
            )  # fmt: skip
