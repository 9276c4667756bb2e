"""The 200 judged sentences: what the page about translation says of them, and what Apertium makes of them now."""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

from tests.data.translate.samples import apertium, needs_apertium

KINDS = ("good", "wrong word", "grammar", "colloquial", "idiom", "left in Spanish", "name")
FILE = Path(__file__).parent / "conversational_es.txt"
PAGE = Path(__file__).parents[3] / "docs" / "translation.md"


class Judged(NamedTuple):
    """kinds: `good` alone, or the faults."""

    kinds: tuple[str, ...]
    spanish: str
    valencian: str


def judged() -> list[Judged]:
    lines = [line for line in FILE.read_text().splitlines() if not line.startswith("# ")]
    rows = [line.split("\t") for line in lines]
    return [Judged(tuple(kinds.split(", ")), spanish, valencian) for kinds, spanish, valencian in rows]


def test_there_are_200_and_each_is_judged() -> None:
    rows = judged()
    assert len({row.spanish for row in rows}) == len(rows) == 200
    for row in rows:
        assert row.kinds
        assert set(row.kinds) <= set(KINDS)
        assert ("good" in row.kinds) == (row.kinds == ("good",))


def test_the_page_tells_the_counts_and_shows_real_rows() -> None:
    page, rows = PAGE.read_text(), judged()
    counts = Counter(kind for row in rows for kind in row.kinds)
    for kind, count in counts.items():
        assert f"| {kind} | {count} |" in page
    examples = [line for line in page.splitlines() if " → " in line and line.startswith("- ")]
    pairs = {(row.spanish, row.valencian) for row in rows}
    assert len(examples) >= 12
    for line in examples:
        spanish, valencian = line.removeprefix("- ").split(" (")[0].split(" → ")
        assert (spanish, valencian) in pairs, line


@needs_apertium
def test_apertium_still_does_what_was_judged(tmp_path: Path) -> None:
    rows = judged()
    with apertium(tmp_path) as made:
        results = made.translate([row.spanish for row in rows])
        same_version = made.identity.version in FILE.read_text()
    assert all(isinstance(result, str) for result in results)
    changed = [row for row, result in zip(rows, results, strict=True) if result != row.valencian]
    assert not same_version or changed == []
