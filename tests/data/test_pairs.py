"""The pair contract: ids, schema, reading back."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from acord import __version__
from acord.data.pairs import PAIRS_SCHEMA, conversation_group, digest, make_pair, pair_id, pair_row, read_pairs
from acord.data.tables import ROWS_A_GROUP, TableWriter
from acord.data.turns import NoPair

PROMPT = [{"role": "user", "content": "Què és açò? 日本\U0001f600"}]


def test_an_id_is_the_hash_of_the_texts_alone() -> None:
    assert pair_id(PROMPT, "a", "b") == pair_id([dict(reversed(PROMPT[0].items()))], "a", "b")
    assert len({pair_id(PROMPT, "a", "b"), pair_id(PROMPT, "b", "a"), pair_id([], "a", "b")}) == 3
    assert digest(["ü", 1]) == "55be0e18972b9e88fdc1f1afa1b079e3"


def test_a_pair_says_how_it_was_read_and_names_what_the_source_does_not() -> None:
    pair = make_pair(
        prompt=PROMPT, chosen="a", rejected="b", language="va", source="s", source_id="f:1", licence="CC0",
        origin="human", detail="row of f",
    )  # fmt: skip
    (step,) = pair.lineage
    assert (step.step, step.tool, step.version, step.detail) == ("read", "acord", __version__, "row of f")
    assert (pair.prompt_id, pair.chosen_id) == (digest(PROMPT), digest([PROMPT, "a"]))
    assert pair.group == conversation_group([{"role": "system", "content": "x"}, *PROMPT])


@pytest.mark.parametrize(
    ("prompt", "chosen", "rejected", "reason"),
    [
        ([], "a", "b", "the prompt does not end with a user turn"),
        ([*PROMPT, {"role": "assistant", "content": "x"}], "a", "b", "the prompt does not end with a user turn"),
        ([{"role": "user", "content": "\t"}], "a", "b", "empty text"),
        (PROMPT, "a", " ", "empty text"),
        (PROMPT, "a", "a", "chosen equals rejected"),
        (PROMPT, "a", "\ud800", "text is not valid Unicode"),
    ],
)
def test_texts_that_can_be_no_pair_have_a_reason(
    prompt: list[dict[str, str]], chosen: str, rejected: str, reason: str
) -> None:
    with pytest.raises(NoPair) as error:
        make_pair(
            prompt=prompt, chosen=chosen, rejected=rejected, language="en", source="s", source_id="1", licence="MIT",
            origin="human", detail="",
        )  # fmt: skip
    assert error.value.reason == reason


def test_two_silences_are_no_pair() -> None:
    with pytest.raises(NoPair, match="chosen equals rejected"):
        make_pair(
            prompt=PROMPT, chosen="", rejected="", language="en", source="s", source_id="1", licence="MIT",
            origin="human", detail="", replies_may_be_empty=True,
        )  # fmt: skip


def test_pairs_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    written = [
        make_pair(
            prompt=PROMPT, chosen=f"a{index}", rejected="b", language="va", source="s", source_id=str(index),
            licence="CC0", origin="human", detail="row of f", chosen_rank=0, rejected_rank=index or None,
            margin=1.5 if index else None,
        )
        for index in range(ROWS_A_GROUP + 1)
    ]  # fmt: skip
    with TableWriter(tmp_path / "pairs.parquet", PAIRS_SCHEMA) as table:
        for pair in written:
            table.write(pair_row(pair))
    assert read_pairs(tmp_path) == written
    metadata = pq.read_metadata(tmp_path / "pairs.parquet")
    assert metadata.num_row_groups == 2
    assert metadata.row_group(0).column(0).compression == "ZSTD"


def test_the_schema_is_the_contract() -> None:
    assert ", ".join(PAIRS_SCHEMA.names) == (
        "id, prompt, chosen, rejected, language, source, source_id, licence, group, prompt_id, chosen_id, rejected_id, "
        "chosen_rank, rejected_rank, margin, weight, origin, split, lineage"
    )
