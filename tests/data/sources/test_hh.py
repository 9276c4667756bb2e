"""HH transcripts: where turns begin, where the two dialogues part."""

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acord.data.sources.hh import parse_transcript
from acord.data.turns import NoPair
from acord.errors import InputError

from ..samples import FORGERY, HH_TEST, real, write_jsonl, write_parquet
from .reading import Read, read

NAMES = {"user": "Human", "assistant": "Assistant"}


def transcript(*turns: str) -> str:
    """A dialogue that the human begins."""
    return "".join(f"\n\n{('Human', 'Assistant')[index % 2]}: {turn}" for index, turn in enumerate(turns))


def built(tmp_path: Path, rows: list[Any], **more: Any) -> Read:
    return read(tmp_path, format="hh", path=write_jsonl(tmp_path / "hh.jsonl", rows), **more)


def test_the_prompt_is_what_the_dialogues_share(tmp_path: Path) -> None:
    row = {"chosen": transcript("a", "b", "c\n\nd", "good"), "rejected": transcript("a", "b", "c\n\nd", " bad ")}
    (pair,) = built(tmp_path, [row]).pairs
    assert [(turn["role"], turn["content"]) for turn in pair.prompt] == [
        ("user", "a"),
        ("assistant", "b"),
        ("user", "c\n\nd"),
    ]
    assert (pair.chosen, pair.rejected) == ("good", " bad ")
    assert (pair.language, pair.licence, pair.origin) == ("en", "MIT", "human")


def test_rows_of_one_beginning_are_one_group(tmp_path: Path) -> None:
    rows = [
        {"chosen": transcript("a", "1"), "rejected": transcript("a", "2")},
        {"chosen": transcript("a", "1", "b", "3"), "rejected": transcript("a", "1", "b", "4")},
        {"chosen": transcript("z", "1"), "rejected": transcript("z", "2")},
    ]
    first, second, third = built(tmp_path, rows).pairs
    assert first.group == second.group != third.group
    assert first.prompt_id != second.prompt_id


def test_dialogues_that_part_earlier_are_dropped(tmp_path: Path) -> None:
    rows = [
        {"chosen": transcript("a", "good"), "rejected": transcript("a", "bad")},
        {"chosen": transcript("a", "b", "c", "good"), "rejected": transcript("a", "bad")},
        {"chosen": transcript("a", "b", "c", "good"), "rejected": transcript("a", "x", "c", "bad")},
        {"chosen": transcript("a", "same"), "rejected": transcript("a", "same")},
        {"chosen": transcript("a", "b", "c"), "rejected": transcript("a", "b", "c")},
        {"chosen": "plain", "rejected": "text"},
    ]
    assert list(built(tmp_path, rows).reasons.values()) == [
        "the prompts differ",
        "the prompts differ",
        "chosen equals rejected",
        "the transcript does not end with an assistant turn",
        "no transcript",
    ]


def test_silence_is_a_reply(tmp_path: Path) -> None:
    (pair,) = built(tmp_path, [{"chosen": transcript("a", ""), "rejected": transcript("a", "rude")}]).pairs
    assert (pair.chosen, pair.rejected) == ("", "rude")


def test_consecutive_turns_of_one_speaker_are_merged_in_the_prompt(tmp_path: Path) -> None:
    before = "\n\nHuman: a\n\nAssistant: b\n\nAssistant: c\n\nHuman: d\n\nAssistant: "
    (pair,) = built(tmp_path, [{"chosen": before + "1", "rejected": before + "2"}]).pairs
    assert [turn["content"] for turn in pair.prompt] == ["a", "b\n\nc", "d"]
    assert pair.lineage[0].detail.endswith("1 consecutive turns of one speaker merged")


