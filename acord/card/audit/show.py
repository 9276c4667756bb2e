"""An audit as text for people and as JSON for programs."""

import json
from typing import Any

from acord.card.audit.findings import RULES, SEVERITIES, Audit
from acord.visible import visible_line


def as_text(audit: Audit) -> str:
    """Each finding in two lines, `file:line: severity rule: place` and the sentence; and a line that counts them."""
    lines = []
    for one in audit.findings:
        place = f": {visible_line(one.place)}" if one.place else ""
        lines.append(f"{visible_line(audit.name)}:{one.line}: {one.severity} {one.rule}{place}")
        lines.append(f"    {visible_line(one.what)}")
    counted = audit.counted()
    total = ", ".join(f"{counted[s]} {s}{'' if counted[s] == 1 else 's'}" for s in SEVERITIES)
    lines.append(f"{total} in {audit.tables} tables and {audit.numbers:,} scores.")
    if audit.unchecked:
        lines.append(f"{audit.unchecked:,} shares could not be tested against n: it is neither stated nor known.")
    return "\n".join(lines) + "\n"


def as_json(audit: Audit) -> str:
    """The same for programs; `rules` explains each rule that found something."""
    content: dict[str, Any] = {
        "card": audit.name,
        "tables": audit.tables,
        "scores": audit.numbers,
        "untested": audit.unchecked,
        "counts": dict(audit.counted()),
        "findings": [
            {
                "severity": one.severity,
                "rule": one.rule,
                "line": one.line,
                "place": one.place,
                "what": one.what,
                "figures": dict(one.figures),
            }
            for one in audit.findings
        ],
        "rules": {rule: RULES[rule] for rule in sorted({one.rule for one in audit.findings})},
    }
    return json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
