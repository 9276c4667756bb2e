"""Claims in prose against the wins, losses and ties of the card's own tables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from acord.card.audit.document import Card
from acord.card.audit.findings import Finding, Severity
from acord.card.audit.measures import Measure
from acord.card.audit.names import languages_in
from acord.card.audit.rules_prose.claim_words import AVERAGE, GENERAL, Claim, Claimed, claims_in
from acord.card.audit.rules_prose.counted_claims import has_count, wrong_counts, wrong_figures
from acord.card.audit.rules_prose.model_names import base_column, base_models, key_of, mentions, models_of, own_model
from acord.card.audit.rules_prose.sentences import Sentence, sentences_of
from acord.card.audit.rules_prose.spoken import Roles, named_measures, roles_in, scope_of
from acord.card.audit.rules_prose.standings import (
    CHANCE,
    JUDGED,
    Scored,
    Standing,
    best_of,
    is_judged,
    rivals_of,
    score_of,
    scored,
    spreads,
    standing,
)

# A card with more sentences that claim something is no card.
MOST_CLAIMS = 200


@dataclass(frozen=True)
class Known:
    """What claims are held against. base: the column of the model before training, None where there is none."""

    own: str
    models: tuple[str, ...]
    scored: Scored
    base: str | None


def claims_against_tables(card: Card, measures: tuple[Measure, ...]) -> list[Finding]:
    """Findings of the rule claim-against-table; none where the tables do not show which model is the card's."""
    own = own_model(card)
    if own is None:
        return []
    models = models_of(card)
    of_own = [one for one in measures if score_of(one, own)]
    known = Known(own, models, scored(of_own), base_column(base_models(card), models))
    findings: list[Finding] = []
    claiming = 0
    for sentence in sentences_of(card):
        claims = claims_in(sentence.text)
        counted = sentence.evaluation and has_count(sentence.text)
        claiming += bool(claims) or counted
        if claiming > MOST_CLAIMS:
            break
        findings += _of_sentence(sentence, claims, counted, known)
    return findings


def effects_claimed(card: Card) -> list[int]:
    """Lines of sentences that say what training did to the model and compare it with no model of the tables."""
    models = models_of(card)
    return [
        sentence.line
        for sentence in sentences_of(card)
        if any(claim.claimed in ("better", "kept") for claim in claims_in(sentence.text))
        and not _compares(sentence, models)
    ]


def _of_sentence(sentence: Sentence, claims: Sequence[Claim], counted: bool, known: Known) -> Iterator[Finding]:
    kinds: dict[Claimed, Claim] = {}
    for claim in claims:
        kinds.setdefault(claim.claimed, claim)
    if sentence.evaluation:
        yield from wrong_figures(sentence, known.models, known.scored)
    if counted:
        first = claims[0].start if claims else len(sentence.text)
        roles = roles_in(sentence, first, known.models, known.own)
        if roles is not None:
            yield from wrong_counts(sentence, roles, known.scored)
        return
    for kind, claim in kinds.items():
        roles = roles_in(sentence, claim.start, known.models, known.own)
        if roles is None:
            continue
        if kind == "kept":
            yield from _kept(sentence, roles, known)
        elif kind == "tighter":
            yield from _tighter(sentence, roles, known)
        elif kind == "best":
            yield from _best(sentence, roles, known)
        elif "best" not in kinds:
            yield from _better(sentence, roles, known)


def _compares(sentence: Sentence, models: Sequence[str]) -> bool:
    return sentence.evaluation or len({mention.model for mention in mentions(sentence.text, models)}) > 1


def _better(sentence: Sentence, roles: Roles, known: Known) -> Iterator[Finding]:
    if not sentence.evaluation and not roles.rivals:
        yield from _effect(sentence, roles, known)
        return
    named = named_measures(sentence, known.scored)
    rivals = _rivals(roles, named or known.scored.all, known)
    for measure in named:
        lost = [rival for rival in rivals if standing([measure], roles.subject, rival).losses]
        if lost:
            what = f'{_quote(sentence)} names "{measure.label}", where {roles.subject} is behind {_listed(lost)} '
            what += f"({_figures_of(measure, [roles.subject, *lost])})."
            yield _finding("warning", sentence, what, {"row": measure.label, "line": measure.line, "behind": lost})
    if not named or GENERAL.search(sentence.text):
        yield from _general(sentence, roles, rivals, known)


def _general(sentence: Sentence, roles: Roles, rivals: Sequence[str], known: Known) -> Iterator[Finding]:
    measures = scope_of(sentence, known.scored)
    standings = {rival: standing(measures, roles.subject, rival) for rival in rivals}
    severity = _severity(standings.values())
    if severity is None:
        return
    kind = "judged" if measures and measures[0] in known.scored.judged else "benchmark"
    rows = f"the {len(measures)} {kind} rows"
    what = f"{_quote(sentence)} is held against {rows} of this card: {_standings(roles.subject, standings)}."
    figures: dict[str, Any] = {"rows": len(measures), "kind": kind, "standings": _as_figures(standings)}
    near = [one for one in known.scored.judged if one.table in sentence.section.tables]
    if near and kind == "benchmark":
        judged = {rival: standing(near, roles.subject, rival) for rival in rivals}
        what = what[:-1] + f"; the {len(near)} judged rows beside it: {_standings(roles.subject, judged)}."
        figures["judged"] = _as_figures(judged)
    yield _finding(severity, sentence, what, figures)


