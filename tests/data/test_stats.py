"""Figures about built pairs, counted by hand."""

import statistics
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acord.data.pairs import PAIRS_FILE
from acord.data.stats import Spread, _spread, pair_stats
from acord.errors import InputError
from tests.data.tables import dropped_row, pair_row, step, write_tables

FIGURES = {
    "rows_by_source": {
        "one": {"rows_in": 9, "rows_used": 6, "rows_dropped": 3},
        "two": {"rows_in": 4, "rows_used": 2, "rows_dropped": 2},
    },
    "quotas": {"en": {"asked": 5, "taken": 3, "held_out": 1, "supply": 8}},
}
PAIRS = [
    pair_row("two words", "12345678", "1234", margin=2.0, steps=[step("conflict"), step("personal_data")]),
    pair_row(
        [("user", "one"), ("assistant", "a  b\u00a0c"), ("user", "ñ")], "12", "1234", margin=1.0, split="held_out"
    ),
    pair_row("x", "same", "size", weight=0.5, steps=[step("conflict"), step("conflict", "twice")]),
    pair_row("y", "", "size", origin="unknown"),
    pair_row("z", "bo", "dolent", source="two", language="va", origin="translated", licence="Apache-2.0"),
]
DROPPED = [
    dropped_row("duplicate"),
    dropped_row("duplicate of others"),
    dropped_row("near-duplicate prompt"),
    dropped_row("contaminated", source="two"),
    dropped_row("deleted", source="two"),
]


@pytest.fixture
def stats(tmp_path):
    return pair_stats(write_tables(tmp_path, PAIRS, DROPPED), FIGURES)


def test_rows_and_what_was_dropped(stats):
    one, two = stats.rows
    assert (one.source, one.rows_in, one.rows_used, one.rows_dropped) == ("one", 9, 6, 3)
    assert one.dropped_by_reason == {"duplicate": 1, "duplicate of others": 1, "near-duplicate prompt": 1}
    assert (one.duplicates, one.near_duplicates, one.contaminated) == (2, 1, 0)
    assert (two.duplicates, two.near_duplicates, two.contaminated) == (0, 0, 1)
    assert stats.quotas == FIGURES["quotas"]


def test_pairs_by_source_and_language(stats):
    assert [(one.source, one.language, one.pairs) for one in stats.pairs] == [("one", "en", 4), ("two", "va", 1)]
    assert [(one.source, one.pairs) for one in stats.by_source] == [("one", 4), ("two", 1)]
    assert [(one.language, one.pairs) for one in stats.by_language] == [("en", 4), ("va", 1)]
    english, total = stats.pairs[0], stats.total
    assert english.by_split == {"train": 3, "held_out": 1}
    assert english.by_origin == {"human": 3, "unknown": 1}
    assert total.by_origin == {"human": 3, "translated": 1, "unknown": 1}
    assert total.by_licence == {"MIT": 4, "Apache-2.0": 1}


def test_flags_count_each_pair_once(stats):
    assert stats.total.steps == {"conflict": 2, "personal_data": 1}
    assert stats.total.conflicts == 2
    assert stats.by_language[1].conflicts == 0


def test_lengths(stats):
    english = stats.pairs[0].lengths
    # Turns 1, 3, 1, 1; characters 9, 3 + 6 + 1, 1, 1; words 2, 1 + 3 + 1, 1, 1.
    assert english["prompt_turns"] == Spread(1, 3)
    assert english["prompt_characters"] == Spread(1, 10)
    assert english["prompt_words"] == Spread(1, 5)
    assert english["chosen_characters"] == Spread(2, 8)
    assert english["rejected_characters"] == Spread(4, 4)
    assert stats.pairs[1].lengths["chosen_characters"] == Spread(2, 2)


def test_the_longer_reply_leaves_ties_and_empty_replies_aside(stats):
    english = stats.pairs[0]
    assert english.chosen_longer == pytest.approx(1 / 3)
    # 8 to 4, 2 to 4, 4 to 4: the mean on a logarithmic scale.
    assert english.length_ratio == pytest.approx(1.0)
    assert stats.pairs[1].length_ratio == pytest.approx(2 / 6)


def test_margins_and_weights(stats):
    english = stats.pairs[0]
    assert english.margins == (2, 1.0, 1.5, 2.0)
    assert english.weights == (4, 0.5, 0.875, 1.0)
    assert stats.pairs[1].margins is None


def test_groups_of_rows_change_nothing(tmp_path, stats):
    assert pair_stats(write_tables(tmp_path / "small", PAIRS, DROPPED, rows_a_group=2), FIGURES) == stats


def test_without_a_manifest(tmp_path):
    stats = pair_stats(write_tables(tmp_path, PAIRS, DROPPED))
    assert [(one.source, one.rows_in, one.rows_dropped) for one in stats.rows] == [("one", None, 3), ("two", None, 2)]
    assert stats.quotas == {}


def test_no_pairs_at_all(tmp_path):
    stats = pair_stats(write_tables(tmp_path, []))
    assert (stats.total.pairs, stats.total.chosen_longer, stats.total.weights) == (0, None, None)
    assert stats.total.lengths["chosen_words"] == Spread(0, 0)


def test_json_has_names_for_every_number(stats):
    content = stats.as_json()
    assert content["pairs"][0]["lengths"]["prompt_turns"] == {"median": 1, "ninetieth": 3}
    assert content["pairs"][0]["margins"] == {"pairs": 2, "least": 1.0, "mean": 1.5, "largest": 2.0}
    assert content["pairs"][0]["conflicts"] == 2
    assert content["total"]["source"] is None


@given(st.lists(st.integers(0, 1_000), min_size=1))
def test_a_spread_is_two_numbers_that_occur(values):
    spread = _spread(np.array(values))
    assert spread.median == statistics.median_low(values)
    assert sum(one <= spread.ninetieth for one in values) * 10 >= 9 * len(values)
    assert sum(one < spread.ninetieth for one in values) * 10 < 9 * len(values)


@pytest.mark.parametrize(
    ("harm", "part"),
    [
        (lambda file: file.unlink(), "no such file"),
        (lambda file: file.write_bytes(file.read_bytes()[:-9]), "no valid Parquet file"),
        (lambda file: pq.write_table(pq.read_table(file).drop(["weight"]), file), "the column weight is missing"),
    ],
)
def test_tables_that_cannot_be_read(tmp_path: Path, harm, part):
    harm(write_tables(tmp_path, PAIRS) / PAIRS_FILE)
    with pytest.raises(InputError, match=part) as error:
        pair_stats(tmp_path)
    assert str(tmp_path / PAIRS_FILE) in str(error.value)
