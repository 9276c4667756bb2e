"""Every figure that the manifests state, computed again from the files beside them.

What is not there cannot be computed again: it is listed as stated (`Recomputed.stated`), never counted as checked.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from acord.card.chain import check_chain
from acord.card.checks import Checks, Stated
from acord.card.evidence import COMPARISON, REPLIES, Evidence, told_comparison
from acord.card.fault import Fault
from acord.card.training import check_training, reply_rows
from acord.errors import AcordError
from acord.evaluate.metrics import estimate_of
from acord.evaluate.results import Results, RowResult
from acord.evaluate.tables import as_content

PAIRS, PLAN, REFERENCE = "pairs/manifest.json", "plan/manifest.json", "reference/manifest.json"
EVALUATE, JUDGE, ANSWERS = "evaluate/manifest.json", "judge/manifest.json", "answers/manifest.json"


class Recomputed(NamedTuple):
    """faults: files relative to the evidence's folder. checked: figures held against what was computed.

    stated: figures that nothing here gives.
    """

    faults: list[Fault]
    checked: int
    stated: list[Stated]


def recompute(evidence: Evidence) -> list[Fault]:
    """What is not as the files give it. Files are relative to the evidence's folder."""
    return recompute_all(evidence).faults


def recompute_all(evidence: Evidence) -> Recomputed:
    """As recompute, with the counts."""
    checks = Checks(evidence.folder)
    check_chain(evidence, checks)
    _check_pairs(evidence, checks)
    _check_plan(evidence, checks)
    check_training(evidence, checks)
    _check_results(evidence, checks)
    _check_comparison(evidence, checks)
    _check_judge(evidence, checks)
    checks.stated.append(Stated("surroundings"))
    return Recomputed(checks.faults, checks.checked, checks.stated)


def _check_pairs(evidence: Evidence, checks: Checks) -> None:
    if "pairs" not in evidence.manifests:
        return
    figures, counts = evidence.figures("pairs"), evidence.counts
    rows = dict(figures.get("rows_by_source", {}))
    computed: dict[str, Any] = {
        "pairs": counts.total,
        "groups": sum(counts.groups.values()),
        "groups_held_out": counts.groups.get("held_out", 0),
        "by_language": counts.by_language,
        "by_source": counts.by_source,
        "by_origin": counts.by_origin,
        "by_split": counts.by_split,
        "flags": counts.steps,
        "rows_in": sum(one["rows_in"] for one in rows.values()),
        "rows_used": sum(one["rows_used"] for one in rows.values()),
        "rows_dropped": sum(sum(reasons.values()) for reasons in counts.dropped.values()),
        "dropped_by_reason": _added(counts.dropped),
    }
    for key, value in computed.items():
        checks.same(PAIRS, ("figures", key), value, figures.get(key))
    for source, one in rows.items():
        reasons = counts.dropped.get(source, {})
        dropped = sum(reasons.values())
        told = {"dropped_by_reason": reasons, "rows_dropped": dropped, "rows_used": one["rows_in"] - dropped}
        for key, value in told.items():
            checks.same(PAIRS, ("figures", "rows_by_source", source, key), value, one.get(key))
    checks.stated.append(Stated("rows_read"))


def _added(dropped: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    added: dict[str, int] = {}
    for reasons in dropped.values():
        for reason, rows in reasons.items():
            added[reason] = added.get(reason, 0) + rows
    return added


def _check_plan(evidence: Evidence, checks: Checks) -> None:
    if "plan" not in evidence.manifests:
        return
    figures, align = evidence.figures("plan"), evidence.recipe.align
    planned = figures["pairs_train"] + figures["pairs_held_out"]
    # Rankings join pairs, and replies for `sft` are taken from them: their number is another.
    if "pairs" in evidence.manifests and align.method == "preference" and align.loss != "plackett_luce":
        checks.same(PLAN, ("figures", "pairs_train"), evidence.counts.total - figures["refused"], planned)
    if "reference" in evidence.manifests:
        checks.same(REFERENCE, ("figures", "pairs"), planned, evidence.figures("reference")["pairs"])
    held_out = reply_rows(evidence) if (evidence.folder / REPLIES).is_file() else None
    if held_out is not None:
        checks.same(PLAN, ("figures", "pairs_held_out"), len(held_out), figures["pairs_held_out"])
    refused = sum(figures["refused_by_reason"].values())
    checks.same(PLAN, ("figures", "refused"), refused, figures["refused"])
    checks.stated.append(Stated("plan"))


def _check_results(evidence: Evidence, checks: Checks) -> None:
    for results in evidence.results:
        for number, row in enumerate(results.rows):
            folder = results.folder or evidence.folder
            file = (folder / "results.json").relative_to(evidence.folder).as_posix()
            keys = ("rows", str(number))
            if row.value is None:
                checks.same(file, (*keys, "n"), 0, row.n)
                checks.same(file, (*keys, "stderr"), None, row.stderr)
            else:
                _check_row(results, row, evidence, checks, (file, keys))


def _check_row(
    results: Results, row: RowResult, evidence: Evidence, checks: Checks, place: tuple[str, tuple[str, ...]]
) -> None:
    file, keys = place
    folder = results.folder or evidence.folder
    try:
        items = results.items(row.row)
    except AcordError as error:
        checks.fault((folder / (row.items or "")).relative_to(evidence.folder).as_posix(), (), error.what)
        return
    if items is None:
        checks.stated.append(Stated("no_items", f"{results.model.name}, {row.row}"))
        return
    checks.same(file, (*keys, "n"), len(items), row.n)
    estimate = estimate_of(row.metric, items, seed=int(results.settings.get("seed", 0)))
    if estimate is None or (row.stderr is None and estimate.n > 1):
        # A task that sums its items up in a way of its own.
        checks.stated.append(Stated("own_sum", f"{results.model.name}, {row.row}"))
        return
    checks.same(file, (*keys, "value"), estimate.value, row.value)
    checks.same(file, (*keys, "stderr"), estimate.stderr, row.stderr)


def _check_comparison(evidence: Evidence, checks: Checks) -> None:
    comparison = evidence.comparison
    if comparison is None:
        return
    computed = json.loads(json.dumps(as_content(comparison)))
    checks.same(COMPARISON, (), computed, told_comparison(evidence.folder))
    figures = evidence.figures("evaluate")
    reasons = {row.row: row.reason for row in evidence.results[0].rows if row.value is None}
    rows = len(comparison.rows)
    computed = {"suite": comparison.suite, "models": [model.name for model in comparison.models],
                "rows": rows - len(reasons), "missing": len(reasons), "reasons": reasons}  # fmt: skip
    for key, value in computed.items():
        checks.same(EVALUATE, ("figures", key), value, figures.get(key))


def _check_judge(evidence: Evidence, checks: Checks) -> None:
    judgement, trust = evidence.judgement, evidence.trust
    if judgement is None or trust is None or "judge" not in evidence.manifests:
        return
    figures = evidence.figures("judge")
    computed = {
        "suite": judgement.about["suite"],
        "models": [model["name"] for model in judgement.about["models"]],
        "judges": [judge["name"] for judge in judgement.about["judges"]],
        "ratings": len(judgement.ratings),
        "verdicts": len(judgement.verdicts),
        "missing": sum(one.score is None for one in judgement.ratings),
        "validated": {language: trust.validated(language) for language in trust.languages},
    }
    for key, value in computed.items():
        checks.same(JUDGE, ("figures", key), value, figures.get(key))
