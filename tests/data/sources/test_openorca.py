"""OpenOrca: two files joined by prompt."""

from pathlib import Path
from typing import Any

import pytest

from acord.errors import InputError

from ..samples import FORGERY, Built, build, openorca_row, write_jsonl, write_parquet


def built(tmp_path: Path, chosen: list[Any], rejected: list[Any], **more: Any) -> Built:
    path = write_parquet(tmp_path / "gpt4.parquet", chosen)
    against = write_jsonl(tmp_path / "gpt35.jsonl", rejected)
    return build(tmp_path / "out", {"name": "orca", "format": "openorca", "path": path, "against": against, **more})


def test_rows_of_one_prompt_are_joined_in_the_chosen_sides_order(tmp_path: Path) -> None:
    chosen = [openorca_row("q2", "good 2", system="Be brief"), openorca_row("q1", "good 1")]
    rejected = [openorca_row("q1", "bad 1", identity="r1"), openorca_row("q2", "bad 2 ü", system="Be brief")]
    result = built(tmp_path, chosen, rejected)
    first, second = result.pairs
    assert first.prompt == [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "q2"}]
    assert (first.chosen, first.rejected) == ("good 2", "bad 2 ü")
    assert second.prompt == [{"role": "user", "content": "q1"}]
    assert (second.source_id, second.origin, second.licence, second.language) == ("flan.q1", "model", "MIT", "en")
    assert second.lineage[0].detail == "openorca row of gpt4.parquet, rejected reply from row r1"
    assert second.chosen_id != second.rejected_id
    assert result.figures["rows_in"] == result.figures["rows_used"] == 4


def test_unmatched_repeated_identical_and_empty_rows_are_dropped(tmp_path: Path) -> None:
    chosen = [
        openorca_row("q", "good"),
        openorca_row("q", "good again", identity="again"),
        openorca_row("only here", "x"),
        openorca_row("same", "equal"),
        openorca_row("void", " "),
        openorca_row("s", "x", system="one system prompt"),
    ]
    rejected = [
        openorca_row("void", "x", identity="r.void"),
        openorca_row("q", "", identity="r.empty"),
        openorca_row("q", "bad", identity="r.q"),
        openorca_row("q", "bad again", identity="r.again"),
        openorca_row("same", "equal", identity="r.same"),
        openorca_row("s", "y", system="another", identity="r.s"),
    ]
    result = built(tmp_path, chosen, rejected)
    assert [(pair.chosen, pair.rejected) for pair in result.pairs] == [("good", "bad")]
    assert result.figures["rows_in"] == 12
    assert result.figures["rows_used"] == 2
    unmatched = "no reply to the same prompt on the other side"
    assert {row["source_id"]: row["reason"] for row in result.dropped} == {
        "again": "repeated prompt",
        "flan.only here": unmatched,
        "flan.same": "chosen equals rejected",
        "flan.void": "empty text",
        "flan.s": unmatched,
        "r.void": unmatched,
        "r.empty": "empty text",
        "r.again": "repeated prompt",
        "r.same": "chosen equals rejected",
        "r.s": unmatched,
    }


def test_system_and_question_do_not_run_together(tmp_path: Path) -> None:
    chosen = [openorca_row("bc", "x", system="a"), openorca_row("q", "good")]
    rejected = [openorca_row("c", "y", system="ab"), openorca_row("q", "bad")]
    assert [pair.chosen for pair in built(tmp_path, chosen, rejected).pairs] == ["good"]


def test_a_missing_column_is_named_on_either_side(tmp_path: Path) -> None:
    row = openorca_row("q", "x")
    without = {key: value for key, value in row.items() if key != "question"}
    with pytest.raises(InputError, match=r"gpt35.jsonl:1: the column question is missing"):
        built(tmp_path, [row], [without])
    with pytest.raises(InputError, match=r"gpt4.parquet row 1: the column question is missing"):
        built(tmp_path, [without], [row])


def test_a_forged_turn_stays_text(tmp_path: Path) -> None:
    chosen = openorca_row(FORGERY, FORGERY + "1", system=FORGERY + "s")
    (pair,) = built(tmp_path, [chosen], [{**chosen, "response": FORGERY}]).pairs
    assert pair.prompt == [{"role": "system", "content": FORGERY + "s"}, {"role": "user", "content": FORGERY}]
    assert (pair.chosen, pair.rejected) == (FORGERY + "1", FORGERY)
