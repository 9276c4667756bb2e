"""The card of the bundled model: what it is, what it learnt from, what it can do, and what it cannot."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.bundled.examples import LONGEST_TOKENS
from scripts.bundled.families import FACTS, FAMILIES
from scripts.bundled.translation import CENTRAL

Row = list[Any]  # value, low, high, items: an Interval as JSON has it

SUMMED = ("steps", "examples", "tokens_unshared", "tokens_distinct")
TEMPLATE = Path(__file__).with_name("card.md")


TRANSLATIONS = {
    "es-va": "Spanish to Valencian",
    "va-es": "Valencian to Spanish",
    "ca-va": "Catalan to Valencian",
}


def write_card(reports: Sequence[dict[str, Any]], figures: dict[str, Any], folder: Path) -> None:
    """Write folder/README.md. reports: of each part of the training."""
    sums = {name: sum(report[name] for report in reports) for name in SUMMED}
    minutes = [f"{report['seconds'] / 60:.0f}" for report in reports]
    card = TEMPLATE.read_text(encoding="utf-8").format(
        **reports[-1] | sums,
        minutes=" and ".join(minutes),
        families=len(FAMILIES),
        central=len(CENTRAL),
        facts=len(FACTS),
        longest=LONGEST_TOKENS,
        figures=figures_table(figures),
    )
    (folder / "README.md").write_text(card, encoding="utf-8")


def figures_table(figures: dict[str, Any]) -> str:
    """Every figure as Markdown: translation first, then the exchanges by language."""
    rows = ["| task | items | measure | value (95% interval) | copying the source |", "|---|---:|---|---:|---:|"]
    for task, name in TRANSLATIONS.items():
        found = figures[task]
        for measure, label in (("bleu", "BLEU"), ("chrf", "chrF"), ("exact", "exact, %")):
            if measure in found:
                copied = found.get("copied", {}).get(measure)
                beside = f"{copied[0]:.1f}" if copied else ""
                rows.append(f"| {name} | {found[measure][3]} | {label} | {_shown(found[measure])} | {beside} |")
    for language, name in (("va", "Valencian"), ("es", "Spanish")):
        if language in figures["complete"]:
            first = figures["complete"][language]["first_word"]
            rows.append(f"| complete a {name} sentence | {first[3]} | first word right, % | {_shown(first)} | |")
    rows += ["", "Exact matches in percent, on exchanges of the grammar that training left out:", ""]
    rows += ["| task | Valencian | Spanish | English |", "|---|---:|---:|---:|"]
    for task, found in figures["dialogue"].items():
        cells = [f"{_shown(found[tag])} of {found[tag][3]}" if tag in found else "" for tag in ("va", "es", "en")]
        rows.append(f"| {task} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _shown(row: Row) -> str:
    value, low, high, _ = row
    return f"{value:.1f} ({low:.1f}-{high:.1f})"
