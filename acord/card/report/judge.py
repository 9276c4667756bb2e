"""The judge: whether it can be believed, language by language, before anything that it says."""

from collections.abc import Iterator

from markupsafe import Markup

from acord.card.evidence import Evidence
from acord.card.report.grids import tables
from acord.card.report.markup import Section, bullets, fold, heading, joined, paragraph, table
from acord.card.report.saying import heads, name_of, number, percent, say
from acord.judge.score_grid import tables_of
from acord.judge.trust import Gate, Trust
from acord.judge.trust_lines import trust_lines
from acord.languages import interface_language, text
from acord.visible import visible_line


def judge(evidence: Evidence) -> Section:
    """Trust first, then scores."""
    report, trust = evidence.scores_in(interface_language().tag), evidence.trust
    if report is None or trust is None:
        return Section("judge", say("judge"), paragraph(say("absent_judge")))
    judges = ", ".join(map(visible_line, trust.judges))
    parts = [
        paragraph(say("judge_about", suite=visible_line(report.suite), judges=judges)),
        heading(say("trust")),
        *(_state(trust, one) for one in trust.languages),
        table(say("gates_caption"), heads("gates_heads"), [_gate(one) for one in trust.gates], numbers=(3, 4)),
        fold(say("trust_measured"), joined(_measured(trust))),
        heading(say("scores")),
        tables(tables_of(report), "judge", warns=_warns),
    ]
    return Section("judge", say("judge"), joined(parts))


def _warns(remark: str) -> bool:
    """Of a table's remark, which says whether the judge is validated there."""
    return text("judge_table_validated") not in remark


def _state(trust: Trust, language: str) -> Markup:
    reasons = [visible_line(one.rstrip(".")) for one in trust.reasons(language)]
    if not reasons:
        return paragraph(say("trust_yes", language=name_of(language)))
    return paragraph(say("trust_no", language=name_of(language), reasons="; ".join(reasons)), "warning")


def _gate(gate: Gate) -> tuple[str, ...]:
    name = gate.name.replace(" ", "_")
    value = number(gate.value, ".2f") if gate.name == "people" else percent(gate.value)
    return (
        say(f"gate_{name}"),
        visible_line(gate.judge),
        name_of(gate.language),
        number(gate.n) if gate.name == "fingerprints" else value,
        "–" if gate.name == "fingerprints" else number(gate.n),
        say("gate_passed" if gate.passed else "gate_failed"),
    )


def _measured(trust: Trust) -> Iterator[Markup]:
    """The lines of the trust report, those of a language below its name."""
    groups: list[tuple[str, list[str]]] = []
    for line in trust_lines(trust):
        if line.startswith("  ") and groups:
            groups[-1][1].append(visible_line(line.strip()))
        else:
            groups.append((visible_line(line), []))
    for title, lines in groups:
        yield paragraph(title)
        yield bullets(lines)
