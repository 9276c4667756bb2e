"""Where every figure can be found: manifests with their keys, and every file of the evidence with its hash."""

import json

from markupsafe import Markup

from acord.card.evidence import INDEX, Evidence
from acord.card.report.markup import Section, code, fold, joined, link, paragraph, table
from acord.card.report.saying import heads, number, say
from acord.manifest import NAME
from acord.visible import visible_line

ABBREVIATED = 12


def files(evidence: Evidence) -> Section:
    """Links go to the folder evidence beside the page's own."""
    index = json.loads((evidence.folder / INDEX).read_bytes())
    rows = [
        (_link(name), code(str(entry["sha256"])[:ABBREVIATED]), number(int(entry["bytes"])))
        for name, entry in index.items()
    ]
    stages = [
        (_link(f"{stage}/{NAME}"), code(manifest.key[:ABBREVIATED]), ", ".join(manifest.inputs) or "–")
        for stage, manifest in evidence.manifests.items()
    ]
    parts = [
        paragraph(say("files_about")),
        table(say("manifests_caption"), heads("manifests_heads"), stages),
        fold(say("files_all", n=len(rows)), table(say("files_caption"), heads("files_heads"), rows, numbers=(2,))),
        paragraph(link(f"../evidence/{INDEX}", INDEX), "links"),
    ]
    return Section("evidence", say("files"), joined(parts))


def _link(name: str) -> Markup:
    return link(f"../evidence/{name}", visible_line(name))
