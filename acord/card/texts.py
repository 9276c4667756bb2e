"""All texts of a card: they come of its evidence alone, byte for byte, when it is built and when it is verified."""

from pathlib import Path

from acord.card.evidence import Evidence

LANGUAGES = ("en", "va", "es")


def texts_of(evidence: Evidence) -> dict[str, bytes]:
    """Cards, reports and result files by their paths in the card's folder."""
    from acord.card.report import render_report
    from acord.card.writing import card_files

    reports = {f"report/report.{tag}.html": render_report(evidence, tag).encode() for tag in LANGUAGES}
    return {**card_files(evidence), **reports}


def write_texts(evidence: Evidence, folder: Path) -> tuple[Path, ...]:
    """Write them all into the card's folder."""
    written = []
    for name, content in texts_of(evidence).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        written.append(path)
    return tuple(written)
