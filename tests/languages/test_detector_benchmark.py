"""The benchmark of the detector: what it counts."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

import detector


def test_blocks_are_ten_lines_and_the_rest_is_none() -> None:
    blocks = detector.blocks_of([str(number) for number in range(25)])
    assert blocks == ["\n".join(map(str, range(10))), "\n".join(map(str, range(10, 20)))]


def test_the_held_out_part_is_the_last_fifth_as_the_lexicon_leaves_it() -> None:
    assert detector.held_out([str(number) for number in range(10)]) == ["8", "9"]


def test_shares_of_labels() -> None:
    blocks = detector.Blocks("x", "valencian", ["la seua casa", "la casa", "la seva casa", "la meua casa"])
    entry = detector.measure_blocks(blocks)
    assert (entry["blocks"], entry["without_forms"]) == (4, 1)
    assert entry["valencian"][0] == 0.5
    assert entry["central_catalan"][0] == entry["neutral"][0] == 0.25
    assert entry["valencian"][1] == pytest.approx(0.15, abs=0.005)  # Wilson's interval of 2 in 4
    assert entry["valencian"][2] == pytest.approx(0.85, abs=0.005)


def test_possessives_are_taken_out_whole() -> None:
    assert detector.without_possessives("La Seua casa i la meva, Seuà").split() == [
        "La",
        "casa",
        "i",
        "la",
        ",",
        "Seuà",
    ]


def test_the_table_shows_the_newest(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    detector.records.append_record(path, detector.measure_blocks(detector.Blocks("x", "valencian", ["la seua"])))
    assert "| x | 1 | 100.0% (20.7% to 100.0%) |" in detector.table(path)
