"""Several models' results on one suite, set side by side: which differences stand, and which do not.

Two models are compared on the documents that both answered, found by their hash; where one has documents that the
other lacks, they are left out and counted. Every pair of models on every row is one test, and Holm's correction is
over all of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Literal, NamedTuple

from acord.errors import InputError
from acord.evaluate.baselines import baseline_of, is_degenerate_row
from acord.evaluate.language_means import Figures, LanguageMean, means_by_language
from acord.evaluate.pairing import Matched, Side, match, side_of
from acord.evaluate.resampling import REPEATS
from acord.evaluate.results import Results, RowResult
from acord.evaluate.statistics import Decision, Difference, decide, paired_difference
from acord.evaluate.suite import Row, Suite

Missing = Literal["unavailable", "not_measured", "measured_otherwise"]
Untested = Literal["no_items", "no_shared_items", "too_few_items"]
Better = Literal["higher", "lower"]
Mark = Literal["best", "tied", "undecided", "untested", "none"]

# Two values of one metric that differ by less than this share of its scale differ by rounding alone.
SAME = 1e-9


@dataclass(frozen=True)
class Column:
    """A model. verified: every figure of it was measured by Acord. sha256, settings: as its results have them."""

    name: str
    verified: bool
    step: str | None
    sha256: str | None
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Cell:
    """One model on one row. value, stderr: in the metric's unit, over n items.

    missing, reason: why there is no value. template: under which it was measured. degenerate: its answers show no sign
    of looking at the items. mark: its standing in the row; see marks_of.
    """

    value: float | None
    stderr: float | None
    n: int
    template: str
    verified: bool
    degenerate: bool = False
    missing: Missing | None = None
    reason: str | None = None
    mark: Mark = "none"


@dataclass(frozen=True)
class Contrast:
    """Model a minus model b on one row, over the documents that both answered.

    decision: the difference with its p-value, alone and after Holm over the suite. untested: why there is none.
    left_out: documents that only one of them answered.
    """

    a: str
    b: str
    decision: Decision | None
    untested: Untested | None = None
    left_out: int = 0

    def turned(self) -> "Contrast":
        """b minus a."""
        if self.decision is None:
            return replace(self, a=self.b, b=self.a)
        return replace(
            self, a=self.b, b=self.a, decision=self.decision._replace(difference=minus(self.decision.difference))
        )


@dataclass(frozen=True)
class RowComparison:
    """One row. cells: in the order of the models. baseline: what a constant answer scores, None where none exists.

    contrasts: every pair of models, in their order. detectable: the smallest true difference that the least certain of
    them would find with a power of .8 at .05. beaten: some model is worse than the one or ones marked best or tied.
    """

    row: Row
    cells: tuple[Cell, ...]
    baseline: float | None
    contrasts: tuple[Contrast, ...]
    detectable: float | None
    beaten: bool

    def contrast(self, a: str, b: str) -> Contrast | None:
        """a minus b; None for models that are not compared."""
        for one in self.contrasts:
            if (one.a, one.b) == (a, b):
                return one
            if (one.a, one.b) == (b, a):
                return one.turned()
        return None


@dataclass(frozen=True)
class Comparison:
    """Models on a suite. before, after: the models whose difference is the effect of alignment, if one was named.

    focus: the model whose differences from the others are drawn: after, or the last one. tests: in Holm's family.
    """

    suite: str
    title: str
    models: tuple[Column, ...]
    rows: tuple[RowComparison, ...]
    means: tuple[LanguageMean, ...]
    before: str | None
    after: str | None
    focus: str
    tests: int
    seed: int

    def effect(self, row: RowComparison) -> Contrast | None:
        """After minus before on a row; None where no model was named as the one before."""
        return None if self.before is None or self.after is None else row.contrast(self.after, self.before)

    def others(self) -> tuple[str, ...]:
        """The models that focus is held against, the one before alignment first."""
        names = [model.name for model in self.models if model.name not in (self.focus, self.before)]
        return tuple(names if self.before in (None, self.focus) else [self.before, *names])


class _Key(NamedTuple):
    row: str
    a: str
    b: str


def compare(
    results: Sequence[Results],
    suite: Suite,
    *,
    before: str | None = None,
    after: str | None = None,
    seed: int = 0,
    repeats: int = REPEATS,
) -> Comparison:
    """Set results side by side. before: the name of the model before alignment.

    after: the aligned model; where none is named, the one whose name is that of before without `-base`, and else the
    last. Raises InputError for no results, two of one name, results of another suite, models that are not there, and
    items that are gone.
    """
    names = _checked_names(results, suite)
    after = _after(names, before, after)
    sides = {(one.model.name, row.id): _side(one, row) for one in results for row in suite.rows}
    matched = {
        _Key(row.id, a, b): match(row.metric, first, second)
        for row in suite.rows
        for a, b in combinations(names, 2)
        if (first := sides[a, row.id]) is not None and (second := sides[b, row.id]) is not None
    }
    decisions = decide(_differences(matched, repeats, seed))
    focus = after or names[-1]
    rows = tuple(_row(row, results, sides, matched, decisions) for row in suite.rows)
    values = {(name, row.row.id): cell.value for row in rows for name, cell in zip(names, row.cells, strict=True)}
    against = {(a, b, row): pair for (row, a, b), pair in matched.items() if pair is not None and focus in (a, b)}
    return Comparison(
        suite=suite.name,
        title=suite.title,
        models=tuple(_column(one) for one in results),
        rows=rows,
        means=means_by_language(suite.rows, Figures(names, values, sides, against, focus), repeats=repeats, seed=seed),
        before=before,
        after=after,
        focus=focus,
        tests=len(decisions),
        seed=seed,
    )


def minus(difference: Difference) -> Difference:
    """The difference seen from the other side."""
    # 0.0 - x rather than -x: a difference of nothing has no sign.
    return difference._replace(value=0.0 - difference.value, low=0.0 - difference.high, high=0.0 - difference.low)


def marks_of(
    values: Mapping[str, float | None], contrasts: Sequence[Contrast], *, better: Better = "higher", best: float = 1.0
) -> tuple[Mark, ...]:
    """How each model stands in a row. values: by model. better, best: which way and how far the row's scale goes.

    best: its paired difference from every other model stands after Holm. tied: as best, with another of exactly the
    same value. undecided: the highest value, or not distinguishable from it. untested: the highest value, where a test
    against another was not possible. none: everything else, and rows with fewer than two values.
    """
    sign = 1 if better == "higher" else -1
    signed = {name: sign * value for name, value in values.items() if value is not None}
    if len(signed) < 2:
        return tuple("none" for _ in values)
    top = max(signed.values())
    leaders = [name for name, value in signed.items() if top - value <= SAME * max(1.0, abs(best))]
    standings = {name: _standing(name, leaders, sign, contrasts) for name in signed if name not in leaders}
    if "level" in standings.values():
        of_leaders: Mark = "undecided"
    elif "unknown" in standings.values():
        of_leaders = "untested"
    else:
        of_leaders = "best" if len(leaders) == 1 else "tied"
    marks: dict[str, Mark] = dict.fromkeys(leaders, of_leaders)
    marks |= {name: "undecided" for name, standing in standings.items() if standing == "level"}
    return tuple(marks.get(name, "none") for name in values)


def _standing(
    name: str, leaders: Sequence[str], sign: int, contrasts: Sequence[Contrast]
) -> Literal["beaten", "level", "unknown"]:
    """How a model stands to those of the highest value: beaten by all, level with one, or not known."""
    found = [one for one in contrasts if name in (one.a, one.b) and (one.a in leaders or one.b in leaders)]
    decisions = [(one.turned() if one.a == name else one).decision for one in found]
    known = [one for one in decisions if one is not None]
    if any(not one.distinct or sign * one.difference.value <= 0 for one in known):
        return "level"
    return "beaten" if len(known) == len(leaders) else "unknown"


def _checked_names(results: Sequence[Results], suite: Suite) -> list[str]:
    if not results:
        raise InputError("there are no results to compare", fix="Evaluate a model first.")
    names = [one.model.name for one in results]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError("two models have this name", where=twice, fix="Evaluate one of them as NAME=MODEL.")
    for one in results:
        if one.suite != suite.name:
            raise InputError(
                f"measured on the suite {one.suite}, not on {suite.name}",
                where=one.model.name,
                fix=f"Give --suite {one.suite}, or evaluate the model on {suite.name}.",
            )
    return names


def _after(names: Sequence[str], before: str | None, after: str | None) -> str | None:
    for name, option in ((before, "--before"), (after, "--after")):
        if name is not None and name not in names:
            raise InputError(f"none of the models is named {name}", where=option, fix=f"They are: {', '.join(names)}.")
    if before is None:
        return None
    if after == before:
        raise InputError("the same model before and after alignment", where="--after", fix="Name another one.")
    others = [name for name in names if name != before]
    if after is not None or not others:
        return after
    named = before.removesuffix("-base")
    return named if named in others else others[-1]


def _column(results: Results) -> Column:
    measured = [row.verified for row in results.rows if row.value is not None]
    verified = all(measured) if measured else results.model.sha256 is not None
    return Column(results.model.name, verified, results.model.step, results.model.sha256, results.settings)


def _usable(result: RowResult | None, row: Row) -> bool:
    """Whether a result is of this row as the suite now has it. Its template may differ: the table says so."""
    asked = (row.task, row.metric, row.filter, row.shots)
    return (
        result is not None
        and result.value is not None
        and asked == (result.task, result.metric, result.filter, result.shots)
    )


def _side(results: Results, row: Row) -> Side | None:
    if not _usable(results.row(row.id), row):
        return None
    items = results.items(row.id)
    return None if not items else side_of(row.metric, items)


def _differences(matched: Mapping[_Key, Matched | None], repeats: int, seed: int) -> dict[_Key, Difference]:
    """Of every pair that can be tested: two clusters of documents at least."""
    return {
        key: paired_difference(pair.a, pair.b, repeats=repeats, seed=seed)
        for key, pair in matched.items()
        if pair is not None and pair.a.clusters > 1
    }


def _row(
    row: Row,
    results: Sequence[Results],
    sides: Mapping[tuple[str, str], Side | None],
    matched: Mapping[_Key, Matched | None],
    decisions: Mapping[_Key, Decision],
) -> RowComparison:
    names = [one.model.name for one in results]
    cells = [_cell(row, one.row(row.id), sides[one.model.name, row.id]) for one in results]
    valued = [name for name, cell in zip(names, cells, strict=True) if cell.value is not None]
    contrasts = tuple(_contrast(_Key(row.id, a, b), matched, decisions) for a, b in combinations(valued, 2))
    values = {name: cell.value for name, cell in zip(names, cells, strict=True)}
    marks = marks_of(values, contrasts, better=row.better, best=row.best)
    detectable = [
        one.decision.difference.detectable
        for one in contrasts
        if one.decision is not None and one.decision.difference.detectable is not None
    ]
    widest = max(
        (side for name in names if (side := sides[name, row.id]) is not None),
        key=lambda side: len(side.items),
        default=None,
    )
    return RowComparison(
        row=row,
        cells=tuple(replace(cell, mark=mark) for cell, mark in zip(cells, marks, strict=True)),
        baseline=None if widest is None else baseline_of(row.metric, widest.items),
        contrasts=contrasts,
        detectable=max(detectable, default=None),
        beaten=sum(mark in ("best", "tied") for mark in marks) not in (0, len(valued)),
    )


def _cell(row: Row, result: RowResult | None, side: Side | None) -> Cell:
    if result is None:
        return Cell(None, None, 0, row.template, True, missing="not_measured")
    if result.value is None:
        return Cell(None, None, 0, result.template, result.verified, missing="unavailable", reason=result.reason)
    if not _usable(result, row):
        done = f"{result.task} {result.metric},{result.filter}, {result.shots}-shot"
        return Cell(None, None, 0, result.template, result.verified, missing="measured_otherwise", reason=done)
    degenerate = side is not None and is_degenerate_row(side.items)
    return Cell(result.value, result.stderr, result.n, result.template, result.verified, degenerate)


def _contrast(key: _Key, matched: Mapping[_Key, Matched | None], decisions: Mapping[_Key, Decision]) -> Contrast:
    if key not in matched:
        return Contrast(key.a, key.b, None, "no_items")
    pair = matched[key]
    if pair is None:
        return Contrast(key.a, key.b, None, "no_shared_items")
    if key not in decisions:
        return Contrast(key.a, key.b, None, "too_few_items", pair.left_out)
    return Contrast(key.a, key.b, decisions[key], left_out=pair.left_out)
