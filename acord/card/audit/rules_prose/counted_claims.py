"""Counts and figures in prose ("better on 7 of 12 rows", "Lark-2B (0.61)") against the tables."""

import re
from collections.abc import Iterator, Mapping, Sequence

from acord.card.audit.findings import Finding
from acord.card.audit.measures import Measure
from acord.card.audit.rules_prose.claim_words import AVERAGE
from acord.card.audit.rules_prose.model_names import key_of, mentions
from acord.card.audit.rules_prose.sentences import Sentence
from acord.card.audit.rules_prose.spoken import Roles, named_measures
from acord.card.audit.rules_prose.standings import Scored, Standing, best_of, rivals_of, spreads, standing

_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
WORDS = {word: number for number, word in enumerate(_WORDS, 1)}
_NUMBER = rf"\d{{1,4}}|{'|'.join(WORDS)}"
# A verb or an adjective of comparing, then a count; "better on 7 of the 12 rows".
COUNT = re.compile(
    r"\b(?P<how>better|improv\w+|outperform\w*|surpass\w*|beats?|wins?|ahead|exceeds?|worse|loses?|behind|losses|best"
    r"|highest|(?:tight|small|low)er|ties?|tied|equals?)\b(?P<between>(?:\W+\w+){0,12}?)\W+"
    rf"(?P<part>{_NUMBER})\s*(?:/|of|out of)\s*(?:the |its |all |these )?(?P<whole>{_NUMBER})\b(?!\.\d)",
    re.IGNORECASE,
)
TAIL = re.compile(rf"\bworse (?:on|in) (?P<part>{_NUMBER})\b(?!\s*(?:/|of|out of)|\.\d)", re.IGNORECASE)
FIGURE = re.compile(r"\s*\(\s*(?P<figure>\d+\.\d+)\s*(?P<percent>%?)\s*\)|\s*\[\s*(?P<other>\d+\.\d+)\s*\]")
# Two ways to print one number: 0.613 and 61.3.
SCALES = (1.0, 100.0, 0.01)


def has_count(text: str) -> bool:
    """Whether a sentence counts rows: k of n."""
    return COUNT.search(text) is not None


def wrong_counts(sentence: Sentence, roles: Roles, scored: Scored) -> Iterator[Finding]:
    """Counts that no group of rows with that many in it gives. Groups: all, a table, a language, benchmarks, judged."""
    for match in COUNT.finditer(sentence.text):
        part, whole = _value(match["part"]), _value(match["whole"])
        kind = _kind(match["how"].lower())
        counted = [
            (scope, result)
            for scope in _scopes(scored)
            for result in _results(kind, scope, roles)
            if result.rows == whole or len(scope) == whole
        ]
        right = [(scope, result) for scope, result in counted if _count(kind, result) == part]
        if counted and not right:
            _, result = counted[0]
            what = (
                f'"{match.group()}": of these {whole} rows the tables give {_count(kind, result)} ({result.shown()}).'
            )
            figures = {"said": part, "of": whole, "counted": _count(kind, result), **result._asdict()}
            yield _finding(sentence, what, figures)
        tail = TAIL.search(sentence.text, match.end())
        if right and tail and kind == "better":
            losses = {result.losses for _, result in right}
            if _value(tail["part"]) not in losses:
                what = f'"{tail.group()}": of these {whole} rows the tables give {max(losses)}.'
                yield _finding(sentence, what, {"said": _value(tail["part"]), "of": whole, "counted": max(losses)})


def wrong_figures(sentence: Sentence, models: Sequence[str], scored: Scored) -> Iterator[Finding]:
    """A figure in brackets right after a model's name that stands nowhere in its column."""
    if not FIGURE.search(sentence.text):
        return
    named = named_measures(sentence, scored)
    if named and AVERAGE.search(sentence.text):
        named = (*named, *scored.averages)
    for mention in mentions(sentence.text, models):
        match = FIGURE.match(_without_version(sentence.text, mention.end))
        if match is None:
            continue
        written = match["figure"] or match["other"]
        shown = [
            cell
            for measure in named or (*scored.all, *scored.averages)
            for score in measure.numbers
            if key_of(score.model) == key_of(mention.model)
            for cell in (score.cell.value, score.cell.second)
            if cell is not None
        ]
        if shown and not any(_same(float(written), written, one) for one in shown):
            near = min(shown, key=lambda one: abs(one - float(written)))
            where = f'in "{named[0].label}"' if len(named) == 1 else "in the tables"
            what = f"The sentence gives {mention.model} {written}, which it does not have {where}; nearest is {near:g}."
            about: dict[str, float | str] = {"model": mention.model, "said": float(written), "nearest": near}
            yield _finding(sentence, what, about, "prose-figure")


def _without_version(text: str, at: int) -> str:
    """The text from `at`, without a remark such as `(v0.1)` that belongs to the name before it."""
    return re.sub(r"^\s*\(v\d+(?:\.\d+)*\)", "", text[at : at + 60])


def _same(said: float, written: str, shown: float) -> bool:
    unit = 0.5 * 10.0 ** -len(written.split(".")[1])
    return any(abs(said - shown * scale) <= unit * (1 + 1e-6) for scale in SCALES)


def _kind(how: str) -> str:
    if how in ("worse", "behind", "losses") or how.startswith("lose"):
        return "worse"
    if how in ("best", "highest"):
        return "best"
    if how in ("tighter", "smaller", "lower"):
        return "tighter"
    return "tie" if how.startswith(("tie", "equal")) else "better"


def _results(kind: str, scope: Sequence[Measure], roles: Roles) -> list[Standing]:
    rivals = list(roles.rivals) or rivals_of(scope, roles.subject)
    if kind == "tighter":
        return [spreads(scope, roles.subject, rival) for rival in rivals]
    against_each = [standing(scope, roles.subject, rival) for rival in rivals]
    if kind == "best" or (kind == "better" and not roles.rivals):
        best = sum(key_of(roles.subject) in map(key_of, best_of(one)) for one in scope)
        of_all = Standing(best, len(scope) - best, 0)
        return [of_all, *against_each] if kind == "better" else [of_all]
    return against_each


def _count(kind: str, result: Standing) -> int:
    return result.losses if kind == "worse" else result.ties if kind == "tie" else result.wins


def _scopes(scored: Scored) -> list[tuple[Measure, ...]]:
    groups: dict[tuple[str, object], list[Measure]] = {}
    for measure in scored.all:
        groups.setdefault(("table", measure.table.number), []).append(measure)
        groups.setdefault(("language", measure.language), []).append(measure)
        groups.setdefault(("heading", measure.table.path[:-1]), []).append(measure)
    scopes = [scored.benchmarks, scored.judged, scored.all, *(tuple(group) for group in groups.values())]
    distinct = {tuple(id(one) for one in scope): scope for scope in scopes if scope}
    return list(distinct.values())


def _value(written: str) -> int:
    return int(written) if written.isdigit() else WORDS[written.lower()]


def _finding(
    sentence: Sentence, what: str, figures: Mapping[str, float | str], rule: str = "claim-against-table"
) -> Finding:
    place = f'under "{sentence.section.heading}"' if sentence.section.heading else "before the first heading"
    return Finding("warning", rule, sentence.line, place, what, {"claim": sentence.text, **figures})
