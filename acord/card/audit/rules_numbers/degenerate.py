"""Scores that a model gets by giving one answer to everything."""

from collections.abc import Iterator

from acord.card.audit.document import Card
from acord.card.audit.findings import Finding
from acord.card.audit.known import Known, chance_of, known_task
from acord.card.audit.measures import Measure, Score, value
from acord.card.audit.names import RATES, words_of
from acord.card.audit.rules_numbers.proportions import count_of, items_of

# A correlation of at most this size says that the answers hardly follow the classes: of 400 items it is less than one
# standard error (1 / sqrt(n)).
NO_CORRELATION = 0.05


def check_complements(card: Card, measures: tuple[Measure, ...]) -> Iterator[Finding]:
    """Two accuracies of a task with two classes that add to all of its items."""
    del card
    for one in measures:
        known = known_task(one.label, one.language)
        n = items_of(one)
        if n is None or known is None or chance_of(one.label, one.language, one.metric) != 0.5:
            continue
        of_count: dict[int, list[Score]] = {}
        for score in one.numbers:
            if (k := count_of(one, score, n)) is not None:
                of_count.setdefault(k, []).append(score)
        for k, scores in of_count.items():
            # Where the classes' sizes are known, other pairs that add to n are chance.
            if 2 * k <= n or n - k not in of_count or (known.shares and k not in known.shares):
                continue
            others = of_count[n - k]
            yield Finding(
                "warning" if known.shares else "note", "complements", others[-1].cell.line, one.place(),
                f"{_shown(scores)}: {k} of {n}; {_shown(others)}: {n - k} of {n}. They add to all, as where each "
                "model gives one class to everything.",
                {"counts": {score.model: k for score in scores} | {score.model: n - k for score in others}, "items": n},
            )  # fmt: skip


def check_constant(card: Card, measures: tuple[Measure, ...]) -> Iterator[Finding]:
    """Accuracy beside a correlation of nearly 0, and accuracy that is a class's share."""
    del card
    correlations = {_key(one): one for one in measures if one.metric == "mcc"}
    for one in measures:
        if one.metric not in RATES or one.average:
            continue
        beside = correlations.get(_key(one))
        if beside is not None:
            yield from _without_correlation(one, beside)
        known = known_task(one.label, one.language)
        if known is not None and known.shares and known.items == (items_of(one),):
            yield from _at_share(one, known)


def _key(one: Measure) -> tuple[int, str, str | None]:
    """What accuracy and correlation of one task have in common: table, language, label without the metric."""
    plain = [word for word in words_of(one.label) if word not in ("acc", "accuracy", "mcc", "matthews", "correlation")]
    return one.table.number, " ".join(plain), one.language


def _without_correlation(one: Measure, beside: Measure) -> Iterator[Finding]:
    limit = NO_CORRELATION * (100 if beside.percent else 1)
    of_model = {score.model: score for score in beside.numbers}
    found = [(s, of_model[s.model]) for s in one.numbers if s.model in of_model]
    found = [(score, mcc) for score, mcc in found if abs(value(mcc)) <= limit]
    by_line: dict[int, list[tuple[Score, Score]]] = {}
    for score, mcc in found:
        by_line.setdefault(score.cell.line, []).append((score, mcc))
    for line, pairs in by_line.items():
        shown = "; ".join(f"{score.cell.text} with mcc {mcc.cell.text} ({score.model})" for score, mcc in pairs)
        yield Finding(
            "warning", "constant-predictor", line, pairs[0][0].place if len(pairs) == 1 else one.place(),
            f"Accuracy without correlation: {shown}. That is what one answer to everything, or guessing, scores.",
            {"scores": {s.model: {"accuracy": value(s), "mcc": value(mcc)} for s, mcc in pairs}},
        )  # fmt: skip


def _at_share(one: Measure, known: Known) -> Iterator[Finding]:
    n = known.items[0]
    by_line: dict[int, list[tuple[Score, int]]] = {}
    for score in one.numbers:
        k = count_of(one, score, n)
        if k in known.shares:
            by_line.setdefault(score.cell.line, []).append((score, k))
    for line, found in by_line.items():
        shown = "; ".join(f"{_shown([score])} is {k} of {n}" for score, k in found)
        yield Finding(
            "warning", "constant-predictor", line, found[0][0].place if len(found) == 1 else one.place(),
            f"{shown}: what one class for everything scores.",
            {"counts": {score.model: k for score, k in found}, "items": n, "classes": list(known.shares)},
        )  # fmt: skip


def _shown(scores: list[Score]) -> str:
    return " and ".join(f"{score.cell.text} ({score.model})" for score in scores)