def _effect(sentence: Sentence, roles: Roles, known: Known) -> Iterator[Finding]:
    """Training is said to have made the model better: than the model before, where there is a column of it."""
    if known.base is None or key_of(known.base) == key_of(roles.subject):
        return
    result = standing(known.scored.all, roles.subject, known.base)
    if result.rows and result.wins <= result.losses:
        what = f"{_quote(sentence)} is held against all {result.rows} rows of this card: {roles.subject} against "
        what += f"{known.base} has {result.shown()}."
        yield _finding("warning", sentence, what, {"standings": _as_figures({known.base: result})})


def _kept(sentence: Sentence, roles: Roles, known: Known) -> Iterator[Finding]:
    if known.base is None:
        if known.scored.all:
            what = f"{_quote(sentence)}: no table has a column of the model before, so nothing shows that it was kept."
            yield _finding("warning", sentence, what, {"column_before": None})
        return
    if key_of(roles.subject) != key_of(known.own):
        return
    result = standing(scope_of(sentence, known.scored), known.own, known.base)
    if result.losses > result.wins and Standing(result.losses, result.wins, result.ties).by_chance() < CHANCE:
        what = f"{_quote(sentence)}: against {known.base} {known.own} has {result.shown()} on {result.rows} rows, "
        what += "more losses than chance gives."
        yield _finding("warning", sentence, what, {"standings": _as_figures({known.base: result})})


def _tighter(sentence: Sentence, roles: Roles, known: Known) -> Iterator[Finding]:
    near = tuple(one for one in known.scored.all if one.table in sentence.section.tables)
    for measures in (near, known.scored.judged, known.scored.benchmarks):
        rivals = _rivals(roles, measures, known)
        standings = {rival: spreads(measures, roles.subject, rival) for rival in rivals}
        standings = {rival: result for rival, result in standings.items() if result.rows}
        if standings:
            break
    else:
        return
    severity = _severity(standings.values())
    if severity is None:
        return
    shown = "; ".join(
        f"against {rival} the spread is smaller in {result.wins} of {result.rows} rows and larger in {result.losses}"
        for rival, result in standings.items()
    )
    yield _finding(severity, sentence, f"{_quote(sentence)}: {shown}.", {"spreads": _as_figures(standings)})


def _best(sentence: Sentence, roles: Roles, known: Known) -> Iterator[Finding]:
    named = named_measures(sentence, known.scored)
    if not named and not sentence.evaluation and not roles.rivals:
        return  # "state-of-the-art" in a description is of no table
    measures = named or _averages(sentence, known.scored)
    if measures:
        for measure in measures:
            best = best_of(measure)
            if best and key_of(roles.subject) not in map(key_of, best):
                what = f'{_quote(sentence)}: in "{measure.label}" the best is {_listed(best)} '
                what += f"({_figures_of(measure, [*best, roles.subject])})."
                yield _finding("warning", sentence, what, {"row": measure.label, "line": measure.line, "best": best})
        return
    scope = scope_of(sentence, known.scored)
    counts = {model: sum(key_of(model) in map(key_of, best_of(one)) for one in scope) for model in known.models}
    mine = counts.get(roles.subject, 0)
    if scope and mine < max(counts.values()):
        what = f"{_quote(sentence)}: of {len(scope)} rows the best is "
        what += ", ".join(f"{model} in {count}" for model, count in counts.items()) + "."
        yield _finding("warning", sentence, what, {"rows": len(scope), "best": counts})


def _averages(sentence: Sentence, scored: Scored) -> tuple[Measure, ...]:
    """The averages that a sentence on an average is about: beside it, of its languages, of judges where it says so."""
    if not AVERAGE.search(sentence.text):
        return ()
    near = tuple(one for one in scored.averages if one.table in sentence.section.tables)
    if near:
        return near
    found = scored.averages
    if JUDGED.search(sentence.text):
        found = tuple(one for one in found if is_judged(one.table)) or found
    languages = languages_in(sentence.text, tags=False)
    return tuple(one for one in found if one.language in languages) or found


def _rivals(roles: Roles, measures: Sequence[Measure], known: Known) -> list[str]:
    if roles.rivals:
        return list(roles.rivals)
    if roles.base and known.base is not None:
        return [known.base]
    return rivals_of(measures, roles.subject)


def _severity(standings: Any) -> Severity | None:
    """warning: some rival is not beaten more often than it wins; note: no more often than chance gives."""
    results = [result for result in standings if result.rows]
    if any(result.wins <= result.losses for result in results):
        return "warning"
    return "note" if any(result.by_chance() > CHANCE for result in results) else None


def _standings(subject: str, standings: dict[str, Standing]) -> str:
    return f"{subject} has " + "; ".join(f"{result.shown()} against {rival}" for rival, result in standings.items())


def _as_figures(standings: dict[str, Standing]) -> dict[str, dict[str, float]]:
    return {
        rival: {**result._asdict(), "rows": result.rows, "by_chance": round(result.by_chance(), 4)}
        for rival, result in standings.items()
    }


def _figures_of(measure: Measure, models: Sequence[str]) -> str:
    keys = [key_of(model) for model in models]
    return ", ".join(f"{one.model} {one.cell.text}" for one in measure.numbers if key_of(one.model) in keys)


def _finding(severity: Severity, sentence: Sentence, what: str, figures: dict[str, Any]) -> Finding:
    place = f'under "{sentence.section.heading}"' if sentence.section.heading else "before the first heading"
    return Finding(severity, "claim-against-table", sentence.line, place, what, {"claim": sentence.text, **figures})


def _quote(sentence: Sentence) -> str:
    text = sentence.text.rstrip(".")
    return f'"{text}"' if len(text) <= 160 else f'"{text[:157]}..."'


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
