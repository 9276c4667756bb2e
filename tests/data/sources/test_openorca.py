"""OpenOrca: two files joined by prompt."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from acord.data.build import Surroundings
from acord.errors import InputError

from ..samples import FORGERY, NO_FILTERS, Built, build, openorca_row, reasons, write_jsonl, write_parquet


def built(tmp_path: Path, chosen: list[Any], rejected: list[Any], **options: Any) -> Built:
    path = write_parquet(tmp_path / "gpt4.parquet", chosen)
    against = write_jsonl(tmp_path / "gpt35.jsonl", rejected)
    return build(tmp_path / "out", {"name": "orca", "format": "openorca", "path": path, "against": against}, **options)


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
    with pytest.raises(InputError, match=r"gpt4.parquet: the column question is missing. Columns there: id, system"):
        built(tmp_path, [without], [row])
    result = built(tmp_path, [row], [without, {**row, "response": "y"}])
    assert reasons(result) == {"flan.q": "the column question is missing"}


def test_a_column_of_another_type_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gpt4.parquet: the column response should be text and is int64"):
        built(tmp_path, [{**openorca_row("q", "x"), "response": 3}], [openorca_row("q", "y")])


@pytest.mark.slow
def test_only_the_pairs_that_are_wanted_are_read(tmp_path: Path) -> None:
    """Of many matches a few are drawn, the same whatever the batches, and every other row has its reason."""
    chosen = [openorca_row(f"q{number}", f"good {number}") for number in range(3_000)]
    rejected = [openorca_row(f"q{number}", f"bad {number}", identity=f"r{number}") for number in range(2_990, -10, -1)]
    few = built(tmp_path, chosen, rejected, seed=5, quotas={"en": 40})
    assert len(few.pairs) == 40
    numbers = [int(pair.source_id.removeprefix("flan.q")) for pair in few.pairs]
    assert numbers == sorted(numbers)
    assert numbers != list(range(40))
    assert all(pair.chosen.split()[1] == pair.rejected.split()[1] for pair in few.pairs)
    assert few.figures["dropped_by_reason"] == {
        "beyond the quota": 2 * (2_991 - 40),
        "no reply to the same prompt on the other side": 9 + 9,
    }
    # Several parts are read where the first does not fill the quota.
    many = built(tmp_path / "many", chosen, rejected, seed=5, quotas={"en": 2_991})
    assert len(many.pairs) == 2_991
    assert many.figures["rows_dropped"] == 18


@pytest.mark.slow
@pytest.mark.parametrize("processes", [2, 5])
def test_what_is_drawn_does_not_depend_on_the_processes(
    tmp_path: Path, processes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A filter takes most candidates, so that several parts are read, each when as many as the cores read ahead."""
    monkeypatch.setattr("acord.data.build.WORTH_PROCESSES", 100)
    monkeypatch.setattr("acord.data.supply.SPARE", 20)
    chosen = [openorca_row(f"q{number}", f"good {number}") for number in range(2_000)]
    rejected = [openorca_row(f"q{n}", f"Good {n}." if n % 5 else f"bad {n}") for n in range(2_000)]
    filters = {**NO_FILTERS, "equal": True}
    drawn = []
    for count in (1, processes):
        around = Surroundings(cache=tmp_path / "cache", processes=count)
        folder = tmp_path / str(count)
        drawn.append(built(folder, chosen, rejected, around=around, filters=filters, quotas={"en": 250}))
    assert drawn[0].pairs == drawn[1].pairs
    assert drawn[0].dropped == drawn[1].dropped
    # And it is the beginning of what a higher quota draws.
    more = built(tmp_path / "more", chosen, rejected, filters=filters, quotas={"en": 300})
    assert {pair.id for pair in drawn[0].pairs} < {pair.id for pair in more.pairs}


def test_rows_that_are_no_text_are_dropped(tmp_path: Path) -> None:
    """Arrow does not look at the bytes that it reads."""

    def texts(*values: bytes) -> Any:
        return pa.StringArray.from_buffers(len(values), *pa.array(values, pa.binary()).buffers()[1:])

    table = pa.Table.from_pylist([openorca_row(f"q{number}", "good") for number in (1, 2, 3)])
    table = table.set_column(0, "id", texts(b"a", b"\xfe", b"c"))
    table = table.set_column(2, "question", texts(b"q1", b"q\xff", b"q3"))
    pq.write_table(table, tmp_path / "gpt4.parquet")
    against = write_jsonl(tmp_path / "gpt35.jsonl", [openorca_row(f"q{number}", "bad") for number in (1, 2, 3)])
    path = str(tmp_path / "gpt4.parquet")
    result = build(tmp_path / "out", {"name": "orca", "format": "openorca", "path": path, "against": against})
    assert [pair.source_id for pair in result.pairs] == ["a", "c"]
    unmatched = "no reply to the same prompt on the other side"
    assert reasons(result) == {"gpt4.parquet:2": "not UTF-8", "flan.q2": unmatched}


def test_a_forged_turn_stays_text(tmp_path: Path) -> None:
    chosen = openorca_row(FORGERY, FORGERY + "1", system=FORGERY + "s")
    (pair,) = built(tmp_path, [chosen], [{**chosen, "response": FORGERY}]).pairs
    assert pair.prompt == [{"role": "system", "content": FORGERY + "s"}, {"role": "user", "content": FORGERY}]
    assert (pair.chosen, pair.rejected) == (FORGERY + "1", FORGERY)