def test_a_reply_after_another_reply_has_no_prompt(tmp_path: Path) -> None:
    before = "\n\nHuman: a\n\nAssistant: b\n\nAssistant: "
    rows = [
        {"chosen": before + "1", "rejected": before + "2"},
        {"chosen": transcript("a", "1"), "rejected": transcript("a", "2")},
    ]
    assert built(tmp_path, rows).reasons == {"hh.jsonl:1": "the prompt does not end with a user turn"}


def test_a_forged_turn_stays_text(tmp_path: Path) -> None:
    row = {"chosen": transcript(FORGERY, FORGERY + "1"), "rejected": transcript(FORGERY, FORGERY + "2")}
    (pair,) = built(tmp_path, [row]).pairs
    assert pair.prompt == [{"role": "user", "content": FORGERY}]
    assert (pair.chosen, pair.rejected) == (FORGERY + "1", FORGERY + "2")


@pytest.mark.parametrize(
    ("change", "name", "reason", "detail"),
    [
        ({"rejected": ...}, "7", "the column rejected is missing", "columns there: id, chosen"),
        ({"chosen": ["text"]}, "7", "chosen should be text", "it is a list"),
        ({"rejected": None}, "7", "no transcript", "rejected does not begin with a Human or Assistant turn"),
        ({"rejected": transcript("a", "b\ud83d")}, "7", "text is not valid Unicode", "the rejected reply"),
        ({"rejected": transcript("a", "b\0")}, "7", "text holds a NUL character", "the rejected reply"),
        ({"id": {}}, "hh.jsonl:2", "id should be text", "it is an object"),
        ({"id": "x\ud83d"}, "hh.jsonl:2", "id is not valid Unicode", "x\\ud83d"),
    ],
)
def test_a_row_at_fault_has_its_reason(
    tmp_path: Path, change: dict[str, Any], name: str, reason: str, detail: str
) -> None:
    good = {"id": 7, "chosen": transcript("a", "good"), "rejected": transcript("a", "bad")}
    broken = {key: value for key, value in {**good, **change}.items() if value is not ...}
    result = built(tmp_path, [good, broken])
    assert len(result.pairs) == 1
    assert result.dropped == [(name, reason, detail)]


def test_a_column_that_a_table_lacks_is_named(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "hh.parquet", [{"chosen": transcript("a", "b")}])
    with pytest.raises(InputError, match=r"hh.parquet row 1: the column rejected is missing. Columns there: chosen\."):
        read(tmp_path, format="hh", path=path)


words = st.text(st.sampled_from("ab :\n<|>é"), max_size=8).filter(lambda text: "\n\n" not in text + "\n")


@given(st.lists(st.tuples(st.sampled_from(["user", "assistant"]), words), min_size=1, max_size=7))
def test_a_transcript_is_read_back_as_it_was_written(turns: list[tuple[str, str]]) -> None:
    text = "".join(f"\n\n{NAMES[role]}: {content}" for role, content in turns)
    if turns[-1][0] == "user":
        with pytest.raises(NoPair, match="does not end with an assistant turn"):
            parse_transcript(text, "chosen")
        return
    parsed = parse_transcript(text, "chosen")
    assert parsed.reply == turns[-1][1]
    assert parsed.merged + len(parsed.prompt) == len(turns) - 1
    roles = [turn["role"] for turn in parsed.prompt]
    assert all(first != second for first, second in itertools.pairwise(roles))
    if not parsed.merged:
        assert [(turn["role"], turn["content"]) for turn in parsed.prompt] == turns[:-1]
    assert "\n\n".join(turn["content"] for turn in parsed.prompt) == "\n\n".join(text for _, text in turns[:-1])


def test_hh_harmless_base(tmp_path: Path) -> None:
    result = read(tmp_path, format="hh", path=real(HH_TEST))
    assert (result.rows_in, result.by_reason, len(result.pairs)) == (2312, {"the prompts differ": 5}, 2307)
    assert sum(not pair.chosen for pair in result.pairs) == 4
    assert all(pair.rejected for pair in result.pairs)
