"""Exports: as preferences or pairs, and without people."""

from dataclasses import asdict
from pathlib import Path

import pytest

from acord.errors import InputError
from acord.feedback.export import rows_of, without_people, write_rows

from ..data.sources.reading import read
from .samples import prefer

GIVEN = [
    prefer("a", "1", annotator="Anna", session="s", prompt_id="1"),
    prefer("b", "tie", annotator="Biel"),
    prefer("c", "2", annotator="Anna", language="va"),
    prefer("c", "2", annotator="Biel", language="va"),
]


def test_pairs_are_read_by_the_format_pairs(tmp_path: Path) -> None:
    write_rows(tmp_path / "pairs.jsonl", rows_of(GIVEN, "pairs", anonymous=False))
    done = read(tmp_path, format="pairs", path=str(tmp_path / "pairs.jsonl"))
    assert [(pair.chosen, pair.rejected, pair.source_id) for pair in done.pairs] == [
        ("good", "bad", GIVEN[0].id),
        ("bad", "good", GIVEN[2].id),
        ("bad", "good", GIVEN[3].id),
    ]
    assert {pair.origin for pair in done.pairs} == {"human"}
    assert done.pairs[1].language == "va"


def test_what_is_anonymous_points_to_nobody_and_says_the_same() -> None:
    bare = without_people(GIVEN)
    text = repr(rows_of(GIVEN, "feedback", anonymous=True))
    for one in GIVEN:
        assert one.id not in text
        assert one.time not in text
    assert "Anna" not in text
    assert "Biel" not in text
    assert len({one.id for one in bare}) == len(GIVEN)
    # The order in which people answered, which would tell their answers apart, does not show.
    assert without_people(GIVEN[::-1]) == bare
    assert sorted((one.prompt[0]["content"], one.choice) for one in bare) == sorted(
        (one.prompt[0]["content"], one.choice) for one in GIVEN
    )


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    rows = [asdict(GIVEN[0])]
    write_rows(tmp_path / "out.jsonl", rows)
    assert (tmp_path / "out.jsonl").stat().st_mode & 0o777 == 0o600
    with pytest.raises(InputError, match="there is such a file already"):
        write_rows(tmp_path / "out.jsonl", [])
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 1
